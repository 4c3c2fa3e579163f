/// Compares a result with its baseline, exactly: the simulator has no noise that a threshold would have to forgive.
public enum ResultComparison {
  /// Compares two result folders. What cannot be read is a mismatch. Allocations count only if both `run.json` name the same
  /// build.
  public static func compare(baseline: String, found: String) -> ComparisonReport {
    do {
      let before = try ResultTables(reading: baseline)
      let after = try ResultTables(reading: found)
      let origins = try (Provenance(reading: baseline), Provenance(reading: found))
      for (folder, origin) in [(baseline, origins.0), (found, origins.1)] {
        if let part = origin?.part {
          return ComparisonReport(result: .mismatch(reason: "\(folder): \(part)"), differences: [], notes: [])
        }
      }
      let obstacle = obstacle(origins.0, origins.1)
      var report = compare(baseline: before, found: after, sameBuild: obstacle == nil, because: obstacle)
      if let command = tracing(before, after, origins) {
        report.notes.append("where the first runs part that are not the same: \(command)")
      }
      return report
    } catch {
      return ComparisonReport(result: .mismatch(reason: "\(error)"), differences: [], notes: [])
    }
  }

  /// Why allocations say nothing, although all else is compared; nil if they are as exact as the rest.
  private static func obstacle(_ baseline: Provenance?, _ found: Provenance?) -> String? {
    guard let baseline, let found else { return "there is no \(Provenance.fileName) that says what built them" }
    // In each shard another trial is the first of its kind, and pays for what a process allocates only once.
    if baseline.shards != nil || found.shards != nil { return "shards were merged" }
    return baseline.buildDiffers(from: found)
  }

  /// The command that shows the first event in which the two commits part; nil if no run parts, or nobody can repeat it.
  private static func tracing(
    _ baseline: ResultTables, _ found: ResultTables, _ origins: (Provenance?, Provenance?)
  ) -> String? {
    guard let base = origins.0, let head = origins.1, base.isDirty == false, head.isDirty == false,
      base.commit != head.commit
    else { return nil }
    let hashes = Dictionary(found.summary.map { ($0.run, $0.runHash) }) { first, _ in first }
    let first = SummaryRow.sorted(baseline.summary).first { row in hashes[row.run].map { $0 != row.runHash } ?? false }
    guard let subject = first?.run.subject else { return nil }
    return "consensus-bench compare --build \(base.commit.prefix(12))..\(head.commit.prefix(12)) \(subject.experiment) "
      + "--protocol \(subject.protocolName) --pairs 0"
  }

  /// Compares every cell that should be equal: those that depend on the build only if `sameBuild`, and else says `because` of what not;
  /// those that depend on the machine never.
  public static func compare(
    baseline: ResultTables, found: ResultTables, sameBuild: Bool, because obstacle: String? = nil
  ) -> ComparisonReport {
    if let reason = mismatch(baseline, found) {
      return ComparisonReport(result: .mismatch(reason: reason), differences: [], notes: [])
    }
    var differences = differences(baseline.configurations, found.configurations)
    differences += Self.differences(baseline.summary, found.summary)
    differences += Self.differences(baseline.latency, found.latency)
    differences += Self.differences(baseline.stages, found.stages)
    differences += Self.differences(baseline.timeline, found.timeline)
    differences += Self.differences(baseline.elections, found.elections)
    differences += Self.differences(baseline.faults, found.faults)
    differences += Self.differences(baseline.catchUps, found.catchUps)
    differences += Self.differences(baseline.messages, found.messages)
    differences += Self.differences(baseline.intervals, found.intervals)
    differences += Self.differences(baseline.precision, found.precision)
    var notes: [String] = []
    // Merged shards have no costs.
    if sameBuild || !baseline.costs.isEmpty && !found.costs.isEmpty {
      differences += Self.differences(baseline.costs, found.costs, sameBuild: sameBuild)
    }
    if !sameBuild {
      notes.append(
        "allocations were not compared, all else was: \(obstacle ?? "the builds are not known to be the same")")
    }
    return ComparisonReport(result: GateResult(differences), differences: differences, notes: notes)
  }

  /// All differences of one file, in the order of its rows; rows are matched by key.
  public static func differences<Row: CSVRow>(
    _ baseline: [Row], _ found: [Row], sameBuild: Bool = true
  ) -> [Difference] {
    let columns = Row.columns.filter { column in
      switch column.description.reproducibility {
      case .everywhere: true
      case .sameBuild: sameBuild
      case .never: false
      }
    }
    var unmatched: [[String]: Row] = [:]
    for row in found { unmatched[row.keyCells] = row }
    var differences: [Difference] = []
    for before in Row.sorted(baseline) {
      guard let after = unmatched.removeValue(forKey: before.keyCells) else {
        differences.append(whole(before, isFound: false))
        continue
      }
      guard before != after else { continue }
      for column in columns {
        let (old, new) = (column.text(before), column.text(after))
        guard old != new else { continue }
        differences.append(
          Difference(
            file: Row.fileName, row: before.keyText, column: column.description.name, baseline: old, found: new,
            direction: .init(column.description.polarity, from: old, to: new)))
      }
    }
    return differences + Row.sorted(Array(unmatched.values)).map { whole($0, isFound: true) }
  }

  private static func whole<Row: CSVRow>(_ row: Row, isFound: Bool) -> Difference {
    let text = row.cells.joined(separator: ",")
    return Difference(
      file: Row.fileName, row: row.keyText, column: nil, baseline: isFound ? nil : text, found: isFound ? text : nil,
      direction: .changed)
  }
}
