import Consensus
import Testing

@testable import Zab

@Suite("Phase 3: broadcast") struct BroadcastTests {
  private func leader(of count: Int = 3, shared: SharedTuning = .init(), tuning: Zab.Tuning = .standard) -> Server {
    var server = Server(of: count, tuning: tuning, shared: shared)
    server.establish(followers: Array(1...(count / 2)))
    return server
  }
  /// A late follower has promised, and is sent what it lacks.
  private func join(_ peer: Int, _ server: inout Server, outline: [Zab.Position] = [.start]) -> Server.Outcome {
    server.receive(.cepoch(promised: 0), from: peer)
    return server.receive(.promise(server.core.acceptedEpoch, current: 0, outline), from: peer)
  }

  @Test("§III: the leader proposes to all followers in increasing order of zxid, from (e, 1)")
  func propose() {
    var server = leader(of: 5)
    for counter in 1...3 as ClosedRange<UInt32> {
      let outcome = server.step(.propose(.of(Int(counter))))
      let entry = Entry.of(1, counter, value: Int(counter))
      #expect(outcome.records == [.append(Slot(UInt64(counter)), entry)])
      #expect(outcome.ahead == [.init(message: .propose(Slot(UInt64(counter)), entry), to: NodeSet(bits: 0b110))])
      #expect(outcome.sent == [.init(message: .ack(Zab.Position(UInt64(counter), 1, counter)), to: NodeSet(bits: 1))])
    }
  }

  @Test("Nobody proposes who is not established, and the counter never wraps")
  func refuse() {
    var server = Server(0)
    server.prepare()
    #expect(server.step(.propose(.of(1))).rejected == [NodeID(0)])
    var follower = Server(1)
    follower.join(2, epoch: 1)
    #expect(follower.step(.propose(.of(1))).rejected == [NodeID(2)])
    var full = leader()
    full.core.replay(.append(Slot(1), .of(1, .max)))
    let outcome = full.step(.propose(.of(1)))
    #expect(outcome.rejected == [nil] && outcome.records.isEmpty && full.core.standing == .looking)
  }

  @Test("Three leader disks: parallel with any majority, parallel with the leader's own, serial")
  func leaderDisk() {
    for mode in LeaderDisk.allCases {
      var server = Server(0, shared: SharedTuning(leaderDisk: mode))
      server.establish(followers: [1])
      _ = join(2, &server)
      server.receive(.ackNewLeader(epoch: 1, end: .start), from: 2)
      let outcome = server.step(.propose(.of(1)))
      #expect(outcome.ahead.isEmpty == (mode == .serial))
      server.receive(.ack(Zab.Position(1, 1, 1)), from: 1)
      let second = server.receive(.ack(Zab.Position(1, 1, 1)), from: 2)
      let own = server.receive(.ack(Zab.Position(1, 1, 1)), from: 0)
      #expect(second.committed.isEmpty == (mode == .parallelLeaderRequired))
      #expect(own.committed.isEmpty == (mode != .parallelLeaderRequired))
    }
  }

  @Test("§IV.A: if a quorum has acknowledged a proposal, the leader commits it, and sends COMMIT to its followers")
  func commit() {
    var server = leader()
    for value in 1...2 { server.step(.propose(.of(value))) }
    #expect(server.receive(.ack(Zab.Position(1, 1, 1)), from: 0).committed.isEmpty)
    let first = server.receive(.ack(Zab.Position(1, 1, 1)), from: 1)
    #expect(first.committed == [Slot(1)])
    #expect(first.ahead == [.init(message: .commit(Zab.Position(1, 1, 1)), to: NodeSet(NodeID(1)))])
    #expect(server.receive(.ack(Zab.Position(2, 1, 2)), from: 1).committed.isEmpty, "one server counts once")
    #expect(server.receive(.ack(Zab.Position(2, 1, 2)), from: 0).committed == [Slot(2)])
  }

  @Test(
    "Acknowledgements of another epoch, of what is not in the history or from who did not acknowledge the leader count for nothing"
  )
  func strangeAcknowledgements() {
    var server = leader()
    server.step(.propose(.of(1)))
    server.receive(.ack(Zab.Position(1, 1, 1)), from: 0)
    for position in [Zab.Position(1, 2, 1), Zab.Position(1, 1, 2), Zab.Position(9, 1, 9)] {
      #expect(server.receive(.ack(position), from: 1).committed.isEmpty)
    }
    #expect(server.receive(.ack(Zab.Position(1, 1, 1)), from: 2).committed.isEmpty, "it never joined")
    _ = join(2, &server)
    #expect(server.receive(.ack(Zab.Position(1, 1, 1)), from: 2).committed.isEmpty, "NEWLEADER comes first")
  }

