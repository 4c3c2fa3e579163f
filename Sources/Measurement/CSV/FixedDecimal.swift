/// A number with six digits behind the point, computed and printed in integers.
public struct FixedDecimal: Hashable, Comparable, Sendable, CustomStringConvertible {
  public static let digits = 6
  public var millionths: Int

  public init(millionths: Int = 0) { self.millionths = millionths }
  /// `numerator / denominator`, rounded half up; nil for a denominator of zero. Traps beyond 9.2 x 10^12 and on negatives.
  public init?(_ numerator: Int, over denominator: Int) {
    guard denominator != 0 else { return nil }
    precondition(numerator >= 0 && denominator > 0, "a negative ratio")
    let scaled = Int128(numerator) * 1_000_000
    millionths = Int((scaled * 2 + Int128(denominator)) / (Int128(denominator) * 2))
  }

  public static func < (a: FixedDecimal, b: FixedDecimal) -> Bool { a.millionths < b.millionths }
  public var description: String { fixedPoint(millionths, digits: Self.digits) }
}
