import Foundation

/// The outcome of a comparison, and its text for people, pull requests and build servers.
public struct ComparisonReport: GateReport, Hashable, Sendable {
  public var result: GateResult
  /// In the order of files, rows and columns.
  public var differences: [Difference]
  /// What was left out, and why.
  public var notes: [String]

  public init(result: GateResult, differences: [Difference], notes: [String]) {
    self.result = result
    self.differences = differences
    self.notes = notes
  }

  /// How many differences are printed in full.
  public static let shown = 20

  /// One line that says it all.
  public var headline: String {
    switch result {
    case .holds: "The gate holds: every number equals the baseline's."
    case .regression where differences.allSatisfy { $0.direction == .follows }:
      "Behaviour changed: no measured number is worse, but the runs are not the same (\(count))."
    case .regression: "Regression: \(count)."
    case .improvement: "Improvement: \(count), none for the worse. The baseline is stale."
    case .mismatch(let reason): "Not comparable: \(reason)."
    }
  }
  private var count: String { "\(differences.count) difference\(differences.count == 1 ? "" : "s")" }

  /// Differences by file and column, in order of appearance.
  public var byColumn: [(place: String, count: Int)] {
    var groups: [(place: String, count: Int)] = []
    var index: [String: Int] = [:]
    for difference in differences {
      if let known = index[difference.place] {
        groups[known].count += 1
      } else {
        index[difference.place] = groups.count
        groups.append((difference.place, 1))
      }
    }
    return groups
  }

  /// For a terminal: headline, the first differences, how many more, and all of them by column.
  public var text: String {
    var lines = [headline]
    for difference in differences.prefix(Self.shown) {
      lines.append("  \(difference.place): \(difference.change)")
      lines.append("    \(difference.row)")
    }
    if differences.count > Self.shown { lines.append("  … and \(differences.count - Self.shown) more") }
    if !differences.isEmpty {
      lines.append("By column:")
      lines += byColumn.map { "  \($0.place): \($0.count)" }
    }
    lines += notes.map { "Note: \($0)." }
    return lines.joined(separator: "\n") + "\n"
  }

  /// For a comment on a pull request.
  public var markdown: String {
    var lines = ["### Benchmark gate: \(result.name)", "", headline]
    if !differences.isEmpty {
      lines += ["", "| column | baseline | found | | row |", "|---|---|---|---|---|"]
      for difference in differences.prefix(Self.shown) {
        let cells = [
          "`\(difference.place)`", difference.column == nil ? difference.change : difference.baseline ?? "",
          difference.column == nil ? "" : difference.found ?? "", difference.direction.rawValue, difference.row,
        ]
        lines.append(MarkdownTable.row(cells))
      }
      if differences.count > Self.shown { lines += ["", "… and \(differences.count - Self.shown) more."] }
      lines += ["", "By column: " + byColumn.map { "`\($0.place)` \($0.count)" }.joined(separator: ", ") + "."]
    }
    lines += notes.flatMap { ["", "Note: \($0)."] }
    return lines.joined(separator: "\n") + "\n"
  }
  public var document: [String: Any] {
    var document: [String: Any] = ["result": result.name, "headline": headline, "notes": notes]
    if case .mismatch(let reason) = result { document["reason"] = reason }
    document["differences"] = differences.map { difference in
      var entry: [String: Any] = [
        "file": difference.file, "row": difference.row, "direction": difference.direction.rawValue,
      ]
      entry["column"] = difference.column
      entry["baseline"] = difference.baseline
      entry["found"] = difference.found
      return entry
    }
    return document
  }

  /// One for each file and column that differs.
  public var cases: [GateCase] {
    switch result {
    case .mismatch(let reason): return [GateCase("comparable", .refused, reason)]
    case .holds: return [GateCase("equal to the baseline", .passed, headline)]
    case .regression, .improvement:
      return byColumn.map { group in
        let first = differences.first { $0.place == group.place }
        let message = "\(group.count) x, first: \(first?.change ?? ""), \(first?.row ?? "")"
        let outcome = result == .regression ? GateCase.Outcome.failed(result.name) : .improved(result.name)
        return GateCase(group.place, outcome, message)
      }
    }
  }
}
