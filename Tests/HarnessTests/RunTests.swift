import Foundation
import Measurement
import Synchronization
import Testing

@testable import Harness

@Suite("Running experiments") struct RunTests {
  private func files(_ tables: ResultTables) throws -> [String: String] {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try tables.write(to: folder.path)
    defer { try? FileManager.default.removeItem(at: folder) }
    var result: [String: String] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name != "costs.csv" {
      result[name] = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }
    return result
  }
  private func run(_ experiment: Experiment, seed: UInt64 = 7, jobs: Int = 1, trial: Int? = nil)
    -> ExperimentRun.Outcome
  {
    ExperimentRun(.init(experiments: [experiment], seed: seed, onlyTrial: trial, jobs: jobs)).run()
  }
  private static func shipped(_ name: String, trials: Int = 3) throws -> Experiment {
    try Experiment.load(
      name, in: Bench.folder, overrides: [("measure.operations", "150")], trials: trials, catalogue: Bench.catalogue)
  }

  @Test(
    "The same seed gives the same files, byte for byte, with one thread, two or three",
    arguments: ExperimentTestsShipped.names
  )
  func reproducible(name: String) throws {
    let experiment = try Self.shipped(name)
    let first = try files(run(experiment).tables)
    // Of an operation or two in each trial of a fail-over no percentile is given.
    #expect(first.keys.contains("summary.csv"))
    #expect(first.keys.contains("latency.csv") || first.keys.contains("elections.csv"))
    #expect(try files(run(experiment).tables) == first)
    for jobs in [2, 3] { #expect(try files(run(experiment, jobs: jobs).tables) == first) }
    #expect(try files(run(experiment, seed: 8).tables) != first)
  }

  @Test("Every row is verified, and refers to a configuration that is listed with its inputs")
  func verified() throws {
    let experiment = try Self.shipped("load", trials: 2)
    let outcome = run(experiment)
    #expect(outcome.failures.isEmpty && !outcome.isInterrupted)
    #expect(outcome.tables.summary.count == experiment.points.count * 2)
    let listed = Set(outcome.tables.configurations.map(\.subject.configuration))
    #expect(listed.count == experiment.points.count)
    for row in outcome.tables.summary {
      #expect(row.verdict == .ok && listed.contains(row.run.subject.configuration))
      #expect(row.checked.contains("linearizability") && row.historyLength >= row.replies)
      #expect(row.client.count == row.replies + row.failed + row.unanswered)
    }
  }

  @Test("Where the search gives up, the log has proven the history, and the row does not say that it was searched")
  func searchGivenUp() throws {
    let point = try #require(
      Bench.experiment(
        """
        protocols: [raft]
        workload: {arrival: poisson, rate: 500/s, keys: 1, reads: 50%}
        link.loss: 2%
        measure: {warm-up: 100ms, window: 3s}
        """
      ).points.first)
    let reports = (0..<3).map { Trial(of: point, seed: 1, number: $0, probe: nil, countsCosts: false).report }
    #expect(reports.allSatisfy { $0.verdict == .ok && $0.checked.contains("log") })
    #expect(Set(reports.map { $0.checked.contains("linearizability") }) == [true, false])
  }

  @Test("Protocols that met the same inputs share a fingerprint, and no two configurations an id")
  func parity() throws {
    let experiment = try Self.shipped("election")
    #expect(Set(experiment.points.map(\.fingerprint)).count == 1)
    #expect(Set(experiment.points.map(\.subject.configuration)).count == experiment.points.count)
  }

