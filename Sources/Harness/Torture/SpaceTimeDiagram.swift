import Consensus
import Foundation

/// The end of a run as a space-time diagram (Lamport 1978): time runs downwards, a line for each replica, an arrow for each message.
public struct SpaceTimeDiagram {
  private let timeline: EventTimeline
  /// The moments that are shown, each with its height.
  private var heights: [Int64: Double] = [:]
  private var first: Int64 = 0
  private var bottom: Double = 0

  private static let top = 56.0
  private static let left = 90.0
  private static let clientWidth = 150.0
  private static let laneWidth = 230.0
  private static let line = 12.0
  /// More moments than this nobody follows.
  private static let moments = 140

  public init(_ timeline: EventTimeline) {
    self.timeline = timeline
    var times = Set(timeline.entries.filter { !$0.isQuiet }.map(\.time))
    for flight in timeline.flights where matters(flight) {
      times.insert(flight.sent)
      if let arrived = flight.arrived { times.insert(arrived) }
    }
    // What happens at one moment in one place stands in lines of its own.
    var counts: [Int64: [EventTimeline.Lane: Int]] = [:]
    for entry in timeline.entries where !entry.isQuiet { counts[entry.time, default: [:]][entry.lane, default: 0] += 1 }
    let lines = counts.mapValues { $0.values.max() ?? 1 }
    let shown = times.sorted().suffix(Self.moments)
    first = shown.first ?? 0
    var height = Self.top + 24
    var last: Int64?
    for time in shown {
      // In order, and not to scale: a long silence is a short way.
      if let last {
        height += min(46, 15 + Double(time - last) / 1e6 * 2) + Self.line * Double((lines[last] ?? 1) - 1)
      }
      heights[time] = height
      last = time
    }
    bottom = height + 30
  }

  private func matters(_ flight: EventTimeline.Flight) -> Bool { timeline.purpose(flight.message) != .heartbeat }
  private func x(_ node: Int) -> Double { Self.left + Self.clientWidth + 40 + Double(node) * Self.laneWidth }
  private var clientX: Double { Self.left + 20 }
  private var width: Double { x(timeline.replicas - 1) + Self.laneWidth }

