import Consensus
import Testing

@testable import MultiPaxos

/// Sentences of "Paxos Made Simple" (PMS §), "Paxos Made Moderately Complex" (PMMC) and "Flexible Paxos".
@Suite("Phase 1") struct PhaseOneTests {
  @Test("PMS §2.2 Phase 1(a): A proposer selects a proposal number n and sends a prepare request with number n")
  func prepare() {
    var server = Server(1, of: 5, promised: ballot(4, 3))
    let outcome = server.step(.timeout(.election))
    #expect(server.core.standing == .candidate && server.core.ballot == ballot(5, 1))
    #expect(outcome.records == [.promise(ballot(5, 1))])
    #expect(outcome.ahead.isEmpty, "what it claims is durable before it leaves")
    #expect(outcome.sent.first?.message == .ask(ballot(5, 1)))
    #expect(outcome.sent.first?.to == NodeSet(first: 5).removing(NodeID(1)))
    #expect(outcome.sent.last?.to == NodeSet(NodeID(1)), "its own promise comes back through its disk")
    #expect(outcome.started[.election] != nil)
  }

  @Test("PMS §2.2: Different proposers choose their numbers from disjoint sets of numbers")
  func disjoint() {
    var drawn: Set<Ballot> = []
    for node in 0..<5 {
      var server = Server(node, of: 5)
      for _ in 0..<20 {
        server.step(.timeout(.election))
        #expect(drawn.insert(server.core.ballot).inserted)
        #expect(server.core.ballot.node == NodeID(node))
      }
    }
    #expect(ballot(3, 4) > ballot(3, 1) && ballot(4, 0) > ballot(3, 4))
  }

  @Test(
    "PMS §2.5: A proposer remembers the highest-numbered proposal it has tried, and begins phase 1 with a higher one")
  func restart() {
    var server = Server()
    server.step(.timeout(.election))
    server.step(.timeout(.election))
    #expect(server.core.ballot == ballot(2, 0))
    var recovered = Server()
    for record in server.core.checkpoint() { recovered.core.replay(record) }
    recovered.step(.timeout(.election))
    #expect(recovered.core.ballot == ballot(3, 0))
  }

  @Test("PMS §2.2 Phase 1(b): If n is greater than that of any prepare request already answered, the acceptor promises")
  func promise() {
    let entry = Entry.of(ballot(2, 0), 7)
    var server = Server(1, promised: ballot(3, 0), accepted: [entry])
    let outcome = server.receive(.ask(ballot(3, 2)), from: 2)
    #expect(outcome.records == [.promise(ballot(3, 2))])
    #expect(outcome.ahead.isEmpty, "a promise is durable before it leaves")
    #expect(outcome.messages == [.promised(ballot(3, 2), from: Slot(1), [1: entry])])
    #expect(outcome.started[.election] != nil)
    let refused = server.receive(.ask(ballot(3, 0)), from: 0)
    #expect(refused.messages == [.nack(refused: ballot(3, 0), by: ballot(3, 2))])
    #expect(refused.records.isEmpty && refused.started.isEmpty)
    let again = server.receive(.ask(ballot(3, 2)), from: 2)
    #expect(again.messages == outcome.messages && again.records.isEmpty, "the first answer may have been lost")
  }

  @Test("PMS §3: The leader sends one single reasonably short message for all instances, and is told of few")
  func onceForAll() {
    let (old, new) = (ballot(1, 0), ballot(2, 2))
    var server = Server(1, accepted: [.of(old, 1), .of(old, 2), nil, .of(old, 4)])
    let promise = server.receive(.ask(new, from: 2), from: 2).promise
    #expect(promise?.reports.map(\.slot) == [Slot(2), Slot(4)])
    #expect(promise?.first == Slot(2) && promise?.through == Slot(4) && promise?.rest == .nothing)
  }

  @Test("A promise reports what its acceptor has long executed, if the proposer may lack it")
  func executedToo() {
    let old = ballot(1, 0)
    var server = Server(1, accepted: (1...4).map { .of(old, $0) })
    #expect(server.receive(.beat(old, chosen: 4), from: 0).committed.count == 4)
    server.step(.timeout(.stickiness))
    let promise = server.receive(.ask(ballot(2, 2), from: 2), from: 2).promise
    #expect(promise?.reports.map(\.slot) == [Slot(2), Slot(3), Slot(4)])
    #expect(promise?.chosen == Slot(4))
  }

