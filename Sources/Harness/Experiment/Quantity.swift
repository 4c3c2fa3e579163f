/// A decimal number and what is written behind it: `1.5ms` is 1.5 and `ms`. Arithmetic stays exact, because two ways of
/// writing one value must give one value.
struct Quantity {
  let isNegative: Bool
  private let whole: Substring
  private let fraction: Substring
  /// A power of ten, where the number was written with one.
  private let exponent: Int
  let unit: String

  /// Nil if `text` does not begin with a number.
  init?(_ text: String) {
    var rest = text[...]
    func digits() -> Substring {
      let found = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest[found.endIndex...]
      return found
    }
    func take(_ character: Character) -> Bool {
      guard rest.first == character else { return false }
      rest = rest.dropFirst()
      return true
    }
    isNegative = take("-")
    whole = digits()
    guard !whole.isEmpty else { return nil }
    if take(".") {
      fraction = digits()
      guard !fraction.isEmpty else { return nil }
    } else {
      fraction = ""
    }
    if take("e") {
      let sign = take("-") ? -1 : 1
      guard let power = Int(digits()), power < 100 else { return nil }
      exponent = sign * power
    } else {
      exponent = 0
    }
    let spaces = rest.prefix { $0 == " " }
    unit = String(rest[spaces.endIndex...])
  }

  /// The number times its unit's factor; nil if the unit is unknown or that is no whole number of 64 bits.
  func whole(in units: [String: Int64]) -> Int64? {
    guard let factor = units[unit], exponent == 0, fraction.count <= 18 else { return nil }
    let zeros = fraction.reversed().prefix { $0 == "0" }.count
    let digits = fraction.dropLast(zeros)
    var divisor: UInt64 = 1
    for _ in digits { divisor *= 10 }
    guard let number = UInt64(whole + digits) else { return nil }
    let product = number.multipliedFullWidth(by: UInt64(factor))
    guard product.high < divisor else { return nil }
    let result = divisor.dividingFullWidth(product)
    guard result.remainder == 0, let magnitude = Int64(exactly: result.quotient) else { return nil }
    return isNegative ? -magnitude : magnitude
  }

  /// The number times ten to the power of its unit, rounded once; nil if the unit is unknown.
  func real(in powers: [String: Int]) -> Double? {
    guard let power = powers[unit] else { return nil }
    let value = Double("\(whole).\(fraction.isEmpty ? "0" : fraction)e\(exponent + power)")
    return isNegative ? value.map { 0 - $0 } : value
  }
}
