import Testing

@testable import Measurement

/// SplitMix64: the same numbers on every machine.
private struct Generator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
  }
  /// About a millisecond, disturbed as a busy machine disturbs: up to `noise` percent longer, and now and then twice as long.
  mutating func time(_ noise: UInt64) -> Int {
    let time = 1_000_000 + Int(next() % (noise * 10_000 + 1))
    return next() % 20 == 0 ? 2 * time : time
  }
}

@Suite struct PairedComparisonTests {
  private func compare(
    pairs: Int, noise: UInt64, slower percent: Int, seed: UInt64 = 1
  ) throws -> PairedComparison {
    var generator = Generator(state: seed)
    let times = (0..<pairs).map { _ in
      (base: generator.time(noise), head: generator.time(noise) * (100 + percent) / 100)
    }
    return try #require(PairedComparison(times, using: &generator))
  }

  @Test("Of 100 comparisons of a build with itself none is called faster or slower")
  func same() throws {
    for seed in 1...100 {
      let verdict = try compare(pairs: 40, noise: 10, slower: 0, seed: UInt64(seed)).verdict
      #expect(verdict == .noDifference || verdict == .inconclusive, "seed \(seed)")
    }
  }

  @Test("10 % more time is called slower, 10 % less faster, whichever way the noise falls")
  func differs() throws {
    for seed in 1...20 {
      #expect(try compare(pairs: 40, noise: 5, slower: 10, seed: UInt64(seed)).verdict == .slower)
      #expect(try compare(pairs: 40, noise: 5, slower: -10, seed: UInt64(seed)).verdict == .faster)
    }
  }

  @Test("Where the machine is too noisy for the pairs there are, the answer is inconclusive")
  func noisy() throws {
    let comparison = try compare(pairs: 20, noise: 200, slower: 10)
    #expect(comparison.verdict == .inconclusive)
    #expect(try #require(comparison.detectable) > PairedComparison.threshold)
  }

  @Test("Too few pairs say nothing, however clear they look; none at all are no comparison")
  func few() throws {
    let comparison = try compare(pairs: 19, noise: 0, slower: 100)
    #expect(comparison.verdict == .inconclusive && comparison.interval == nil && comparison.detectable == nil)
    #expect(comparison.text.hasSuffix("fewer than 20 pairs say nothing"))
    var generator = Generator(state: 1)
    #expect(PairedComparison([], using: &generator) == nil)
  }

  @Test("Pairs without noise give the ratio exactly, and the threshold alone is the smallest change to be seen")
  func exact() throws {
    var generator = Generator(state: 1)
    let comparison = try #require(
      PairedComparison(Array(repeating: (base: 1_000, head: 1_020), count: 20), using: &generator))
    #expect(
      comparison.text
        == "no difference: 1.020 of the base's time (1.020–1.020 with 95 % confidence, 20 pairs); "
        + "a change of 5.00 % would have been seen")
    #expect(comparison.verdict == .noDifference)
  }
}
