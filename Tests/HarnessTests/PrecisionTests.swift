import Foundation
import Measurement
import Synchronization
import Testing

@testable import Harness

@Suite("Trials until precise") struct PrecisionTests {
  /// Leaders crash, and D3 varies by about a quarter from trial to trial.
  private static let crash = """
    protocols: [raft, multipaxos]
    workload: {arrival: constant, rate: 50/s, sessions: 32}
    retry: {maximum-pause: 5ms}
    cluster: {replicas: 3}
    measure: {warm-up: 200ms, window: 5s, stops-when-recovered: yes}
    faults: [{at: 0ms..50ms, crash: leader}]

    """
  private func run(_ experiment: Experiment, jobs: Int = 1, trial: Int? = nil) -> ExperimentRun.Outcome {
    ExperimentRun(.init(experiments: [experiment], seed: 3, onlyTrial: trial, jobs: jobs)).run()
  }
  private func text(_ tables: ResultTables) -> [String] {
    [
      ConfigurationRow.encode(tables.configurations), SummaryRow.encode(tables.summary),
      LatencyRow.encode(tables.latency),
      StageRow.encode(tables.stages), TimelineRow.encode(tables.timeline), ElectionRow.encode(tables.elections),
      MessageRow.encode(tables.messages), IntervalRow.encode(tables.intervals), PrecisionRow.encode(tables.precision),
    ]
  }

  @Test("Trials end with the first that makes the error of D3 small enough, and there are at least twenty")
  func stops() throws {
    let all = run(try Bench.experiment(Self.crash + "trials: 90")).tables
    let some = run(try Bench.experiment(Self.crash + "trials: 90\nprecision: 2.5%")).tables
    let target = FixedDecimal(millionths: 25_000)
    for row in some.precision {
      let times = ElectionRow.sorted(all.elections.filter { $0.run.subject.configuration == row.subject.configuration })
        .map(\.d3)
      var spread = Spread()
      var expected = 0
      for time in times {
        spread.add(time)
        expected += 1
        if expected >= 20, let error = spread.relativeError, error <= target { break }
      }
      #expect(row.metric == .d3 && row.trials == expected && row.relativeError == spread.relativeError)
      #expect(row.budget == 90 && row.target == target && row.isMet == (row.trials < 90))
      #expect(some.elections.count { $0.run.subject == row.subject } == expected)
    }
    #expect(some.precision.contains { $0.isMet == true && $0.trials > 20 }, "\(some.precision)")
    let loose = run(try Bench.experiment(Self.crash + "trials: 60\nprecision: 50%")).tables
    #expect(loose.precision.map(\.trials) == [20, 20])
  }

  @Test("How many threads there are does not change a byte", arguments: [2, 3])
  func jobs(_ jobs: Int) throws {
    let experiment = try Bench.experiment(Self.crash + "trials: 40\nprecision: 4%\nsweep: {link.delay: [100us, 2ms]}")
    let one = run(experiment)
    #expect(text(run(experiment, jobs: jobs).tables) == text(one.tables))
    #expect(one.tables.precision.count == 4 && one.tables.precision.contains { $0.trials < 40 })
  }

