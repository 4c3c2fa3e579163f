import Consensus
import Faults
import Replication
import Simulator
import Testing

@testable import Zab

/// Nothing acknowledged is lost, nothing refused appears: that is what the verdict of each run says; the tests make sure that
/// there was something to lose.
@Suite("Scenarios") struct ScenarioTests {
  private func run(
    _ faults: [ScheduledFault], replicas: Int = 3, tuning: Zab.Tuning = .standard, seed: UInt64 = 1,
    window: Duration = .seconds(8), change: (inout Environment) -> Void = { _ in }
  ) -> SimulationResult {
    var environment = environment(replicas: replicas, fsync: .milliseconds(2))
    environment.retry = RetryPolicy(timeout: .milliseconds(500))
    change(&environment)
    return simulate(
      .init(
        environment: environment,
        workload: Workload(
          arrival: .closed(clients: 8, think: .milliseconds(5)), keys: 4, reads: 0.3, swaps: 0.3, payload: 16),
        measure: Measure(warmUp: .milliseconds(200), window: window), faults: FaultPlan(faults), seed: seed),
      tuning: tuning)
  }

  @Test("A leader is cut off: it quits, another leads, and it follows when it is back", arguments: [3, 5])
  func leaderCutOff(replicas: Int) throws {
    for tuning in [Zab.Tuning.standard, .zooKeeper] {
      let result = run(
        [.init(at: .seconds(1), .isolate(.leader, for: .seconds(3)))], replicas: replicas, tuning: tuning)
      expectOK(result)
      #expect(result.isAtRest && result.leaderships.count == 2)
      #expect(count("leaders that lost their quorum", in: result) == 1)
      let failover = try #require(result.failovers.first)
      #expect(try #require(failover.resumed) - failover.fault < 2_000_000_000)
    }
  }

  @Test("A follower that is cut off looks in vain and rejoins by DIFF: no epoch changes")
  func followerCutOff() {
    let result = run([.init(at: .seconds(1), .isolate(.follower, for: .seconds(3)))])
    expectOK(result)
    #expect(result.leaderships.map(\.epoch) == [1])
    #expect(count("followers that quit in silence", in: result) == 1)
    #expect(count("leaders joined that were there", in: result) == 1)
    #expect(count("DIFF syncs", in: result) >= 1)
  }

  @Test("A follower that was away for longer than the history reaches back is brought up by SNAP")
  func awayPastCompaction() {
    let result = run([.init(at: .seconds(1), .crash(.follower, downtime: .seconds(4)))]) {
      $0.snapshotEvery = 100
      $0.retained = 10
      $0.shared.snapshotPieceBytes = 64
    }
    expectOK(result)
    #expect(count("SNAP syncs", in: result) == 1 && count("SNAP pieces received", in: result) > 3)
  }

  @Test("One way: a leader that cannot receive, or cannot send, loses its quorum and quits", arguments: [true, false])
  func oneWay(inbound: Bool) {
    let result = run([.init(at: .seconds(1), .mute(.leader, inbound: inbound, for: .seconds(3)))], replicas: 5)
    expectOK(result)
    #expect(result.isAtRest && result.leaderships.count >= 2)
  }

  @Test("A paused leader finds itself replaced when it wakes")
  func pausedLeader() {
    let result = run([.init(at: .seconds(1), .pause(.leader, .seconds(2)))])
    expectOK(result)
    #expect(result.leaderships.count == 2)
  }

  /// ZK-1154, ZK-2845: the old leader has written what nobody else has, under zxids of an epoch that is over.
  @Test("The tail of a leader that was cut off is a dead branch and truncated when it comes back")
  func deadBranch() {
    var truncated = 0
    for seed in 1...10 as ClosedRange<UInt64> {
      let result = run([.init(at: .milliseconds(903), .isolate(.leader, for: .seconds(2)))], seed: seed)
      expectOK(result, "seed \(seed)")
      truncated += count("TRUNC syncs", in: result)
    }
    #expect(truncated >= 3)
  }

  /// ZOOKEEPER-3911, -4643, -4646, -4785: followers fall while they are synchronised, at every point of it.
  @Test("Crashes in the middle of synchronisations lose nothing that was delivered, with slow disks", arguments: 1...20)
  func crashInSync(seed: Int) {
    let moment = Duration.milliseconds(seed)
    let result = run(
      [
        .init(at: .seconds(1), .crash(.leader, downtime: .milliseconds(300))),
        .init(at: .milliseconds(1_200) + moment, .crash(.node(NodeID(0)), downtime: .milliseconds(100))),
        .init(at: .milliseconds(1_450) + moment, .crash(.node(NodeID(1)), downtime: .milliseconds(100))),
        .init(at: .milliseconds(1_700) + moment, .crashAll(downtime: .milliseconds(20))),
        .init(at: .milliseconds(2_000) + moment, .crash(.leader, downtime: .milliseconds(10))),
      ], seed: UInt64(seed), window: .seconds(4)
    ) {
      $0.fsync = .constant(.milliseconds(12))
      $0.shared.messageBytes = 200
      $0.shared.inflight = 2
    }
    expectOK(result)
    #expect(result.isAtRest && count("leaders established", in: result) >= 2)
    #expect(result.counts.answered > 100)
  }

  @Test("Unsynced tails are lost in crashes, and nobody misses them")
  func tails() {
    var lost = 0
    for seed in 1...10 as ClosedRange<UInt64> {
      let result = run(
        [1_003, 2_501, 4_002].map { .init(at: .milliseconds($0), .crash(.leader, downtime: .milliseconds(50))) },
        seed: seed
      ) { $0.fsync = .constant(.milliseconds(10)) }
      expectOK(result, "seed \(seed)")
      lost += count("unsynced tails lost", in: result)
    }
    #expect(lost > 3)
  }

  @Test(
    "A follower with a full window and a lossy link is synchronised, dropped and synchronised again", arguments: 1...5)
  func lossy(seed: Int) {
    let result = run([.init(at: .zero, .loss(0.05))], seed: UInt64(seed)) {
      $0.shared.inflight = 2
      $0.snapshotEvery = 50
      $0.retained = 5
    }
    expectOK(result)
    #expect(result.isAtRest && result.counts.answered > 100)
  }
}
