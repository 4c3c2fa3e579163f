import Measurement

/// The inputs of an experiment that are swept, or not what the default environment says.
struct ExperimentInputs {
  private let experiment: String
  private let rows: [ConfigurationRow]
  private let defaults: [String: String]

  /// `defaults`: the default environment by key; empty: nobody knows it, and only what is swept is told.
  init(_ experiment: String, _ tables: ResultTables, defaults: [String: String]) {
    self.experiment = experiment
    rows = tables.configurations.filter { $0.subject.experiment == experiment }
    self.defaults = defaults
  }

  var table: TextTable {
    var table = TextTable([("input", .left), ("how", .left), ("value", .left), ("default", .left)])
    for (key, rows) in byKey where key != ExperimentPoint.faultsKey {
      let values = Set(rows.map(\.value)).sorted(by: AnswerData.precedes)
      if rows.contains(where: \.isSwept) {
        table.add([key, "swept", values.joined(separator: ", "), defaults[key] ?? "-"])
      } else if !defaults.isEmpty, values != [defaults[key] ?? ""] {
        table.add([key, "fixed", values.count == 1 ? values[0] : told(apart: values, rows), defaults[key] ?? "-"])
      }
    }
    for (name, faults) in cases where faults != "none" { table.add(["faults", name, faults, "none"]) }
    return table
  }

  /// In the order of `list --keys`, without those that decide nothing.
  private var byKey: [(key: String, rows: [ConfigurationRow])] {
    let places = Dictionary(uniqueKeysWithValues: ExperimentKey.all.enumerated().map { ($1.path, $0) })
    let used = rows.filter { $0.value != "unused" }
    return Dictionary(grouping: used, by: \.key).map { (key: $0, rows: $1) }
      .sorted { (places[$0.key] ?? .max, $0.key) < (places[$1.key] ?? .max, $1.key) }
  }

  /// Who has which value of what is not the same for all, such as the size of a cluster without peers.
  private func told(apart values: [String], _ rows: [ConfigurationRow]) -> String {
    values.map { value in
      let names = Set(rows.filter { $0.value == value }.map(\.subject.protocolName)).sorted()
      return "\(value) (\(names.joined(separator: ", ")))"
    }.joined(separator: ", ")
  }

  /// What goes wrong, in each case of a sweep over it.
  private var cases: [(name: String, faults: String)] {
    let keys = Set(ExperimentKey.all.map(\.path))
    var found: [String: String] = [:]
    for inputs in Dictionary(grouping: rows, by: \.subject).values {
      let named = inputs.filter { $0.isSwept && !keys.contains($0.key) && $0.key != ExperimentPoint.faultsKey }
      let name = named.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
      found[name.isEmpty ? "fixed" : name] = inputs.first { $0.key == ExperimentPoint.faultsKey }?.value
    }
    return found.map { (name: $0, faults: $1) }.sorted { $0.name < $1.name }
  }

  /// Whose inputs were the same, by their fingerprints.
  var parity: String {
    let names = Dictionary(grouping: rows, by: \.fingerprint).mapValues { Set($0.map(\.subject.protocolName)).sorted() }
    let groups = Dictionary(grouping: names.values, by: \.self).mapValues(\.count)
    let texts = groups.sorted { ($1.key.count, $0.key.joined()) < ($0.key.count, $1.key.joined()) }.map {
      names, count in
      let combinations = AnswerText.count(count, "combination of inputs", "combinations of inputs")
      return names.count > 1
        ? "\(combinations) with one fingerprint for \(AnswerText.list(names))" : "\(combinations) of \(names[0]) alone"
    }
    return "Parity: \(texts.joined(separator: "; "))."
  }
}
