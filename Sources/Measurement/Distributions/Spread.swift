/// How far a number lies apart from trial to trial, and so how well its mean is known. Kept in exact integers: the order of trials
/// does not matter.
public struct Spread: Sendable, Equatable {
  public private(set) var count = 0
  /// Trials that did not give the number.
  public private(set) var missing = 0
  private var sum: Int128 = 0
  private var squares: Int128 = 0

  public init() {}

  /// Adds a trial's number; nil if it did not give one, because it was censored or is void. Traps on a negative one.
  public mutating func add(_ value: Int?) {
    guard let value else {
      missing += 1
      return
    }
    precondition(value >= 0, "a spread of \(value)")
    count += 1
    sum += Int128(value)
    squares += Int128(value) * Int128(value)
  }

  /// Rounded; nil if any trial is missing: a mean of the others would flatter whatever fails.
  public var mean: Int? { missing > 0 || count == 0 ? nil : Int((sum * 2 + Int128(count)) / Int128(count * 2)) }

  /// The standard error of the mean over the mean, to six digits; nil with a missing trial, or fewer than two.
  ///
  /// With n trials, their sum S and sum of squares Q it is √((nQ - S²) / ((n - 1) S²)). The difference is taken in integers, where it
  /// loses nothing; division and square root are rounded alike everywhere.
  public var relativeError: FixedDecimal? {
    guard missing == 0, count > 1 else { return nil }
    let difference = Int128(count) * squares - sum * sum
    guard difference > 0 else { return FixedDecimal() }
    let ratio = Double(difference) / (Double(count - 1) * (Double(sum) * Double(sum)))
    return FixedDecimal(millionths: Int((ratio.squareRoot() * 1_000_000).rounded()))
  }
}
