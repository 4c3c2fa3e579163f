import Measurement

/// Numbers as sentences say them.
enum AnswerText {
  /// `a`, `a and b`, `a, b and c`.
  static func list(_ items: [String]) -> String {
    guard let last = items.last, items.count > 1 else { return items.first ?? "" }
    return items.dropLast().joined(separator: ", ") + " and " + last
  }

  /// Who has which value, ascending, those that read alike together: `675 µs with raft and zab, 690 µs with multipaxos`.
  static func ranking(_ values: [(name: String, value: Int)], _ text: (Int) -> String) -> String {
    var groups: [(text: String, names: [String])] = []
    for (name, value) in values.sorted(by: { ($0.value, $0.name) < ($1.value, $1.name) }) {
      let text = text(value)
      if groups.last?.text == text {
        groups[groups.count - 1].names.append(name)
      } else {
        groups.append((text, [name]))
      }
    }
    return groups.map { "\($0.text) with \(list($0.names.sorted()))" }.joined(separator: ", ")
  }

  /// Names with their texts, those that have the same one together: `with raft and zab from 1 ms to 2 ms, with …`.
  static func grouped(_ texts: [(name: String, text: String)], _ separator: String = "; ") -> String {
    var groups: [(text: String, names: [String])] = []
    for (name, text) in texts {
      if let index = groups.firstIndex(where: { $0.text == text }) {
        groups[index].names.append(name)
      } else {
        groups.append((text, [name]))
      }
    }
    return groups.map { "with \(list($0.names)) \($0.text)" }.joined(separator: separator)
  }

  /// How many times `a` goes into `b`, with three digits: `3.14 times`.
  static func factor(_ a: Int, _ b: Int) -> String? {
    guard a > 0, b >= 0, let ratio = FixedDecimal(b, over: a)?.millionths else { return nil }
    if ratio >= 100_000_000 { return "\((ratio + 500_000) / 1_000_000) times" }
    let digits = ratio >= 10_000_000 ? 1 : 2
    let unit = digits == 1 ? 100_000 : 10_000
    let rounded = (ratio + unit / 2) / unit
    let scale = digits == 1 ? 10 : 100
    let fraction = String(rounded % scale)
    return "\(rounded / scale).\(String(repeating: "0", count: digits - fraction.count))\(fraction) times"
  }

  /// From `a` to `b`: how many times as much, or as little; nil where that would read as once.
  static func change(_ a: Int, _ b: Int) -> String? {
    isSame(a, b) ? nil : b < a ? factor(b, a).map { "\($0) less" } : factor(a, b)
  }

  /// Whether two numbers are so near each other that a sentence should not rank them: within half of a percent.
  static func isSame(_ a: Int, _ b: Int) -> Bool { abs(a - b) * 200 < min(abs(a), abs(b)) || a == b }

  static func percent(_ part: Int, of whole: Int) -> String {
    whole == 0 ? "0 %" : "\((part * 200 + whole) / (whole * 2)) %"
  }
  static func rate(_ perSecond: Int) -> String { "\(Humane.count(perSecond))/s" }
  static func count(_ number: Int, _ one: String, _ more: String) -> String {
    "\(Humane.count(number)) \(number == 1 ? one : more)"
  }
}
