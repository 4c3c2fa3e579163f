import Consensus
import Testing

@testable import Raft

@Suite("Log compaction") struct SnapshotTests {
  private func pieces(_ snapshot: Snapshot, term: UInt64, size: Int = 8) -> [Raft.Message] {
    stride(from: 0, to: snapshot.image.count, by: size).map {
      .installSnapshot(term: term, SnapshotTransfer.piece(of: snapshot, at: $0, limit: size))
    }
  }

  @Test("§7: The follower discards its entire log; it is all superseded by the snapshot")
  func discard() {
    var server = Server(1, terms: [1, 1, 2])
    var outcome = Server.Outcome()
    for piece in pieces(.through(9, term: 3), term: 3) {
      #expect(outcome.installed == nil)
      outcome = server.receive(piece, from: 0)
    }
    #expect(outcome.installed == Slot(9))
    #expect(server.core.log.last == Position(slot: Slot(9), term: 3) && server.core.commit == Slot(9))
    #expect(outcome.messages == [.installSnapshotReply(.init(term: 3, through: Slot(9), next: 20, isDone: true))])
    #expect(server.core.checkpoint() == [.vote(term: 3, for: nil)])
  }

  @Test(
    "§7: If the snapshot describes a prefix of its log, entries following the snapshot are still valid and must be retained"
  )
  func retain() {
    var server = Server(1, terms: [1, 1, 2, 2])
    for piece in pieces(.through(2, term: 1), term: 3) { server.receive(piece, from: 0) }
    #expect(server.core.base == Slot(2) && server.core.log.lastSlot == Slot(4))
    var other = Server(1, terms: [1, 1, 2, 2])
    for piece in pieces(.through(2, term: 2), term: 3) { other.receive(piece, from: 0) }
    #expect(other.core.log.lastSlot == Slot(2), "the same slot with another term is another prefix")
  }

  @Test(
    "Pieces that repeat, overtake or belong to an older snapshot change nothing; an installed one is acknowledged again"
  )
  func strangePieces() {
    var server = Server(1)
    let parts = pieces(.through(9, term: 1), term: 1)
    server.receive(parts[0], from: 0)
    #expect(
      server.receive(parts[2], from: 0).messages
        == [.installSnapshotReply(.init(term: 1, through: Slot(9), next: 8, isDone: false))])
    server.receive(parts[0], from: 0)
    server.receive(parts[1], from: 0)
    #expect(server.receive(parts[2], from: 0).installed == Slot(9))
    let again = server.receive(parts[0], from: 0)
    #expect(again.installed == nil)
    #expect(again.messages == [.installSnapshotReply(.init(term: 1, through: Slot(9), next: 0, isDone: true))])
  }

  @Test("A new leader's older snapshot is not refused because half of a newer one has come")
  func newLeaderOlderSnapshot() {
    var server = Server(1)
    server.receive(pieces(.through(20, term: 1), term: 1)[0], from: 0)
    var installed: Slot?
    for piece in pieces(.through(9, term: 1), term: 2) { installed = server.receive(piece, from: 2).installed }
    #expect(installed == Slot(9))
  }

  @Test("§7: The leader sends a snapshot when it has already discarded the next entry that it needs to send")
  func send() {
    var leader = Server(0, term: 1, terms: [1, 1, 1, 1], shared: SharedTuning(snapshotPieceBytes: 8))
    leader.becomeLeader(votes: [2])
    for peer in [0, 2] { leader.receive(.acked(term: 2, through: 5), from: peer) }
    leader.step(.compacted(.through(5, term: 2)))
    #expect(leader.core.log.anchor.slot == Slot(5))
    var follower = Server(1, term: 1)
    let refusal = Raft.Message.heartbeatReply(.refusal(2, of: Slot(5), hint: .start))
    var queue = leader.receive(refusal, from: 1).ahead.map(\.message)
    var offsets: [Int] = []
    while let message = queue.popLast() {
      if case .installSnapshot(_, let piece) = message { offsets.append(piece.offset) }
      for reply in follower.receive(message, from: 0).sent {
        queue += leader.receive(reply.message, from: 1).ahead.map(\.message)
      }
    }
    #expect(offsets == [0, 8, 16])
    #expect(follower.core.base == Slot(5))
    #expect(leader.core.matched[NodeID(1)] == Slot(5))
    // From there on it is a follower like the others.
    #expect(leader.step(.propose(.of(1))).ahead.map(\.to) == [NodeSet(bits: 0b110)])
  }

  @Test("Compaction forgets neither the retained tail nor what a running transfer still needs")
  func keep() {
    var leader = Server(
      0, term: 1, terms: Array(repeating: 1, count: 20), shared: SharedTuning(snapshotPieceBytes: 8), retained: 3)
    leader.becomeLeader(votes: [2])
    for peer in [0, 2] { leader.receive(.acked(term: 2, through: 21), from: peer) }
    leader.step(.compacted(.through(10, term: 1)))
    #expect(leader.core.log.anchor.slot == Slot(7))
    leader.receive(.heartbeatReply(.refusal(2, of: Slot(21), hint: .start)), from: 1)
    #expect(leader.core.progress[1].snapshot?.through == Slot(10))
    leader.step(.compacted(.through(20, term: 1)))
    #expect(leader.core.log.anchor.slot == Slot(10), "the transfer's successor entries stay")
    // A peer that never answers cannot hold them for ever.
    for _ in 0..<10 { leader.step(.timeout(.heartbeat)) }
    leader.step(.compacted(.through(21, term: 2)))
    #expect(leader.core.log.anchor.slot == Slot(18))
  }

  @Test("Recovery is a fold: snapshot, then records, give the state that crashed")
  func recovery() {
    var server = Server(1, terms: [1, 1])
    server.receive(.append(term: 2, after: 2, 1, [.of(2, 3), .of(2, 4)], commit: 3), from: 0)
    let snapshot = Snapshot.through(3, term: 2)
    server.step(.compacted(snapshot))
    var recovered = Server(1)
    recovered.core.restore(snapshot)
    for record in server.core.checkpoint() { recovered.core.replay(record) }
    #expect(recovered.core.checkpoint() == server.core.checkpoint())
    #expect(recovered.core.log.last == server.core.log.last)
    #expect(recovered.core.commit == Slot(3) && recovered.core.term == 2)
  }
}