  @Test("What an acceptor has compacted its promise names, and it does not count before the snapshot is there")
  func compacted() {
    let old = ballot(1, 1)
    var acceptor = Server(1, accepted: (1...4).map { .of(old, $0) })
    acceptor.core.chosen = Slot(3)
    acceptor.step(.compacted(.through(3, old)))
    var candidate = Server()
    candidate.step(.timeout(.election))
    candidate.receive(.promised(ballot(1, 0), from: Slot(1)), from: 0)
    acceptor.receive(.nack(refused: old, by: ballot(1, 0)), from: 0)
    candidate.step(.timeout(.election))
    let own = candidate.core.ballot
    candidate.receive(.promised(own, from: Slot(1)), from: 0)
    let promise = acceptor.receive(.ask(own), from: 0).promise
    #expect(promise?.first == Slot(4))
    let asks = candidate.receive(.promise(promise!), from: 1)
    #expect(candidate.core.standing == .candidate)
    #expect(asks.ahead == [.init(message: .learnRequest(from: Slot(1)), to: NodeSet(NodeID(1)))])
    let piece = acceptor.receive(.learnRequest(from: Slot(1)), from: 0).messages[0]
    let installed = candidate.receive(piece, from: 1)
    #expect(installed.installed == Slot(3))
    #expect(installed.sent.first?.message == .ask(own, from: 4, last: 4, .zero) || candidate.core.chosen == Slot(3))
    let second = acceptor.receive(.ask(own, from: 4), from: 0).promise
    candidate.receive(.promise(second!), from: 1)
    #expect(candidate.core.standing == .leader && candidate.core.last == Slot(4))
  }

  @Test("A promise too long for one message comes in pages, in any order, and counts when all are there")
  func pages() {
    let old = ballot(1, 0)
    var acceptor = Server(1, accepted: (1...7).map { .of(old, $0) }, shared: SharedTuning(messageBytes: 130))
    var candidate = Server(2)
    candidate.step(.timeout(.election))
    candidate.step(.timeout(.election))
    let own = candidate.core.ballot
    candidate.receive(.promised(own, from: Slot(1)), from: 2)
    let pages = acceptor.receive(.ask(own), from: 2).messages
    #expect(pages.count == 4)
    // The second is lost, and the others come the wrong way round, some of them twice.
    for page in [pages[3], pages[2], pages[0], pages[0], pages[3]] {
      #expect(candidate.receive(page, from: 1).messages.isEmpty)
    }
    #expect(candidate.core.standing == .candidate)
    let again = candidate.step(.timeout(.heartbeat))
    #expect(again.started[.heartbeat] == .milliseconds(50))
    #expect(again.sent.map(\.message) == [.ask(own), .ask(own, from: 3)], "n0 has not answered at all")
    #expect(acceptor.receive(.ask(own, from: 3), from: 2).messages.count == 3)
    #expect(candidate.receive(pages[1], from: 1).accepts.flatMap(\.values) == (1...7).map { .of($0) })
    #expect(candidate.core.standing == .leader && candidate.core.opening == Slot(7))
  }

  @Test("A promise of very many pages is fetched in parts, and who fetches them is given time")
  func manyPages() {
    let old = ballot(1, 0)
    let n = MultiPaxos.pages + 3
    var acceptor = Server(1, accepted: (1...n).map { .of(old, $0) }, shared: SharedTuning(messageBytes: 1))
    var candidate = Server(2)
    candidate.step(.timeout(.election))
    candidate.step(.timeout(.election))
    let own = candidate.core.ballot
    candidate.receive(.promised(own, from: Slot(1)), from: 2)
    let first = acceptor.receive(.ask(own), from: 2).messages
    #expect(first.count == MultiPaxos.pages)
    var asked: [MultiPaxos.Message] = []
    for page in first { asked += candidate.receive(page, from: 1).messages }
    #expect(asked == [.ask(own, from: UInt64(MultiPaxos.pages) + 1)])
    let second = acceptor.receive(asked[0], from: 2)
    #expect(second.messages.count == 3 && second.started[.election] != nil)
    #expect(acceptor.receive(asked[0], from: 2).started.isEmpty, "asking twice keeps nobody from standing")
    for page in second.messages { candidate.receive(page, from: 1) }
    #expect(candidate.core.standing == .leader)
  }

  @Test("PMS §2.2 Phase 2(a): It proposes the value of the highest-numbered proposal among the responses, or any value")
  func highest() {
    var server = Server(of: 5, promised: ballot(6, 4))
    server.step(.timeout(.election))
    let own = server.core.ballot
    server.receive(.promised(own, from: Slot(1)), from: 0)
    server.receive(
      .promised(own, from: Slot(1), [1: .of(ballot(3, 1), 31), 2: .of(ballot(5, 2), 52), 4: .of(ballot(2, 1), 24)]),
      from: 1)
    #expect(server.core.standing == .candidate)
    let outcome = server.receive(
      .promised(own, from: Slot(1), [1: .of(ballot(4, 1), 41), 2: .of(ballot(1, 2), 12)]), from: 2)
    #expect(server.core.standing == .leader)
    let values = [Value.of(41), .of(52), .noop, .of(24)]
    #expect(outcome.accepts == [.init(ballot: own, first: Slot(1), chosen: Slot(0), values: values)])
    #expect(server.step(.propose(.of(9))).accepts.map(\.first.number) == [5], "new commands at once, above")
  }

