import Foundation
import Measurement

/// Where two traces of the same run part: the first event that is not the same on both sides, and what came just before.
public struct TraceParting: GateReport, Sendable, Equatable {
  /// Counted from 1.
  public var line: Int
  /// The last events that both have, oldest first.
  public var before: [String]
  /// Nil: this side ends here.
  public var base: String?
  public var head: String?

  /// Nil if the two are the same.
  public init?(_ base: some Sequence<String>, _ head: some Sequence<String>, context: Int = 5) {
    var (left, right) = (base.makeIterator(), head.makeIterator())
    line = 1
    before = []
    while true {
      self.base = left.next()
      self.head = right.next()
      if self.base == nil, self.head == nil { return nil }
      guard self.base == self.head, let same = self.base else { return }
      line += 1
      if before.count == context { before.removeFirst() }
      if context > 0 { before.append(same) }
    }
  }

  /// Reads two files as `--trace` writes them.
  public static func ofFiles(_ base: String, _ head: String) throws(InputError) -> TraceParting? {
    func lines(_ path: String) throws(InputError) -> [String] {
      guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
        throw InputError("\(path): cannot be read")
      }
      return text.split(separator: "\n").map(String.init)
    }
    return TraceParting(try lines(base), try lines(head))
  }

  public var text: String {
    var lines = ["The traces part at line \(line)."]
    lines += before.map { "    both  \($0)" }
    lines.append("    base  \(base ?? "ends here")")
    lines.append("    head  \(head ?? "ends here")")
    return lines.joined(separator: "\n") + "\n"
  }

  public var markdown: String { "### Two traces\n\n```\n\(text)```\n" }
  public var document: [String: Any] {
    var document: [String: Any] = ["line": line, "before": before]
    document["base"] = base
    document["head"] = head
    return document
  }
  public var cases: [GateCase] {
    let message = "line \(line): base \(base ?? "ends here"); head \(head ?? "ends here")"
    return [GateCase("traces", .failed("changed"), message)]
  }
}
