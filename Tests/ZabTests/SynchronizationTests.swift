import Consensus
import Testing

@testable import Zab

@Suite("Phase 2: synchronization") struct SynchronizationTests {
  /// Leads with a history of three transactions of epoch 1 and two of epoch 3, in epoch 4.
  private func leader(shared: SharedTuning = .init(), of count: Int = 3) -> Server {
    var server = Server(of: count, history: [3, 0, 2], shared: shared)
    server.establish(followers: Array(1...(count / 2)))
    return server
  }
  private func sync(_ server: inout Server, _ outline: [Zab.Position], current: UInt32 = 1) -> [Zab.Message] {
    server.receive(.cepoch(promised: 0), from: 2)
    return server.receive(.promise(4, current: current, outline), from: 2).messages(to: 2)
  }
  private static let newLeader = Zab.Message.newLeader(epoch: 4, end: Zab.Position(5, 3, 2))
  private static func diff(_ slot: UInt64, _ epoch: UInt32, _ counter: UInt32) -> Zab.Message {
    let rest = Entry.history([3, 0, 2]).dropFirst(Int(slot))
    return .diff(.init(epoch: 4, previous: Zab.Position(slot, epoch, counter), entries: Array(rest)))
  }

  @Test("Equal histories: NEWLEADER at once, and nothing before it")
  func equal() {
    var server = leader()
    #expect(sync(&server, [.start, Zab.Position(3, 1, 3), Zab.Position(5, 3, 2)]) == [Self.newLeader])
  }

  @Test("DIFF: a follower whose history is a prefix gets what it lacks")
  func diff() {
    var server = leader()
    #expect(sync(&server, [.start, Zab.Position(2, 1, 2)]) == [Self.diff(2, 1, 2), Self.newLeader])
    var fresh = leader()
    #expect(sync(&fresh, [.start]) == [Self.diff(0, 0, 0), Self.newLeader])
  }

  @Test("ZK-1154, -2845: what belongs to a dead branch is truncated, in the same epoch, in another, and in several")
  func truncate() {
    for (outline, common) in [
      ([.start, Zab.Position(7, 1, 7)], Zab.Position(3, 1, 3)),
      ([.start, Zab.Position(3, 1, 3), Zab.Position(9, 3, 6)], Zab.Position(5, 3, 2)),
      ([.start, Zab.Position(2, 1, 2), Zab.Position(4, 2, 2)], Zab.Position(2, 1, 2)),
      ([.start, Zab.Position(3, 1, 3), Zab.Position(4, 2, 1), Zab.Position(8, 4, 4)], Zab.Position(3, 1, 3)),
      ([.start, Zab.Position(4, 2, 4)], .start),
    ] as [([Zab.Position], Zab.Position)] {
      var server = leader()
      let diff = common.slot.number < 5 ? [Self.diff(common.slot.number, common.zxid.epoch, common.zxid.counter)] : []
      #expect(sync(&server, outline) == [.truncate(epoch: 4, after: common)] + diff + [Self.newLeader], "\(outline)")
    }
  }

