import Consensus
import Testing

@testable import Zab

/// Sentences of ZooKeeper's internals and of FastLeaderElection; phase 0 of §IV.A.
@Suite("Phase 0: Fast Leader Election") struct ElectionTests {
  @Test("A server that looks for a leader votes for itself in a new round, and tells everyone")
  func begin() {
    var server = Server(1, history: [2], connects: false)
    #expect(server.core.standing == .looking && server.core.round == 1)
    // Its sessions open later than its election begins.
    #expect(
      server.step(.connected(NodeID(0))).sent == [
        .init(message: .vote(for: 1, 1, 2, current: 1, round: 1), to: NodeSet(NodeID(0)))
      ])
    server.follow(2)
    let again = server.step(.timeout(.silence))
    #expect(server.core.standing == .looking && server.core.round == 2 && server.core.leader == nil)
    #expect(again.sent.map(\.message) == [.vote(for: 1, 1, 2, current: 1, round: 2)])
    #expect(again.ahead.isEmpty, "a vote claims a history, and waits for the disk")
  }

  @Test("Votes are totally ordered: by epoch, then by zxid, then by server")
  func order() {
    func vote(_ leader: Int, _ epoch: UInt32, _ counter: UInt32, _ current: UInt32) -> Zab.Vote {
      Zab.Vote(leader: NodeID(leader), zxid: Zab.Zxid(epoch: epoch, counter: counter), peerEpoch: current)
    }
    let votes = [
      vote(2, 3, 9, 2), vote(0, 1, 1, 3), vote(1, 1, 1, 3), vote(0, 1, 2, 3), vote(0, 2, 1, 3), vote(0, 0, 0, 4),
    ]
    for (i, a) in votes.enumerated() {
      for (j, b) in votes.enumerated() { #expect((a < b) == (i < j)) }
    }
  }

  @Test("A better vote of the same round is adopted and passed on; a worse one only counted")
  func adopt() {
    var server = Server(1, history: [2])
    let worse = server.receive(.vote(for: 0, 1, 1, current: 1, round: 1), from: 0)
    #expect(worse.messages.isEmpty && server.core.vote.leader == NodeID(1))
    let better = server.receive(.vote(for: 2, 1, 3, current: 1, round: 1), from: 2)
    #expect(better.sent == [.init(message: .vote(for: 2, 1, 3, current: 1, round: 1), to: NodeSet(bits: 0b101))])
    #expect(better.started[.finalize] == .milliseconds(50), "two of three agree")
  }

  @Test("A vote of a later round takes its receiver there, with whatever votes it had forgotten")
  func laterRound() {
    var server = Server(2, of: 5, history: [2])
    server.receive(.vote(for: 2, 1, 2, current: 1, round: 1), from: 0)
    let outcome = server.receive(.vote(for: 1, 1, 1, current: 1, round: 7), from: 1)
    #expect(server.core.round == 7 && server.core.vote.leader == NodeID(2), "its own history is better")
    #expect(outcome.sent.first?.message == .vote(for: 2, 1, 2, current: 1, round: 7))
    #expect(server.core.received[0] == nil)
  }

  @Test("Who is behind in an earlier round is told so, and nothing else")
  func earlierRound() {
    var server = Server(1)
    server.receive(.vote(for: 1, 0, 0, current: 0, round: 5), from: 2)
    let outcome = server.receive(.vote(for: 0, 9, 9, current: 9, round: 4), from: 0)
    #expect(outcome.sent == [.init(message: .vote(for: 1, 0, 0, current: 0, round: 5), to: NodeSet(NodeID(0)))])
    #expect(server.core.vote.leader == NodeID(1))
  }

  @Test("A leader's own word of its history counts, not what an old vote of the same round says")
  func ownWord() {
    var server = Server(1, of: 5, history: [2])
    let claimed = server.receive(.vote(for: 1, 1, 9, current: 1, round: 1), from: 0)
    #expect(claimed.messages.isEmpty && server.core.vote == server.core.ownVote)
    #expect(server.core.received[0]?.vote == server.core.ownVote, "but it is a vote for this server")
    let later = server.receive(.vote(for: 1, 1, 9, current: 1, round: 2), from: 0)
    #expect(later.sent.map(\.message) == [.vote(for: 1, 1, 2, current: 1, round: 2)])

    let others = server.receive(.vote(for: 3, 1, 9, current: 1, round: 2), from: 4)
    #expect(others.sent.map(\.message) == [.vote(for: 3, 1, 9, current: 1, round: 2)])
    let word = server.receive(.vote(for: 3, 1, 7, current: 1, round: 2), from: 3)
    #expect(word.sent.map(\.message) == [.vote(for: 3, 1, 7, current: 1, round: 2)], "the candidate itself has less")
    let again = server.receive(.vote(for: 3, 1, 9, current: 1, round: 2), from: 0)
    #expect(again.messages.isEmpty && server.core.vote.zxid.counter == 7)
  }

  @Test("A quorum that agrees waits for a better vote; a better vote that comes in time starts all over")
  func finalizeWait() {
    var server = Server(1, of: 5)
    server.receive(.vote(for: 1, 0, 0, current: 0, round: 1), from: 0)
    let quorum = server.receive(.vote(for: 1, 0, 0, current: 0, round: 1), from: 2)
    #expect(quorum.started[.finalize] == .milliseconds(50) && quorum.stopped == [.notification])
    let better = server.receive(.vote(for: 4, 1, 1, current: 1, round: 1), from: 4)
    #expect(better.stopped == [.finalize] && better.started[.notification] == .milliseconds(50))
    #expect(server.core.vote.leader == NodeID(4))
    server.receive(.vote(for: 4, 1, 1, current: 1, round: 1), from: 0)
    let decided = server.step(.timeout(.finalize))
    #expect(server.core.standing == .following && server.core.leader == NodeID(4) && server.core.phase == .discovery)
    #expect(decided.sent == [.init(message: .cepoch(promised: 0), to: NodeSet(NodeID(4)))])
  }

  @Test("ZooKeeper's constants: 200 ms to finalize, votes again after 200 ms, doubling up to 60 s; its ticks")
  func zooKeeper() {
    var server = Server(1, tuning: .zooKeeper)
    var intervals: [Duration] = []
    for _ in 0..<11 {
      if let next = server.step(.timeout(.notification)).started[.notification] { intervals.append(next) }
    }
    #expect(
      intervals.prefix(4) == [.milliseconds(400), .milliseconds(800), .milliseconds(1_600), .milliseconds(3_200)])
    #expect(intervals.last == .seconds(60))
    let quorum = server.receive(.vote(server.core.vote, round: 1), from: 0)
    #expect(quorum.started[.finalize] == .milliseconds(200))
    // A tick is two heartbeats: initLimit 10, syncLimit 5.
    #expect(server.step(.timeout(.finalize)).started[.quorum] == .milliseconds(100))
    var follower = Server(1, tuning: .zooKeeper)
    #expect(follower.follow(2).started[.silence] == .seconds(1))
    var member = Server(1, tuning: .zooKeeper)
    member.join(2, epoch: 1)
    #expect(member.receive(.ping(epoch: 1), from: 2).started[.silence] == .milliseconds(500))
  }

  @Test("Votes are sent again until somebody is elected, and at longer and longer intervals")
  func repetition() {
    var server = Server(1)
    let first = server.step(.timeout(.notification))
    #expect(first.sent == [.init(message: .vote(for: 1, 0, 0, current: 0, round: 1), to: NodeSet(bits: 0b101))])
    #expect(first.started[.notification] == .milliseconds(100))
    server.step(.timeout(.notification))
    server.step(.timeout(.notification))
    #expect(server.step(.timeout(.notification)).started[.notification] == .milliseconds(300))
  }

  @Test("Who follows or leads answers a server that looks with the vote it has settled on")
  func answer() {
    var follower = Server(1, history: [1])
    follower.join(2, epoch: 3)
    let answer = follower.receive(.vote(for: 0, 0, 0, current: 0, round: 9), from: 0)
    // The epoch that it joined is part of the vote.
    #expect(answer.sent.map(\.message) == [.vote(for: 2, 99, 1, current: 3, round: 1, .following)])
    #expect(follower.core.standing == .following && follower.core.round == 1)
    var leader = Server(0)
    leader.establish()
    let other = leader.receive(.vote(for: 2, 0, 0, current: 0, round: 9), from: 2)
    #expect(other.sent.map(\.message) == [.vote(for: 0, 0, 0, current: 1, round: 1, .leading)])
    #expect(leader.receive(.vote(for: 2, 0, 0, current: 0, round: 9, .following), from: 2).messages.isEmpty)
  }

  @Test("What a server sent while a peer was not looking, it sends again when the peer looks")
  func missed() {
    var server = Server(2, of: 5)
    server.receive(.vote(for: 4, 0, 0, current: 1, round: 1, .following), from: 0)
    let late = server.receive(.vote(for: 0, 0, 0, current: 0, round: 1), from: 0)
    #expect(late.sent == [.init(message: .vote(for: 2, 0, 0, current: 0, round: 1), to: NodeSet(NodeID(0)))])
    #expect(server.receive(.vote(for: 0, 0, 0, current: 0, round: 1), from: 0).messages.isEmpty, "once")
  }

  @Test("A late server joins a leader that a quorum follows and that says itself that it leads")
  func join() {
    var server = Server(0, of: 5)
    // In other rounds than this, and found in different ones: only leader and epoch count.
    server.receive(.vote(for: 3, 1, 1, current: 2, round: 8, .following), from: 1)
    server.receive(.vote(for: 3, 0, 0, current: 2, round: 6, .following), from: 2)
    server.receive(.vote(for: 3, 1, 1, current: 2, round: 8, .following), from: 4)
    #expect(
      server.core.standing == .looking, "ZooKeeper's checkLeader: followers of a dead leader are no reason to follow it"
    )
    server.receive(.vote(for: 3, 1, 1, current: 2, round: 8, .leading), from: 3)
    #expect(server.core.standing == .following && server.core.leader == NodeID(3) && server.core.round == 8)
  }

  @Test("Out-of-election votes for another epoch, or of somebody who looks again, do not add up")
  func stale() {
    var server = Server(0)
    server.receive(.vote(for: 1, 1, 1, current: 1, round: 8, .leading), from: 1)
    server.receive(.vote(for: 1, 1, 1, current: 2, round: 8, .following), from: 2)
    #expect(server.core.standing == .looking)
    server.receive(.vote(for: 1, 1, 1, current: 1, round: 1), from: 1)
    server.receive(.vote(for: 1, 1, 1, current: 1, round: 8, .following), from: 2)
    #expect(server.core.standing == .looking, "the leader looks for one itself")
  }

  @Test("A server takes others' word that it leads only in the round that it is in")
  func ownLeadership() {
    var restarted = Server(0)
    for peer in 1...2 { restarted.receive(.vote(for: 0, 0, 0, current: 0, round: 4, .following), from: peer) }
    #expect(restarted.core.standing == .looking)
    var same = Server(0, of: 5)
    for peer in 1...3 { same.receive(.vote(for: 0, 0, 0, current: 0, round: 1, .following), from: peer) }
    #expect(same.core.standing == .leading)
  }

  @Test("A follower whose leader looks for one itself does not wait for its silence; an old vote of it means nothing")
  func leaderQuits() {
    var server = Server(1)
    server.follow(2)
    #expect(server.receive(.vote(for: 2, 0, 0, current: 0, round: 1), from: 2).messages.count == 1)
    #expect(server.core.standing == .following)
    server.receive(.vote(for: 2, 0, 0, current: 0, round: 2), from: 2)
    #expect(server.core.standing == .looking && server.core.round == 2)
    #expect(server.core.vote.leader == NodeID(2), "it may win again")
  }

  /// Two CEPOCHs in one channel: the leader would take what answers its first NEWEPOCH for the answer to the second, and bring the
  /// follower from a history that it no longer has.
  @Test(
    "§III.B: a channel serves one iteration: whoever gives its leader up closes it, and sends CEPOCH in the next one only"
  )
  func channel() {
    var server = Server(1)
    #expect(server.follow(2).messages(to: 2) == [.cepoch(promised: 0)])
    #expect(server.step(.timeout(.silence)).resets == NodeSet(NodeID(2)))
    server.step(.disconnected(NodeID(2)))
    #expect(server.step(.timeout(.notification)).resets.isEmpty, "it follows nobody")
    #expect(server.follow(2).messages(to: 2).isEmpty)
    #expect(server.step(.connected(NodeID(2))).messages(to: 2) == [.cepoch(promised: 0)])
    // What is closed already, or is one's own, needs no closing.
    server.step(.disconnected(NodeID(2)))
    #expect(server.step(.timeout(.silence)).resets.isEmpty)
    var leader = Server(0)
    leader.win()
    for _ in 0..<9 where leader.core.standing == .leading {
      #expect(leader.step(.timeout(.quorum)).resets.isEmpty)
    }
    #expect(leader.core.standing == .looking)
  }

  @Test("A vote for a stranger, or from oneself, is ignored")
  func strangers() {
    var server = Server(0)
    #expect(server.receive(.vote(for: 40, 9, 9, current: 9, round: 1), from: 1).messages.isEmpty)
    #expect(server.receive(.vote(for: 0, 9, 9, current: 9, round: 1), from: 0).messages.isEmpty)
    #expect(server.core.vote == Zab.Vote(leader: NodeID(0), zxid: .zero, peerEpoch: 0))
  }

  @Test("A cluster of one elects itself, and needs its disk for it")
  func alone() {
    var server = Server(0, of: 1)
    let elected = server.step(.timeout(.finalize))
    #expect(elected.records == [.acceptedEpoch(1)])
    let promised = server.receive(.own(epochAck: server.core), from: 0)
    #expect(promised.records == [.currentEpoch(1)] && server.core.status.role == .establishing)
    server.receive(.ackNewLeader(epoch: 1, end: .start), from: 0)
    #expect(server.core.status.role == .leader && server.core.status.isEstablished)
  }
}
