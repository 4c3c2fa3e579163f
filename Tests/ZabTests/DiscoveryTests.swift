import Consensus
import Testing

@testable import Zab

@Suite("Phase 1: discovery") struct DiscoveryTests {
  @Test("§IV.A: a follower sends to the prospective leader its last promise in a CEPOCH(F.p) message")
  func cepoch() {
    var server = Server(1, accepted: 6, history: [2])
    #expect(server.follow(2).sent == [.init(message: .cepoch(promised: 6), to: NodeSet(NodeID(2)))])
  }

  @Test("A CEPOCH that comes before its own election has ended is kept for then, unless its channel ends before")
  func early() {
    var server = Server(0, of: 5)
    server.receive(.cepoch(promised: 3), from: 1)
    server.receive(.cepoch(promised: 7), from: 2)
    server.receive(.cepoch(promised: 4), from: 3)
    server.step(.disconnected(NodeID(2)))
    let elected = server.win(votes: [1, 3])
    #expect(elected.records == [.acceptedEpoch(5)])
    #expect(elected.sent.contains(.init(message: .newEpoch(5), to: NodeSet(bits: 0b1010))))
  }

  @Test("§IV.A: upon CEPOCH from a quorum the leader proposes an epoch later than any that it has received")
  func newEpoch() {
    var server = Server(0, of: 5, accepted: 2)
    server.win(votes: [1, 2])
    #expect(server.receive(.cepoch(promised: 8), from: 1).records.isEmpty)
    let quorum = server.receive(.cepoch(promised: 3), from: 2)
    #expect(quorum.records == [.acceptedEpoch(9)])
    #expect(quorum.ahead.isEmpty, "its own promise is on disk before NEWEPOCH leaves")
    #expect(quorum.sent.first == .init(message: .newEpoch(9), to: NodeSet(bits: 0b110)))
    #expect(
      server.receive(.cepoch(promised: 9), from: 3).sent == [.init(message: .newEpoch(9), to: NodeSet(NodeID(3)))])
  }

  @Test("§IV.A: a follower that gets NEWEPOCH(e') with F.p < e' makes F.p ← e' and sends ACK-E(F.a, history)")
  func promise() {
    var server = Server(1, current: 2, history: [2, 1])
    server.follow(2)
    let outcome = server.receive(.newEpoch(5), from: 2)
    #expect(outcome.records == [.acceptedEpoch(5)] && outcome.ahead.isEmpty)
    let outline = [Zab.Position.start, Zab.Position(2, 1, 2), Zab.Position(3, 2, 1)]
    #expect(outcome.sent == [.init(message: .promise(5, current: 2, outline), to: NodeSet(NodeID(2)))])
    #expect(server.core.phase == .synchronization && server.core.currentEpoch == 2)
    #expect(server.receive(.newEpoch(5), from: 2).messages.isEmpty, "one ACK-E for a CEPOCH")
  }

  @Test("An epoch that was promised before is acknowledged, and does not count; an older one ends the attempt")
  func promisedBefore() {
    var server = Server(1, accepted: 5)
    server.follow(2)
    let again = server.receive(.newEpoch(5), from: 2)
    #expect(again.records.isEmpty && again.messages == [.promise(5, current: 0, [.start], counts: false)])
    var newer = Server(1, accepted: 6)
    newer.follow(2)
    newer.receive(.newEpoch(5), from: 2)
    #expect(newer.core.standing == .looking && newer.core.acceptedEpoch == 6)
    var leader = Server(0)
    leader.win()
    leader.receive(.cepoch(promised: 0), from: 1)
    leader.receive(.own(epochAck: leader.core), from: 0)
    leader.receive(.promise(leader.core, counts: false), from: 1)
    #expect(leader.core.phase == .discovery, "two leaders could count one promise")
    leader.receive(.cepoch(promised: 0), from: 2)
    leader.receive(.promise(leader.core), from: 2)
    #expect(leader.core.phase == .synchronization)
    #expect(leader.core.progress[1].mode == .open, "who did not count is synchronised all the same")
  }

  /// Two CEPOCHs of one channel, each answered in another leadership of the same server.
  @Test("A later epoch is promised as long as the leader of the last one is not acknowledged")
  func anew() {
    var server = Server(1, history: [2])
    server.follow(2)
    server.receive(.newEpoch(5), from: 2)
    server.receive(.diff(.init(epoch: 5, previous: Zab.Position(2, 1, 2), entries: [.of(1, 3)])), from: 2)
    #expect(server.receive(.newEpoch(4), from: 2).messages.isEmpty && server.core.standing == .following)
    let later = server.receive(.newEpoch(7), from: 2)
    #expect(later.records == [.acceptedEpoch(7)])
    #expect(later.messages == [.promise(7, current: 1, [.start, Zab.Position(3, 1, 3)])])
    let end = Zab.Position(3, 1, 3)
    #expect(server.receive(.newLeader(epoch: 5, end: end), from: 2).messages.isEmpty, "that leadership is over")
    #expect(server.receive(.newLeader(epoch: 7, end: end), from: 2).records == [.currentEpoch(7)])
    #expect(server.receive(.newEpoch(8), from: 2).messages.isEmpty && server.core.acceptedEpoch == 7)
  }

  @Test("A leader that hears of a later promise than its epoch looks again, and then proposes a later one still")
  func outdated() {
    var server = Server(0)
    server.establish(promised: 0)
    #expect(server.core.acceptedEpoch == 1)
    server.receive(.cepoch(promised: 4), from: 2)
    #expect(server.core.standing == .looking)
    #expect(server.win().records.isEmpty)
    #expect(server.receive(.cepoch(promised: 1), from: 1).records == [.acceptedEpoch(5)])
  }

  @Test("A follower with a more recent history than the leader's makes it look again, until phase 1 is over")
  func ahead() {
    for (ack, stays) in [
      (Zab.Message.promise(3, current: 2, [.start, Zab.Position(2, 2, 2)]), true),
      (.promise(3, current: 2, [.start, Zab.Position(3, 2, 3)]), false),
      (.promise(3, current: 1, [.start, Zab.Position(9, 1, 9)]), true),
    ] {
      var server = Server(0, of: 5, history: [0, 2])
      server.win(votes: [1, 2])
      for peer in 1...2 { server.receive(.cepoch(promised: 2), from: peer) }
      server.receive(ack, from: 1)
      #expect((server.core.standing == .leading) == stays)
    }
    var established = Server(0, history: [0, 2])
    established.establish()
    established.receive(.cepoch(promised: 3), from: 2)
    established.receive(.promise(3, current: 2, [.start, Zab.Position(3, 2, 3)]), from: 2)
    #expect(established.core.standing == .leading, "a quorum without it has decided")
  }

  @Test("Nobody leads on promises of another epoch, of strangers' channels, or without its own disk")
  func strangePromises() {
    var server = Server(0)
    server.win()
    server.receive(.cepoch(promised: 0), from: 1)
    server.receive(.promise(7, current: 0, [.start]), from: 1)
    server.receive(.promise(server.core), from: 2)
    #expect(server.core.phase == .discovery)
    server.receive(.promise(server.core), from: 1)
    #expect(server.core.phase == .discovery, "its own promise has not come through its disk")
    server.receive(.own(epochAck: server.core), from: 0)
    #expect(server.core.phase == .synchronization)
  }

  @Test("No epoch is left after the last: a claim to have promised it is ignored")
  func lastEpoch() {
    var server = Server(0)
    server.win()
    #expect(server.receive(.cepoch(promised: .max), from: 1).records.isEmpty)
    #expect(server.receive(.cepoch(promised: .max - 1), from: 1).records == [.acceptedEpoch(.max)])
  }
}
