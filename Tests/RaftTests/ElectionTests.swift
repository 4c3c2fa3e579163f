import Consensus
import Testing

@testable import Raft

/// Sentences of the extended paper (§) and of Ongaro's dissertation (D§).
@Suite("Leader election") struct ElectionTests {
  @Test(
    "§5.1: If one server's current term is smaller than the other's, then it updates its current term to the larger value",
    arguments: CodecTests.messages)
  func largerTerm(message: Raft.Message) {
    var server = Server()
    let outcome = server.receive(message, from: 1)
    switch message {
    case .preVote, .preVoteReply: #expect(server.core.term == 0)
    default:
      #expect(server.core.term == message.term)
      #expect(outcome.records.contains { if case .vote(message.term, _) = $0 { true } else { false } })
    }
  }

  @Test(
    "§5.1: If a candidate or leader discovers that its term is out of date, it immediately reverts to follower state")
  func revert() {
    var leader = Server()
    leader.becomeLeader()
    #expect(leader.core.standing == .leader)
    let outcome = leader.receive(.appendEntriesReply(.refusal(9, of: Slot(0), hint: .start)), from: 2)
    #expect(leader.core.standing == .follower && leader.core.term == 9 && leader.core.leader == nil)
    #expect(outcome.started[.election] != nil)
    #expect(Set(outcome.stopped).isSuperset(of: [.heartbeat, .quorum]))

    var candidate = Server()
    candidate.step(.timeout(.election))
    let refusal = candidate.receive(.requestVoteReply(.init(term: 5, isGranted: false)), from: 1)
    #expect(candidate.core.standing == .follower && candidate.core.term == 5)
    #expect(refusal.started[.election] == nil, "its timer runs on: being overtaken gains no time")
  }

  @Test("§5.1: If a server receives a request with a stale term number, it rejects the request")
  func stale() {
    var server = Server(term: 5, terms: [5])
    let vote = server.receive(.ask(term: 4, last: 9, 4), from: 1)
    #expect(vote.messages == [.requestVoteReply(.init(term: 5, isGranted: false))])
    let append = server.receive(.append(term: 4, after: 1, 5, [.of(4)]), from: 1)
    #expect(append.messages == [.appendEntriesReply(.refusal(5, of: Slot(1), hint: .start))])
    #expect(append.records.isEmpty && append.started.isEmpty && server.core.leader == nil)
    let piece = SnapshotPiece(through: Slot(8), stamp: Stamp(4), offset: 0, bytes: [1], isLast: true)
    #expect(server.receive(.installSnapshot(term: 4, piece), from: 1).installed == nil)
  }

  @Test(
    "§5.2: To begin an election, a follower increments its current term, votes for itself and issues RequestVote in parallel"
  )
  func begin() {
    var server = Server(1, of: 5, terms: [1, 1, 2])
    let outcome = server.step(.timeout(.election))
    #expect(server.core.term == 3 && server.core.standing == .candidate)
    #expect(outcome.records == [.vote(term: 3, for: NodeID(1))])
    #expect(outcome.ahead.isEmpty, "what it claims is durable before it leaves")
    #expect(outcome.sent.first?.message == .ask(term: 3, last: 3, 2))
    #expect(outcome.sent.first?.to == NodeSet(first: 5).removing(NodeID(1)))
    #expect(outcome.started[.election] != nil)
  }

  @Test("§5.2: Each server will vote for at most one candidate in a given term, on a first-come-first-served basis")
  func firstCome() {
    var server = Server()
    let first = server.receive(.ask(term: 1), from: 1)
    #expect(first.records == [.vote(term: 1, for: NodeID(1))], "term and vote are one record")
    #expect(first.messages == [.granted(term: 1)])
    #expect(first.started[.election] != nil)
    let second = server.receive(.ask(term: 1), from: 2)
    #expect(second.messages == [.requestVoteReply(.init(term: 1, isGranted: false))])
    #expect(second.started.isEmpty && second.records.isEmpty)
    #expect(server.receive(.ask(term: 1), from: 1).messages == [.granted(term: 1)], "the reply may have been lost")
    var recovered = Server()
    for record in server.core.checkpoint() { recovered.core.replay(record) }
    #expect(recovered.receive(.ask(term: 1), from: 2).messages == [.requestVoteReply(.init(term: 1, isGranted: false))])
  }