  /// A file that needs nothing else, legible on light and on dark.
  public var svg: String {
    let below = Double(timeline.violations.count) * 18
    var parts = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(width)) \(Int(bottom + 30 + below))" \
      width="\(Int(width))" font-family="DejaVu Sans, sans-serif" font-size="11">
      <style>
      \(Self.style)
      </style>
      <rect class="paper" width="100%" height="100%"/>
      <defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">\
      <path class="head" d="M0 0L8 4L0 8z"/></marker></defs>
      <text x="10" y="20" font-size="13">The end of the run; time runs downwards, in order and not to scale (ms at the left)</text>
      """
    ]
    parts.append(text(clientX, Self.top, "clients", "client"))
    for node in 0..<timeline.replicas {
      parts.append("<text x=\"\(x(node))\" y=\"\(Self.top)\" text-anchor=\"middle\" font-size=\"13\">n\(node)</text>")
      parts.append(lifeline(node))
    }
    for flight in timeline.flights where matters(flight) { if let arrow = arrow(flight) { parts.append(arrow) } }
    parts += marks()
    for (index, violation) in timeline.violations.enumerated() {
      parts.append(text(10, bottom + 20 + Double(index) * 18, "VIOLATION of \(violation)", "bad"))
    }
    return parts.joined(separator: "\n") + "\n</svg>\n"
  }

  /// Colours that are told apart on paper of either kind.
  private static var style: String {
    func colours(
      paper: String, ink: String, faint: String, send: String, lost: String, bad: String, lead: String, client: String
    ) -> String {
      """
      .paper{fill:\(paper)} text,.dot{fill:\(ink)} text.small{fill:\(faint)} .life{stroke:\(faint)} .send{stroke:\(send)} \
      text{stroke:\(paper)} .head,text.label{fill:\(send)} .lost,.fault{stroke:\(lost)} text.faulttext{fill:\(lost)} .down{stroke:\(bad)} \
      text.bad{fill:\(bad)} .lead{stroke:\(lead)} text.client{fill:\(client)}
      """
    }
    let light = colours(
      paper: "#ffffff", ink: "#1b1f24", faint: "#6b737c", send: "#2563b8", lost: "#c2410c", bad: "#b91c1c",
      lead: "#16794a", client: "#6d3fb0")
    let dark = colours(
      paper: "#14171b", ink: "#e6e8eb", faint: "#98a1ab", send: "#74a9f0", lost: "#f59e58", bad: "#ff7b7b",
      lead: "#5fd08f", client: "#c2a1f5")
    return """
      text{paint-order:stroke;stroke-width:3;stroke-linejoin:round} .small,.label{font-size:9.5px} .send,.lost{fill:none} .down{stroke-dasharray:2 4} .fault{stroke-dasharray:6 3} .lead{stroke-width:5}
      \(light)
      @media (prefers-color-scheme: dark) {
      \(dark)
      }
      """
  }

  // MARK: Parts

  /// Dashed while its process is down, thick while it leads.
  private func lifeline(_ node: Int) -> String {
    var lines: [String] = []
    var (start, style) = (Self.top + 10, "life")
    func close(_ end: Double) {
      if end > start {
        lines.append("<line class=\"\(style)\" x1=\"\(x(node))\" y1=\"\(start)\" x2=\"\(x(node))\" y2=\"\(end)\"/>")
      }
    }
    for entry in timeline.entries {
      let height = heights[entry.time] ?? Self.top + 10
      var next: String?
      switch entry.lane {
      case .node(node) where !entry.isQuiet:
        if entry.text.contains("LEADER") { next = "lead" }
        if entry.text.contains("FOLLOWER") || entry.text.contains("CANDIDATE") { next = "life" }
      case .fault:
        if entry.text == "n\(node) crash" || entry.text.hasPrefix("crash") && entry.text.contains("n\(node)")
          || entry.text.hasPrefix("crash-all")
        {
          next = "down"
        }
        if entry.text == "n\(node) restart" { next = "life" }
      default: break
      }
      if let next, next != style {
        close(height)
        (start, style) = (height, next)
      }
    }
    close(bottom)
    return lines.joined(separator: "\n")
  }

  private func arrow(_ flight: EventTimeline.Flight) -> String? {
    guard let from = heights[flight.sent] else { return nil }
    let (x1, x2) = (x(flight.from), x(flight.to))
    let kind = Self.escaped(String(flight.message.prefix { $0 != "(" }))
    if flight.isLost {
      let (endX, endY) = (x1 + (x2 - x1) * 0.35, from + 8)
      return """
        <g><title>\(Self.escaped(flight.message)), lost</title><line class="lost" x1="\(x1)" y1="\(from)" x2="\(endX)" y2="\(endY)"/>\
        <path class="lost" stroke-width="2" d="M\(endX - 4) \(endY - 4)l8 8m0 -8l-8 8"/></g>
        """
    }
    guard let arrived = flight.arrived, let to = heights[arrived] else { return nil }
    let side = x2 > x1 ? 1.0 : -1.0
    let gap = abs(x2 - x1)
    // What goes to a neighbour is named near where it begins, what goes further on its last part: two copies are named apart.
    let place = gap > Self.laneWidth ? gap - Self.laneWidth * 0.6 : min(gap / 2, 70)
    let (labelX, labelY) = (x1 + side * place, from + (to - from) * place / gap - 3)
    let angle = atan2((to - from) * side, gap) * 180 / .pi
    return """
      <g><title>\(Self.escaped(flight.message))</title>\
      <line class="send" marker-end="url(#a)" x1="\(x1)" y1="\(from)" x2="\(x2)" y2="\(to)"/>\
      <text class="label" text-anchor="middle" transform="translate(\(labelX) \(labelY)) rotate(\(angle))">\(kind)</text></g>
      """
  }

  private func marks() -> [String] {
    var parts: [String] = []
    var lastTime = -100.0
    var used: [EventTimeline.Lane: (time: Int64, lines: Int)] = [:]
    for entry in timeline.entries where !entry.isQuiet {
      guard let moment = heights[entry.time] else { continue }
      let lines = used[entry.lane].map { $0.time == entry.time ? $0.lines : 0 } ?? 0
      used[entry.lane] = (entry.time, lines + 1)
      let height = moment + Double(lines) * Self.line
      if lines == 0, height >= lastTime + 12 {
        parts.append(text(10, height + 4, String(format: "%.2f", Double(entry.time) / 1e6), "small"))
        lastTime = height
      }
      switch entry.lane {
      case .fault:
        parts.append("<line class=\"fault\" x1=\"60\" y1=\"\(height)\" x2=\"\(width - 10)\" y2=\"\(height)\"/>")
        parts.append(
          "<text class=\"faulttext\" x=\"\(width - 12)\" y=\"\(height - 3)\" text-anchor=\"end\">\(Self.escaped(entry.text))</text>"
        )
      case .clients: parts.append(text(clientX - 20, height + 4, entry.text, "client"))
      case .node(let node):
        parts.append("<circle class=\"dot\" cx=\"\(x(node))\" cy=\"\(moment)\" r=\"3\"/>")
        let changes = Self.changes(entry.text)
        if !changes.isEmpty { parts.append(text(x(node) + 7, height + 12, changes, "small")) }
      }
    }
    return parts
  }

  /// What changed, without what led to it: the arrow shows that.
  private static func changes(_ text: String) -> String {
    guard text.hasPrefix("n"), let colon = text.range(of: "): ") else {
      return text.hasPrefix("n") || text.hasPrefix("on disk") || text.hasPrefix("lost") ? "" : text
    }
    return String(text[colon.upperBound...])
  }
  private func text(_ x: Double, _ y: Double, _ content: String, _ style: String) -> String {
    "<text class=\"\(style)\" x=\"\(x)\" y=\"\(y)\">\(Self.escaped(content))</text>"
  }
  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}