  @Test("PMS §3: The leader fills the gap by proposing a special no-op command that leaves the state unchanged")
  func gaps() {
    var server = Server(promised: ballot(1, 1), accepted: [nil, nil, .of(ballot(1, 1), 3)])
    let outcome = server.becomeLeader()
    #expect(outcome.accepts.map(\.values) == [[.noop, .noop, .of(3)]])
    #expect(server.core.opening == Slot(3) && !server.core.status.isEstablished)
    for slot in 1...3 as ClosedRange<UInt64> {
      server.syncOwn(slot)
      server.receive(.acceptedIn(server.core.ballot, slot), from: 1)
    }
    #expect(server.core.status.isEstablished && server.core.chosen == Slot(3))
  }

  @Test("With nothing open a new leader proposes one no-op, and when it is chosen it knows all that was chosen before")
  func nothingOpen() {
    var server = Server()
    let outcome = server.becomeLeader()
    #expect(outcome.accepts.map(\.values) == [[.noop]])
    #expect(server.core.status.role == .leader && !server.core.status.isEstablished)
    server.syncOwn(1)
    #expect(server.receive(.acceptedIn(server.core.ballot, 1), from: 1).committed == [Slot(1)])
    #expect(server.core.status.isEstablished)
  }

  @Test("PMS §2.2: A response counts for the number that it was given to, once for each acceptor")
  func distinct() {
    var server = Server(of: 5)
    server.step(.timeout(.election))
    let first = server.core.ballot
    server.receive(.promised(first, from: Slot(1)), from: 1)
    for _ in 0..<4 { server.receive(.promised(first, from: Slot(1)), from: 1) }
    #expect(server.core.standing == .candidate)
    server.step(.timeout(.election))
    for peer in 2...4 { server.receive(.promised(first, from: Slot(1)), from: peer) }
    #expect(server.core.standing == .candidate, "promises for the older ballot")
    for peer in 2...4 { server.receive(.promised(server.core.ballot, from: Slot(1)), from: peer) }
    #expect(server.core.standing == .leader)
  }

  @Test(
    "PMS §2.5: An acceptor informs the proposer of a higher number, and the proposer abandons its proposal and waits")
  func abandon() {
    for leads in [false, true] {
      var server = Server()
      if leads { server.becomeLeader() } else { server.step(.timeout(.election)) }
      let own = server.core.ballot
      server.receive(.nack(refused: ballot(9, 1), by: ballot(9, 2)), from: 1)
      server.receive(.nack(refused: own, by: own), from: 1)
      #expect(server.core.standing != .follower, "not about its ballot, or not higher")
      let outcome = server.receive(.nack(refused: own, by: ballot(7, 2)), from: 1)
      #expect(server.core.standing == .follower && server.core.leader == nil)
      #expect(outcome.started[.election] != nil && outcome.messages.isEmpty)
      #expect(server.core.promised == own, "it has heard of a higher ballot, and promised nothing")
      server.step(.timeout(.election))
      #expect(server.core.ballot == ballot(8, 0))
    }
  }

  @Test("A replica that hears from a leader ignores Prepare within the least election timeout, and so does a leader")
  func stickiness() {
    var server = Server(1)
    #expect(server.receive(.beat(ballot(1, 0)), from: 0).started[.stickiness] == .milliseconds(150))
    let ignored = server.receive(.ask(ballot(7, 2)), from: 2)
    #expect(ignored.messages.isEmpty && ignored.records.isEmpty && server.core.ballot == ballot(1, 0))
    server.step(.timeout(.stickiness))
    #expect(server.receive(.ask(ballot(7, 2)), from: 2).promise != nil)
    var leader = Server()
    leader.becomeLeader()
    #expect(leader.receive(.ask(ballot(7, 2)), from: 2).messages.isEmpty && leader.core.standing == .leader)
    var plain = Server(1, tuning: MultiPaxos.Tuning(checkQuorum: false))
    plain.receive(.beat(ballot(1, 0)), from: 0)
    #expect(plain.receive(.ask(ballot(7, 2)), from: 2).promise != nil)
  }