  @Test("Without a fail-over the mean client latency of a trial decides, from ten trials on")
  func latency() throws {
    let lines = """
      protocols: [raft, unreplicated]
      workload: {arrival: poisson, rate: 500/s}
      measure: {warm-up: 100ms, window: 500ms}
      trials: 30
      precision: 5%
      """
    let rows = run(try Bench.experiment(lines)).tables.precision
    #expect(rows.map(\.metric) == [.client, .client] && rows.map(\.trials) == [10, 10])
    #expect(
      rows.allSatisfy { $0.isMet == true && $0.relativeError ?? FixedDecimal() <= FixedDecimal(millionths: 50_000) })
  }

  @Test("A censored trial leaves no mean: the target is never met, and the budget is used up")
  func censored() throws {
    let lines = """
      protocols: [raft]
      workload: {arrival: constant, rate: 50/s, sessions: 64}
      cluster: {replicas: 3}
      measure: {warm-up: 200ms, window: 500ms}
      faults: [{at: 0ms, crash: follower}, {at: 100ms, crash: leader}]
      trials: 25
      precision: 50%
      """
    let tables = run(try Bench.experiment(lines)).tables
    let row = try #require(tables.precision.first)
    #expect(row.trials == 25 && row.isMet == false && row.relativeError == nil && row.mean == nil)
    #expect(!tables.intervals.contains { $0.metric == .d3 })
  }

  @Test("A fault that deposes nobody leaves no row of an election, and the client latency decides")
  func notDeposed() throws {
    let lines = """
      protocols: [raft]
      workload: {arrival: poisson, rate: 500/s}
      measure: {warm-up: 200ms, window: 500ms}
      faults: [{at: 100ms, disk-stall: leader, for: 5ms}]
      trials: 25
      precision: 50%
      """
    let tables = run(try Bench.experiment(lines)).tables
    let row = try #require(tables.precision.first)
    #expect(tables.elections.isEmpty && tables.faults.count == 10)
    #expect(row.metric == .client && row.isMet == true && row.trials == 10)
  }

  @Test("A void trial voids its configuration: no other follows it, and nothing is said of how well a number is known")
  func void() throws {
    let tables = run(try Bench.experiment("protocols: [orderly]\ntrials: 22\nprecision: 50%\nmeasure: {window: 100ms}"))
      .tables
    let row = try #require(tables.precision.first)
    #expect(tables.summary.allSatisfy { $0.verdict != .ok } && tables.intervals.isEmpty)
    #expect(row.trials == 1 && row.isMet == false && row.mean == nil && row.detectableEffect == nil)
    let all = run(try Bench.experiment("protocols: [orderly]\ntrials: 3\nmeasure: {window: 100ms}")).tables
    #expect(all.precision.map(\.trials) == [3], "without a precision every trial is run")
  }

  @Test("A precision that is missed is a line that names the configuration, what was reached and what was allowed")
  func missed() throws {
    let experiment = try Bench.experiment(
      Self.crash + "trials: 20\nprecision: 0.01%\nsweep: {link.delay: [100us, 2ms]}")
    let tables = run(experiment, jobs: 2).tables
    let lines = RunReport([experiment], tables).text.split(separator: "\n").filter { $0.hasPrefix("not precise: ") }
    #expect(lines.count == 4)
    for (point, line) in zip(experiment.points, lines) {
      let row = try #require(tables.precision.first { $0.subject == point.subject })
      #expect(
        line == """
          not precise: \(point.variant.name) \(point.sweptText): a relative standard error of \(Humane.percent(row.relativeError)) \
          after the 20 trials that were allowed, instead of 0.01 %
          """)
    }
    let met = try Bench.experiment(Self.crash + "trials: 20\nprecision: 50%")
    #expect(!RunReport([met], run(met).tables).text.contains("not precise"))
  }

  @Test("Fewer trials than are needed to judge never meet a target, and without one nothing is said of it")
  func budget() throws {
    let few = run(try Bench.experiment(Self.crash + "trials: 5\nprecision: 50%")).tables.precision
    #expect(few.map(\.trials) == [5, 5] && few.allSatisfy { $0.isMet == false && $0.relativeError != nil })
    let none = run(try Bench.experiment(Self.crash + "trials: 5")).tables.precision
    #expect(none.allSatisfy { $0.isMet == nil && $0.target == nil && $0.budget == 5 && $0.relativeError != nil })
    let one = run(try Bench.experiment(Self.crash + "trials: 30\nprecision: 1%"), trial: 4).tables
    #expect(one.summary.map(\.run.trial) == [4, 4] && one.precision.allSatisfy { $0.isMet == nil && $0.trials == 1 })
  }

  @Test("What blocks are cut from is kept of no trial from the one on that makes them needless")
  func series() throws {
    let lines = "protocols: [raft]\nmeasure: {window: 100ms}\ntrials: 30"
    let point = try #require(Bench.experiment(lines + "\nprecision: 1%").points.first)
    let last = Bootstrap.leastUnits - 2
    #expect(point.mayNeedBlocks(atPlace: last) && !point.mayNeedBlocks(atPlace: last + 1))
    #expect(try Bench.experiment(lines).points.allSatisfy { !$0.mayNeedBlocks(atPlace: 0) })
    for keeps in [true, false] {
      let trial = Trial(of: point, seed: 1, number: 0, probe: nil, countsCosts: false, keepsSeries: keeps)
      #expect((trial.series != nil) == keeps)
    }
  }

  @Test("Later layers replace an earlier precision, and may take it away")
  func layers() throws {
    let lines =
      "trials: 50\nprecision: 5%\nprofiles: {quick: {trials: 9}, full: {precision: none}, fine: {precision: 0.1%}}"
    func found(_ profile: String, trials: Int? = nil) throws -> (Int, Int?) {
      let point = try #require(Bench.experiment(lines, profile: profile, trials: trials).points.first)
      return (point.trials, point.precision?.millionths)
    }
    #expect(try found("quick") == (9, 50_000))
    #expect(try found("full") == (50, nil))
    #expect(try found("fine") == (50, 1_000))
    #expect(try found("fine", trials: 7) == (7, 1_000))
    func shipped(_ precision: String) throws -> Int? {
      try Experiment.load("election", in: Bench.folder, precision: precision, catalogue: Bench.catalogue).points[0]
        .precision?
        .millionths
    }
    #expect(try shipped("3%") == 30_000 && shipped("none") == nil)
    let error = #expect(throws: InputError.self) { try shipped("3") }
    #expect(
      error?.description == "--precision: 3 is not a relative error between 0.01% and 50%, or none; did you mean 3%?")
  }

  @Test(
    "What is no precision is refused",
    arguments: [
      ("precision: 5%", "probe.yaml: 'precision' needs 'trials' beside it: how many may it take at most?"),
      (
        "precision: 5",
        "probe.yaml:4: precision: 5 is not a relative error between 0.01% and 50%, or none; did you mean 5%?"
      ),
      ("precision: 0", "probe.yaml:4: precision: 0 is not a relative error between 0.01% and 50%, or none"),
      ("precison: 5%", "probe.yaml:4: unknown key 'precison'; did you mean 'precision'?"),
      ("precision: [1%]", "probe.yaml:4: precision: a single value is expected here"),
    ])
  func refused(_ lines: String, _ message: String) throws { #expect(try Bench.complaint(lines) == message) }

  @Test("Progress counts what is kept, its end is an upper bound that only sinks, and is exact at last")
  func progress() throws {
    let seen = Mutex<[ExperimentRun.Progress]>([])
    let run = ExperimentRun(
      .init(experiments: [try Bench.experiment(Self.crash + "trials: 40\nprecision: 10%")], seed: 3, jobs: 2))
    #expect(run.start == .init(finished: 0, most: 80, isAtMost: true, share: 0))
    let outcome = run.run(progress: { progress in seen.withLock { $0.append(progress) } })
    let steps = seen.withLock { $0 }
    for (before, after) in zip(steps, steps.dropFirst()) {
      #expect(before.finished <= after.finished && before.most >= after.most && after.finished <= after.most)
      #expect(before.share <= after.share && after.share <= 1)
    }
    #expect(abs((steps.last?.share ?? 0) - 1) < 1e-9)
    let kept = outcome.tables.summary.count
    #expect(steps.contains { $0.finished == kept && $0.most == kept && !$0.isAtMost } && kept < 80)
  }

  @Test(
    "What a trial takes is estimated well enough to tell the time left, whatever it simulates",
    arguments: ["cluster-size", "commit-latency", "disk", "election"])
  func effort(_ name: String) throws {
    for point in try Experiment.load(name, in: Bench.folder, catalogue: Bench.catalogue).points {
      let events = Double(point.variant.simulate(point.configuration(seed: 1, trial: 0), nil, nil, false).events)
      #expect((0.4...2.5).contains(point.effort / events), "\(point.variant.name) \(point.sweptText): \(events)")
    }
  }

  @Test(
    "Where there are too few trials, blocks of virtual time are resampled; after faults or past saturation nothing is")
  func intervals() throws {
    func rows(_ lines: String) throws -> [IntervalRow] {
      run(
        try Bench.experiment(
          "protocols: [raft]\nmeasure: {warm-up: 100ms, window: 2s}\nworkload: {rate: 500/s}\n" + lines)
      )
      .tables.intervals
    }
    let blocks = try rows("trials: 3")
    #expect(
      Set(blocks.map(\.metric)) == [.client, .commit] && blocks.allSatisfy { $0.unit == .block && $0.units == 42 })
    let trials = try rows("trials: 20")
    #expect(!trials.isEmpty && trials.allSatisfy { $0.unit == .trial && $0.units == 20 })
    #expect(try rows("trials: 3\nfaults: [{at: 1s, pause: follower, for: 100ms}]").isEmpty)
    #expect(try rows("trials: 2\ncpu: {per-message-in: 1ms}").isEmpty)
  }
}
