import Consensus
import Faults
import Replication
import Simulator
import Testing

@testable import MultiPaxos

/// What went wrong in published implementations, and what a cluster must live through.
@Suite("Scenarios") struct ScenarioTests {
  private func run(
    _ faults: [ScheduledFault], replicas: Int = 3, tuning: MultiPaxos.Tuning = .standard, seed: UInt64 = 1,
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
  private static let tunings = [
    MultiPaxos.Tuning.standard, .explicit, .allLearn, .thrifty, .upToDate, MultiPaxos.Tuning(checkQuorum: false),
  ]

  @Test("A leader is cut off and comes back: another leads meanwhile, and it follows", arguments: [3, 5])
  func leaderCutOff(replicas: Int) throws {
    for tuning in Self.tunings {
      let result = run(
        [.init(at: .seconds(1), .isolate(.leader, for: .seconds(3)))], replicas: replicas, tuning: tuning)
      expectOK(result)
      #expect(result.leaderships.count >= 2)
      let failover = try #require(result.failovers.first)
      #expect(failover.isComplete)
      #expect(try #require(failover.resumed) - failover.fault < 2_000_000_000)
    }
  }

  /// Paxi answers Prepare from its own execution pointer on: a candidate behind it silently misses what was chosen.
  @Test("A candidate that lags behind its acceptors misses nothing that was chosen")
  func laggingCandidate() {
    let old = ballot(1, 0)
    var acceptor = Server(1, accepted: (1...5).map { .of(old, $0) })
    acceptor.receive(.beat(old, chosen: 5), from: 0)
    #expect(acceptor.core.chosen == Slot(5))
    acceptor.step(.timeout(.stickiness))
    var candidate = Server(2)
    candidate.receive(.nack(refused: .zero, by: old), from: 0)
    candidate.step(.timeout(.election))
    candidate.step(.timeout(.election))
    let own = candidate.core.ballot
    candidate.receive(.promised(own, from: Slot(1)), from: 2)
    let promise = acceptor.receive(.ask(own), from: 2).promise
    let outcome = candidate.receive(.promise(promise!), from: 1)
    #expect(outcome.committed == (1...5).map { Slot($0) } && outcome.values == (1...5).map { .of($0) })
    #expect(outcome.accepts.map(\.first) == [Slot(6)], "what is chosen is not proposed again")
  }

  @Test("A log that a disk writes for longer than a leader may go unheard does not depose one after the other")
  func longLog() {
    // Each misses something and learns it from others, so that after the crash nobody knows what is chosen. Nothing is compacted,
    // and each slot is a write of its own.
    let away = (0..<3).map {
      ScheduledFault(at: .seconds(2 * $0 + 1), .isolate(.node(NodeID($0)), for: .milliseconds(500)))
    }
    let result = run(away + [.init(at: .seconds(7), .crashAll(downtime: .milliseconds(50)))]) {
      $0.fsync = .constant(.milliseconds(10))
      $0.groupCommit = .none
      $0.snapshotEvery = 0
      $0.batch = BatchPolicy(commands: 1)
      $0.shared.inflight = 2
      $0.shared.messageBytes = 500
    }
    expectOK(result)
    #expect(count("values proposed again", in: result) > 60)
    #expect(result.leaderships.count < 10)
  }

  @Test("A replica that stays behind through snapshots and then leads has everything", arguments: 1...6)
  func laggingLeader(seed: Int) {
    // The third is away; when it is back the other two, one after the other, are not.
    let result = run(
      [
        .init(at: .milliseconds(500), .isolate(.node(NodeID(2)), for: .seconds(2))),
        .init(at: .milliseconds(2_490), .crash(.node(NodeID(0)), downtime: .seconds(2))),
        .init(at: .milliseconds(4_600), .crash(.node(NodeID(1)), downtime: .seconds(2))),
      ], seed: UInt64(seed)
    ) {
      $0.snapshotEvery = 40
      $0.retained = 0
      $0.shared.snapshotPieceBytes = 64
    }
    expectOK(result)
    #expect(count("snapshots installed by Multi-Paxos", in: result) >= 1)
  }

  /// A gap that nobody fills: execution then blocks for ever.
  @Test("A gap that a dead leader left is filled within one change of leaders")
  func gapFilled() {
    let old = ballot(1, 0)
    var servers = [Server(1, accepted: [.of(old, 1), nil, .of(old, 3)]), Server(2, accepted: [.of(old, 1)])]
    servers[0].step(.timeout(.election))
    let own = servers[0].core.ballot
    servers[0].receive(.promise(servers[0].core.promise(from: Slot(1), bytes: .max)), from: 1)
    let promise = servers[1].receive(.ask(own), from: 1).promise
    let opening = servers[0].receive(.promise(promise!), from: 2)
    #expect(opening.accepts.map(\.values) == [[.of(1), .noop, .of(3)]])
    let answer = servers[1].receive(.accept(opening.accepts[0]), from: 1)
    #expect(answer.messages == [.acceptedIn(own, 1, through: 3)])
    servers[0].receive(answer.messages[0], from: 2)
    servers[0].receive(.acceptedIn(own, 1, through: 3), from: 1)
    #expect(servers[0].core.chosen == Slot(3) && servers[0].core.status.isEstablished)
  }

  @Test("A commit notice is about a ballot's own proposals: the same slot of another ballot is not executed")
  func commitOfAnotherBallot() {
    for message in [
      MultiPaxos.Message.beat(ballot(2, 2), chosen: 1), .chosen(.init(ballot: ballot(2, 2), chosen: Slot(1))),
      .propose(ballot(2, 2), 2, [.of(2)], chosen: 1),
    ] {
      var server = Server(1, accepted: [.of(ballot(1, 0), 1)])
      #expect(server.receive(message, from: 2).committed.isEmpty)
      #expect(server.receive(.propose(ballot(2, 2), 1, [.of(9)]), from: 2).values.first == .of(9))
    }
  }

  @Test("A promise survives a crash: what was refused before it is refused after it")
  func promiseSurvives() {
    var server = Server(1)
    server.receive(.ask(ballot(5, 2)), from: 2)
    var recovered = Server(1)
    for record in server.core.checkpoint() { recovered.core.replay(record) }
    #expect(
      recovered.receive(.propose(ballot(4, 0), 1, [.of(1)]), from: 0).messages
        == [.nack(refused: ballot(4, 0), by: ballot(5, 2))])
  }

