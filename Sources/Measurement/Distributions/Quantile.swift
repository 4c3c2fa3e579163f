/// A quantile between 0 and 1 as an exact number of billionths: what is printed is what was asked for, on every machine.
public struct Quantile: Hashable, Comparable, Sendable, CustomStringConvertible {
  public static let one = 1_000_000_000
  /// Billionths, 0 to `one`.
  public let billionths: Int

  /// Traps outside 0 to `one`.
  public init(billionths: Int) {
    precondition((0...Self.one).contains(billionths), "a quantile of \(billionths) billionths")
    self.billionths = billionths
  }
  /// Hundredths: 50 is the median. Traps outside 0 to 100.
  public static func percent(_ percent: Int) -> Quantile { .init(billionths: percent * (one / 100)) }
  /// Thousandths: 999 is the 99.9th percentile. Traps outside 0 to 1000.
  public static func permille(_ permille: Int) -> Quantile { .init(billionths: permille * (one / 1000)) }
  public static let median = percent(50)

  /// The samples at or below this quantile of `count`, rounded up; at least 1 when there are any.
  public func rank(of count: Int) -> Int {
    let product = count.multipliedFullWidth(by: billionths)
    let (quotient, remainder) = Self.one.dividingFullWidth(product)
    return min(count, max(1, quotient + (remainder == 0 ? 0 : 1)))
  }

  public static func < (a: Quantile, b: Quantile) -> Bool { a.billionths < b.billionths }
  public var description: String { fixedPoint(billionths, digits: 9) }

  /// From 0 to seven nines, close to evenly spaced on an axis of -log10(1 - q): 16 steps a decade.
  public static let spectrum: [Quantile] = {
    let tenths = [100, 90, 80, 70, 60, 50, 45, 40, 35, 30, 25, 20, 18, 16, 14, 12]
    var quantiles: [Quantile] = []
    var unit = one / 100
    while unit >= 1 {
      for tenth in tenths { quantiles.append(Quantile(billionths: one - tenth * unit)) }
      unit /= 10
    }
    return quantiles
  }()
}

/// `units` of 10^-digits as decimal text with exactly `digits` digits behind the point; no floating point involved.
func fixedPoint(_ units: Int, digits: Int) -> String {
  let text = String(units.magnitude)
  let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
  return "\(units < 0 ? "-" : "")\(padded.dropLast(digits)).\(padded.suffix(digits))"
}

/// The inverse of `fixedPoint`; nil for any text that `fixedPoint` does not write.
func fixedPointUnits(_ text: String, digits: Int) -> Int? {
  guard let units = Int(text.filter { $0 != "." }), fixedPoint(units, digits: digits) == text else { return nil }
  return units
}
