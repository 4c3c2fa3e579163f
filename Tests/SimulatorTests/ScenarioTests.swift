import Consensus
import Faults
import Raft
import Replication
import Testing

@testable import Simulator

/// Nothing acknowledged is lost, nothing refused appears: that is what the verdict of each run says (C5, C6, L2, L4); the tests
/// make sure that there was something to lose.
@Suite("Scenarios") struct ScenarioTests {
  private func run(
    _ faults: [ScheduledFault], replicas: Int = 3, tuning: Raft.Tuning = .standard, seed: UInt64 = 1,
    window: Duration = .seconds(8), change: (inout Environment) -> Void = { _ in }
  ) -> SimulationResult {
    var environment = environment(replicas: replicas, fsync: .milliseconds(2))
    environment.retry = RetryPolicy(timeout: .milliseconds(500))
    change(&environment)
    return Simulation<Raft>(
      .init(
        environment: environment,
        workload: Workload(
          arrival: .closed(clients: 8, think: .milliseconds(5)), keys: 4, reads: 0.3, swaps: 0.3, payload: 16),
        measure: Measure(warmUp: .milliseconds(200), window: window), faults: FaultPlan(faults), seed: seed),
      tuning: tuning, keepsHistory: true
    ).run()
  }

  @Test("A leader is cut off and comes back: another leads meanwhile, and it follows", arguments: [3, 5])
  func leaderCutOff(replicas: Int) throws {
    for tuning in [Raft.Tuning.standard, .plain] {
      let result = run(
        [.init(at: .seconds(1), .isolate(.leader, for: .seconds(3)))], replicas: replicas, tuning: tuning)
      expectOK(result)
      #expect(result.isAtRest)
      #expect(result.leaderships.count >= 2)
      let failover = try #require(result.failovers.first)
      #expect(failover.isComplete)
      #expect(try #require(failover.resumed) - failover.fault < 2_000 * millisecond)
    }
  }

  @Test("A follower that was away for longer than the log reaches back is brought up by a snapshot")
  func awayPastCompaction() {
    let result = run([.init(at: .seconds(1), .crash(.follower, downtime: .seconds(4)))]) {
      $0.snapshotEvery = 50
      $0.retained = 10
      $0.shared.snapshotPieceBytes = 64
    }
    expectOK(result)
    #expect(count("snapshots installed", in: result) >= 1)
    #expect(count("compactions", in: result) > 10)
  }

  @Test("All replicas crash at once and come back one after the other", arguments: 1...10)
  func crashOfAll(seed: Int) {
    let result = run(
      [
        .init(at: .seconds(1), .crashAll(downtime: .milliseconds(200))),
        .init(at: .seconds(4), .crashAll(downtime: .milliseconds(1))),
      ], seed: UInt64(seed))
    expectOK(result)
    #expect(count("crashes", in: result) == 6)
    #expect(result.counts.answered > 200)
  }

  @Test("A deposed leader's unacknowledged write is answered as unknown and then settled exactly once")
  func deposedLeader() {
    var interrupted = 0
    for seed in 1...10 as ClosedRange<UInt64> {
      let result = run([.init(at: .milliseconds(903), .isolate(.leader, for: .seconds(2)))], seed: seed)
      expectOK(result, "seed \(seed)")
      interrupted += count("clients interrupted", in: result) + count("attempts timed out", in: result)
      #expect(result.history.allSatisfy { operation in if case .ok = operation.outcome { true } else { false } })
    }
    #expect(interrupted >= 10)
  }

  @Test("Unsynced tails are lost in crashes, and nobody misses them")
  func tails() {
    var lost = 0
    for seed in 1...20 as ClosedRange<UInt64> {
      let result = run(
        [
          .init(at: .milliseconds(1_003), .crash(.leader, downtime: .milliseconds(50))),
          .init(at: .milliseconds(2_501), .crash(.leader, downtime: .milliseconds(50))),
          .init(at: .milliseconds(4_002), .crash(.leader, downtime: .milliseconds(50))),
        ], seed: seed
      ) { $0.fsync = .constant(.milliseconds(10)) }
      expectOK(result, "seed \(seed)")
      lost += count("unsynced tails lost", in: result)
    }
    #expect(lost > 5)
  }

  @Test("A paused leader finds itself replaced when it wakes")
  func pausedLeader() {
    let result = run([.init(at: .seconds(1), .pause(.leader, .seconds(2)))])
    expectOK(result)
    #expect(result.leaderships.count >= 2)
  }

  @Test("PreVote: a follower that was cut off comes back without an election")
  func isolatedFollower() {
    for (tuning, disturbs) in [(Raft.Tuning.standard, false), (.plain, true)] {
      let result = run([.init(at: .seconds(1), .isolate(.follower, for: .seconds(3)))], tuning: tuning)
      expectOK(result)
      #expect((result.leaderships.count > 1) == disturbs)
    }
  }

  @Test("Datagrams that vanish, repeat and overtake slow a cluster down and break nothing", arguments: 1...5)
  func datagrams(seed: Int) {
    let result = run([], seed: UInt64(seed)) {
      $0.link = LinkModel(
        kind: .datagram, delay: .uniform(.microseconds(200)...(.milliseconds(3))), loss: 0.2, duplication: 0.3,
        reordering: 0.3)
    }
    expectOK(result)
    #expect(result.counts.answered > 200)
    #expect(count("datagrams dropped", in: result) > 100)
  }

  @Test("In a star its centre reaches everybody and nobody else does: it leads, or it will")
  func star() throws {
    for seed in 1...5 as ClosedRange<UInt64> {
      let kept = run([.init(at: .seconds(1), .star(.leader, for: nil))], replicas: 5, seed: seed)
      expectOK(kept)
      #expect(kept.leaderships.count == 1)
      let moved = run([.init(at: .seconds(1), .star(.follower, for: nil))], replicas: 5, seed: seed)
      expectOK(moved)
      let centre = try #require(moved.struck.first?.node)
      let last = try #require(moved.leaderships.last { $0.at < moved.windowEnd })
      #expect(last.node == centre && moved.leaderships.first?.node != centre)
      #expect(try #require(moved.failovers.first?.resumed) < moved.windowEnd)
    }
  }
}
