import Consensus
import Faults

/// Which key an operation is about. Key 0 is the most popular, or one of those.
public enum KeyChoice: Hashable, Sendable {
  case uniform
  /// Key k with a probability in proportion to (k+1)^-exponent.
  case zipf(exponent: Double)
  /// This share of the keys, one at least, gets that share of the operations; within both parts all keys are alike.
  case hot(keys: Double, operations: Double)

  /// Of `count` keys, how many of the most popular are watched, to see whether the choice is what it should be: the hot
  /// ones, or else a tenth, one at least.
  public func watched(of count: Int) -> Int {
    switch self {
    case .uniform, .zipf: max(1, count / 10)
    case .hot(let keys, _): max(1, Int((keys * Double(count)).rounded()))
    }
  }
  /// The share of the operations that these keys are to get.
  public func watchedShare(of count: Int) -> Double {
    let watched = watched(of: count)
    switch self {
    case .uniform: return Double(watched) / Double(count)
    case .zipf(let exponent):
      let power = PowerLaw(exponent: exponent)
      return power.sum(through: watched) / power.sum(through: count)
    case .hot(_, let operations): return operations
    }
  }
}

/// Draws keys that are not all alike.
struct KeySampler {
  private enum Method {
    case zipf(ZipfSampler)
    case hot(Double)
  }
  private let method: Method
  private let count: UInt64
  private let hot: UInt64

  /// Nil where all keys are alike.
  init?(_ choice: KeyChoice, count: Int) {
    self.count = UInt64(count)
    hot = UInt64(choice.watched(of: count))
    switch choice {
    case .uniform: return nil
    case .zipf(let exponent): method = .zipf(ZipfSampler(count: count, exponent: exponent))
    case .hot(_, let operations):
      precondition(hot < count, "if all keys are hot, none is")
      method = .hot(operations)
    }
  }

  func next(_ random: inout RandomSource) -> UInt32 {
    switch method {
    case .zipf(let sampler): UInt32(sampler.next(&random))
    case .hot(let share): UInt32(random.chance(share) ? random.below(hot) : hot + random.below(count - hot))
    }
  }
}

/// Draws from Zipf's distribution by rejection-inversion (Hörmann and Derflinger 1996): exact, with neither a table nor
/// a start-up that grows with the number of keys, and 1.0 to 1.1 attempts a draw.
struct ZipfSampler {
  private let law: PowerLaw
  private let count: Int
  /// Where the area under the curve begins and ends.
  private let first: Double
  private let last: Double
  /// Closer than this to the next whole number, a draw is accepted unseen.
  private let margin: Double

  init(count: Int, exponent: Double) {
    law = PowerLaw(exponent: exponent)
    self.count = count
    first = law.area(through: 1.5) - 1
    last = law.area(through: Double(count) + 0.5)
    margin = 2 - law.end(of: law.area(through: 2.5) - law.value(at: 2))
  }

  /// From 0.
  func next(_ random: inout RandomSource) -> Int {
    while true {
      let area = last + random.unit() * (first - last)
      let x = law.end(of: area)
      let rank = min(max(x.rounded(), 1), Double(count))
      if rank - x <= margin || area >= law.area(through: rank + 0.5) - law.value(at: rank) { return Int(rank) - 1 }
    }
  }
}

/// The function x^-s for x from 1 on: what it sums up to, and the area below it, also where s is close to 1 and the
/// formulas would lose all their digits.
struct PowerLaw {
  let exponent: Double

  func value(at x: Double) -> Double { exponential(-exponent * naturalLogarithm(x)) }

  /// The integral from 1 to x.
  func area(through x: Double) -> Double {
    let log = naturalLogarithm(x)
    let t = (1 - exponent) * log
    // (e^t - 1) / t
    let ratio =
      t.magnitude > 1e-3 ? (exponential(t) - 1) / t : 1 + t / 2 * (1 + t / 3 * (1 + t / 4 * (1 + t / 5)))
    return ratio * log
  }

  /// The x up to which the integral is `area`.
  func end(of area: Double) -> Double {
    let t = (1 - exponent) * area
    // ln(1 + t) / t; where all digits of 1 + t are gone the draw is beyond every key that counts.
    let ratio =
      t.magnitude > 1e-3
      ? naturalLogarithm(max(1 + t, .leastNormalMagnitude)) / t : 1 - t * (1 / 2 - t * (1 / 3 - t * (1 / 4 - t / 5)))
    return exponential(min(ratio * area, 700))
  }

  /// The sum over 1 to `count`: the first terms one by one, the rest by the Euler-Maclaurin formula, to all digits.
  func sum(through count: Int) -> Double {
    let direct = 64
    var sum = 0.0
    for k in stride(from: min(count, direct - 1), through: 1, by: -1) { sum += value(at: Double(k)) }
    guard count >= direct else { return sum }
    let (a, b) = (Double(direct), Double(count))
    let (low, high) = (value(at: a), value(at: b))
    let slope = exponent * (low / a - high / b) / 12
    let bend = exponent * (exponent + 1) * (exponent + 2) * (low / (a * a * a) - high / (b * b * b)) / 720
    return sum + area(through: b) - area(through: a) + (low + high) / 2 + slope - bend
  }
}
