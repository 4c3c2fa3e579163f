import Consensus
import Testing

@testable import Raft

@Suite("PreVote, CheckQuorum, transfer") struct StabilityTests {
  @Test(
    "D§9.6: In the Pre-Vote algorithm, a candidate only increments its term if it first learns that a majority would vote"
  )
  func preVote() {
    var server = Server(of: 5, tuning: .standard, terms: [1])
    let trial = server.step(.timeout(.election))
    #expect(trial.ahead.map(\.message) == [.preVote(.init(term: 2, lastSlot: Slot(1), lastTerm: 1, isTransfer: false))])
    #expect(trial.records.isEmpty && server.core.term == 1 && server.core.standing == .preCandidate)
    server.receive(.preVoteReply(.init(term: 2, isGranted: true)), from: 1)
    server.receive(.preVoteReply(.init(term: 2, isGranted: true)), from: 1)
    server.receive(.preVoteReply(.init(term: 1, isGranted: false)), from: 2)
    #expect(server.core.standing == .preCandidate)
    let real = server.receive(.preVoteReply(.init(term: 2, isGranted: true)), from: 3)
    #expect(server.core.standing == .candidate && server.core.term == 2)
    #expect(real.records == [.vote(term: 2, for: NodeID(0))])
  }

  @Test(
    "D§9.6: Trial votes are granted if the log is sufficiently up-to-date and no valid leader was heard of, and change nothing"
  )
  func trialVote() {
    func ask(_ server: inout Server, term: UInt64 = 9, last: UInt64 = 2, _ lastTerm: UInt64 = 1) -> Bool? {
      let outcome = server.receive(
        .preVote(.init(term: term, lastSlot: Slot(last), lastTerm: lastTerm, isTransfer: false)), from: 2)
      #expect(outcome.records.isEmpty && outcome.started.isEmpty)
      if case .preVoteReply(let reply)? = outcome.messages.first { return reply.isGranted }
      return nil
    }
    var server = Server(1, tuning: .standard, terms: [1, 1])
    #expect(ask(&server) == true)
    #expect(ask(&server, last: 1) == false)
    #expect(ask(&server, term: 1) == false, "not a newer term")
    server.receive(.beat(term: 1, after: 2, 1), from: 0)
    #expect(ask(&server) == false)
    server.step(.timeout(.stickiness))
    #expect(ask(&server) == true)
    var leader = Server(tuning: .standard)
    leader.becomeLeader()
    #expect(ask(&leader) == false)
  }

  @Test("Ablation: with quorum detection a trial vote waits for the voter's own election timer")
  func quorumDetection() {
    var server = Server(1, tuning: .quorumDetection, terms: [1])
    func ask() -> [Raft.Message] {
      server.receive(.preVote(.init(term: 9, lastSlot: Slot(1), lastTerm: 1, isTransfer: false)), from: 2).messages
    }
    server.receive(.beat(term: 1, after: 1, 1), from: 0)
    server.step(.timeout(.stickiness))
    #expect(ask() == [.preVoteReply(.init(term: 1, isGranted: false))])
    server.step(.timeout(.election))
    #expect(ask() == [.preVoteReply(.init(term: 9, isGranted: true))])
  }

  @Test(
    "§6: If a server receives a RequestVote within the minimum election timeout of hearing from a leader, it ignores it"
  )
  func stickiness() {
    var server = Server(1, tuning: .standard)
    #expect(server.receive(.beat(term: 1, after: 0, 0), from: 0).started[.stickiness] == .milliseconds(150))
    let ignored = server.receive(.ask(term: 7, last: 9, 7), from: 2)
    #expect(ignored.messages.isEmpty && server.core.term == 1)
    #expect(
      server.receive(.ask(term: 7, last: 9, 7, transfer: true), from: 2).messages == [.granted(term: 7)],
      "a transfer of leadership is no disturbance")
    var patient = Server(1, tuning: .standard)
    patient.receive(.beat(term: 1, after: 0, 0), from: 0)
    patient.step(.timeout(.stickiness))
    #expect(patient.receive(.ask(term: 7, last: 9, 7), from: 2).messages == [.granted(term: 7)])
    var plain = Server(1, tuning: .plain)
    plain.receive(.beat(term: 1, after: 0, 0), from: 0)
    #expect(plain.receive(.ask(term: 7, last: 9, 7), from: 2).messages == [.granted(term: 7)])
  }

  @Test(
    "D§6.2: A leader steps down if an election timeout elapses without answers from a majority, its own disk's among them"
  )
  func checkQuorum() {
    for (answers, stays) in [([0, 1], true), ([0], false), ([1, 2], false), ([], false)] as [([Int], Bool)] {
      var server = Server(of: 3, tuning: .standard)
      server.becomeLeader()
      server.receive(.acked(term: 1, through: 1), from: 0)
      server.receive(.acked(term: 1, through: 1), from: 1)
      let first = server.step(.timeout(.quorum))
      #expect(server.core.standing == .leader)
      #expect(first.started[.quorum] == .milliseconds(300))
      for peer in answers { server.receive(.heartbeatReply(.success(1, through: Slot(1))), from: peer) }
      server.step(.timeout(.quorum))
      #expect((server.core.standing == .leader) == stays, "answers from \(answers)")
      #expect(server.core.term == 1)
    }
  }

  @Test("A heartbeat comes back to its own leader only through its disk")
  func ownHeartbeat() {
    var server = Server(tuning: .standard)
    server.becomeLeader()
    let outcome = server.step(.timeout(.heartbeat))
    #expect(outcome.sent.contains { $0.to == NodeSet(NodeID(0)) })
  }

  @Test("D§3.10: The prior leader stops accepting requests, brings the target up, and sends it TimeoutNow")
  func transfer() {
    var server = Server(of: 3)
    server.becomeLeader()
    server.receive(.acked(term: 1, through: 1), from: 0)
    server.receive(.acked(term: 1, through: 1), from: 1)
    #expect(!server.step(.transfer(to: NodeID(2))).messages.contains(.timeoutNow(term: 1)), "it lacks the no-op")
    #expect(server.step(.propose(.of(1))).rejected == [NodeID(2)])
    let handed = server.receive(.acked(term: 1, through: 1), from: 2)
    #expect(handed.ahead.contains(.init(message: .timeoutNow(term: 1), to: NodeSet(NodeID(2)))))
    var target = Server(2, term: 1, terms: [1])
    target.receive(.beat(term: 1, after: 1, 1), from: 0)
    #expect(
      target.receive(.timeoutNow(term: 1), from: 0).sent.first?.message == .ask(term: 2, last: 1, 1, transfer: true))
    // It did not come to pass: the leader goes on.
    server.step(.timeout(.transfer))
    #expect(server.step(.propose(.of(1))).rejected.isEmpty)
  }

  @Test("A broken session with the leader counts as silence only if the experiment says so")
  func disconnect() {
    for trusts in [false, true] {
      var server = Server(1, trustsDisconnect: trusts)
      server.receive(.beat(term: 1, after: 0, 0), from: 0)
      let outcome = server.step(.disconnected(NodeID(0)))
      #expect((server.core.leader == nil) == trusts)
      #expect((outcome.started[.election] != nil) == trusts)
    }
  }
}
