import Consensus

/// A load that comes in bursts: each period, counted from the start of the load, begins with one. Over whole periods
/// the mean rate is exactly that without bursts, because only time is stretched: where operations come `factor` times
/// as often, time passes `factor` times as fast for the arrival process, and more slowly in the rest. Poisson arrivals
/// stay a Poisson process, of a changing rate.
public struct Bursts: Hashable, Sendable {
  /// How many times as often operations come in a burst as they do on average; 0 is a lull. No more than `period /
  /// length`, with which all operations come in bursts.
  public var factor: Double
  public var length: Duration
  /// From the start of one burst to that of the next.
  public var period: Duration

  public init(factor: Double, length: Duration, period: Duration) {
    precondition(length > .zero && length < period && factor >= 0, "bursts of \(length) every \(period)")
    self.factor = factor
    self.length = length
    self.period = period
  }

  private var span: (length: Double, period: Double) { (Double(length.nanoseconds), Double(period.nanoseconds)) }
  /// Of each period of the arrival process, what passes in the burst.
  private var share: Double { min(factor * span.length, span.period) }
  /// The same as `factor` for the rest of the period.
  public var restFactor: Double { (span.period - share) / (span.period - span.length) }

  /// When the arrival process's own clock shows `passed`; both in ns since the start of the load.
  func moment(of passed: Double) -> Double {
    let (length, period) = span
    let begin = (passed / period).rounded(.down) * period
    let rest = passed - begin
    return begin + (rest < share ? rest / factor : restFactor > 0 ? length + (rest - share) / restFactor : length)
  }

  /// What the arrival process's own clock shows at `moment`.
  public func passed(at moment: Double) -> Double {
    let (length, period) = span
    let begin = (moment / period).rounded(.down) * period
    let rest = moment - begin
    return begin + (rest < length ? rest * factor : share + (rest - length) * restFactor)
  }
}
