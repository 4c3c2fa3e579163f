import Measurement
import Simulator

/// A burst of the load, and the calm before and after it, as the inputs of a configuration tell them: the first one that begins in the
/// window. Times in ns since the window began.
struct Overload: Hashable {
  var time: Range<Int>
  /// When the calm after it ends: at the next burst, or with the window.
  var end: Int
  /// Operations per second in it, and in the calm.
  var rate: Int
  var calmRate: Int

  /// Nil: there is none, or no calm before or after it.
  init?(_ inputs: [String: String]) {
    guard let bursts = try? ValueForm<Bursts>.bursts.parse(inputs["workload.bursts"] ?? ""),
      let mean = inputs["workload.rate"].flatMap(AnswerData.magnitude),
      let warmUp = Self.nanoseconds(inputs["measure.warm-up"]), let window = Self.nanoseconds(inputs["measure.window"])
    else { return nil }
    let (length, period) = (Int(bursts.length.nanoseconds), Int(bursts.period.nanoseconds))
    let isBusyFirst = bursts.factor > 1
    let busy = isBusyFirst ? 0..<length : length..<period
    let periods = max(0, warmUp - busy.lowerBound + period - 1) / period
    let start = busy.lowerBound + periods * period - warmUp
    time = start..<(start + busy.count)
    end = min(start + period, window)
    let factors = [bursts.factor, bursts.restFactor].map { Int((mean * $0).rounded()) }
    (rate, calmRate) = isBusyFirst ? (factors[0], factors[1]) : (factors[1], factors[0])
    guard bursts.factor != 1, start > 0, time.upperBound < end else { return nil }
  }

  private static func nanoseconds(_ text: String?) -> Int? {
    text.flatMap(AnswerData.magnitude).map { Int(($0 * 1e9).rounded()) }
  }

  /// How long after it the last interval was slow: without an answer, or with twice the mean latency of the median interval before it.
  /// Of several trials the longest. Nil: it was never normal again, or nobody knows what normal is.
  func recovery(_ steps: [TimelineRow]) -> Int? {
    func mean(_ step: TimelineRow) -> Int? { step.completed > 0 ? step.latencySum / step.completed : nil }
    let before = steps.filter { $0.start >= 0 && $0.start + $0.interval <= time.lowerBound }.compactMap(mean).sorted()
    guard !before.isEmpty else { return nil }
    let normal = before[(before.count - 1) / 2]
    let whole = steps.filter { $0.start >= time.lowerBound && $0.start + $0.interval <= end }
    let slow = whole.filter { step in mean(step).map { $0 >= 2 * normal } ?? true }
    let over = max(time.upperBound, slow.map { $0.start + $0.interval }.max() ?? 0)
    return whole.contains { $0.start >= over } ? over - time.upperBound : nil
  }

  /// Operations answered per second in its whole intervals.
  func goodput(_ steps: [TimelineRow]) -> Int? {
    let own = steps.filter { $0.start >= time.lowerBound && $0.start + $0.interval <= time.upperBound }
    let span = own.reduce(0) { $0 + $1.interval }
    return span > 0 ? own.reduce(0) { $0 + $1.completed } * 1_000_000 / (span / 1_000) : nil
  }
}
