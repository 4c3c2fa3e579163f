import Measurement

extension ChartAnswer {
  /// The medians of the time and of the bytes that a return takes, from the smallest value of the sweep to the largest.
  static func catchUps(_ data: AnswerData) -> String? {
    func median(_ point: AnswerData.Point, _ value: (CatchUpRow) -> Int?) -> Int? {
      let values = point.catchUps.map { value($0) ?? .max }.sorted()
      guard !values.isEmpty else { return nil }
      let median = values[(values.count - 1) / 2]
      return median == .max ? nil : median
    }
    let time = sweep(data, "median time to catch up", text: { Humane.duration($0) }) { median($0, \.caughtUp) }
    let bytes = sweep(data, "median of what is sent to it", text: { Humane.bytes($0) }) { median($0, \.bytes) }
    guard let time, let bytes else { return nil }
    let all = data.points.flatMap(\.catchUps)
    let never = all.count { $0.caughtUp == nil }
    return "\(time) \(bytes.dropLast()); "
      + (never == 0
        ? "all \(AnswerText.count(all.count, "return", "returns")) are caught up with."
        : "\(Humane.count(never)) of \(AnswerText.count(all.count, "return", "returns")) never are.")
  }
}
