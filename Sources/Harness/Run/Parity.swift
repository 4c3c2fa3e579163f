import Measurement

/// Whether the configurations of an experiment may stand side by side: they differ in the protocol and in what is swept, and in
/// nothing else.
public struct Parity {
  private let rows: [ConfigurationRow]

  public init(_ rows: [ConfigurationRow]) { self.rows = rows }

  /// A knob that is not the same everywhere although nobody swept it.
  public struct Breach: Hashable, Sendable, CustomStringConvertible {
    public var experiment: String
    public var key: String
    /// Two of its values, each with a protocol that has it.
    public var values: [String]

    public var description: String {
      "\(experiment): \(key) is not swept, and differs: \(values.joined(separator: ", ")); these are not comparable"
    }
  }

  /// The first knob that stands in the way of comparing `experiment`'s configurations; nil: they are comparable.
  ///
  /// A cluster of one replica is the floor under the others, and may stand beside them.
  public func breach(in experiment: String) -> Breach? {
    var seen: [String: (value: String, protocolName: String)] = [:]
    let own = ConfigurationRow.sorted(rows.filter { $0.subject.experiment == experiment })
    let swept = Set(own.filter(\.isSwept).map(\.key))
    for row in own where !swept.contains(row.key) && !(row.key == "cluster.replicas" && row.value == "1") {
      guard let known = seen[row.key] else {
        seen[row.key] = (row.value, row.subject.protocolName)
        continue
      }
      if known.value != row.value {
        let values = ["\(known.value) (\(known.protocolName))", "\(row.value) (\(row.subject.protocolName))"]
        return Breach(experiment: experiment, key: row.key, values: values)
      }
    }
    return nil
  }

  /// Every knob, for people: first what is the same in all experiments, then what each one sets.
  public var text: String {
    var experiments: [String] = []
    var values: [String: [String: [String]]] = [:]
    var keys: [String] = []
    for row in rows {
      if !experiments.contains(row.subject.experiment) { experiments.append(row.subject.experiment) }
      if values[row.key] == nil { keys.append(row.key) }
      let text = row.isSwept ? "swept" : row.value
      if values[row.key]?[row.subject.experiment]?.contains(text) != true {
        values[row.key, default: [:]][row.subject.experiment, default: []].append(text)
      }
    }
    func value(_ key: String, _ experiment: String) -> String {
      values[key]?[experiment]?.joined(separator: " and ") ?? "not set"
    }
    func isCommon(_ key: String) -> Bool { Set(experiments.map { value(key, $0) }).count == 1 }
    let common = keys.filter(isCommon)
    var lines: [String] = []
    if let first = experiments.first, !common.isEmpty {
      lines.append("The same for every protocol\(experiments.count > 1 ? " in every experiment" : ""):")
      lines += Self.wrapped(common.map { "\($0) \(value($0, first))" })
    }
    for experiment in experiments where experiments.count > 1 {
      lines.append("\(experiment):")
      lines += Self.wrapped(keys.filter { !isCommon($0) }.map { "\($0) \(value($0, experiment))" })
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Items separated by commas, in lines of at most 118 characters.
  private static func wrapped(_ items: [String]) -> [String] {
    var lines: [String] = []
    for (index, item) in items.enumerated() {
      let item = item + (index + 1 < items.count ? "," : "")
      if let last = lines.last, last.count + item.count + 1 <= 118 {
        lines[lines.count - 1] += " " + item
      } else {
        lines.append("  " + item)
      }
    }
    return lines
  }
}