  @Test("Flexible Paxos: Only quorums of different phases need to intersect")
  func flexible() {
    var server = Server(of: 5, tuning: .flexible(phase1: 4, phase2: 2))
    server.becomeLeader(promises: [1, 2])
    #expect(server.core.standing == .candidate)
    server.receive(.promised(server.core.ballot, from: Slot(1)), from: 4)
    #expect(server.core.standing == .leader)
    server.syncOwn(1)
    #expect(server.receive(.acceptedIn(server.core.ballot, 1), from: 3).committed == [Slot(1)])
    #expect(MultiPaxos.commitQuorum(of: Cluster(count: 5), tuning: .flexible(phase1: 4, phase2: 2)) == 2)
    #expect(MultiPaxos.commitQuorum(of: Cluster(count: 5), tuning: .standard) == 3)
    for n in 1...9 {
      let halves = MultiPaxos.Tuning.standard.quorums(of: Cluster(count: n))
      #expect(halves.phase1 == n / 2 + 1 && halves.phase2 == n / 2 + 1)
      for q2 in 1...n {
        let quorums = MultiPaxos.Tuning(phase2Quorum: q2).quorums(of: Cluster(count: n))
        #expect(quorums.phase1 + quorums.phase2 == n + 1)
        let reverse = MultiPaxos.Tuning(phase1Quorum: q2).quorums(of: Cluster(count: n))
        #expect(reverse.phase1 + reverse.phase2 == n + 1)
      }
    }
  }

  @Test("Quorums that need not meet are refused when a replica is made")
  func disjointQuorums() async {
    await #expect(processExitsWith: .failure) { _ = Server(of: 4, tuning: .flexible(phase1: 2, phase2: 2)) }
    await #expect(processExitsWith: .failure) { _ = Server(of: 3, tuning: .flexible(phase1: 4, phase2: 1)) }
  }

  @Test("The variant with Raft's restriction: an acceptor refuses a proposer whose log is behind its own")
  func upToDate() {
    let accepted = [Entry.of(ballot(1, 0), 1), .of(ballot(1, 0), 2), .of(ballot(2, 0), 3)]
    for (last, stamp, promised) in [
      (1, ballot(3, 2), true), (9, ballot(1, 0), false), (3, ballot(2, 0), true), (2, ballot(2, 0), false),
      (4, ballot(2, 0), true), (0, .zero, false),
    ] as [(UInt64, Ballot, Bool)] {
      var server = Server(1, tuning: .upToDate, accepted: accepted)
      let outcome = server.receive(.ask(ballot(7, 2), last: last, stamp), from: 2)
      #expect((outcome.promise != nil) == promised, "\(last)@\(stamp)")
      #expect(outcome.records == (promised ? [.promise(ballot(7, 2))] : []))
      #expect((outcome.started[.election] != nil) == promised)
      #expect(server.core.ballot == ballot(7, 2))
      var free = Server(1, accepted: accepted)
      #expect(
        free.receive(.ask(ballot(7, 2), last: last, stamp), from: 2).promise != nil, "Paxos asks for no such thing")
    }
  }

  @Test("A cluster of one leads when its ballot is durable")
  func alone() {
    var server = Server(of: 1)
    server.becomeLeader(promises: [])
    #expect(server.core.standing == .leader)
    #expect(server.syncOwn(1).committed == [Slot(1)])
  }

  @Test("A stranger's message changes nothing, nor does one in another's ballot")
  func stranger() {
    for message in CodecTests.messages {
      var server = Server()
      let before = server.core.checkpoint()
      let outcome = server.receive(message, from: 9)
      #expect(outcome.messages.isEmpty && outcome.records.isEmpty && server.core.checkpoint() == before)
    }
    var server = Server()
    for message in [MultiPaxos.Message.ask(ballot(3, 1)), .propose(ballot(3, 1), 1, [.noop]), .beat(ballot(3, 1))] {
      #expect(server.receive(message, from: 2).messages.isEmpty && server.core.ballot == .zero)
    }
  }

  @Test("A broken session with the leader counts as silence only if the experiment says so")
  func disconnect() {
    for trusts in [false, true] {
      var server = Server(1, trustsDisconnect: trusts)
      server.receive(.beat(ballot(1, 0)), from: 0)
      let outcome = server.step(.disconnected(NodeID(0)))
      #expect((server.core.leader == nil) == trusts)
      #expect((outcome.started[.election] != nil) == trusts)
    }
  }

  @Test("A leader that hears of less than a phase-2 quorum abdicates, and it counts itself only through its own disk")
  func abdicate() {
    for (answers, stays) in [([0, 1], true), ([0], false), ([1, 2], false), ([], false)] as [([Int], Bool)] {
      var server = Server()
      server.becomeLeader()
      server.syncOwn(1)
      server.receive(.acceptedIn(server.core.ballot, 1), from: 1)
      #expect(server.step(.timeout(.quorum)).started[.quorum] == .milliseconds(300))
      #expect(server.step(.timeout(.heartbeat)).sent.contains { $0.to == NodeSet(NodeID(0)) })
      for peer in answers {
        server.receive(.beaten(server.core.ballot, 1, chosen: 1), from: peer)
      }
      server.step(.timeout(.quorum))
      #expect((server.core.standing == .leader) == stays, "answers from \(answers)")
    }
  }
}
