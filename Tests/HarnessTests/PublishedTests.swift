import Consensus
import Faults
import Foundation
import Simulator
import Testing

@testable import Harness

/// What others published, held against the shipped experiments that repeat it.
@Suite("Published results") struct PublishedTests {
  private static let suite = SuiteFolder(root: String(Bench.folder.dropLast("/Benchmarks".count)))

  @Test("The answers say how far what was found is from what was published, and other data give other words")
  func answers() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "published-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder + "/Plots/published", withIntermediateDirectories: true)
    func answer(_ chart: String, _ points: String, _ made: AnswerTests.Made) throws -> String? {
      try ("# From nowhere.\n" + points).write(
        toFile: folder + "/Plots/published/probe.csv", atomically: true, encoding: .utf8)
      return ChartAnswer.sentence(chart, "probe", made.tables, in: SuiteFolder(root: folder))
    }
    let times = "timing.election-timeout,quantile,time_ms\n10ms-20ms,0.5,30\n10ms-20ms,1,40\n20ms-40ms,0.5,60\n"
    var elections = AnswerTests.Made()
    for (range, found) in [("10ms-20ms", [20, 35]), ("20ms-40ms", [50, 70]), ("30ms-30ms", [])] as [(String, [Int])] {
      elections.add("raft-plain", [("timing.election-timeout", range)])
      elections.addElections(found.isEmpty ? [nil, nil] : found.map { $0 * 1_000_000 })
      for index in elections.tables.elections.indices.suffix(2) {
        elections.tables.elections[index].d2 = elections.tables.elections[index].d3
      }
    }
    #expect(
      try answer("published-times", times, elections)
        == "Over 2 trials for each of 2 ranges of timeouts, the share of trials with a leader is at most 0.00 from the published one at "
        + "any of its quantiles (10ms-20ms), and 0.00 for the median range; with 30ms-30ms no trial has one.")
    elections.tables.elections[0].d2 = 45_000_000
    #expect(try answer("published-times", times, elections)?.contains("at most 0.50 from the published one") == true)
    #expect(try answer("published-times", "", elections) == ChartAnswer.nothing)

    var rates = AnswerTests.Made()
    for (size, disk, goodput) in [("3", "0s", 600), ("5", "0s", 380), ("3", "5ms", 90)] {
      rates.add("zab", [("cluster.replicas", size), ("disk.fsync", disk)], goodput: goodput)
    }
    let points =
      "series,cluster.replicas,operations_per_s\ncap,3,1000\ncap,5,500\nnetwork,3,600\nnetwork,5,400\ndisk,3,100\n"
    #expect(
      try answer("published-rates", points, rates)
        == "With 3 replicas and no disk the throughput is 0.60 of what the leader's link is said to carry and 0.76 of it with more; it is "
        + "at most 5 % without one and 10 % with the disk from the published one.")
    #expect(try answer("published-rates", "", rates) == ChartAnswer.nothing)
  }

  // MARK: Raft, Figure 16

  private static let ranges = [
    "150ms-151ms", "150ms-155ms", "150ms-175ms", "150ms-200ms", "150ms-300ms", "12ms-24ms", "25ms-50ms", "50ms-100ms",
    "100ms-200ms",
  ]
  private func figure16(_ range: String) throws -> ExperimentPoint {
    let experiment = try Experiment.load(
      "raft-figure-16", in: Bench.folder, profile: "full", catalogue: Bench.catalogue)
    return try #require(experiment.points.first { $0.value("timing.election-timeout") == range })
  }
  private func crash(_ point: ExperimentPoint, trial: Int) throws -> (result: SimulationResult, failover: Failover) {
    let result = point.variant.simulate(point.configuration(seed: 1, trial: trial), nil, nil, false)
    #expect(result.verification.verdict == .ok && result.isAtRest, "trial \(trial): \(result.verification.violations)")
    return (result, try #require(result.failover, "trial \(trial)"))
  }

  /// Ongaro and Ousterhout, In Search of an Understandable Consensus Algorithm, USENIX ATC 2014, Figure 16: 1,000 trials, digitised, so
  /// a tenth is what both samples and the reading of a figure allow.
  @Test(
    "Raft, Figure 16: in each range of timeouts the share of trials with a leader is within 0.10 of every published quantile",
    arguments: ranges)
  func raft(range: String) throws {
    let point = try figure16(range)
    let points = PublishedPoints(of: point.experiment, in: Self.suite).curve(
      range, of: "timing.election-timeout", "time_ms", "quantile")
    #expect(points.count == 11)
    let times = try (0..<2_000).map { trial in
      let (result, failover) = try crash(point, trial: trial)
      if trial < 100 { expectTwoCannotWin(result, failover) }
      return failover.followed.map { Double($0 - failover.fault) / 1e6 } ?? .infinity
    }
    let deviation = try #require(ChartAnswer.largestDistance(times, points))
    #expect(deviation <= 0.10)
  }
  /// "Servers had different log lengths, so some candidates were not eligible": those two whose acknowledgements were lost.
  private func expectTwoCannotWin(_ result: SimulationResult, _ failover: Failover) {
    let survivors = (0..<5).map { NodeID($0) }.filter { $0 != failover.struck }
    // With the first leader all logs become alike.
    let next = result.leaderships.first { $0.at > failover.fault && $0.at <= result.windowEnd }
    #expect(next.map { survivors.prefix(2).contains($0.node) } ?? false)
  }

  @Test("Raft, Figure 16: without randomness no trial has a leader within ten seconds")
  func noRandomness() throws {
    let point = try figure16("150ms-150ms")
    for trial in 0..<50 {
      let (result, failover) = try crash(point, trial: trial)
      #expect(failover.elected.map { $0 > result.windowEnd } ?? true, "trial \(trial)")
      #expect(result.windowEnd - failover.fault > 10_000_000_000)
      #expect(failover.splitVotes > 60)
    }
  }

  // MARK: Zab, Figure 6

  /// Junqueira, Reed and Serafini, Zab: High-performance broadcast for primary-backup systems, DSN 2011, Figure 6.
  @Test(
    "Zab, Figure 6: from five servers on the throughput is 0.75 ± 0.05 of the link's cap, and with a disk flat up to seven"
  )
  func zab() throws {
    let experiment = try Experiment.load(
      "zab-figure-6", in: Bench.folder, profile: "full",
      overrides: [("measure.warm-up", "500ms"), ("measure.window", "500ms")], catalogue: Bench.catalogue)
    let published = PublishedPoints(of: experiment.name, in: Self.suite)
    var rates: [String: [Int: Double]] = [:]
    for point in experiment.points {
      let trial = Trial(of: point, seed: 1, number: 0, probe: nil, countsCosts: false)
      #expect(trial.report.verdict == .ok, "\(trial.report.violations)")
      rates[point.value("disk.fsync") ?? "", default: [:]][point.replicas] =
        Double(trial.summary.goodputPerSecond?.millionths ?? 0) / 1e6
    }
    let network = try #require(rates["0s"])
    #expect(rates.count == 2)
    let disk = try #require(rates.first { $0.key != "0s" }?.value)
    for (size, cap) in published.curve("cap", of: "series", "cluster.replicas", "operations_per_s") {
      let ratio = try #require(network[Int(size)]) / cap
      if size >= 5 { #expect(abs(ratio - 0.75) <= 0.05, "\(Int(size)) servers: \(ratio)") }
    }
    let flat = [3, 5, 7].compactMap { disk[$0] }
    #expect(flat.count == 3 && (flat.max() ?? 0) / (flat.min() ?? 1) < 1.1, "\(flat)")
    for (size, there) in published.curve("disk", of: "series", "cluster.replicas", "operations_per_s") {
      let here = try #require(disk[Int(size)])
      #expect(abs(here / there - 1) < 0.15, "\(Int(size)) servers: \(here)/s")
    }
  }

  // MARK: Wide areas

  /// Round trips in tenths of a millisecond, as they were published.
  private static let areas: [(environment: String, sites: [String], roundTrips: [String: Int])] = [
    (
      "wan", ["VA", "OR", "CA", "IR", "JP"],
      [
        "VA OR": 860, "VA CA": 650, "VA IR": 800, "VA JP": 1_560, "OR CA": 280, "OR IR": 1_540, "OR JP": 1_310,
        "CA IR": 1_370, "CA JP": 1_150, "IR JP": 2_180,
      ]
    ),
    (
      "wan-aws-2021", ["IR", "NC", "SG", "CA", "SP"],
      [
        "IR NC": 1_359, "IR SG": 1_757, "IR CA": 722, "IR SP": 1_806, "NC SG": 1_730, "NC CA": 786, "NC SP": 1_732,
        "SG CA": 2_060, "SG SP": 3_211, "CA SP": 1_243,
      ]
    ),
    ("wan-gcp", ["SC", "NL", "TW"], ["SC NL": 940, "SC TW": 1_849, "NL TW": 2_533]),
  ]

  @Test("In every shipped wide area a commit takes the round trip that completes a majority, to the nanosecond")
  func wideAreas() throws {
    let lines = """
      name: area
      question: What does a commit take?
      protocols: [multipaxos, raft, zab]
      cpu: {per-message-in: 0s, per-message-out: 0s, per-byte: 0s}
      link.bandwidth: unlimited
      disk.fsync: 0s
      # Each command long after everything about the last is over.
      workload: {arrival: closed, clients: 1, think: 1009ms}
      measure: {warm-up: 5s, window: 60s}

      """
    let file = FileManager.default.temporaryDirectory.appending(path: "area-\(UUID().uuidString).yaml").path
    try lines.write(toFile: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: file) }
    for area in Self.areas {
      for leader in area.sites {
        let experiment = try Experiment.load(
          file, in: Bench.folder, environment: area.environment, overrides: [("cluster.leader-site", leader)],
          catalogue: Bench.catalogue)
        let own = area.roundTrips.filter { $0.key.split(separator: " ").contains(Substring(leader)) }.values.sorted()
        #expect(own.count == area.sites.count - 1)
        let expected = own[area.sites.count / 2 - 1] * 100_000
        for point in experiment.points {
          #expect(point.replicas == area.sites.count)
          let trial = Trial(of: point, seed: 1, number: 0, probe: nil, countsCosts: false)
          let name = "\(area.environment), \(point.variant.name) led from \(leader)"
          #expect(trial.report.verdict == .ok, "\(name): \(trial.report.violations)")
          #expect(trial.summary.commit.count > 40, "\(name)")
          #expect(trial.summary.commit.min == expected && trial.summary.commit.max == expected, "\(name)")
        }
      }
    }
  }
}