  @Test("The follower cuts the dead branch off, appends what it lacks, and only then makes the epoch its own")
  func followerOrder() {
    // Three of epoch 1, then a dead branch of epoch 2.
    var server = Server(2, history: [3, 2])
    server.follow(0)
    server.receive(.newEpoch(4), from: 0)
    #expect(
      server.receive(.truncate(epoch: 4, after: Zab.Position(3, 1, 3)), from: 0).records == [.truncate(after: Slot(3))])
    let diff = server.receive(Self.diff(3, 1, 3), from: 0)
    #expect(diff.records == [.append(Slot(4), .of(3, 1)), .append(Slot(5), .of(3, 2))])
    #expect(diff.sent.map(\.message) == [.diffReceived(epoch: 4, through: Slot(5))])
    // ZOOKEEPER-3911, -4643, -4646, -4785: f.a behind the history, and ACK-LD behind both.
    let acknowledged = server.receive(Self.newLeader, from: 0)
    #expect(acknowledged.records == [.currentEpoch(4)] && acknowledged.ahead.isEmpty)
    #expect(acknowledged.sent.map(\.message) == [.ackNewLeader(epoch: 4, end: Zab.Position(5, 3, 2))])
    #expect(acknowledged.committed.isEmpty, "nothing is delivered before the leader is established (ZK-4394)")
    #expect(server.receive(.propose(Slot(6), .of(4, 1)), from: 0).messages == [.ack(Zab.Position(6, 4, 1))])
    #expect(server.receive(.commit(Zab.Position(6, 4, 1)), from: 0).committed.isEmpty, "UPTODATE comes first")
    let active = server.receive(.upToDate(epoch: 4, committed: Zab.Position(5, 3, 2)), from: 0)
    #expect(active.committed == (1...5).map { Slot($0) })
    #expect(server.core.checkpoint().last == .currentEpoch(4))
  }

  @Test("ZK-4925: a history with a hole, or without what NEWLEADER names, is not acknowledged")
  func hole() {
    for message in [
      Self.diff(4, 3, 1), Self.newLeader, .truncate(epoch: 4, after: Zab.Position(3, 3, 1)),
      .truncate(epoch: 4, after: Zab.Position(9, 3, 1)),
    ] {
      var server = Server(2, history: [3])
      server.follow(0)
      server.receive(.newEpoch(4), from: 0)
      let outcome = server.receive(message, from: 0)
      #expect(outcome.resets == NodeSet(NodeID(0)) && outcome.records.isEmpty && outcome.messages.isEmpty, "\(message)")
    }
  }

  @Test("What is delivered is never truncated")
  func delivered() {
    var server = Server(2, history: [3])
    server.join(0, epoch: 2)
    #expect(server.core.commit == Slot(3))
    server.step(.disconnected(NodeID(0)))
    server.step(.connected(NodeID(0)))
    server.receive(.newEpoch(2), from: 0)
    #expect(server.receive(.truncate(epoch: 2, after: Zab.Position(2, 1, 2)), from: 0).resets == NodeSet(NodeID(0)))
    #expect(server.core.log.lastSlot == Slot(3))
  }

  @Test("A DIFF goes in messages of a bounded size, as many at once as the window takes")
  func pieces() {
    let size = Entry.of(1, 1).byteCount
    var server = leader(shared: SharedTuning(inflight: 2, messageBytes: size))
    let first = sync(&server, [.start])
    #expect(first.count == 2)
    let second = server.receive(.diffReceived(epoch: 4, through: Slot(1)), from: 2).messages(to: 2)
    #expect(second.count == 1)
    server.receive(.diffReceived(epoch: 4, through: Slot(2)), from: 2)
    server.receive(.diffReceived(epoch: 4, through: Slot(3)), from: 2)
    #expect(server.receive(.diffReceived(epoch: 4, through: Slot(4)), from: 2).messages(to: 2) == [])
    #expect(server.core.progress[2].mode == .open)
  }

  @Test("To one follower all goes in one lane: ahead of the leader's disk, or behind it where the disk comes first")
  func lane() {
    for mode in LeaderDisk.allCases {
      var server = leader(shared: SharedTuning(leaderDisk: mode))
      server.receive(.cepoch(promised: 0), from: 2)
      let outcome = server.receive(.promise(4, current: 1, [.start, Zab.Position(4, 2, 1)]), from: 2)
      #expect((mode == .serial ? outcome.sent : outcome.ahead).count == 3)
      #expect((mode == .serial ? outcome.ahead : outcome.sent).isEmpty)
    }
  }

  @Test("§IV.A: the leader is established by a quorum's ACK-LD, its own through its disk; then it commits its old tail")
  func establish() {
    var server = Server(of: 5, history: [3])
    let promised = server.prepare(followers: [1, 2])
    #expect(promised.records == [.currentEpoch(2)])
    #expect(promised.sent.map(\.message) == [.ackNewLeader(epoch: 2, end: Zab.Position(3, 1, 3))])
    #expect(server.core.status.role == .establishing && server.core.status.epoch == 2)
    let ack = Zab.Message.ackNewLeader(epoch: 2, end: Zab.Position(3, 1, 3))
    server.receive(ack, from: 1)
    server.receive(ack, from: 2)
    server.receive(.cepoch(promised: 0), from: 3)
    server.receive(.promise(2, current: 0, [.start, Zab.Position(3, 1, 3)]), from: 3)
    #expect(server.receive(ack, from: 3).committed.isEmpty, "a quorum, and not its own")
    #expect(server.core.status.role == .establishing)
    let own = server.receive(ack, from: 0)
    #expect(own.committed == [Slot(1), Slot(2), Slot(3)])
    #expect(
      own.ahead.map(\.message) == Array(repeating: .upToDate(epoch: 2, committed: Zab.Position(3, 1, 3)), count: 3))
    #expect(server.core.status.role == .leader && server.core.status.isEstablished)
  }

  @Test("Acknowledgements of another epoch, of another history or of a closed channel establish nobody")
  func strangeAcknowledgements() {
    var server = Server(history: [3])
    server.prepare()
    server.receive(.ackNewLeader(epoch: 2, end: Zab.Position(3, 1, 3)), from: 0)
    server.receive(.ackNewLeader(epoch: 1, end: Zab.Position(3, 1, 3)), from: 1)
    server.receive(.ackNewLeader(epoch: 2, end: Zab.Position(3, 2, 1)), from: 1)
    server.receive(.ackNewLeader(epoch: 2, end: Zab.Position(2, 1, 2)), from: 1)
    server.receive(.ackNewLeader(epoch: 2, end: Zab.Position(3, 1, 3)), from: 2)
    #expect(server.core.status.role == .establishing)
    server.step(.disconnected(NodeID(1)))
    server.receive(.ackNewLeader(epoch: 2, end: Zab.Position(3, 1, 3)), from: 1)
    #expect(server.core.status.role == .establishing)
  }

  @Test("§III.B: a new session is a new channel: both ends start again with CEPOCH, and what was queued is dead")
  func newChannel() {
    var server = leader()
    _ = sync(&server, [.start])
    server.step(.disconnected(NodeID(2)))
    #expect(server.core.progress[2].mode == .absent)
    #expect(server.step(.propose(.of(1))).messages(to: 2).isEmpty)
    #expect(server.receive(.diffReceived(epoch: 4, through: Slot(5)), from: 2).messages.isEmpty)
    #expect(server.receive(.promise(4, current: 1, [.start]), from: 2).messages.isEmpty, "CEPOCH comes first")
    #expect(server.receive(.cepoch(promised: 4), from: 2).messages == [.newEpoch(4)])
  }
}

