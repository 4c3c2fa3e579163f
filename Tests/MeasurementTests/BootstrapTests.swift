import Testing

@testable import Measurement

@Suite("Intervals by resampling") struct BootstrapTests {
  private static let resamples = 300

  /// The square of a uniform variate below 1,000: skewed, and with known quantiles.
  private func skewed(_ generator: inout TestGenerator) -> Int {
    let root = Int(generator.next() % 1000)
    return root * root
  }
  private static let truth: [(statistic: Statistic, value: Int)] = [
    (.mean, 332_833), (.p50, 249_500), (.p90, 809_100),
  ]

  /// In how many of `rounds` the interval holds the truth, for each statistic.
  private func coverage(of rounds: Int, samples: Int) -> [Int] {
    var generator = TestGenerator(state: 7)
    var covered = Array(repeating: 0, count: Self.truth.count)
    for _ in 0..<rounds {
      let bootstrap = Bootstrap((0..<samples).map { _ in ResamplingUnit(skewed(&generator)) })
      let intervals = bootstrap.intervals(
        of: Self.truth.map(\.statistic), resamples: Self.resamples, using: &generator)
      for (index, interval) in intervals.enumerated() where interval.contains(Self.truth[index].value) {
        covered[index] += 1
      }
    }
    return covered
  }

