import Consensus
import Testing

@testable import MultiPaxos

@Suite("Phase 2") struct PhaseTwoTests {
  private let own = ballot(1, 0)

  private func leader(of n: Int = 3, _ tuning: MultiPaxos.Tuning = .standard, shared: SharedTuning = .init()) -> Server
  {
    var server = Server(of: n, tuning: tuning, shared: shared)
    server.becomeLeader(promises: Array(1..<n))
    server.syncOwn(1)
    for peer in 1..<n { server.receive(.acceptedIn(own, 1), from: peer) }
    return server
  }

  @Test(
    "PMS §2.2 Phase 2(b): An acceptor accepts unless it has responded to a prepare request with a number greater than n"
  )
  func accept() {
    var server = Server(1, promised: ballot(4, 2))
    let refused = server.receive(.propose(ballot(3, 0), 1, [.of(1)]), from: 0)
    #expect(refused.records.isEmpty && refused.messages == [.nack(refused: ballot(3, 0), by: ballot(4, 2))])
    #expect(refused.started.isEmpty && server.core.leader == nil)
    let equal = server.receive(.propose(ballot(4, 2), 1, [.of(1)]), from: 2)
    #expect(equal.records == [.accept(Slot(1), .of(ballot(4, 2), 1), .init())])
    #expect(equal.ahead.isEmpty, "an acceptance is durable before it leaves")
    #expect(equal.sent == [.init(message: .acceptedIn(ballot(4, 2), 1), to: NodeSet(NodeID(2)))])
    #expect(server.core.leader == NodeID(2) && equal.started[.election] != nil)
    let higher = server.receive(.propose(ballot(6, 0), 2, [.of(2), .of(3)]), from: 0)
    #expect(higher.sent.map(\.message) == [.acceptedIn(ballot(6, 0), 2, through: 3)])
    #expect(server.core.promised == ballot(6, 0), "accepting is promising")
    #expect(!server.receive(.propose(ballot(5, 2), 2, [.of(9)]), from: 2).records.contains { $0.tag == 1 })
  }

  @Test(
    "A leader takes up what is open a message at a time, the next when its own disk has the last, and nothing new before"
  )
  func takesUp() {
    let old = ballot(1, 1)
    let bytes = 2 * Entry.of(old, 1).byteCount
    var server = Server(accepted: (1...5).map { .of(old, $0) }, shared: SharedTuning(messageBytes: bytes))
    let first = server.becomeLeader()
    let own = server.core.ballot
    func votes(_ values: ClosedRange<Int>, chosen: UInt64 = 0) -> [MultiPaxos.Record] {
      values.map { .accept(Slot(UInt64($0)), .of(own, $0), .init(after: Slot(0), through: Slot(chosen))) }
    }
    #expect(first.records == votes(1...2))
    #expect(server.step(.propose(.of(9))).rejected == [NodeID(0)])
    #expect(server.receive(.acceptedIn(own, 1, through: 2), from: 1).records.isEmpty)
    // Who says what was chosen in the others says what this leader will propose there, and does not depose it.
    let told = MultiPaxos.Message.learnReply(
      .init(first: Slot(3), chosen: Slot(3), rest: .nothing, entries: [.of(old, 3)]))
    server.receive(told, from: 2)
    #expect(server.receive(.acceptedIn(own, 1, through: 2), from: 0).records == votes(3...4, chosen: 2))
    #expect(server.core.standing == .leader && !server.core.status.isEstablished)
    #expect(server.syncOwn(3).records.isEmpty, "not all of them")
    #expect(server.syncOwn(4).records.count == 1)
    #expect(server.step(.propose(.of(9))).rejected.isEmpty && server.core.last == Slot(6))
  }

  @Test("An Accept that comes twice is answered twice and written once")
  func duplicate() {
    var server = Server(1)
    let first = server.receive(.propose(own, 1, [.of(1)]), from: 0)
    let second = server.receive(.propose(own, 1, [.of(1)]), from: 0)
    #expect(first.records.count == 1 && second.records.isEmpty && second.messages == first.messages)
  }

  @Test("PMS §3: Slots are chosen independently, and executed in order, once all before them are known")
  func order() {
    var server = leader()
    for value in 2...4 { server.step(.propose(.of(value))) }
    for slot in [4, 3] as [UInt64] {
      server.syncOwn(slot)
      #expect(server.receive(.acceptedIn(own, slot), from: 1).committed.isEmpty)
    }
    server.receive(.acceptedIn(own, 2), from: 1)
    #expect(server.syncOwn(2).committed == [Slot(2), Slot(3), Slot(4)])
  }

