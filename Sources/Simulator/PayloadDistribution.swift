import Consensus

/// A distribution of sizes in bytes.
public enum PayloadDistribution: Hashable, Sendable {
  case constant(Int)
  /// Both ends included.
  case uniform(ClosedRange<Int>)
  /// Each size with its share, in millionths that add up to a million: a mixture, or sizes as somebody counted them.
  case mixed([Part])

  public struct Part: Hashable, Sendable {
    public var millionths: Int
    public var bytes: Int

    public init(millionths: Int, bytes: Int) {
      self.millionths = millionths
      self.bytes = bytes
    }
  }

  /// Draws nothing where the size is certain.
  func sample(_ random: inout RandomSource) -> Int {
    switch self {
    case .constant(let bytes): return bytes
    case .uniform(let range): return range.lowerBound + Int(random.below(UInt64(range.count)))
    case .mixed(let parts):
      var place = Int(random.below(1_000_000))
      for part in parts {
        if place < part.millionths { return part.bytes }
        place -= part.millionths
      }
      preconditionFailure("the shares \(parts) do not add up to one")
    }
  }

  /// In bytes, and squared bytes.
  public var moments: (mean: Double, variance: Double) {
    switch self {
    case .constant(let bytes): return (Double(bytes), 0)
    case .uniform(let range):
      let count = Double(range.count)
      return (Double(range.lowerBound) + (count - 1) / 2, (count * count - 1) / 12)
    case .mixed(let parts):
      let mean = Double(parts.reduce(0) { $0 + $1.millionths * $1.bytes }) / 1e6
      let variance = parts.reduce(0.0) { sum, part in
        let distance = Double(part.bytes) - mean
        return sum + Double(part.millionths) / 1e6 * distance * distance
      }
      return (mean, variance)
    }
  }
  public var largest: Int {
    switch self {
    case .constant(let bytes): bytes
    case .uniform(let range): range.upperBound
    case .mixed(let parts): parts.map(\.bytes).max() ?? 0
    }
  }
}