  @Test("The four parts of a fail-over add up to D3, and the election ends with D1")
  func decomposition() throws {
    let rows = try run(Self.shipped("election", trials: 5)).tables.elections
    #expect(rows.count == 10)
    for row in rows {
      let parts = try [row.detection, row.election, row.synchronization, row.resume].map { try #require($0) }
      #expect(!row.isCensored && parts.reduce(0, +) == row.d3)
      #expect(parts[0] + parts[1] == row.d1)
    }
  }

  @Test("A cluster that loses its majority never recovers: the trial is censored, and has no D3")
  func censored() throws {
    let experiment = try Bench.experiment(
      """
      protocols: [raft]
      workload: {arrival: constant, rate: 50/s, sessions: 64}
      cluster: {replicas: 3}
      measure: {warm-up: 200ms, window: 1s}
      faults: [{at: 0ms, crash: follower}, {at: 100ms, crash: leader}]
      """)
    let row = try #require(run(experiment).tables.elections.first)
    #expect(row.isCensored && row.d1 == nil && row.d3 == nil && row.verdict == .ok)
    #expect(row.detection != nil, "the survivor doubts its leader, and elects nobody")
  }

  @Test("A fault's row says whom it struck and what it set")
  func faultRows() throws {
    let experiment = try Bench.experiment(
      """
      protocols: [raft]
      workload: {arrival: constant, rate: 50/s, sessions: 64}
      cluster: {replicas: 3}
      measure: {warm-up: 200ms, window: 1s}
      faults:
        - {at: 0ms, slow-disk: n1 10x}
        - {at: 10ms, slow-disk: n2 exponential 5ms, for: 10ms}
        - {at: 20ms, slow-cpu: n0 1.5x}
        - {at: 30ms, delay: n1 5ms}
        - {at: 40ms, delay: 1ms}
        - {at: 50ms, flap: n1 200ms, for: 10ms}
        - {at: 60ms, flap: n1 n2 20ms, for: 10ms}
        - {at: 70ms, bandwidth: 10Mbit/s}
        - {at: 80ms, pause: n1, for: 1ms}
      """)
    let rows = run(experiment, trial: 0).tables.faults.sorted { $0.number < $1.number }
    #expect(
      rows.map { "\($0.kind) \($0.target)" } == [
        "slow-disk n1 10x", "slow-disk n2 exponential 5ms", "slow-cpu n0 1.5x", "delay n1 5ms", "delay 1ms",
        "flap n1 200ms", "flap n1 n2 20ms", "bandwidth 10Mbit/s", "pause n1",
      ])
  }

  @Test("One trial by its number is the same trial as among all")
  func oneTrial() throws {
    let experiment = try Self.shipped("commit-latency", trials: 3)
    let all = run(experiment).tables.summary
    let one = run(experiment, trial: 2).tables.summary
    #expect(one.count == experiment.points.count)
    #expect(SummaryRow.sorted(all.filter { $0.run.trial == 2 }) == SummaryRow.sorted(one))
  }

  @Test("A run that is stopped keeps the configurations that are complete, and no half of another")
  func interrupted() throws {
    let experiment = try Self.shipped("commit-latency", trials: 2)
    let finished = Mutex(0)
    let saved = Mutex<[Int]>([])
    let outcome = ExperimentRun(.init(experiments: [experiment], seed: 1)).run(
      isCancelled: { finished.withLock { $0 >= 3 } }, progress: { now in finished.withLock { $0 = now.finished } },
      save: { tables in saved.withLock { $0.append(tables.summary.count) } })
    #expect(outcome.isInterrupted && outcome.complete == 1)
    #expect(outcome.tables.summary.count == 2)
    #expect(saved.withLock { $0 } == [2])
  }

  @Test("Costs are counted with one thread only")
  func costs() throws {
    let experiment = try Self.shipped("commit-latency", trials: 2)
    let first = CostRow.sorted(run(experiment).tables.costs)
    let second = CostRow.sorted(run(experiment).tables.costs)
    #expect(first.count == experiment.points.count * 2)
    #expect(run(experiment, jobs: 2).tables.costs.isEmpty)
    #expect(first.map(\.commands) == second.map(\.commands))
    // Tests run side by side, and count each other's allocations: that these are exact is for the gate to say.
  }

  @Test("A protocol of a fixed size is one configuration, however many sizes are swept")
  func fixedSize() throws {
    let experiment = try Self.shipped("commit-latency")
    let floor = experiment.points.filter { $0.variant.name == "unreplicated" }
    #expect(floor.count == 1 && floor.first?.value("cluster.replicas") == "1")
  }

  @Test("The table for people has a line for each configuration")
  func table() throws {
    for name in ["load", "election"] {
      let experiment = try Self.shipped(name)
      let lines = RunReport([experiment], run(experiment).tables).text.split(separator: "\n")
      let remarks = name == "election" ? 1 : 0
      #expect(lines.count == experiment.points.count + 3 + remarks + experiment.charts.count)
      #expect(lines.dropFirst(3).prefix(experiment.points.count).allSatisfy { $0.contains(" ok ") })
      #expect(lines.suffix(experiment.charts.count).allSatisfy { $0.hasPrefix("→ ") && $0.hasSuffix(".") })
    }
  }
}

