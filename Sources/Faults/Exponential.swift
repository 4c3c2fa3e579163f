/// e to the power of x, for |x| up to 700: x = k ln 2 + r, and a Taylor series for the rest, which is at most ln 2 / 2.
/// Within 2 units in the last place, and the same bits everywhere, like ``naturalLogarithm(_:)``.
public func exponential(_ x: Double) -> Double {
  precondition(x.magnitude <= 700, "e to the power of \(x) is not needed here")
  let power = (x * 1.4426950408889634).rounded()
  // ln 2 in two parts, of which the first has so few digits that its products with `power` are exact.
  let rest = (x - power * 0x1.62e42fee00000p-1) - power * 0x1.a39ef35793c76p-33
  var sum = 1.0
  for n in stride(from: 14, through: 1, by: -1) { sum = 1 + sum * rest / Double(n) }
  return sum * Double(sign: .plus, exponent: Int(power), significand: 1)
}
