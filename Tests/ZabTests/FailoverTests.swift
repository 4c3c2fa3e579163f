import Consensus
import Faults
import Simulator
import Testing

@testable import Zab

@Suite("Fail-over") struct FailoverTests {
  private static let delay: Int64 = 800_000
  private static let write: Int64 = 300_000

  /// What the trace tells of the time between the crash and the end of phase 2.
  private struct Timeline {
    /// When each survivor gave the old leader up, and when it decided for the new one.
    var suspicions: [(at: Int64, node: Int)] = []
    var decisions: [Int: Int64] = [:]
    var chosen: (at: Int64, node: Int)?
    var established: Int64?
    private var phases: [Int: String] = [:]
    private var crash: Int64?

    mutating func take(_ line: String) {
      guard established == nil else { return }
      if line.contains(#""event":"crash""#) { crash = Step.time(of: line) }
      guard let step = Step(line), crash != nil else { return }
      let phase = step.text("phase")
      defer { phases[step.node] = phase }
      let before = phases[step.node]
      guard before != phase else { return }
      switch phase {
      case "election": suspicions.append((step.time, step.node))
      case "discovery" where before == "election":
        decisions[step.node] = step.time
        if step.role == "establishing", chosen == nil { chosen = (step.time, step.node) }
      case "broadcast": if step.role == "leader" { established = step.time }
      default: break
      }
    }
  }

  private func trial(
    seed: UInt64, replicas: Int, tuning: Zab.Tuning = .standard
  ) -> (result: SimulationResult, timeline: Timeline) {
    var timeline = Timeline()
    var environment = environment(
      replicas: replicas, delay: .constant(.nanoseconds(Self.delay)), fsync: .nanoseconds(Self.write))
    // Clients ask around so often that one of them waits at the winner.
    environment.retry.pause = .milliseconds(2)
    environment.retry.maximumPause = .milliseconds(2)
    let result = simulate(
      .init(
        environment: environment,
        workload: Workload(arrival: .constant(perSecond: 200), sessions: 8, keys: 5, payload: 16),
        measure: Measure(warmUp: .milliseconds(50), window: .seconds(5), stopsWhenRecovered: true),
        faults: FaultPlan([.init(at: .milliseconds(103), .crash(.leader, downtime: nil))]), seed: seed),
      tuning: tuning, trace: { timeline.take($0) })
    return (result, timeline)
  }

  /// The Q-th survivor that looks for a leader completes the quorum. If it is the best itself, the others adopt its vote after δ
  /// and it hears so after another; if not, it is answered, adopts, and the best hears of it: a δ more. Then the finalize wait.
  ///
  /// A follower's CEPOCH arrives δ after its own decision. From the one that completes the quorum of CEPOCHs, and the leader's
  /// decision: own epoch W, NEWEPOCH δ, f.p W, ACK-E δ, NEWLEADER δ, f.a W, ACK-LD δ.
  @Test(
    "Election: 2δ or 3δ and the finalize wait after the Q-th server looks; then CEPOCH, and 4δ+3W: 5δ+3W after the decision that completes the quorum",
    arguments: [3, 5, 7])
  func failover(replicas: Int) throws {
    var completed = 0
    var undisputed = 0
    var prompt = 0
    for seed in 1...30 as ClosedRange<UInt64> {
      for (tuning, finalizeWait) in [(Zab.Tuning.standard, 50_000_000), (.zooKeeper, 200_000_000)]
        as [(Zab.Tuning, Int64)]
      {
        let (result, timeline) = trial(seed: seed, replicas: replicas, tuning: tuning)
        expectOK(result, "seed \(seed)")
        let failover = try #require(result.failovers.first)
        #expect(failover.isComplete)
        let majority = replicas / 2 + 1
        // One election, one winner.
        guard let chosen = timeline.chosen, let established = timeline.established,
          result.leaderships.map(\.epoch).prefix(2) == [1, 2], timeline.decisions[chosen.node] == chosen.at
        else { continue }
        let decisions = timeline.decisions.filter { $0.key != chosen.node }.values.sorted()
        guard decisions.count >= majority - 1 else { continue }
        completed += 1
        let arrival = decisions[majority - 2] + Self.delay
        #expect(
          established == max(chosen.at, arrival) + 4 * Self.delay + 3 * Self.write, "seed \(seed), n \(replicas)")
        #expect(established - decisions[majority - 2] == 5 * Self.delay + 3 * Self.write, "seed \(seed)")
        #expect(failover.elected == chosen.at && failover.established == established)
        // The others had settled when the quorum's last server began to look, and nobody else did before the end.
        let last = timeline.suspicions[majority - 1]
        let isAlone = timeline.suspicions.dropFirst(majority).allSatisfy { $0.at > established }
        let isSettled = last.at - timeline.suspicions[majority - 2].at > 4 * Self.delay
        if isAlone, isSettled {
          undisputed += 1
          let delays: Int64 = chosen.node == last.node ? 2 : 3
          #expect(chosen.at - last.at == delays * Self.delay + finalizeWait, "seed \(seed), winner \(chosen.node)")
        }
        // The first command that waits at the winner: 2δ+W.
        let resumed = try #require(failover.resumed)
        #expect(resumed >= established + 2 * Self.delay + Self.write)
        if resumed == established + 2 * Self.delay + Self.write { prompt += 1 }
      }
    }
    #expect(completed >= 30)
    #expect(undisputed >= 3)
    #expect(prompt >= 1, "no command ever waited at the winner")
  }