@Suite("Histories and snapshots") struct SnapshotTests {
  private func pieces(_ snapshot: Snapshot, epoch: UInt32, size: Int = 8) -> [Zab.Message] {
    stride(from: 0, to: snapshot.image.count, by: size).map {
      .snapshot(epoch: epoch, SnapshotTransfer.piece(of: snapshot, at: $0, limit: size))
    }
  }

  @Test("An outline and a history give the last common position, for every pair of random histories")
  func common() {
    var random = RandomSource(seed: 3)
    for _ in 0..<2_000 {
      // A tree of histories: each primary extends a prefix of one that is there.
      var histories: [[Zab.Zxid]] = [[]]
      for epoch in 1...5 as ClosedRange<UInt32> {
        let old = histories[Int(random.below(UInt64(histories.count)))]
        let kept = Array(old.prefix(Int(random.below(UInt64(old.count) + 1))))
        let count = UInt32(random.below(4))
        histories.append(kept + (0..<count).map { Zab.Zxid(epoch: epoch, counter: $0 + 1) })
      }
      let (a, b) = (histories[Int(random.below(6))], histories[Int(random.below(6))])
      var own = ZabLog()
      for (index, zxid) in a.enumerated() { own.put(.of(zxid.epoch, zxid.counter), at: Slot(UInt64(index + 1))) }
      var other = ZabLog()
      for (index, zxid) in b.enumerated() { other.put(.of(zxid.epoch, zxid.counter), at: Slot(UInt64(index + 1))) }
      let shared = zip(a, b).prefix { $0 == $1 }.count
      #expect(own.common(with: other.outline)?.slot == Slot(UInt64(shared)))
      // With a compacted prefix there, it may be found below that.
      if b.count > 1 {
        let cut = Int(random.below(UInt64(b.count - 1))) + 1
        var rest = other
        rest.adopt(Snapshot(through: Slot(UInt64(cut)), stamp: b[cut - 1].stamp, image: []))
        rest.forget(through: Slot(UInt64(cut)))
        let found = own.common(with: rest.outline)
        #expect(found == nil ? shared < cut : found?.slot == Slot(UInt64(shared)))
      }
      // With a compacted prefix here, what lies below it is not known any more.
      guard a.count > 1 else { continue }
      let cut = Int(random.below(UInt64(a.count - 1))) + 1
      own.adopt(Snapshot(through: Slot(UInt64(cut)), stamp: a[cut - 1].stamp, image: []))
      own.forget(through: Slot(UInt64(cut)))
      #expect(own.common(with: other.outline)?.slot == (shared >= cut ? Slot(UInt64(shared)) : nil))
    }
  }

  @Test("SNAP: a follower from below the compacted history gets a snapshot in pieces, then the rest")
  func send() {
    var leader = Server(0, history: [4], shared: SharedTuning(snapshotPieceBytes: 8))
    leader.establish()
    leader.step(.compacted(.through(4, 1, 4)))
    leader.step(.propose(.of(7)))
    for peer in 0...1 { leader.receive(.ack(Zab.Position(5, 2, 1)), from: peer) }
    var follower = Server(2, history: [1, 0])
    follower.follow(0)
    leader.receive(.cepoch(promised: 1), from: 2)
    var queue = [Zab.Message.newEpoch(2)]
    var kinds: [String] = []
    while !queue.isEmpty {
      let message = queue.removeFirst()
      kinds.append(Zab.messageKinds[Int(message.tag)].name)
      for reply in follower.receive(message, from: 0).sent {
        queue += leader.receive(reply.message, from: 2).messages(to: 2)
      }
    }
    #expect(kinds == ["NEWEPOCH", "SNAP", "SNAP", "SNAP", "DIFF", "NEWLEADER", "UPTODATE"])
    #expect(follower.core.base == Slot(4) && follower.core.commit == Slot(5) && follower.core.phase == .broadcast)
    #expect(follower.core.log.last == leader.core.log.last && follower.core.currentEpoch == 2)
  }