  @Test(
    "Specification error 1: PROPOSE goes to all that acknowledged the epoch, COMMIT to those that acknowledged NEWLEADER"
  )
  func acknowledgedEpoch() {
    var server = leader()
    _ = join(2, &server)
    let proposed = server.step(.propose(.of(1)))
    #expect(proposed.messages(to: 2) == [.propose(Slot(1), .of(1, 1, value: 1))], "or it would never get it")
    server.receive(.ack(Zab.Position(1, 1, 1)), from: 0)
    let committed = server.receive(.ack(Zab.Position(1, 1, 1)), from: 1)
    #expect(committed.messages(to: 2).isEmpty && committed.messages(to: 1) == [.commit(Zab.Position(1, 1, 1))])
  }

  @Test("Specification error 2: what a late follower gets in the synchronisation and as PROPOSE it drops silently")
  func duplicate() {
    var follower = Server(1, accepted: 1, current: 1, history: [2])
    follower.follow(0)
    follower.receive(.newEpoch(1), from: 0)
    follower.receive(.newLeader(epoch: 1, end: Zab.Position(2, 1, 2)), from: 0)
    let repeated = follower.receive(.propose(Slot(2), .of(1, 2)), from: 0)
    #expect(repeated.records.isEmpty && repeated.resets.isEmpty && repeated.committed.isEmpty)
    #expect(repeated.messages == [.ack(Zab.Position(2, 1, 2))])
    #expect(follower.core.log.last == Zab.Position(2, 1, 2))
    // And the leader sends it: what is outstanding is proposed to every newcomer, whatever it has of it.
    var server = leader()
    server.step(.propose(.of(101)))
    server.step(.propose(.of(102)))
    server.receive(.ack(Zab.Position(1, 1, 1)), from: 0)
    server.receive(.ack(Zab.Position(1, 1, 1)), from: 1)
    let outcome = join(2, &server, outline: [.start, Zab.Position(2, 1, 2)])
    #expect(outcome.messages(to: 2).last == .propose(Slot(2), .of(1, 2)))
  }

  @Test("Specification error 3: COMMIT-LD carries the leader's latest commit, not what the follower acknowledged")
  func latestCommit() {
    var server = leader()
    _ = join(2, &server)
    server.step(.propose(.of(1)))
    server.receive(.ack(Zab.Position(1, 1, 1)), from: 0)
    server.receive(.ack(Zab.Position(1, 1, 1)), from: 1)
    let outcome = server.receive(.ackNewLeader(epoch: 1, end: .start), from: 2)
    #expect(outcome.messages(to: 2) == [.upToDate(epoch: 1, committed: Zab.Position(1, 1, 1))])
  }

  @Test("§IV.A: followers append and acknowledge in order, and deliver once all earlier transactions are delivered")
  func follower() {
    var server = Server(1)
    server.join(0, epoch: 2)
    let first = server.receive(.propose(Slot(1), .of(2, 1)), from: 0)
    #expect(first.records == [.append(Slot(1), .of(2, 1))] && first.ahead.isEmpty)
    #expect(first.sent == [.init(message: .ack(Zab.Position(1, 2, 1)), to: NodeSet(NodeID(0)))])
    server.receive(.propose(Slot(2), .of(2, 2)), from: 0)
    #expect(server.receive(.commit(Zab.Position(2, 2, 2)), from: 0).committed == [Slot(1), Slot(2)])
    #expect(server.receive(.commit(Zab.Position(1, 2, 1)), from: 0).committed.isEmpty)
  }

  @Test("A gap, a commit of what is missing, or another transaction in a place that is taken: the channel is given up")
  func gap() {
    for message in [
      Zab.Message.propose(Slot(3), .of(2, 3)), .commit(Zab.Position(2, 2, 2)), .propose(Slot(1), .of(2, 7)),
    ] {
      var server = Server(1)
      server.join(0, epoch: 2)
      server.receive(.propose(Slot(1), .of(2, 1)), from: 0)
      let outcome = server.receive(message, from: 0)
      #expect(outcome.resets == NodeSet(NodeID(0)) && outcome.records.isEmpty && outcome.committed.isEmpty)
      #expect(server.core.phase == .discovery)
      #expect(server.receive(.propose(Slot(2), .of(2, 2)), from: 0).messages.isEmpty, "it is not listening any more")
      server.step(.disconnected(NodeID(0)))
      #expect(server.step(.connected(NodeID(0))).messages == [.cepoch(promised: 2)])
    }
  }

