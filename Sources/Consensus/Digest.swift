/// A running 64-bit digest of integers, the same on every machine (unlike `Hasher`, whose seed differs from run to run).
///
/// Each word is mixed by the finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators,
/// OOPSLA 2014). Good against accidents, no defence against malice.
public struct Digest: Hashable, Sendable {
  public private(set) var value: UInt64

  @inlinable public init(seed: UInt64 = 0x9E37_79B9_7F4A_7C15) { self.init(raw: seed) }
  @usableFromInline init(raw: UInt64) { value = raw }

  @inlinable public mutating func fold(_ word: UInt64) { self = Digest(raw: Self.mix(value &+ word)) }
  @inlinable public mutating func fold(_ word: Int) { fold(UInt64(bitPattern: Int64(word))) }
  @inlinable public mutating func fold(_ command: Command) {
    fold(command.id.client)
    fold(command.id.sequence)
    fold(UInt64(command.operation.kind.rawValue) << 32 | UInt64(command.operation.key))
    fold(command.operation.value)
    fold(command.operation.expected &* 3 &+ UInt64(command.padding))
  }

  @inlinable public static func mix(_ word: UInt64) -> UInt64 {
    var z = word &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z &>> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z &>> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z &>> 31)
  }
}

/// The only source of randomness: SplitMix64. The same seed gives the same numbers on every machine.
public struct RandomSource: Sendable, RandomNumberGenerator {
  @usableFromInline var state: UInt64

  @inlinable public init(seed: UInt64) { state = seed }
  /// A stream of its own for each subsystem, so that a new draw in one does not reshuffle the others.
  @inlinable public init(seed: UInt64, stream: UInt64) { state = Digest.mix(seed ^ Digest.mix(stream)) }

  @inlinable public mutating func next() -> UInt64 {
    let word = Digest.mix(state)
    state &+= 0x9E37_79B9_7F4A_7C15
    return word
  }
  /// Uniform in 0 ..< `bound`, without bias (Lemire 2019).
  @inlinable public mutating func below(_ bound: UInt64) -> UInt64 {
    precondition(bound > 0, "an empty range has no random element")
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return product.high
  }
  /// Uniform over the whole nanoseconds of `range`, both ends included.
  @inlinable public mutating func duration(in range: ClosedRange<Duration>) -> Duration {
    let low = range.lowerBound.nanoseconds
    return .nanoseconds(low + Int64(below(UInt64(range.upperBound.nanoseconds - low) + 1)))
  }
  /// Uniform in [0, 1) with 53 bits.
  @inlinable public mutating func unit() -> Double { Double(next() &>> 11) * 0x1p-53 }
  /// True with probability `p`; draws nothing where the answer is certain.
  @inlinable public mutating func chance(_ p: Double) -> Bool { p > 0 && (p >= 1 || unit() < p) }
}

extension Duration {
  /// Whole nanoseconds. The division of 128-bit attoseconds is avoided below 18 s, which is where timers live.
  @inlinable public var nanoseconds: Int64 {
    let atto = attoseconds
    if let small = UInt64(exactly: atto) { return Int64(small / 1_000_000_000) }
    return Int64(atto / 1_000_000_000)
  }
}
