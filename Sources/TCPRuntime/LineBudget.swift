/// Bounds what is logged about those who come again and again: strangers must not fill a disk.
///
/// Of one text a few lines are let through in each period, and of different texts so many; the next line that is let through says how many were
/// left out before it.
struct LineBudget {
  static let period: Int64 = 10_000_000_000

  /// Lines of one text, and different texts, in a period.
  let repeats: Int
  let texts: Int
  private var said: [String: Int] = [:]
  private var end = Int64.min
  private var leftOut = 0

  init(repeats: Int, texts: Int) {
    self.repeats = repeats
    self.texts = texts
  }

  /// What is to be logged; nil: nothing. `now`: nanoseconds of a clock that never goes back.
  mutating func line(_ text: String, at now: Int64) -> String? {
    if now >= end {
      said.removeAll(keepingCapacity: true)
      end = now + Self.period
    }
    let times = said[text] ?? 0
    guard times < repeats, times > 0 || said.count < texts else {
      leftOut += 1
      return nil
    }
    said[text] = times + 1
    defer { leftOut = 0 }
    return leftOut == 0 ? text : "\(text) left_out=\(leftOut)"
  }
}
