import Consensus
import Foundation
import Verification

extension EventTimeline {
  private static var timeWidth: Int { 12 }
  private static var clientWidth: Int { 24 }
  /// As wide as a large terminal, or as wide as it takes to read a column.
  private var nodeWidth: Int { max(24, (168 - Self.timeWidth - Self.clientWidth) / replicas) }
  private var width: Int { Self.timeWidth + Self.clientWidth + nodeWidth * replicas }

  /// The timeline in fixed columns: a head, the last `last` lines, how each replica ended, and what is wrong.
  public func lines(last: Int?) -> [String] {
    let head = row(["ms", "clients"] + (0..<replicas).map { "n\($0)" })
    var body: [String] = []
    // Enough entries for so many lines; each is one line or more.
    let loud = entries.filter { !$0.isQuiet }
    for entry in loud.suffix(last ?? loud.count) { body += lines(entry) }
    let hidden = max(0, loud.count - (last ?? loud.count)) + max(0, body.count - (last ?? body.count))
    var lines = [head, String(repeating: "─", count: width)]
    if hidden > 0 { lines.append("… \(hidden) earlier lines; --all shows them") }
    lines += body.suffix(last ?? body.count)
    lines.append(String(repeating: "─", count: width))
    lines += columns(["end", ""] + states.map { $0.map { "\($0.name) \($0.value)" }.joined(separator: ", ") })
    for violation in violations {
      lines.append("VIOLATION of \(violation)")
      if let meaning = Self.meanings[violation.invariant] { lines.append("  \(violation.invariant): \(meaning)") }
      for name in violation.detail.split(whereSeparator: { " ,:()".contains($0) }) {
        if let command = commands[String(name)] {
          lines.append("  \(name): \(command.operation) of c\(command.process)")
        }
      }
    }
    return lines
  }

  private func lines(_ entry: Entry) -> [String] {
    let time = String(format: "%.3f", Double(entry.time) / 1e6)
    switch entry.lane {
    case .fault:
      let text = "\(Self.pad(time, Self.timeWidth - 2))  ══ \(entry.text) "
      return [text + String(repeating: "═", count: max(0, width - text.count))]
    case .clients: return columns([time, entry.text])
    case .node(let index):
      var parts = entry.text.isEmpty ? [] : [entry.text]
      parts += entry.sent.map { sent in
        let all =
          sent.to.count == replicas - 1 && replicas > 2 ? "all" : sent.to.map { "n\($0)" }.joined(separator: " ")
        return "→ \(all) \(sent.message)"
      }
      var result: [String] = []
      for (place, part) in parts.enumerated() {
        result += columns(
          [place == 0 ? time : "", ""] + (0..<replicas).map { $0 == index ? part : "" })
      }
      return result
    }
  }

  /// Texts side by side, each wrapped in its column.
  private func columns(_ texts: [String]) -> [String] {
    let wrapped = texts.enumerated().map { index, text in Self.wrap(text, width(ofColumn: index) - 2) }
    let height = wrapped.map(\.count).max() ?? 0
    return (0..<height).map { line in row(wrapped.map { line < $0.count ? $0[line] : "" }) }
  }
  private func row(_ cells: [String]) -> String {
    var line = ""
    for (index, cell) in cells.enumerated() {
      line +=
        index == 0 ? Self.pad(cell, Self.timeWidth - 2) + "  " : cell + Self.spaces(width(ofColumn: index) - cell.count)
    }
    while line.last == " " { line.removeLast() }
    return line
  }
  private func width(ofColumn index: Int) -> Int {
    index == 0 ? Self.timeWidth : index == 1 ? Self.clientWidth : nodeWidth
  }
  private static func pad(_ text: String, _ width: Int) -> String { spaces(width - text.count) + text }
  private static func spaces(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }
  private static func wrap(_ text: String, _ width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = "  "
      }
      line += line.isEmpty || line == "  " ? String(word) : " " + word
    }
    return line.isEmpty ? lines : lines + [line]
  }

  /// What the invariants of all protocols say; a protocol's own say it themselves.
  private static let meanings = [
    "C1": "no two replicas execute different values in one slot",
    "C2": "a replica executes slot after slot, and all have the same state after the same slot",
    "C3": "what is chosen is on the disks of a quorum at every moment",
    "C4": "what a message promises is on disk before the message leaves",
    "C5": "a client is answered what the chosen log gives, and only for what is chosen",
    "C6": "what a client was told had failed is never executed",
    "C7": "what was durable is still there after a crash",
    "C8": "what is chosen was asked by a client",
    "C9": "a datagram that comes again changes nothing",
    "C10": "what waits, what is on its way and what is kept stay within their limits",
    "HALT": "no replica ends of itself for want of what had been synced, or because of a contradiction",
    "L1": "the history of each key is linearizable",
    "L2": "what was acknowledged was executed exactly once",
    "L4": "all replicas end in the state that the chosen log gives",
    "LIVE": "once every fault is taken back, the cluster agrees and serves every client again",
    "SAME": "one seed is one run",
  ]
}