  @Test("§5.2: A candidate wins if it receives votes from a majority of the full cluster for the same term")
  func majority() {
    var server = Server(of: 5)
    server.step(.timeout(.election))
    server.receive(.granted(term: 1), from: 0)
    for _ in 0..<4 { server.receive(.granted(term: 1), from: 1) }
    #expect(server.core.standing == .candidate, "a repeated vote counts once")
    server.step(.timeout(.election))
    server.receive(.granted(term: 2), from: 0)
    server.receive(.granted(term: 1), from: 2)
    server.receive(.granted(term: 1), from: 3)
    #expect(server.core.standing == .candidate, "votes of an older term do not count")
    server.receive(.granted(term: 2), from: 3)
    #expect(server.core.standing == .candidate)
    server.receive(.granted(term: 2), from: 4)
    #expect(server.core.standing == .leader)
  }

  @Test(
    "§5.2: It then sends messages to all of the other servers to establish its authority; §8: a blank no-op entry first"
  )
  func establish() {
    var server = Server(terms: [1])
    server.step(.timeout(.election))
    server.receive(.granted(term: 2), from: 0)
    let outcome = server.receive(.granted(term: 2), from: 2)
    let noop = Entry(stamp: Stamp(2), value: .noop)
    #expect(outcome.records == [.append(Slot(2), noop)])
    #expect(outcome.ahead == [.init(message: .append(term: 2, after: 1, 1, [noop]), to: NodeSet(bits: 0b110))])
    #expect(outcome.started[.heartbeat] == .milliseconds(50) && outcome.stopped == [.election])
    #expect(!server.core.status.isEstablished)
    server.receive(.acked(term: 2, through: 2), from: 0)
    #expect(server.receive(.acked(term: 2, through: 2), from: 1).committed == [Slot(1), Slot(2)])
    #expect(server.core.status.isEstablished)
  }

  @Test(
    "§5.2: A candidate that hears of a leader of at least its term returns to follower state; of a smaller one, it goes on"
  )
  func recognise() {
    var server = Server()
    server.step(.timeout(.election))
    server.step(.timeout(.election))
    server.receive(.beat(term: 1, after: 0, 0), from: 1)
    #expect(server.core.standing == .candidate && server.core.term == 2)
    let outcome = server.receive(.beat(term: 2, after: 0, 0), from: 1)
    #expect(server.core.standing == .follower && server.core.leader == NodeID(1))
    #expect(outcome.started[.election] != nil)
  }

  @Test(
    "§5.2: Election timeouts are chosen randomly from a fixed interval, anew each time, and differently on each server")
  func random() {
    var drawn: Set<Duration> = []
    for seed in 1...4 as ClosedRange<UInt64> {
      var server = Server(seed: seed)
      for _ in 0..<50 {
        guard let timeout = server.step(.timeout(.election)).started[.election] else { continue }
        #expect(timeout >= .milliseconds(150) && timeout <= .milliseconds(300))
        drawn.insert(timeout)
      }
    }
    #expect(drawn.count > 190)
  }

  @Test("§5.4.1: The voter denies its vote if its own log is more up-to-date: later last term first, then length")
  func upToDate() {
    for (last, term, granted) in [
      (1, 3, true), (9, 1, false), (3, 2, true), (2, 2, false), (4, 2, true), (0, 0, false),
    ] as [(UInt64, UInt64, Bool)] {
      var server = Server(terms: [1, 1, 2])
      let outcome = server.receive(.ask(term: 7, last: last, term), from: 1)
      #expect(outcome.messages == [.requestVoteReply(.init(term: 7, isGranted: granted))], "\(last)@\(term)")
      #expect(outcome.records == [.vote(term: 7, for: granted ? NodeID(1) : nil)])
      #expect((outcome.started[.election] != nil) == granted, "only a granted vote resets the timer")
    }
  }

  @Test("A cluster of one elects itself when its vote is durable")
  func alone() {
    for tuning in [Raft.Tuning.plain, .standard] {
      var server = Server(of: 1, tuning: tuning)
      server.step(.timeout(.election))
      server.receive(.granted(term: 1), from: 0)
      #expect(server.core.standing == .leader)
      #expect(server.receive(.acked(term: 1, through: 1), from: 0).committed == [Slot(1)])
    }
  }

  @Test("A stranger's message changes nothing")
  func stranger() {
    var server = Server()
    for message in CodecTests.messages {
      let before = server.core.checkpoint()
      let outcome = server.receive(message, from: 9)
      #expect(outcome.messages.isEmpty && outcome.records.isEmpty && server.core.checkpoint() == before)
    }
  }
}
