/// What a trace says of one message or fault.
struct TraceEvent {
  var time: Int64
  var what: String
  var from = -1
  var to = -1
  var message = ""

  init?(_ line: String) {
    func field(_ name: String) -> Substring? {
      guard let range = line.firstRange(of: "\"\(name)\":") else { return nil }
      let rest = line[range.upperBound...]
      return rest.first == "\"" ? rest.dropFirst().prefix { $0 != "\"" } : rest.prefix { $0.isNumber }
    }
    guard let time = field("t").flatMap({ Int64($0) }), let what = field("event") else { return nil }
    self.time = time
    self.what = String(what)
    from = field("from").flatMap { Int($0) } ?? -1
    to = (field("to") ?? field("node")).flatMap { Int($0) } ?? -1
    message = field("message").map(String.init) ?? ""
  }
}

/// Collects a trace.
final class TraceEvents {
  var all: [TraceEvent] = []
  func add(_ line: String) { if let event = TraceEvent(line) { all.append(event) } }

  func times(of what: String) -> [Int64] { all.filter { $0.what == what }.map(\.time) }
  /// How long each message was on its way, in the order of departure; what was lost is not there.
  func transits(from: Int, to: Int) -> [(sent: Int64, delay: Int64)] {
    var open: [(sent: Int64, message: String)] = []
    var transits: [(sent: Int64, delay: Int64)] = []
    for event in all where event.from == from && event.to == to {
      if event.what == "sent" { open.append((event.time, event.message)) }
      guard event.what == "delivered", let index = open.firstIndex(where: { $0.message == event.message }) else {
        continue
      }
      transits.append((open[index].sent, event.time - open[index].sent))
      open.remove(at: index)
    }
    return transits
  }
}
