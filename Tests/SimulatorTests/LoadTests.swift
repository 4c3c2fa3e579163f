import Consensus
import Faults
import Testing
import Unreplicated

import func Foundation.exp
import func Foundation.pow

@testable import Simulator

/// What clients ask, held against the distributions that it is to have.
@Suite("Loads") struct LoadTests {
  @Test("The exponential is within 2 units in the last place of the C library's")
  func exponentials() {
    var random = RandomSource(seed: 1)
    for _ in 0..<100_000 {
      let x = (random.unit() - 0.5) * 1_400
      let (own, other) = (exponential(x), exp(x))
      #expect(abs(own - other) <= 2 * other.ulp, "\(x)")
    }
    #expect(exponential(0) == 1)
  }

  @Test(
    "The sum of a power law equals the sum of its terms, and the end of an area is where it was cut",
    arguments: [0.01, 0.5, 0.99, 1, 1.000_001, 1.5, 3, 10])
  func powerLaw(exponent: Double) {
    let law = PowerLaw(exponent: exponent)
    for count in [1, 2, 63, 64, 65, 1_000, 100_000] {
      let sum = (1...count).reversed().reduce(0.0) { $0 + pow(Double($1), -exponent) }
      #expect(abs(law.sum(through: count) / sum - 1) < 1e-12, "\(count)")
    }
    for x in [1.0, 1.5, 2, 10, 1_000] where exponent < 4 || x < 100 {
      #expect(abs(law.end(of: law.area(through: x)) / x - 1) < 1e-6, "\(x)")
    }
  }

  /// The numbers of the first ten, the next ninety and all other keys in 400,000 draws, each within 5 standard
  /// deviations: by chance a run in 100,000 fails.
  @Test(
    "Zipf's distribution: each key comes in proportion to its rank's power",
    arguments: [(1_000, 0.99), (1_000, 1.0), (10_000_000, 0.99), (100, 0.5), (5, 2), (1_000, 3), (1, 1), (2, 0.01)])
  func zipf(count: Int, exponent: Double) {
    let draws = 400_000
    let sampler = ZipfSampler(count: count, exponent: exponent)
    var random = RandomSource(seed: 3)
    var counts = Array(repeating: 0, count: 12)
    for _ in 0..<draws {
      let key = sampler.next(&random)
      #expect(key >= 0 && key < count)
      counts[key < 10 ? key : key < 100 ? 10 : 11] += 1
    }
    let law = PowerLaw(exponent: exponent)
    let all = law.sum(through: count)
    func share(through key: Int) -> Double { key == 0 ? 0 : law.sum(through: min(key, count)) / all }
    for (index, found) in counts.enumerated() {
      let (low, high) = index < 10 ? (index, index + 1) : index == 10 ? (10, 100) : (100, count)
      let p = max(0, share(through: max(low, high)) - share(through: low))
      let deviation = (Double(draws) * p * (1 - p)).squareRoot()
      #expect(abs(Double(found) - Double(draws) * p) <= 5 * deviation + 1e-6, "key \(low)")
    }
  }

  @Test("Hot keys: their share of the keys gets its share of the operations, and within both parts all are alike")
  func hotKeys() throws {
    let choice = KeyChoice.hot(keys: 0.02, operations: 0.9)
    let sampler = try #require(KeySampler(choice, count: 200))
    var random = RandomSource(seed: 4)
    var counts = Array(repeating: 0, count: 200)
    for _ in 0..<400_000 { counts[Int(sampler.next(&random))] += 1 }
    #expect(choice.watched(of: 200) == 4 && choice.watchedShare(of: 200) == 0.9)
    // 90,000 each of 4 and 204 each of 196; 5 deviations of 264 and of 14.3.
    #expect(counts[..<4].allSatisfy { abs($0 - 90_000) < 1_320 })
    #expect(counts[4...].allSatisfy { abs($0 - 204) < 72 })
  }

  @Test("Sizes have the mean and the variance that they are said to have, and no other values")
  func payloads() {
    let mixed = PayloadDistribution.mixed([
      .init(millionths: 900_000, bytes: 100), .init(millionths: 100_000, bytes: 4_096),
    ])
    #expect(mixed.moments.mean == 499.6)
    for (payload, values) in [
      (.constant(7), [7]), (.uniform(10...12), [10, 11, 12]), (mixed, [100, 4_096]),
    ] as [(PayloadDistribution, [Int])] {
      var random = RandomSource(seed: 5)
      let draws = (0..<100_000).map { _ in payload.sample(&random) }
      #expect(Set(draws).sorted() == values && payload.largest == values.last)
      let (mean, variance) = payload.moments
      let found = Double(draws.reduce(0, +)) / 100_000
      let spread = draws.reduce(0.0) { $0 + (Double($1) - found) * (Double($1) - found) } / 100_000
      #expect(abs(found - mean) <= 5 * (variance / 100_000).squareRoot())
      #expect(abs(spread - variance) <= 0.05 * variance)
    }
  }

