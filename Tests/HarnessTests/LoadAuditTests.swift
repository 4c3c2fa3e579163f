import Measurement
import Simulator
import Testing
import Verification

@testable import Harness

/// The generator's audit of itself. A generator with a fault is one that does what another configuration says: its run
/// is held against the one that was asked for.
@Suite("The audit of the load") struct LoadAuditTests {
  private static let plain = """
    protocols: [unreplicated]
    cpu: {per-message-in: 0s, per-message-out: 0s, per-byte: 0s}
    measure: {warm-up: 500ms, window: 5s}
    """
  /// An open loop with these keys of its section, or instead of them 2,000 random operations a second.
  private static func open(_ keys: String) -> String {
    let arrival = keys.contains("arrival:") ? "" : ", arrival: poisson"
    let rate = keys.contains("rate:") ? "" : ", rate: 2k/s"
    return plain + "\nworkload: {" + (keys + arrival + rate).dropFirst(2) + "}"
  }
  private static func closed(_ think: String) -> String {
    plain + "\nworkload: {arrival: closed, clients: 20, think: \(think)}"
  }

  private func audit(
    asked: String, done: String? = nil, seed: UInt64 = 1, overrides: [(path: String, value: String)] = [],
    latencies: (TrialRecorder) -> Int = { $0.latencies.client.sum },
    changed: (inout SimulationResult) -> Void = { _ in }
  ) throws -> LoadAudit {
    let asked = try #require(Bench.experiment(asked, overrides: overrides).points.first)
    let done = try done.map { try #require(Bench.experiment($0, overrides: overrides).points.first) } ?? asked
    let recorder = TrialRecorder(window: 5_000_000_000, interval: 100_000_000, timeout: 1_000_000_000)
    var result = done.variant.simulate(done.configuration(seed: seed, trial: 0), recorder, nil, false)
    #expect(result.verification.verdict == .ok)
    changed(&result)
    return LoadAudit(asked.configuration(seed: seed, trial: 0), result, latencySum: latencies(recorder))
  }

  private static let loads =
    [
      "", ", arrival: constant", ", key-choice: zipf 0.99",
      ", key-choice: hot 1% 90%, reads: 0.5, swaps: 0.2, deletes: 10%", ", keys: 1, payload: uniform 64B-1KiB",
      ", payload: mixed 99% 100B 1% 64KiB, reads: 1%", ", bursts: 4x for 130ms every 700ms",
      ", bursts: 10x for 100ms every 1s", ", bursts: 3x for 100ms every 900ms, arrival: constant",
    ].map(open)
    + [
      "3ms", "exponential 5ms", "uniform 1ms-9ms", "normal 5ms sd 4ms", "normal 5ms sd 0ms",
      "empirical 1ms 2ms 30ms",
    ].map(closed)

  @Test("A load that is as it was asked for is not complained of", arguments: loads)
  func sound(load: String) throws {
    for seed in 1...3 as ClosedRange<UInt64> {
      #expect(try audit(asked: load, seed: seed).complaints == [], "\(load), seed \(seed)")
    }
  }

  @Test(
    "Each check fires on a generator that does something else",
    arguments: [
      ("", ", rate: 2.2k/s", "operations due"), ("", ", rate: 1.8k/s", "operations due"),
      (", arrival: constant", ", arrival: constant, rate: 2001/s", "operations due"),
      ("", ", bursts: 10x for 190ms every 2s", "operations due"), (", reads: 0.5", ", reads: 0.45", "gets"),
      ("", ", reads: 0.01", "gets"), (", swaps: 10%", "", "swaps"), ("", ", deletes: 1%", "deletes"),
      ("", ", key-choice: zipf 0.5", "most popular keys"),
      (", key-choice: zipf 0.99", ", key-choice: zipf 0.9", "most popular keys"),
      (", key-choice: zipf 0.99", "", "most popular keys"),
      (", key-choice: hot 1% 90%", ", key-choice: hot 1% 87%", "most popular keys"),
      ("", ", payload: 255B", "bytes of payload"),
      (", payload: uniform 1B-101B", ", payload: uniform 1B-110B", "bytes of payload"),
      (", payload: mixed 50% 1B 50% 10B", ", payload: mixed 40% 1B 60% 10B", "bytes of payload"),
    ])
  func fires(_ asked: String, _ done: String, _ complaint: String) throws {
    let found = try audit(asked: Self.open(asked), done: Self.open(done))
    #expect(found.complaints.count == 1 && found.complaints.allSatisfy { $0.invariant == "LOAD" })
    #expect(found.complaints.first?.detail.contains(complaint) == true, "\(found.complaints)")
  }

  @Test(
    "The check of rests fires for each of their distributions",
    arguments: [
      ("3ms", "3000001ns"), ("exponential 5ms", "exponential 5.5ms"), ("uniform 1ms-9ms", "uniform 1ms-10ms"),
      ("normal 5ms sd 1ms", "normal 5.2ms sd 1ms"), ("empirical 1ms 2ms 3ms", "empirical 1ms 2ms 4ms"),
    ])
  func rests(_ asked: String, _ done: String) throws {
    let found = try audit(asked: Self.closed(asked), done: Self.closed(done))
    #expect(found.complaints.count == 1 && found.complaints.first?.detail.contains("ns of rest") == true)
  }

  @Test("A pool of sessions that keeps operations from a cluster with nothing to do makes the run void")
  func starved() throws {
    // A write takes 0.25 ms, so that one session does 4,000 a second, and half as many come at random; two do not
    // suffice for bursts.
    let few = try audit(asked: Self.open(", sessions: 1"))
    #expect(few.complaints.count == 1 && few.complaints.first?.detail.contains("workload.sessions") == true)
    #expect(few.summary.starved > few.summary.due / 4 && few.summary.starved <= few.summary.waited)
    let many = try audit(asked: Self.open(", sessions: 1024"))
    #expect(many.complaints == [] && many.summary.waited == 0)
  }

  @Test("While nothing is served, operations wait for the cluster, whatever the pool")
  func noQuorum() throws {
    let found = try audit(
      asked: """
        protocols: [raft]
        workload: {arrival: constant, rate: 200/s, sessions: 32}
        measure: {warm-up: 500ms, window: 5s}
        faults: [{at: 1s, crash: follower}, {at: 1s, crash: follower}, {at: 1.1s, crash: leader}]
        """)
    #expect(found.complaints == [] && found.summary.waited > 600 && found.summary.starved <= 5)
  }

  @Test(
    "An outage that takes all sessions does not: more would not have helped, nor while what it left is worked off",
    arguments: ["crash: leader, for: 1s", "isolate: leader, for: 3s", "pause: leader, for: 1s"])
  func outage(fault: String) throws {
    for name in ["raft", "zab"] {
      let lines = """
        protocols: [\(name)]
        cluster: {replicas: 3}
        workload: {arrival: poisson, rate: 2k/s, sessions: 100}
        measure: {warm-up: 500ms, window: 5s}
        """
      let found = try audit(asked: lines + "\nfaults: [{at: 1s, \(fault)}]")
      #expect(found.complaints == [] && found.summary.starved * 500 <= found.summary.due, "\(found.summary)")
      #expect(found.summary.waited > 100)
    }
  }

  @Test("At saturation operations wait for sessions, and the run is sound, because as many wait at the leader")
  func saturated() throws {
    let found = try audit(
      asked: Self.open(""),
      overrides: [("cpu.per-message-in", "1ms"), ("workload.sessions", "100"), ("retry.timeout", "5s")])
    #expect(found.complaints == [] && found.summary.starved == 0)
    #expect(found.summary.waited > found.summary.due / 2)
  }

  @Test("A generator that leaves a place out, or asks more often at one than at another, is complained of")
  func places() throws {
    let lines = """
      protocols: [raft]
      workload: {arrival: poisson, rate: 300/s}
      client.at: everywhere
      measure: {warm-up: 500ms, window: 5s}
      """
    #expect(try audit(asked: lines).complaints == [])
    let lone = try audit(asked: lines, done: lines.replacing("everywhere", with: "leader"))
    #expect(lone.complaints.contains { $0.detail.contains("asked where replica 1 stands") })
    let uneven = try audit(asked: lines, changed: { $0.load.asked[0] += 2 })
    #expect(uneven.complaints.count == 1 && uneven.complaints[0].detail.contains("asked where replica 0 stands"))
  }

  @Test(
    "Little's law holds to the nanosecond, in every phase of a run that meets faults",
    arguments: 1...6 as ClosedRange<UInt64>)
  func little(seed: UInt64) throws {
    for load in ["{arrival: poisson, rate: 1k/s, sessions: 60}", "{arrival: closed, clients: 30, think: 2ms}"] {
      let found = try audit(
        asked: """
          protocols: [raft]
          workload: \(load)
          retry: {timeout: 100ms, abandon: 300ms}
          measure: {warm-up: 500ms, window: 5s}
          faults:
            - {at: -200ms..-100ms, pause: leader, for: 400ms}
            - {at: 1s..1.1s, crash: leader, for: 300ms}
            - {at: 2s..2.1s, isolate: leader, for: 700ms}
            - {at: 4s..4.9s, crash: leader}
            - {at: 4s..4.9s, crash: follower}
          """, seed: seed)
      #expect(found.complaints.allSatisfy { $0.invariant != "LITTLE" }, "\(found.complaints)")
      #expect(found.summary.inSystem > 0 && found.summary.inSystem == found.summary.residence)
    }
  }

  @Test("Little's law finds latencies that leave out the wait for a session, or one single operation")
  func omission() throws {
    let slow = Self.open(", rate: 3.8k/s, sessions: 1")
    for latencies in [
      { $0.latencies.service.sum }, { $0.latencies.client.sum - ($0.latencies.client.min ?? 0) },
    ] as [(TrialRecorder) -> Int] {
      let found = try audit(asked: slow, latencies: latencies)
      #expect(found.complaints.contains { $0.invariant == "LITTLE" })
    }
    #expect(try audit(asked: slow).complaints.allSatisfy { $0.invariant != "LITTLE" })
  }

  @Test(
    "What was never sent has no service time, and what is not answered counts as the timeout at least, but not in the sum"
  )
  func unanswered() {
    let recorder = TrialRecorder(window: 1_000, interval: 100, timeout: 500)
    recorder.censored(due: 10, sent: nil, end: 20)
    recorder.censored(due: 10, sent: 15, end: 20)
    recorder.censored(due: 0, sent: 100, end: 700)
    let latencies = recorder.latencies
    #expect(latencies.client.count == 3 && latencies.client.min == 500 && latencies.client.max == 700)
    #expect(latencies.client.sum == 10 + 10 + 700)
    #expect(latencies.service.count == 2 && latencies.service.min == 500 && latencies.service.sum == 5 + 600)
  }

  @Test("A run whose generator failed is void in every file, with the reason, and no other verdict hides behind it")
  func void() throws {
    let experiment = try Bench.experiment(Self.open(", sessions: 1"))
    let outcome = ExperimentRun(.init(experiments: [experiment], seed: 1)).run()
    #expect(outcome.failures.count == 1 && outcome.tables.summary.map(\.verdict) == [.void])
    let report = try #require(outcome.failures.first?.report)
    #expect(report.verdict == .void && report.violations.count == 1)
    #expect(!report.violations[0].description.contains("\n"))
    #expect(outcome.tables.summary[0].checked.hasSuffix("load"))
    let again = experiment.points[0].record(seed: 1, trial: 0)
    #expect(again.report.verdict == .void && again.hash == "\(outcome.tables.summary[0].runHash)")

    var violated = VerificationReport()
    violated.verdict = .violated
    #expect(try audit(asked: Self.open(", sessions: 1")).judged(violated).verdict == .violated)
  }
}
