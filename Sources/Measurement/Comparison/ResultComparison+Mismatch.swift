extension ResultComparison {
  /// Why the two cannot be compared; nil if they can.
  static func mismatch(_ baseline: ResultTables, _ found: ResultTables) -> String? {
    for (name, tables) in [("the baseline", baseline), ("the result", found)] {
      if let row = tables.configurations.first(where: { $0.mode != .sim }) {
        return "\(name) was measured in mode \(row.mode.rawValue) (configuration \(row.subject.configuration)): "
          + "real time has noise, and is compared by pairs of runs, not exactly"
      }
    }
    let seeds = (Set(baseline.summary.map(\.run.seed)).sorted(), Set(found.summary.map(\.run.seed)).sorted())
    if seeds.0 != seeds.1 {
      return "the baseline was made with seed \(list(seeds.0)), the result with \(list(seeds.1))"
    }
    let (before, after) = (inputs(baseline), inputs(found))
    if let missing = before.first(where: { input in !after.contains { $0.id == input.id } }) {
      return explain(missing, nearest: after, "only the baseline has")
    }
    if let extra = after.first(where: { input in !before.contains { $0.id == input.id } }) {
      return explain(extra, nearest: before, "the baseline lacks")
    }
    for row in baseline.precision {
      guard let other = found.precision.first(where: { $0.subject == row.subject }), other.budget != row.budget else {
        continue
      }
      return "configuration \(row.subject.configuration): the baseline was given \(row.budget) trials, the result "
        + "\(other.budget)"
    }
    return nil
  }

  private static func list(_ seeds: [UInt64]) -> String {
    seeds.isEmpty ? "none" : seeds.map { "\($0)" }.joined(separator: ", ")
  }

  private struct Inputs {
    var subject: Subject
    var values: [(key: String, value: String)]
    var id: ConfigurationID { subject.configuration }
    var name: String { "\(subject.experiment) with \(subject.protocolName)" }
  }

  /// The configurations in order of their ids.
  private static func inputs(_ tables: ResultTables) -> [Inputs] {
    var result: [Inputs] = []
    for row in ConfigurationRow.sorted(tables.configurations) {
      if result.last?.id != row.subject.configuration { result.append(Inputs(subject: row.subject, values: [])) }
      result[result.count - 1].values.append((row.key, row.value))
    }
    return result
  }

  /// Names a configuration that one side lacks, and in what it differs from the one most like it on the other side.
  private static func explain(_ inputs: Inputs, nearest others: [Inputs], _ what: String) -> String {
    var text = "\(what) configuration \(inputs.id) (\(inputs.name))"
    let alike = others.filter {
      $0.subject.experiment == inputs.subject.experiment && $0.subject.protocolName == inputs.subject.protocolName
    }
    if let closest = alike.map({ parted(inputs, $0) }).min(by: { $0.count < $1.count }), closest.count <= 5 {
      text += "; the other side's nearest differs in \(closest.joined(separator: ", "))"
    }
    return text
  }

  private static func parted(_ a: Inputs, _ b: Inputs) -> [String] {
    let keys = Set(a.values.map(\.key)).union(b.values.map(\.key)).sorted()
    return keys.compactMap { key in
      let mine = a.values.first { $0.key == key }?.value
      let theirs = b.values.first { $0.key == key }?.value
      return mine == theirs ? nil : "\(key): \(mine ?? "not set") against \(theirs ?? "not set")"
    }
  }
}
