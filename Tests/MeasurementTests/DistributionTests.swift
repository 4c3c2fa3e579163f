import Testing

@testable import Measurement

@Suite struct DistributionTests {
  @Test("Count, extremes and sum are exact, whatever the histogram's resolution")
  func exact() {
    var distribution = Distribution()
    #expect(distribution.min == nil && distribution.max == nil && distribution.sum == 0)
    for value in [1_234_567_891, 1_234_567_892, 3_600_000_000_001, 0] { distribution.record(Int64(value)) }
    #expect(distribution.count == 4)
    #expect(distribution.min == 0)
    #expect(distribution.max == 3_600_000_000_001)
    #expect(distribution.sum == 3_602_469_135_784)
  }

  @Test("A quantile with fewer than ten samples above it is not given")
  func suppression() {
    var distribution = Distribution()
    for value in 1...19 { distribution.record(Int64(value)) }
    #expect(distribution.quantile(.median) == nil)
    distribution.record(20)
    #expect(distribution.quantile(.median) == 10)
    for value in 21...999 { distribution.record(Int64(value)) }
    #expect(distribution.quantile(.percent(99)) == nil)
    distribution.record(1000)
    #expect(distribution.quantiles([.percent(99), .permille(991), .percent(10)]) == [990, nil, 100])
  }

  @Test("Quantiles are within a thousandth of the sorted samples', and never outside the extremes")
  func accuracy() throws {
    var generator = TestGenerator(state: 1)
    var samples: [Int] = []
    var distribution = Distribution()
    for _ in 0..<20_000 {
      let value = Int(generator.next() >> (24 + generator.next() % 30))
      samples.append(value)
      distribution.record(Int64(value))
    }
    samples.sort()
    let asked: [Quantile] = [.percent(1), .percent(10), .median, .percent(90), .percent(99), .permille(999)]
    for (quantile, found) in zip(asked, distribution.quantiles(asked)) {
      let exact = samples[quantile.rank(of: samples.count) - 1]
      let value = try #require(found)
      #expect(value >= exact && (value - exact) * 1000 <= exact, "\(quantile): \(value) for \(exact)")
    }
    var constant = Distribution()
    for _ in 0..<100 { constant.record(1_000_000_007) }
    #expect(constant.quantile(.median) == 1_000_000_007)
  }

  @Test("Merged parts equal the whole")
  func merge() {
    var (first, second, whole) = (Distribution(), Distribution(), Distribution())
    for value in 0..<1000 {
      let nanoseconds = Int64(value * value * 977)
      if value % 3 == 0 { first.record(nanoseconds) } else { second.record(nanoseconds) }
      whole.record(nanoseconds)
    }
    second.recordCensored(after: 5_000_000_000)
    whole.recordCensored(after: 5_000_000_000)
    first.merge(second)
    #expect(first == whole)
    #expect(first.censored == 1)
    first.merge(Distribution())
    #expect(first.spectrum() == whole.spectrum() && first.min == 0 && first.sum == whole.sum)
  }

  @Test("Operations that were given up raise the percentiles instead of vanishing")
  func censoring() {
    var distribution = Distribution()
    for _ in 0..<80 { distribution.record(1000) }
    for _ in 0..<20 { distribution.recordCensored(after: 1_000_000) }
    #expect(distribution.censored == 20 && distribution.count == 100)
    #expect(distribution.quantile(.percent(80)) == 1000)
    #expect(distribution.quantile(.percent(90)) == 1_000_000)
  }

  @Test("However early nobody waited any longer, a quantile that falls among the censored is the timeout at least")
  func censoredEarly() {
    var distribution = Distribution()
    for _ in 0..<80 { distribution.record(1_000) }
    for _ in 0..<20 { distribution.recordCensored(after: 10, least: 1_000_000) }
    #expect(distribution.quantile(.percent(50)) == 1_000 && distribution.quantile(.percent(90)) == 1_000_000)
    #expect(distribution.min == 1_000 && distribution.max == 1_000_000)
    #expect(distribution.sum == 80 * 1_000 + 20 * 10)
  }

  @Test("The spectrum rises, ends where the samples do, and counts what lies at or below")
  func spectrum() throws {
    var distribution = Distribution()
    for value in 1...100_000 { distribution.record(Int64(value)) }
    let points = distribution.spectrum()
    #expect(points.first?.quantile == Quantile(billionths: 0) && points.first?.value == 1)
    #expect(try #require(points.last).quantile == Quantile(billionths: 999_900_000))
    for (before, after) in zip(points, points.dropFirst()) {
      #expect(before.quantile < after.quantile && before.value <= after.value)
    }
    for point in points { #expect(point.countAtOrBelow >= point.quantile.rank(of: 100_000)) }
    #expect(Quantile.spectrum == Quantile.spectrum.sorted() && Set(Quantile.spectrum).count == Quantile.spectrum.count)
  }

  @Test("Ranks round up, without floating point")
  func ranks() {
    #expect(Quantile.permille(999).rank(of: 1000) == 999)
    #expect(Quantile.permille(999).rank(of: 1001) == 1000)
    #expect(Quantile(billionths: 0).rank(of: 5) == 1)
    #expect(Quantile(billionths: 1).rank(of: 4_000_000_000_000_000_001) == 4_000_000_001)
    #expect(Quantile.permille(999).description == "0.999000000")
  }

  @Test("A timeline has a row for every interval of its window, and loses no event unseen")
  func timeline() {
    var timeline = Timeline(from: 1000, to: 3500, interval: 1000)
    timeline.record(at: 1000, latency: 7)
    timeline.record(at: 1999, latency: 5)
    timeline.recordFailure(at: 3000)
    timeline.record(at: 999, latency: 1)
    timeline.recordFailure(at: 4000)
    #expect(timeline.intervals.map(\.start) == [1000, 2000, 3000])
    #expect(timeline.intervals.map(\.completed) == [2, 0, 0])
    #expect(timeline.intervals.map(\.failed) == [0, 0, 1])
    #expect(timeline.intervals[0].latencySum == 12 && timeline.intervals[0].latencyMax == 7)
    #expect(timeline.outside == 2)
  }
}

/// SplitMix64.
struct TestGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