  /// Counted: every frame between two replicas until all follow, by kind; the dead leader comes back at the end and joins.
  @Test("Each follower that joins costs six frames, equal histories assumed", arguments: [3, 5, 7])
  func frames(replicas: Int) throws {
    var clean = 0
    for seed in 1...20 as ClosedRange<UInt64> {
      let (result, _) = trial(seed: seed, replicas: replicas)
      guard count("leaders elected", in: result) == 2, count("followers dropped", in: result) == 0 else { continue }
      clean += 1
      // n-1 at first, n-2 after the crash, and the one that comes back.
      let joins = UInt64((replicas - 1) + (replicas - 2) + 1)
      for name in ["CEPOCH", "NEWEPOCH", "ACK-E", "NEWLEADER", "ACK-LD", "UPTODATE"] {
        #expect(ZabTests.frames(name, of: result) == joins, "\(name), seed \(seed)")
      }
    }
    #expect(clean >= 10)
  }

  /// Sessions open together, and votes arrive in the order of their senders: server i changes its vote n-1-i times, the worst case,
  /// and tells n-1 peers each time.
  @Test(
    "First election, all at once: n(n-1)(n+1)/2 notifications, and six frames for each follower", arguments: [3, 5, 7])
  func firstElection(replicas: Int) {
    let result = simulate(
      .init(
        environment: environment(replicas: replicas, fsync: .microseconds(300)), workload: isolated(think: .seconds(1)),
        measure: Measure(warmUp: .zero, window: .milliseconds(500)), seed: 1))
    expectOK(result)
    let n = UInt64(replicas)
    #expect(ZabTests.frames("Notification", of: result) == n * (n - 1) * (n + 1) / 2)
    #expect(ZabTests.frames(.election, of: result) == n * (n - 1) * (n + 1) / 2 + 3 * (n - 1))
    #expect(ZabTests.frames(.synchronization, of: result) == 3 * (n - 1))
  }

  @Test("A leader without its followers quits, and its followers do not wait for it; ZooKeeper's ticks decide when")
  func detection() throws {
    for (tuning, least, most) in [(Zab.Tuning.standard, 100, 301), (.zooKeeper, 450, 501)]
      as [(Zab.Tuning, Int64, Int64)]
    {
      for seed in 1...10 as ClosedRange<UInt64> {
        let failover = try #require(trial(seed: seed, replicas: 3, tuning: tuning).result.failovers.first)
        let suspected = try #require(failover.suspected) - failover.fault
        #expect((least * 1_000_000...most * 1_000_000).contains(suspected), "\(suspected)")
      }
    }
  }

  @Test("Where a broken session counts as silence, the leader is given up when the session breaks")
  func trustedDisconnect() throws {
    var environment = environment(replicas: 3, fsync: .microseconds(300), trustsDisconnect: true)
    environment.snapshotEvery = 0
    let result = simulate(
      .init(
        environment: environment, workload: isolated(think: .milliseconds(5)),
        measure: Measure(warmUp: .milliseconds(300), window: .seconds(2)),
        faults: FaultPlan([.init(at: .milliseconds(103), .crash(.leader, downtime: nil))]), seed: 1))
    expectOK(result)
    let failover = try #require(result.failovers.first)
    #expect(failover.suspected == failover.fault + 1_000_000, "one delay after the crash")
  }
}

extension Step {
  static func time(of line: String) -> Int64? {
    line.firstRange(of: "\"t\":").flatMap { Int64(line[$0.upperBound...].prefix { $0.isNumber }) }
  }
}
