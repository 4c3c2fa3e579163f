import Foundation

/// What a comparison says, in every form that it is asked for: as text for a terminal, as Markdown for a pull request, and for
/// build servers.
public protocol GateReport {
  /// For a terminal; ends with a line feed.
  var text: String { get }
  /// For a comment on a pull request.
  var markdown: String { get }
  /// Strings, numbers, and arrays and dictionaries of them, as `JSONSerialization` takes them.
  var document: [String: Any] { get }
  /// At least one.
  var cases: [GateCase] { get }
}

/// One thing that was compared, and what became of it.
public struct GateCase: Hashable, Sendable {
  public enum Outcome: Hashable, Sendable {
    /// Nothing to report.
    case passed
    /// Worse, or other than it was: `word` says which.
    case failed(_ word: String)
    /// Better. A gate that let a stale baseline pass would never have it renewed.
    case improved(_ word: String)
    /// Nobody can know; more pairs may tell.
    case unknown
    /// Could not be compared.
    case refused
  }
  /// Such as a file and a column.
  public var name: String
  public var outcome: Outcome
  public var message: String

  public init(_ name: String, _ outcome: Outcome, _ message: String) {
    self.name = name
    self.outcome = outcome
    self.message = message
  }
}

extension GateReport {
  /// JUnit XML: a test case for each of `cases`. It fails where the program does not end with 0, and is skipped where nobody can know.
  public var junit: String {
    var (failures, errors, skipped) = (0, 0, 0)
    let lines = cases.map { item in
      let name = "<testcase classname=\"gate\" name=\"\(Self.xml(item.name))\""
      let message = "message=\"\(Self.xml(item.message))\""
      let content: String
      switch item.outcome {
      case .passed: return name + "/>"
      case .failed(let word), .improved(let word):
        failures += 1
        content = "failure type=\"\(word)\""
      case .unknown:
        skipped += 1
        content = "skipped"
      case .refused:
        errors += 1
        content = "error"
      }
      return "\(name)><\(content) \(message)/></testcase>"
    }
    let counts = "tests=\"\(lines.count)\" failures=\"\(failures)\" errors=\"\(errors)\" skipped=\"\(skipped)\""
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <testsuite name="consensus-bench gate" \(counts)>
      \(lines.joined(separator: "\n"))
      </testsuite>

      """
  }

  /// Workflow commands that GitHub shows beside a job: one for each case that did not pass.
  public var annotations: String {
    cases.map { item in
      let level: String
      switch item.outcome {
      case .passed: return ""
      case .improved, .unknown: level = "notice"
      case .failed, .refused: level = "error"
      }
      return "::\(level) title=Benchmark gate (\(Self.property(item.name)))::\(Self.command(item.message))\n"
    }.joined()
  }

  /// The whole report, keys sorted.
  public var json: String {
    let options: JSONSerialization.WritingOptions = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    guard let data = try? JSONSerialization.data(withJSONObject: document, options: options) else {
      preconditionFailure("a report of strings and numbers that is no JSON")
    }
    return String(decoding: data, as: UTF8.self) + "\n"
  }

  private static func xml(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;").replacing("\n", with: "&#10;")
  }
  /// A workflow command ends with its line; `%` introduces what stands for a line end.
  private static func command(_ text: String) -> String {
    text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
  }
  /// A property of it also ends with a colon or a comma.
  private static func property(_ text: String) -> String {
    command(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
  }
}

/// Cells of Markdown tables.
enum MarkdownTable {
  static func row(_ cells: [String]) -> String {
    "| \(cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ")) |"
  }
}
