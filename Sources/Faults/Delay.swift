import Consensus

/// A distribution of times. Sampling uses integers and the four basic operations only, so that the same seed draws the same
/// nanoseconds on every machine, whatever its math library.
public enum DelayDistribution: Hashable, Sendable {
  case constant(Duration)
  /// Uniform over whole nanoseconds, both ends included.
  case uniform(ClosedRange<Duration>)
  /// `shift` plus an exponential variate with this mean.
  case exponential(mean: Duration, shift: Duration)

  /// Nanoseconds.
  @inlinable public func sample(_ random: inout RandomSource) -> Int64 {
    switch self {
    case .constant(let delay): delay.nanoseconds
    case .uniform(let range): random.duration(in: range).nanoseconds
    case .exponential(let mean, let shift):
      shift.nanoseconds + Int64((Double(mean.nanoseconds) * -naturalLogarithm(1 - random.unit())).rounded(.down))
    }
  }
  /// The mean in nanoseconds.
  public var mean: Int64 {
    switch self {
    case .constant(let delay): delay.nanoseconds
    case .uniform(let range): (range.lowerBound.nanoseconds + range.upperBound.nanoseconds) / 2
    case .exponential(let mean, let shift): mean.nanoseconds + shift.nanoseconds
    }
  }
}

/// ln x for x in (0, 1], by x = m·2^k with m around 1 and ln m = 2 atanh((m-1)/(m+1)) as a series: within 2 units in the last
/// place, and the same bits everywhere, which no platform's own logarithm promises.
@inlinable public func naturalLogarithm(_ x: Double) -> Double {
  precondition(x > 0 && x.isFinite, "the logarithm of \(x) is not needed here")
  var exponent = Int(x.exponent)
  var mantissa = x.significand
  if mantissa > 1.4142135623730951 {
    mantissa /= 2
    exponent += 1
  }
  let z = (mantissa - 1) / (mantissa + 1)
  let square = z * z
  var sum = 0.0
  for n in stride(from: 23, through: 1, by: -2) { sum = sum * square + 1 / Double(n) }
  return 2 * z * sum + Double(exponent) * 0.6931471805599453
}
