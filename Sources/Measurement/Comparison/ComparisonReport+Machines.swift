import Foundation

extension ComparisonReport {
  /// JUnit XML: one test case per file and column that differs, or a single one that passed.
  public var junit: String {
    var cases: [String] = []
    switch result {
    case .mismatch(let reason):
      cases = ["<testcase classname=\"gate\" name=\"comparable\"><error message=\"\(Self.xml(reason))\"/></testcase>"]
    case .holds: cases = ["<testcase classname=\"gate\" name=\"equal to the baseline\"/>"]
    case .regression, .improvement:
      for group in byColumn {
        let first = differences.first { $0.place == group.place }
        let message = "\(group.count) x, first: \(first?.change ?? ""), \(first?.row ?? "")"
        cases.append(
          "<testcase classname=\"gate\" name=\"\(Self.xml(group.place))\">"
            + "<failure type=\"\(result.name)\" message=\"\(Self.xml(message))\"/></testcase>")
      }
    }
    let failures = result == .regression || result == .improvement ? cases.count : 0
    let errors = if case .mismatch = result { 1 } else { 0 }
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <testsuite name="consensus-bench gate" tests="\(cases.count)" failures="\(failures)" errors="\(errors)">
      \(cases.joined(separator: "\n"))
      </testsuite>

      """
  }

  /// Workflow commands that GitHub shows beside a job: one per file and column that differs.
  public var annotations: String {
    if case .mismatch(let reason) = result { return "::error title=Benchmark gate::\(Self.command(reason))\n" }
    let level = result == .regression ? "error" : "notice"
    return byColumn.map { group in
      let first = differences.first { $0.place == group.place }
      let message = "\(group.count) x, first: \(first?.change ?? ""), \(first?.row ?? "")"
      return "::\(level) title=Benchmark gate (\(group.place))::\(Self.command(message))\n"
    }.joined()
  }

  /// The whole report, keys sorted.
  public var json: String {
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
    let options: JSONSerialization.WritingOptions = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    guard let data = try? JSONSerialization.data(withJSONObject: document, options: options) else {
      preconditionFailure("a report of strings that is no JSON")
    }
    return String(decoding: data, as: UTF8.self) + "\n"
  }

  private static func xml(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
  /// A workflow command ends with its line; `%` introduces what stands for a line end.
  private static func command(_ text: String) -> String {
    text.replacing("%", with: "%25").replacing("\n", with: "%0A")
  }
}