@Suite("The table at the end of a run") struct RunReportTests {
  private static let experiment = try? Bench.experiment(
    """
    protocols: [raft]
    charts: [outages]
    workload: {arrival: constant, rate: 50/s, sessions: 64}
    cluster: {replicas: 3}
    measure: {warm-up: 200ms, window: 1s}
    trials: 2
    sweep: {case: {calm: [], crash: [{at: 0s, crash: leader}]}}
    """)

  private func rows(_ tables: ResultTables) throws -> [[Substring]] {
    let lines = RunReport([try #require(Self.experiment)], tables).text.split(separator: "\n")
    return lines.filter { $0.hasPrefix("raft ") }.map { $0.split(separator: " ") }
  }

  @Test("A configuration without a fail-over stands in the table of fail-overs too, with its verdict and no numbers")
  func calm() throws {
    let tables = ExperimentRun(.init(experiments: [try #require(Self.experiment)], seed: 1)).run().tables
    let rows = try rows(tables)
    #expect(rows.map { $0[1] } == ["case=calm", "case=crash"])
    #expect(rows.allSatisfy { $0[2] == "2" && $0.contains("ok") })
    let calm = try #require(rows.first?.firstIndex(of: "ok"))
    #expect(rows[0][(calm + 1)...].allSatisfy { $0 == "-" })
    let crash = try #require(rows.last?.firstIndex(of: "ok"))
    #expect(rows[1][crash + 1] == "2")
  }

  @Test("Medians of too few fail-overs are dashes, and a line says how many it takes; the mean stands beside its error")
  func thin() throws {
    let tables = ExperimentRun(.init(experiments: [try #require(Self.experiment)], seed: 1)).run().tables
    let text = RunReport([try #require(Self.experiment)], tables).text
    #expect(text.contains("\n  Of fewer than 20 fail-overs no median is given, and of fewer than 100 no p90.\n"))
    let row = try #require(tables.precision.first { $0.metric == .d3 })
    #expect(text.contains("\(Humane.duration(row.mean))  \(Humane.percent(row.relativeError))"))
  }

  @Test("Runs whose search was given up are counted under the table and on the page, and only these")
  func givenUp() throws {
    var tables = ExperimentRun(.init(experiments: [try #require(Self.experiment)], seed: 1)).run().tables
    #expect(tables.summary.count == 4)
    #expect(!RunReport([try #require(Self.experiment)], tables).text.contains("given up"))
    tables.summary[0].checked = tables.summary[0].checked.replacing(" linearizability", with: "")
    let sentence =
      "In 1 of 4 verified runs the search for a linearization was given up; there the chosen log alone proves"
    #expect(RunReport([try #require(Self.experiment)], tables).text.contains("\n  \(sentence)"))
    let page = IndexPage([], tables, Provenance.current(folder: "/", experiments: [])).html
    #expect(page.contains("All 4 runs were verified. \(sentence)"))
  }

  @Test("A target that too few trials seem to meet is not called missed by its error, but by their number")
  func fewTrials() throws {
    let experiment = try Bench.experiment(
      """
      protocols: [raft]
      workload: {arrival: constant, rate: 200/s}
      measure: {warm-up: 200ms, window: 500ms}
      trials: 5
      precision: 50%
      """)
    let tables = ExperimentRun(.init(experiments: [experiment], seed: 1)).run().tables
    let row = try #require(tables.precision.first)
    #expect(row.isMet == false && row.trials == 5)
    let text = RunReport([experiment], tables).text
    #expect(text.contains("\(Humane.percent(row.relativeError)), of fewer than 10 trials"))
    #expect(text.contains("is believed of 10 trials, and 5 were allowed\n") && !text.contains("not 50.00 %"))
  }

  @Test("A configuration that is not verified has the words of its verdicts, and no numbers")
  func verdicts() throws {
    var tables = ExperimentRun(.init(experiments: [try #require(Self.experiment)], seed: 1)).run().tables
    tables.elections = []
    let calm = tables.summary.indices.filter {
      tables.summary[$0].run.subject == Self.experiment?.points.first?.subject
    }
    for (index, verdict) in zip(calm, [Verdict.unknown, .violated]) { tables.summary[index].verdict = verdict }
    let lines = RunReport([try #require(Self.experiment)], tables).text.split(separator: "\n").map(String.init)
    let row = try #require(lines.first { $0.contains("case=calm") })
    #expect(row.contains("1 violated, 1 unknown") && !row.contains("/s") && !row.contains("ms"))
    #expect(lines.contains { $0.contains("case=crash") && $0.contains(" ok ") && $0.contains("/s") })
  }

  @Test("A shard draws no conclusions, and says so")
  func shard() throws {
    let experiment = try #require(Self.experiment)
    let tables = ExperimentRun(.init(experiments: [experiment], seed: 1)).run().tables
    #expect(RunReport([experiment], tables).text.contains("→ "))
    let text = RunReport([experiment], tables, shard: Shard(2, of: 4)).text
    #expect(!text.contains("→ ") && text.hasSuffix("\nshard 2 of 4: merge for conclusions\n"))
    #expect(text.contains("case=calm"))
  }
}

@Suite("Torture runs") struct TortureRunTests {
  @Test("They count what they met, name what they did not, and find nothing in what is shipped")
  func tally() throws {
    let variant = try #require(Bench.catalogue.first)
    let run = TortureRun(.init(variants: [variant], replicas: [3], seeds: 1...4, jobs: 2))
    let tally = try #require(run.run(isCancelled: { false }, progress: { _, _ in }).first)
    #expect(tally.runs == 4 && tally.failures.isEmpty)
    #expect(tally.median.operations > 200 && tally.weakness == nil)
    #expect(tally.coverage.contains { $0.name == "crashes" && $0.count > 0 })
    let unmet = tally.coverage.filter { $0.count == 0 }.map(\.name)
    #expect(tally.unmet == unmet + tally.struck.filter { $0.count == 0 }.map { "fault \($0.word)" })
  }

  @Test(
    "Every run from which something was not demanded is counted by the reason, and each that could not recover is named"
  )
  func exempt() throws {
    let variant = try #require(Bench.catalogue.first { $0.name == "raft" })
    let seeds = 1...120 as ClosedRange<UInt64>
    let runs = TortureRun(.init(variants: [variant], replicas: [3], seeds: seeds, jobs: 2))
    let tally = try #require(runs.run(isCancelled: { false }, progress: { _, _ in }).first)
    #expect(tally.failures.isEmpty)
    var reasons: [String: Int] = [:]
    var lost: [UInt64] = []
    for seed in seeds {
      let result = variant.simulate(variant.torture(seed: seed, replicas: 3), nil, nil, false)
      for exemption in result.exemptions { reasons[exemption.reason, default: 0] += 1 }
      // As far as can be seen from outside.
      let isLetOff = !result.isAtRest || !result.halted.isEmpty || result.verification.checked.last != "linearizability"
      #expect(isLetOff == !result.exemptions.isEmpty, "seed \(seed)")
      if !result.isAtRest { lost.append(seed) }
    }
    #expect(Dictionary(uniqueKeysWithValues: tally.exempt.map { ($0.reason, $0.runs) }) == reasons)
    #expect(tally.exempt.map(\.runs) == reasons.values.sorted(by: >))
    #expect(tally.unrecoverable.map(\.seed) == lost && !lost.isEmpty)
    #expect(tally.unrecoverable.allSatisfy { $0.halted.count >= 2 && $0.description.contains("\($0.halted[0].loss)") })
  }

  @Test("A protocol that never serves is a failure of every seed")
  func failure() throws {
    let idle = try #require(Bench.catalogue.first { $0.name == "orderly" })
    let run = TortureRun(.init(variants: [idle], replicas: [3], seeds: 5...6, jobs: 1))
    let tally = try #require(run.run(isCancelled: { false }, progress: { _, _ in }).first)
    #expect(tally.failures.map(\.seed) == [5, 6])
    #expect(tally.failures.allSatisfy { $0.report.verdict != .ok })
  }
}
