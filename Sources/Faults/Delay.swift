import Consensus

/// A distribution of times. Sampling uses integers and the four basic operations only, so that the same seed draws the same
/// nanoseconds on every machine, whatever its math library.
public enum DelayDistribution: Hashable, Sendable {
  case constant(Duration)
  /// Uniform over whole nanoseconds, both ends included.
  case uniform(ClosedRange<Duration>)
  /// `shift` plus an exponential variate with this mean.
  case exponential(mean: Duration, shift: Duration)
  /// A normal variate with this mean and standard deviation, drawn again while it is negative.
  case normal(mean: Duration, deviation: Duration)
  /// Measured values in ascending order: their distribution function, with straight lines between them.
  case empirical([Duration])

  /// Nanoseconds.
  @inlinable public func sample(_ random: inout RandomSource) -> Int64 {
    switch self {
    case .constant(let delay): delay.nanoseconds
    case .uniform(let range): random.duration(in: range).nanoseconds
    case .exponential(let mean, let shift):
      shift.nanoseconds + Int64((Double(mean.nanoseconds) * -naturalLogarithm(1 - random.unit())).rounded(.down))
    case .normal(let mean, let deviation): Self.normal(mean.nanoseconds, deviation.nanoseconds, &random)
    case .empirical(let values): Self.between(values, at: random.unit())
    }
  }
  /// Marsaglia's polar method: only logarithm, square root and the four operations, of which all but the first are exact to the
  /// last bit everywhere.
  @usableFromInline static func normal(_ mean: Int64, _ deviation: Int64, _ random: inout RandomSource) -> Int64 {
    precondition(mean >= 0, "half of the draws would be thrown away")
    while true {
      let x = 2 * random.unit() - 1
      let y = 2 * random.unit() - 1
      let square = x * x + y * y
      guard square > 0, square < 1 else { continue }
      let variate = x * (-2 * naturalLogarithm(square) / square).squareRoot()
      let value = Double(mean) + Double(deviation) * variate
      if value >= 0 { return Int64(value.rounded(.down)) }
    }
  }
  @usableFromInline static func between(_ values: [Duration], at share: Double) -> Int64 {
    guard values.count > 1 else { return values.first?.nanoseconds ?? 0 }
    let place = share * Double(values.count - 1)
    let index = min(Int(place), values.count - 2)
    let (low, high) = (values[index].nanoseconds, values[index + 1].nanoseconds)
    return low + Int64((Double(high - low) * (place - Double(index))).rounded(.down))
  }
  /// The mean in nanoseconds; of a normal one before negative draws are thrown away.
  public var mean: Int64 {
    switch self {
    case .constant(let delay): delay.nanoseconds
    case .uniform(let range): (range.lowerBound.nanoseconds + range.upperBound.nanoseconds) / 2
    case .exponential(let mean, let shift): mean.nanoseconds + shift.nanoseconds
    case .normal(let mean, _): mean.nanoseconds
    case .empirical(let values):
      // Trapezes: the ends weigh half.
      values.count < 2
        ? values.first?.nanoseconds ?? 0
        : (2 * values.reduce(0) { $0 + $1.nanoseconds } - values[0].nanoseconds - values[values.count - 1].nanoseconds)
          / Int64(2 * (values.count - 1))
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