  @Test(
    "Bursts: the arrival process's clock runs exactly as far in a period as ours, and the two directions agree",
    arguments: [
      Bursts(factor: 4, length: .milliseconds(100), period: .seconds(1)),
      Bursts(factor: 10, length: .milliseconds(100), period: .seconds(1)),
      Bursts(factor: 0, length: .milliseconds(100), period: .seconds(1)),
      Bursts(factor: 1, length: .milliseconds(300), period: .seconds(1)),
    ])
  func burstClock(bursts: Bursts) {
    for period in 0..<5 { #expect(bursts.passed(at: Double(period) * 1e9) == Double(period) * 1e9) }
    #expect(abs(bursts.passed(at: 0.05e9 + 2e9) - (2e9 + 0.05e9 * bursts.factor)) < 1e-3)
    for step in 0..<1_000 {
      let passed = Double(step) * 3_456_789
      #expect(abs(bursts.passed(at: bursts.moment(of: passed)) - passed) < 1e-3)
      #expect(bursts.moment(of: passed) <= bursts.moment(of: passed + 1))
    }
  }

  private func arrivals(_ arrival: Workload.Arrival, _ bursts: Bursts?) -> [Int] {
    let windows = (0..<10).map { tenth in
      let result = Simulation<Unreplicated>(
        .init(
          environment: environment(replicas: 1),
          workload: Workload(arrival: arrival, sessions: 500, payload: 8, bursts: bursts),
          measure: Measure(warmUp: .milliseconds(1_000 + 100 * tenth), window: .milliseconds(100)), seed: 9),
        tuning: .init()
      ).run()
      expectOK(result)
      return Int(result.counts.due)
    }
    return windows
  }

  @Test("Bursts: operations come so many times as often for so long in each period, and the mean rate stays")
  func bursts() {
    let bursts = Bursts(factor: 4, length: .milliseconds(200), period: .seconds(1))
    // In 2 tenths 4 times the mean of 200, in 8 a quarter of it; the windows miss what falls on their first nanosecond.
    let even = arrivals(.constant(perSecond: 2_000), bursts)
    #expect(zip(even, [800, 800] + Array(repeating: 50, count: 8)).allSatisfy { abs($0 - $1) <= 1 }, "\(even)")
    let random = arrivals(.poisson(perSecond: 2_000), bursts)
    #expect(random[0...1].allSatisfy { abs($0 - 800) < 142 } && random[2...].allSatisfy { abs($0 - 50) < 36 })
    let all = arrivals(.constant(perSecond: 2_000), .init(factor: 5, length: .milliseconds(200), period: .seconds(1)))
    #expect(all[2...].allSatisfy { $0 <= 1 } && abs(all[0] - 1_000) <= 1)
  }

  @Test("What is switched on draws from a stream of its own: everything else stays as it was")
  func streams() {
    func history(_ change: (inout Workload) -> Void) -> [(key: UInt32, kind: Operation.Kind, invoked: Int64)] {
      var workload = Workload(
        arrival: .poisson(perSecond: 1_000), sessions: 500, keys: 50, reads: 0.3, swaps: 0.1, deletes: 0.1, payload: 8)
      change(&workload)
      let result = Simulation<Unreplicated>(
        .init(
          environment: environment(replicas: 1), workload: workload,
          measure: Measure(warmUp: .zero, window: .milliseconds(500)), seed: 9),
        tuning: .init(), keepsHistory: true
      ).run()
      expectOK(result)
      return result.history.map { ($0.operation.key, $0.operation.kind, $0.invoked) }
    }
    let plain = history { _ in }
    let sized = history { $0.payload = .uniform(1...100) }
    #expect(plain.count > 900 && plain.elementsEqual(sized, by: ==))
    let bursty = history { $0.bursts = .init(factor: 3, length: .milliseconds(50), period: .milliseconds(200)) }
    #expect(plain.map(\.key).prefix(400) == bursty.map(\.key).prefix(400))
    let skewed = history { $0.keyChoice = .zipf(exponent: 0.99) }
    #expect(plain.map(\.invoked).prefix(400) == skewed.map(\.invoked).prefix(400))
    #expect(plain.map(\.kind).prefix(400) == skewed.map(\.kind).prefix(400))
    #expect(plain.map(\.key).prefix(400) != skewed.map(\.key).prefix(400))
  }

  @Test("Clients of a closed loop rest for as long as their distribution says")
  func think() {
    let samples = Samples()
    let result = Simulation<Unreplicated>(
      .init(
        environment: environment(replicas: 1, fsync: .milliseconds(1)),
        workload: Workload(
          arrival: .closed(clients: 1, think: .exponential(mean: .milliseconds(9), shift: .zero)), payload: 8),
        measure: Measure(window: .seconds(200)), seed: 1), tuning: .init(), recorder: samples
    ).run()
    expectOK(result)
    #expect(Set(samples.client) == [millisecond])
    // A renewal each 10 ms on average, with a deviation of 9: in 200 s 20,000 with a deviation of 127.
    #expect(abs(Int(result.counts.answeredInWindow) - 20_000) < 640, "\(result.counts.answeredInWindow)")
  }
}