  @Test("PMS §2.2: A value is chosen when a majority accepted one proposal: acceptances of other ballots do not count")
  func oneBallot() {
    var server = Server(of: 5)
    server.step(.timeout(.election))
    server.becomeLeader(promises: [1, 2])
    let own = ballot(2, 0)
    server.receive(.acceptedIn(ballot(1, 0), 1), from: 1)
    server.receive(.acceptedIn(ballot(1, 0), 1), from: 2)
    for _ in 0..<4 { server.receive(.acceptedIn(own, 1), from: 3) }
    #expect(server.syncOwn(1).committed.isEmpty)
    server.receive(.acceptedIn(own, 7), from: 4)
    #expect(server.core.chosen == Slot(0), "nor one of a slot that was not proposed in")
    #expect(server.receive(.acceptedIn(own, 1), from: 4).committed == [Slot(1)])
  }

  @Test("The leader's own copy counts when its disk has it, and where it is required nothing is chosen without it")
  func leaderDisk() {
    for disk in LeaderDisk.allCases {
      var server = Server(shared: SharedTuning(leaderDisk: disk))
      let opening = server.becomeLeader()
      #expect(opening.accepts.count == 1)
      let overtakes = opening.ahead.contains { $0.to == NodeSet(bits: 0b110) }
      #expect(overtakes == (disk != .serial))
      if disk == .serial {
        #expect(opening.sent.map(\.to) == [NodeSet(NodeID(0)), NodeSet(bits: 0b110)])
      }
      server.receive(.acceptedIn(own, 1), from: 1)
      server.receive(.acceptedIn(own, 1), from: 2)
      #expect((server.core.chosen == Slot(1)) == (disk != .parallelLeaderRequired), "\(disk)")
      server.syncOwn(1)
      #expect(server.core.chosen == Slot(1))
    }
  }

  @Test("A leader proposes nothing after it heard of a higher ballot, and refuses what it is given")
  func overtaken() {
    var server = leader()
    let outcome = server.receive(.beat(ballot(5, 2)), from: 2)
    #expect(server.core.standing == .follower && server.core.leader == NodeID(2))
    #expect(Set(outcome.stopped).isSuperset(of: [.heartbeat, .quorum]))
    #expect(server.step(.propose(.of(1))).rejected == [NodeID(2)])
    #expect(server.receive(.beat(own), from: 1).messages.isEmpty)
  }

  @Test("A window bounds the Accepts on their way to a peer; what waited is sent in one message")
  func window() {
    var server = leader(shared: SharedTuning(inflight: 2))
    #expect(server.step(.propose(.of(2))).accepts.count == 1)
    #expect(server.step(.propose(.of(3))).accepts.count == 1)
    #expect(server.step(.propose(.of(4))).accepts.isEmpty)
    #expect(server.step(.propose(.of(5))).accepts.isEmpty)
    let freed = server.receive(.acceptedIn(own, 2), from: 1)
    #expect(freed.accepts.map(\.values) == [[.of(4), .of(5)]])
    #expect(freed.ahead.first { if case .accept = $0.message { true } else { false } }?.to == NodeSet(NodeID(1)))
  }

  @Test("A new leader proposes many open slots again a message at a time, as its own disk takes them and windows allow")
  func opening() {
    let old = ballot(1, 1)
    let bytes = 2 * Entry.of(old, 1).byteCount
    for (window, sent) in [(1, [2]), (2, [2, 2]), (9, [2, 2, 1])] {
      var server = Server(
        promised: old, accepted: (1...5).map { .of(old, $0) },
        shared: SharedTuning(inflight: window, messageBytes: bytes))
      var steps = [server.becomeLeader()]
      let own = [(1, 2), (3, 4), (5, 5)].map { MultiPaxos.Message.acceptedIn(server.core.ballot, $0, through: $1) }
      for acceptance in own.dropLast() { steps.append(server.receive(acceptance, from: 0)) }
      #expect(steps.map(\.records.count) == [2, 2, 1])
      #expect(steps.flatMap(\.sent).map(\.message) == own)
      for peer in 1...2 {
        let accepts = steps.flatMap(\.ahead).filter { $0.to.contains(NodeID(peer)) }.map(\.message)
        #expect(accepts == parts(sent).map { .propose(server.core.ballot, $0.first, $0.values) })
      }
      #expect(steps[0].ahead.first?.to == NodeSet(bits: 0b110), "the first is the same for all")
      let next = server.receive(.acceptedIn(server.core.ballot, 1, through: 2), from: 1)
      #expect(next.accepts.map(\.values.count) == (sent.count < 3 ? [sent.count == 2 ? 1 : 2] : []))
    }
  }
  /// The values from 1 on, so many at a time.
  private func parts(_ counts: [Int]) -> [(first: UInt64, values: [Value])] {
    var first = 1
    return counts.map { count in
      defer { first += count }
      return (UInt64(first), (first..<(first + count)).map { .of($0) })
    }
  }

