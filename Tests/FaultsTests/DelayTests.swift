import Consensus
import Faults
import Testing

@Suite("Distributions of delay") struct DelayTests {
  private func moments(_ delay: DelayDistribution, draws: Int = 200_000) -> (mean: Double, deviation: Double) {
    var random = RandomSource(seed: 3)
    let samples = (0..<draws).map { _ in Double(delay.sample(&random)) }
    let mean = samples.reduce(0, +) / Double(draws)
    let variance = samples.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(draws - 1)
    return (mean, variance.squareRoot())
  }

  /// Means and deviations of the distributions in ns, from their formulas; with 200,000 draws half a per cent is over two standard
  /// errors of the widest of them.
  @Test(
    "Means and deviations are those of the formulas",
    arguments: [
      (DelayDistribution.constant(.microseconds(7)), 7_000.0, 0.0),
      (.uniform(.microseconds(10)...(.microseconds(30))), 20_000, 5_773.5),
      (.exponential(mean: .microseconds(10), shift: .microseconds(5)), 15_000, 10_000),
      (.normal(mean: .microseconds(200), deviation: .microseconds(20)), 200_000, 20_000),
      (.empirical([.zero, .microseconds(10), .microseconds(30)]), 12_500, 8_779),
    ])
  func moments(delay: DelayDistribution, mean: Double, deviation: Double) {
    let found = moments(delay)
    #expect(abs(found.mean - mean) <= 0.005 * mean + 1)
    #expect(abs(found.deviation - deviation) <= 0.01 * deviation + 1)
    #expect(abs(Double(delay.mean) - mean) <= 1)
  }

  @Test("A normal delay is never negative: what is, is drawn again")
  func truncated() {
    var random = RandomSource(seed: 1)
    let wide = DelayDistribution.normal(mean: .microseconds(1), deviation: .microseconds(50))
    var least = Int64.max
    for _ in 0..<20_000 { least = min(least, wide.sample(&random)) }
    #expect(least >= 0 && least < 100)
    // The mean of a normal variate given that it is positive: m + s φ(-m/s) / (1 - Φ(-m/s)), here 40.6 µs.
    #expect(abs(moments(wide).mean - 40_600) < 400)
  }

  @Test("A third of a normal distribution lies within 0.43073 deviations, and 0.27 % beyond three")
  func shape() {
    var random = RandomSource(seed: 2)
    let normal = DelayDistribution.normal(mean: .milliseconds(1), deviation: .microseconds(100))
    var (near, far) = (0, 0)
    for _ in 0..<300_000 {
      let distance = abs(normal.sample(&random) - 1_000_000)
      if distance < 43_073 { near += 1 }
      if distance > 300_000 { far += 1 }
    }
    #expect(abs(near - 100_000) < 1_000)
    #expect(abs(far - 810) < 100)
  }

  @Test("The same seed draws the same nanoseconds on every machine")
  func golden() {
    var random = RandomSource(seed: 42)
    let normal = DelayDistribution.normal(mean: .microseconds(200), deviation: .microseconds(20))
    let exponential = DelayDistribution.exponential(mean: .microseconds(100), shift: .zero)
    let drawn = (0..<3).map { _ in normal.sample(&random) } + (0..<3).map { _ in exponential.sample(&random) }
    #expect(drawn == [209_859, 174_378, 187_962, 41_541, 96_359, 22_928])
  }

  @Test("Empirical delays lie between the values, each gap as likely as the next")
  func empirical() {
    var random = RandomSource(seed: 9)
    let delay = DelayDistribution.empirical([.microseconds(1), .microseconds(2), .microseconds(100)])
    var below = 0
    for _ in 0..<10_000 {
      let sample = delay.sample(&random)
      #expect((1_000...100_000).contains(sample))
      if sample < 2_000 { below += 1 }
    }
    #expect(abs(below - 5_000) < 200)
  }
}