  @Test("ZK-3642, -5094: half a snapshot changes nothing; the next leader may offer an older one")
  func half() {
    var server = Server(1, history: [1])
    server.follow(0)
    server.receive(.newEpoch(2), from: 0)
    server.receive(pieces(.through(20, 1, 20), epoch: 2)[0], from: 0)
    #expect(server.core.base == Slot(0) && server.core.log.lastSlot == Slot(1))
    server.step(.timeout(.silence))
    server.follow(2)
    server.receive(.newEpoch(3), from: 2)
    var installed: Slot?
    for piece in pieces(.through(9, 1, 9), epoch: 3) { installed = server.receive(piece, from: 2).installed }
    #expect(installed == Slot(9) && server.core.log.last == Zab.Position(9, 1, 9))
  }

  @Test("Compaction forgets neither the retained tail nor what a running synchronisation still needs")
  func keep() {
    let shared = SharedTuning(inflight: 1, messageBytes: 1, snapshotPieceBytes: 8)
    var leader = Server(0, history: [20], shared: shared, retained: 3)
    leader.establish()
    leader.step(.compacted(.through(10, 1, 10)))
    #expect(leader.core.log.anchor.slot == Slot(7))
    leader.receive(.cepoch(promised: 0), from: 2)
    leader.receive(.promise(2, current: 1, [Zab.Position(8, 1, 8)]), from: 2)
    leader.step(.compacted(.through(20, 1, 20)))
    #expect(leader.core.log.anchor.slot == Slot(9), "one of the DIFF's messages is under way")
    leader.step(.disconnected(NodeID(2)))
    leader.receive(.cepoch(promised: 0), from: 2)
    leader.receive(.promise(2, current: 1, [.start]), from: 2)
    #expect(leader.core.progress[2].snapshot?.through == Slot(20))
    leader.step(.propose(.of(7)))
    for peer in 0...1 { leader.receive(.ack(Zab.Position(21, 2, 1)), from: peer) }
    leader.step(.compacted(.through(21, 2, 1)))
    #expect(leader.core.log.anchor.slot == Slot(18))
    // A follower that is gone holds nothing.
    leader.step(.disconnected(NodeID(2)))
    leader.step(.compacted(.through(21, 2, 1)))
    #expect(leader.core.log.anchor.slot == Slot(18), "not newer: nothing changes")
  }

  @Test("A follower whose next proposal is compacted is dropped, and starts again with a snapshot")
  func overtaken() {
    var leader = Server(0, shared: SharedTuning(inflight: 1))
    leader.establish()
    leader.receive(.cepoch(promised: 0), from: 2)
    leader.receive(.promise(1, current: 0, [.start]), from: 2)
    leader.receive(.ackNewLeader(epoch: 1, end: .start), from: 2)
    for counter in 1...3 as ClosedRange<UInt32> {
      leader.step(.propose(.of(Int(counter))))
      for peer in 0...1 { leader.receive(.ack(Zab.Position(UInt64(counter), 1, counter)), from: peer) }
    }
    leader.step(.compacted(.through(3, 1, 3)))
    let outcome = leader.receive(.ack(Zab.Position(1, 1, 1)), from: 2)
    #expect(outcome.resets == NodeSet(NodeID(2)) && leader.core.progress[2].mode == .absent)
  }

  @Test("Recovery is a fold: snapshot, then records, give the state that crashed")
  func recovery() {
    var server = Server(1, history: [3])
    server.join(0, epoch: 2)
    server.receive(.propose(Slot(4), .of(2, 1)), from: 0)
    let snapshot = Snapshot.through(2, 1, 2)
    server.step(.compacted(snapshot))
    var recovered = Server(1)
    recovered.core.restore(snapshot)
    for record in server.core.checkpoint() { recovered.core.replay(record) }
    #expect(recovered.core.checkpoint() == server.core.checkpoint())
    #expect(recovered.core.log.last == Zab.Position(4, 2, 1))
    #expect(recovered.core.commit == Slot(2) && recovered.core.acceptedEpoch == 2 && recovered.core.currentEpoch == 2)
  }
}