  @Test("A deposed leader is told once for all that it has on its way, and again at each heartbeat")
  func refusals() {
    var server = Server(1, promised: ballot(4, 2))
    let refused = [MultiPaxos.Message.nack(refused: own, by: ballot(4, 2))]
    for slot in 1...3 as ClosedRange<UInt64> {
      let outcome = server.receive(.propose(own, slot, [.of(1)]), from: 0)
      #expect(outcome.messages == (slot == 1 ? refused : []) && outcome.records.isEmpty)
    }
    for _ in 0..<2 { #expect(server.receive(.beat(own), from: 0).messages == refused, "the first may have been lost") }
    #expect(server.receive(.chosen(.init(ballot: own, chosen: Slot(1))), from: 0).messages.isEmpty)
    #expect(
      server.receive(.propose(ballot(2, 0), 1, [.of(1)]), from: 0).messages
        == [.nack(refused: ballot(2, 0), by: ballot(4, 2))], "another ballot")
  }

  @Test(
    "What left before a heartbeat and is not answered when that one is was lost: it is sent again, unless it is chosen")
  func retransmission() {
    var server = leader()
    server.step(.propose(.of(2)))
    #expect(server.step(.timeout(.heartbeat)).accepts.isEmpty, "late is not lost")
    #expect(server.receive(.beaten(own, 0), from: 2).accepts.isEmpty, "this one left before it")
    #expect(server.receive(.beaten(own, 1), from: 2).accepts.map(\.values) == [[.of(2)]])
    #expect(server.receive(.beaten(own, 1), from: 2).accepts.isEmpty, "sent a moment ago")
    server.receive(.acceptedIn(own, 2), from: 1)
    #expect(server.receive(.beaten(own, 1), from: 1).accepts.isEmpty, "the one who answered is left alone")
    server.step(.timeout(.heartbeat))
    #expect(server.receive(.beaten(own, 2), from: 2).accepts.map(\.values) == [[.of(2)]])
    server.syncOwn(2)
    #expect(server.core.chosen == Slot(2))
    server.step(.timeout(.heartbeat))
    #expect(server.receive(.beaten(own, 3), from: 2).accepts.isEmpty)
  }

  @Test("A peer whose session opens gets a heartbeat and all open slots")
  func resume() {
    var server = leader()
    server.step(.propose(.of(2)))
    server.step(.disconnected(NodeID(2)))
    #expect(server.step(.propose(.of(3))).ahead.map(\.to) == [NodeSet(NodeID(1))])
    let outcome = server.step(.connected(NodeID(2)))
    #expect(outcome.accepts.map(\.values) == [[.of(2), .of(3)]])
    #expect(outcome.messages.contains(.beat(own, chosen: 1)))
  }

  // MARK: How others come to know

  @Test("Piggyback: what is chosen travels with the next Accept or heartbeat, and with nothing else")
  func piggyback() {
    var server = leader()
    server.step(.propose(.of(2)))
    server.syncOwn(2)
    #expect(server.receive(.acceptedIn(own, 2), from: 1).messages.isEmpty)
    #expect(server.step(.propose(.of(3))).accepts.first?.chosen == Slot(2))
    #expect(server.step(.timeout(.heartbeat)).messages.contains(.beat(own, 1, chosen: 2)))
    var follower = Server(1)
    #expect(follower.receive(.propose(own, 1, [.of(1)]), from: 0).committed.isEmpty)
    #expect(follower.receive(.propose(own, 2, [.of(2)], chosen: 1), from: 0).committed == [Slot(1)])
    #expect(follower.receive(.beat(own, chosen: 2), from: 0).committed == [Slot(2)])
  }