  @Test("All replicas crash at once and come back one after the other", arguments: 1...10)
  func crashOfAll(seed: Int) {
    let result = run(
      [
        .init(at: .seconds(1), .crashAll(downtime: .milliseconds(200))),
        .init(at: .seconds(4), .crashAll(downtime: .milliseconds(1))),
      ], replicas: seed % 2 == 0 ? 3 : 5, tuning: Self.tunings[seed % Self.tunings.count], seed: UInt64(seed))
    expectOK(result)
  }

  @Test("A restart of all proposes again what was open, not the whole log")
  func littleToPropose() {
    let result = run([.init(at: .seconds(4), .crashAll(downtime: .milliseconds(10)))]) { $0.snapshotEvery = 0 }
    expectOK(result)
    #expect(result.slots > 500)
    #expect(count("values proposed again", in: result) < 40)
  }

  @Test("A leader whose disk hangs, or that only its own messages do not reach, is deposed", arguments: [true, false])
  func halfDeaf(inbound: Bool) throws {
    let result = run([.init(at: .seconds(1), .mute(.leader, inbound: inbound, for: .seconds(3)))])
    expectOK(result)
    let failover = try #require(result.failovers.first)
    #expect(failover.resumed.map { $0 - failover.fault < 2_000_000_000 } == true)
  }

  @Test("Who is refused backs off for as long as any follower waits")
  func backOff() {
    var server = Server(of: 5)
    server.step(.timeout(.election))
    let own = server.core.ballot
    let outcome = server.receive(.nack(refused: own, by: own.next(of: NodeID(3))), from: 1)
    #expect(server.core.standing == .follower)
    #expect(outcome.started[.election].map { $0 >= .milliseconds(150) && $0 <= .milliseconds(300) } == true)
  }

  @Test("Proposers do not duel: with a quorum and bounded delays the ballots soon stop rising", arguments: 1...10)
  func noDuel(seed: Int) {
    for tuning in Self.tunings {
      let result = run(
        [.init(at: .seconds(1), .isolate(.leader, for: .seconds(1)))], replicas: 5, tuning: tuning,
        seed: UInt64(seed), window: .seconds(20))
      expectOK(result)
      #expect(count("ballots prepared", in: result) < 30)
      #expect((result.leaderships.last?.at ?? 0) < 5_000_000_000, "nobody is deposed once the links are open")
    }
  }

  @Test("Datagrams vanish, repeat and overtake each other: all are served, whatever the commit mode")
  func lossyDatagrams() {
    for tuning in Self.tunings {
      let result = run([], replicas: 5, tuning: tuning, window: .seconds(5)) {
        $0.link = LinkModel(
          kind: .datagram, delay: .constant(.milliseconds(1)), loss: 0.05, duplication: 0.05, reordering: 0.2,
          reorderingSpan: .milliseconds(8))
      }
      expectOK(result)
      #expect(count("accepts sent again", in: result) > 0)
      #expect(result.commands > 300)
    }
  }
}