  @Test("A 95 % interval of the mean, the median and the 90th percentile covers the truth about as often as it says")
  func covers() {
    // Binomial, 1,000 rounds at 0.95: four standard deviations of 6.9 to either side.
    for covered in coverage(of: 1000, samples: 100) { #expect((922...978).contains(covered), "\(covered) of 1000") }
  }

  @Test("With the least units that are accepted it covers somewhat less often, as documented")
  func leastUnits() {
    for covered in coverage(of: 1000, samples: Bootstrap.leastUnits).prefix(2) {
      #expect((900...965).contains(covered), "\(covered) of 1000")
    }
  }

  @Test("Samples that depend on their neighbours make intervals of single samples too narrow; blocks of them do not")
  func blocks() {
    var generator = TestGenerator(state: 11)
    var (single, block) = (0, 0)
    for _ in 0..<400 {
      // 40 stretches of time, in each of which all operations are slowed down alike.
      var series = TimedSamples()
      var alone: [ResamplingUnit] = []
      for stretch in 0..<40 {
        let slow = Int(generator.next() % 1000)
        for step in 0..<25 {
          let value = 100_000 + 100 * slow + Int(generator.next() % 1000)
          series.append(Int64(value), at: Int64(stretch * 25 + step))
          alone.append(ResamplingUnit(value))
        }
      }
      let truth = 100_000 + 49_950 + 499
      let units = series.blocks(40, of: 0..<1000)
      for (units, isBlock) in [(alone, false), (units, true)] {
        let found = Bootstrap(units).intervals(of: [.mean], resamples: Self.resamples, using: &generator)
        if found[0].contains(truth) { if isBlock { block += 1 } else { single += 1 } }
      }
    }
    // Binomial, 400 rounds: at 0.95 four standard deviations are 17; 25 dependent samples are worth one, so a fifth of the width.
    #expect((363...397).contains(block), "\(block) of 400")
    #expect(single < 160, "\(single) of 400")
  }

  @Test("Blocks hold every sample once, in the part of the window where its time lies")
  func cutting() {
    var series = TimedSamples()
    for time in stride(from: 1000 as Int64, to: 2000, by: 10) { series.append(time * 3, at: time) }
    series.append(9_999, at: 2500)
    let units = series.blocks(4, of: 1000..<2000)
    #expect(units.map(\.count) == [25, 25, 25, 26])
    let sum: Int128 = units.reduce(0) { $0 + $1.sum }
    // 3 (1000 + 1010 + … + 1990), and the one that came late.
    #expect(sum == 448_500 + 9_999)
    #expect(series.blocks(1000, of: 1000..<2000).count == 101, "parts without samples are left out")
    #expect(series.blocks(4, of: 5..<5).isEmpty)
  }

  @Test("With too few units there is no interval, and units without samples are none")
  func tooFew() {
    var generator = TestGenerator(state: 1)
    let empty = ResamplingUnit(steps: [], sum: 0)
    let few = (1..<Bootstrap.leastUnits).map { ResamplingUnit($0) } + [empty, empty]
    #expect(Bootstrap(few).intervals(of: [.p50], using: &generator).isEmpty)
    #expect(Bootstrap(few + [ResamplingUnit(7)]).intervals(of: [.p50], using: &generator).count == 1)
    #expect(Bootstrap([]).values(of: [.mean]).isEmpty)
    #expect(IntervalRow.rows(Subject(), .d1, [], using: &generator).isEmpty)
  }

  @Test("The same seed gives the same interval, another one nearly the same")
  func deterministic() {
    func interval(_ seed: UInt64) -> [ClosedRange<Int>] {
      var (samples, generator) = (TestGenerator(state: 3), TestGenerator(state: seed))
      let units = (0..<200).map { _ in ResamplingUnit(skewed(&samples)) }
      return Bootstrap(units).intervals(of: [.mean, .p50], using: &generator)
    }
    #expect(interval(1) == interval(1))
    for (one, other) in zip(interval(1), interval(2)) {
      #expect(abs(one.lowerBound - other.lowerBound) * 4 < one.upperBound - one.lowerBound)
    }
  }

  @Test("The rows of a latency hold the values of its spectrum, and an interval around each")
  func rows() throws {
    var generator = TestGenerator(state: 5)
    var whole = Distribution()
    var units: [ResamplingUnit] = []
    for _ in 0..<30 {
      var trial = Distribution()
      for _ in 0..<100 { trial.record(Int64(1_000_000 + skewed(&generator))) }
      whole.merge(trial)
      units.append(trial.unit)
    }
    let rows = IntervalRow.rows(Subject(), .client, whole, units, .trial, using: &generator)
    #expect(rows.map(\.statistic) == [.mean, .p50, .p99])
    #expect(
      rows.map(\.value) == [try #require(whole.mean)] + whole.quantiles([.median, .percent(99)]).compactMap { $0 })
    for row in rows {
      let high = try #require(row.high)
      #expect(row.low <= row.value && row.value <= high && row.low < high && row.units == 30)
      #expect(row.low >= whole.min ?? 0 && high <= whole.max ?? 0)
    }
  }

  @Test("A time that some trials never reached has no mean, and an interval without an upper end where they matter")
  func unreached() throws {
    var generator = TestGenerator(state: 9)
    let reached = (1...60).map { Optional($0 * 1000) }
    let rows = IntervalRow.rows(Subject(), .d3, reached + Array(repeating: nil, count: 50), using: &generator)
    let median = try #require(rows.first)
    #expect(rows.map(\.statistic) == [.p50], "the 90th percentile was not reached")
    #expect(median.value == 55_000 && median.low > 40_000 && median.high == nil)
    let all = IntervalRow.rows(Subject(), .d3, reached, using: &generator)
    #expect(all.map(\.statistic) == [.mean, .p50], "of 60 trials only six are above the 90th percentile")
    #expect(all.allSatisfy { $0.high != nil })
  }
}

@Suite("The spread of a number over trials") struct SpreadTests {
  private func spread(_ values: [Int?]) -> Spread {
    var spread = Spread()
    for value in values { spread.add(value) }
    return spread
  }

  @Test("The relative error is the standard error of the mean over the mean, in any order")
  func relativeError() {
    // Mean 2, standard deviation 1, standard error 1/√3.
    #expect(spread([1, 2, 3]).relativeError == FixedDecimal(millionths: 288_675))
    #expect(spread([3, 1, 2]) == spread([1, 2, 3]) && spread([1, 2, 3]).mean == 2)
    #expect(spread([5, 5, 5]).relativeError == FixedDecimal())
    #expect(spread([0, 0]).relativeError == FixedDecimal())
    #expect(spread([5]).relativeError == nil && spread([]).relativeError == nil && spread([]).mean == nil)
    // Nearly equal and large: a difference of squares in floating point would have lost it.
    let hour = 3_600_000_000_000
    #expect(spread([hour - 3_600_000, hour + 3_600_000]).relativeError == FixedDecimal(millionths: 1))
  }

  @Test("A trial that did not give the number leaves no mean and no error")
  func missing() {
    let spread = spread([1, nil, 3])
    #expect(spread.relativeError == nil && spread.mean == nil && spread.count == 2 && spread.missing == 1)
  }

  @Test("A difference of the detectable effect is found four times out of five, at a level of 5 %")
  func detectable() {
    var generator = TestGenerator(state: 21)
    /// Nearly normal, around `mean` with a standard deviation of 1,000.
    func variate(_ mean: Int) -> Int { (0..<12).reduce(mean - 6_000) { sum, _ in sum + Int(generator.next() % 1001) } }
    func mean(_ center: Int) -> Double {
      Double((0..<100).reduce(0) { sum, _ in sum + variate(center) }) / 100
    }
    // 100 trials with a mean of 50,000 and a standard deviation of 1,000.
    let trials = spread((0..<100).map { $0 % 2 == 0 ? 49_005 : 50_995 })
    let row = PrecisionRow(Subject(), .client, trials, trials: 100, budget: 100, target: nil, isMet: nil)
    #expect(row.relativeError == FixedDecimal(millionths: 2_000))
    #expect(row.detectableEffect == FixedDecimal(millionths: 7_924))
    let difference = 396
    var found = 0
    for _ in 0..<1000 {
      // Standard error of the difference of two means: 1,000 / √50.
      if abs(mean(50_000) - mean(50_000 + difference)) > 1.959964 * 1000 / 50.0.squareRoot() { found += 1 }
    }
    // Binomial, 1,000 rounds at 0.8: four standard deviations of 12.6.
    #expect((749...851).contains(found), "\(found) of 1000")
  }
}

@Suite("Shards") struct ShardTests {
  @Test("Every configuration is in exactly one shard, and shards differ by at most one")
  func partition() throws {
    for count in 1...7 {
      let shards = try (1...count).map { try #require(Shard($0, of: count)) }
      for configurations in 0...20 {
        let shares = shards.map { shard in (0..<configurations).filter { shard.contains($0) } }
        #expect(shares.flatMap { $0 }.sorted() == Array(0..<configurations))
        #expect(shares.map(\.count) == shards.map { $0.share(of: configurations) })
        #expect((shares.map(\.count).max() ?? 0) - (shares.map(\.count).min() ?? 0) <= 1)
      }
    }
  }

  @Test("A shard is written i/n, and nothing else is one")
  func text() {
    #expect(Shard("2/4") == Shard(2, of: 4) && Shard("1/1")?.description == "1/1")
    for text in ["", "2", "0/4", "5/4", "-1/4", "2/0", "02/4", "2/4/8", "2 /4", "a/b", "2/", "+1/2"] {
      #expect(Shard(text) == nil, "\(text)")
    }
  }
}