  @Test("PMMC: explicit decisions go to all replicas at once")
  func explicit() {
    var server = leader(.explicit)
    server.step(.propose(.of(2)))
    server.syncOwn(2)
    let outcome = server.receive(.acceptedIn(own, 2), from: 1)
    #expect(
      outcome.ahead == [.init(message: .chosen(.init(ballot: own, chosen: Slot(2))), to: NodeSet(bits: 0b110))])
    #expect(server.receive(.acceptedIn(own, 2), from: 2).messages.isEmpty)
  }
  private func leader(_ tuning: MultiPaxos.Tuning) -> Server { leader(of: 3, tuning) }

  @Test("PMS §2.3: Each acceptor, whenever it accepts a proposal, responds to all learners")
  func allLearn() {
    for disk in LeaderDisk.allCases {
      var server = Server(1, of: 5, tuning: .allLearn, shared: SharedTuning(leaderDisk: disk))
      let outcome = server.receive(.propose(own, 1, [.of(1)]), from: 0)
      #expect(outcome.sent == [.init(message: .acceptedIn(own, 1), to: NodeSet(first: 5))])
      server.receive(.acceptedIn(own, 1), from: 1)
      // With a serial disk the leader accepted before it sent.
      if disk != .serial { #expect(server.receive(.acceptedIn(own, 1), from: 2).committed.isEmpty) }
      let third = server.receive(.acceptedIn(own, 1), from: 3)
      #expect((third.committed == [Slot(1)]) == (disk != .parallelLeaderRequired), "\(disk)")
      server.receive(.acceptedIn(own, 1), from: 0)
      #expect(server.core.chosen == Slot(1))
    }
  }

  @Test("All-learn: acceptances of a higher ballot start the count anew, those of a lower one are ignored")
  func allLearnBallots() {
    var server = Server(1, of: 5, tuning: .allLearn)
    let (low, high) = (ballot(1, 0), ballot(2, 3))
    var mixed = Server(1, of: 5, tuning: .allLearn)
    mixed.receive(.propose(high, 1, [.of(1)]), from: 3)
    mixed.receive(.acceptedIn(high, 1), from: 3)
    mixed.receive(.acceptedIn(low, 1), from: 2)
    #expect(
      mixed.receive(.acceptedIn(high, 1), from: 4).committed.isEmpty,
      "two of the higher and one of the lower are no quorum")
    #expect(mixed.receive(.acceptedIn(high, 1), from: 2).committed == [Slot(1)])
    server.receive(.propose(low, 1, [.of(1)]), from: 0)
    server.receive(.acceptedIn(low, 1), from: 1)
    server.receive(.acceptedIn(low, 1), from: 0)
    server.receive(.acceptedIn(high, 1), from: 3)
    server.receive(.acceptedIn(low, 1), from: 2)
    server.receive(.acceptedIn(high, 1), from: 2)
    #expect(server.receive(.acceptedIn(high, 1), from: 4).committed.isEmpty, "chosen, but the value is not here")
    #expect(server.receive(.propose(high, 1, [.of(1)]), from: 3).committed == [Slot(1)])
  }

  // MARK: Thrifty

  @Test("Thrifty: Accept goes to exactly q2-1 peers, and to the rest when these do not answer in time")
  func thrifty() {
    var server = leader(of: 5, .thrifty)
    let outcome = server.step(.propose(.of(2)))
    #expect(outcome.ahead.map(\.to) == [NodeSet(bits: 0b00110)])
    #expect(server.step(.timeout(.heartbeat)).accepts.isEmpty)
    for peer in 1...4 {
      let again = server.receive(.beaten(own, 1, chosen: 1), from: peer)
      #expect(again.accepts.count == (peer <= 2 ? 1 : 0), "an acceptor that has not got it gets it again")
    }
    let late = server.step(.timeout(.heartbeat)).ahead.filter { if case .accept = $0.message { true } else { false } }
    #expect(Set(late.map(\.to)) == Set((3...4).map { NodeSet(NodeID($0)) }))
  }

  @Test("Thrifty: who is silent or gone is replaced at once, and gets its place back in time")
  func replacement() {
    var server = leader(of: 5, .thrifty)
    #expect(server.core.acceptors == NodeSet(bits: 0b00110))
    server.step(.propose(.of(2)))
    let outcome = server.step(.disconnected(NodeID(1)))
    #expect(server.core.acceptors == NodeSet(bits: 0b01100))
    #expect(outcome.accepts.map(\.values) == [[.of(2)]], "the new one gets what is open")
    server.step(.connected(NodeID(1)))
    #expect(server.core.acceptors == NodeSet(bits: 0b00110))
    for _ in 0..<3 {
      server.step(.timeout(.heartbeat))
      for peer in [1, 3, 4] { server.receive(.beaten(own, server.core.beats, chosen: 1), from: peer) }
    }
    server.step(.timeout(.heartbeat))
    #expect(server.core.acceptors == NodeSet(bits: 0b01010), "n2 does not answer")
  }
}