  @Test("Messages of who is not the leader, or of another epoch, change nothing")
  func strangers() {
    var server = Server(1)
    server.join(0, epoch: 2)
    server.receive(.propose(Slot(1), .of(2, 1)), from: 0)
    for (message, peer) in [
      (Zab.Message.propose(Slot(2), .of(2, 2)), 2), (.commit(Zab.Position(1, 2, 1)), 2),
      (.propose(Slot(2), .of(1, 2)), 0),
      (.propose(Slot(2), .of(3, 1)), 0), (.newEpoch(9), 2), (.truncate(epoch: 2, after: .start), 0),
      (.newLeader(epoch: 2, end: .start), 0), (.diff(.init(epoch: 2, previous: .start, entries: [])), 0),
      (.commit(Zab.Position(1, 1, 1)), 0), (.ack(Zab.Position(1, 2, 1)), 0),
    ] {
      let outcome = server.receive(message, from: peer)
      #expect(outcome.records.isEmpty && outcome.committed.isEmpty && outcome.messages.isEmpty, "\(message)")
      #expect(server.core.phase == .broadcast)
    }
  }

  @Test("A follower's window holds proposals and their commits back, and lets them go in order")
  func window() {
    var server = leader(shared: SharedTuning(inflight: 1))
    _ = join(2, &server)
    server.receive(.ackNewLeader(epoch: 1, end: .start), from: 2)
    server.step(.propose(.of(1)))
    #expect(server.step(.propose(.of(2))).ahead.isEmpty)
    server.receive(.ack(Zab.Position(1, 1, 1)), from: 1)
    for position in [Zab.Position(1, 1, 1), Zab.Position(2, 1, 2)] { server.receive(.ack(position), from: 0) }
    let second = server.receive(.ack(Zab.Position(2, 1, 2)), from: 1)
    #expect(second.committed == [Slot(2)])
    #expect(second.messages(to: 2).isEmpty, "it has not been sent the second")
    let late = server.receive(.ack(Zab.Position(1, 1, 1)), from: 2)
    #expect(late.messages(to: 2) == [.propose(Slot(2), .of(1, 2, value: 2)), .commit(Zab.Position(2, 1, 2))])
  }

  @Test("§IV.B: a leader that does not hear from a quorum gives up; its own voice must come through its disk")
  func quorum() {
    for (answers, stays) in [([0, 1], true), ([0], false), ([1], false), ([], false)] as [([Int], Bool)] {
      var server = leader()
      server.receive(.pong(epoch: 1), from: 0)
      server.receive(.pong(epoch: 1), from: 1)
      #expect(server.step(.timeout(.quorum)).started[.quorum] == .milliseconds(300))
      for peer in answers { server.receive(.pong(epoch: 1), from: peer) }
      server.step(.timeout(.quorum))
      #expect((server.core.standing == .leading) == stays, "answers from \(answers)")
    }
  }

  @Test("ZooKeeper: whoever is silent for syncLimit ticks is dropped and not waited for")
  func slowFollower() {
    var server = leader(tuning: .zooKeeper)
    _ = join(2, &server)
    server.receive(.ackNewLeader(epoch: 1, end: .start), from: 2)
    for look in 1...6 {
      for peer in 0...1 { server.receive(.pong(epoch: 1), from: peer) }
      let outcome = server.step(.timeout(.quorum))
      #expect(outcome.resets == (look == 6 ? NodeSet(NodeID(2)) : NodeSet()))
      #expect(outcome.started[.quorum] == .milliseconds(100))
    }
    #expect(server.core.progress[2].mode == .absent && server.core.standing == .leading)
  }

  @Test("Pings go to all followers, and one to itself through the disk; a follower answers its leader")
  func pings() {
    var server = leader()
    let outcome = server.step(.timeout(.ping))
    #expect(outcome.ahead == [.init(message: .ping(epoch: 1), to: NodeSet(NodeID(1)))])
    #expect(outcome.sent == [.init(message: .pong(epoch: 1), to: NodeSet(NodeID(0)))])
    var follower = Server(1)
    follower.join(0, epoch: 1)
    #expect(follower.receive(.ping(epoch: 1), from: 0).sent.map(\.message) == [.pong(epoch: 1)])
    #expect(follower.receive(.ping(epoch: 1), from: 2).messages.isEmpty)
  }

  @Test("A broken session with the leader counts as silence only if the experiment says so")
  func disconnect() {
    for trusts in [false, true] {
      var server = Server(1, trustsDisconnect: trusts)
      server.join(0, epoch: 1)
      server.step(.disconnected(NodeID(0)))
      #expect((server.core.standing == .looking) == trusts)
      #expect(server.core.phase == (trusts ? .election : .discovery))
    }
  }
}
