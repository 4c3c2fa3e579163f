import Consensus

// Phase 2, synchronization: the followers' histories become the leader's, and then a quorum acknowledges it as leader.
extension Zab {
  // MARK: The leader

  /// A quorum has promised the epoch, so no older leader commits anything any more: what this history holds now is I. The leader is
  /// a follower too and makes f.a ← e' like the others; it counts itself when its own ACK-LD comes back through its disk.
  mutating func beginSynchronization(_ effects: inout Effects<Zab>) {
    phase = .synchronization
    initialEnd = log.lastSlot
    persist(.currentEpoch(acceptedEpoch), &effects)
    effects.send(.ackNewLeader(epoch: acceptedEpoch, end: log.last), to: id)
    for peer in peers where progress[Int(peer.index)].mode == .promised { synchronize(peer, &effects) }
  }

  /// To one follower everything after its ACK-E goes in one lane: DIFF in one and PROPOSE in the other would leave a hole. Only a
  /// leader that is asked to write first waits for its disk.
  func forward(_ message: Message, to peers: NodeSet, _ effects: inout Effects<Zab>) {
    if shared.leaderDisk == .serial { effects.send(message, to: peers) } else { effects.sendAhead(message, to: peers) }
  }

  /// The follower gets what is committed, and I in any case; what is outstanding follows as proposals.
  private var target: Slot { max(commit, initialEnd) }

  /// TRUNC to the last transaction that both have, then DIFF from there; SNAP if the history here does not reach down to it.
  mutating func synchronize(_ peer: NodeID, _ effects: inout Effects<Zab>) {
    let index = Int(peer.index)
    if let common = log.common(with: progress[index].outline) {
      if progress[index].outline.last != common, !planted("Z-10") {
        forward(.truncate(epoch: acceptedEpoch, after: common), to: NodeSet(peer), &effects)
      }
      // Proposals of this epoch that it has already are no dead branch: NEWLEADER then names a later end.
      progress[index].continues(after: common.slot, through: max(common.slot, planted("Z-03") ? commit : target))
      feed(peer, &effects)
    } else if let snapshot = log.snapshot {
      progress[index].begin(snapshot)
      sendPiece(to: peer, &effects)
    }
  }

  /// Sends the follower what it lacks, as far as its window allows, and what is committed of it.
  mutating func feed(_ peer: NodeID, _ effects: inout Effects<Zab>) {
    let index = Int(peer.index)
    while progress[index].mode == .diff, progress[index].next <= progress[index].end {
      guard progress[index].hasRoom else { return }
      let next = progress[index].next
      guard let previous = log.position(at: Slot(next.number - 1)) else { return drop(peer, &effects) }
      var entries = log.entries(from: next, through: progress[index].end, bytes: shared.messageBytes)
      if planted("Z-13"), entries.count > 1 { entries.removeFirst() }
      let diff = Diff(epoch: acceptedEpoch, previous: previous, entries: entries)
      forward(.diff(diff), to: NodeSet(peer), &effects)
      progress[index].sent(through: diff.lastSlot)
    }
    if progress[index].mode == .diff {
      guard let end = log.position(at: progress[index].end) else { return drop(peer, &effects) }
      forward(.newLeader(epoch: acceptedEpoch, end: end), to: NodeSet(peer), &effects)
      // What is outstanding is proposed to the newcomer too; what it has of that it drops.
      progress[index].open(at: planted("Z-05") ? log.lastSlot.next : min(end.slot, target).next)
    }
    while progress[index].mode == .open, progress[index].hasRoom, progress[index].next <= log.lastSlot {
      let next = progress[index].next
      guard let entry = log.entry(at: next) else { return drop(peer, &effects) }
      forward(.propose(next, entry), to: NodeSet(peer), &effects)
      progress[index].sent(through: next)
    }
    tell(peer, &effects)
  }

  /// Its channel ends, and it starts again: with a snapshot, if what it waits for is compacted.
  mutating func drop(_ peer: NodeID, _ effects: inout Effects<Zab>) {
    progress[Int(peer.index)].leave()
    effects.reset(peer)
  }

  private func sendPiece(to peer: NodeID, _ effects: inout Effects<Zab>) {
    let state = progress[Int(peer.index)]
    guard let snapshot = state.snapshot else { return }
    let piece = SnapshotTransfer.piece(of: snapshot, at: state.offset, limit: shared.snapshotPieceBytes)
    forward(.snapshot(epoch: acceptedEpoch, piece), to: NodeSet(peer), &effects)
  }

  mutating func takeReceipt(_ receipt: SnapshotReceipt, from peer: NodeID, _ effects: inout Effects<Zab>) {
    let index = Int(peer.index)
    guard peer != id, let snapshot = progress[index].snapshot, receipt.through == snapshot.through else { return }
    if receipt.isDone || planted("Z-08") {
      progress[index].continues(after: snapshot.through, through: target)
      feed(peer, &effects)
    } else if receipt.next != UInt64(progress[index].offset), receipt.next <= UInt64(snapshot.image.count) {
      progress[index].received(bytes: Int(receipt.next))
      sendPiece(to: peer, &effects)
    }
  }

  mutating func takeDiffReceived(_ through: Slot, from peer: NodeID, _ effects: inout Effects<Zab>) {
    guard peer != id else { return }
    progress[Int(peer.index)].acknowledged(through: through)
    feed(peer, &effects)
  }

  /// "Upon receiving acknowledgements to the NEWLEADER proposal from a quorum of followers, the leader sends a commit message to
  /// all of them", which ends phase 2. Its own must be among them. Whoever comes later gets the commit at once.
  mutating func takeLeaderAck(through end: Position, from peer: NodeID, _ effects: inout Effects<Zab>) {
    guard phase == .synchronization || phase == .broadcast, log.agrees(with: end) else { return }
    if peer != id {
      guard progress[Int(peer.index)].mode == .open, end.slot >= progress[Int(peer.index)].end else { return }
      progress[Int(peer.index)].synced()
    }
    leaderAcks.add(peer)
    matched.advance(peer, to: end.slot)
    if phase == .synchronization {
      if planted("Z-19") || leaderAcks.hasQuorum, leaderAcks.supporters.contains(id) { beginBroadcast(&effects) }
    } else {
      advanceCommit(&effects)
      if peer != id { bringUpToDate(peer, &effects) }
    }
  }

  private mutating func beginBroadcast(_ effects: inout Effects<Zab>) {
    phase = .broadcast
    joinEpoch()
    advanceCommit(&effects)
    for peer in peers where progress[Int(peer.index)].isSynced { bringUpToDate(peer, &effects) }
  }

  /// COMMIT-LD carries the latest commit, not what the follower acknowledged: commits in between went past it.
  private mutating func bringUpToDate(_ peer: NodeID, _ effects: inout Effects<Zab>) {
    let latest = planted("Z-17") ? progress[Int(peer.index)].end : min(commit, progress[Int(peer.index)].reach)
    guard let committed = log.position(at: latest) else { return drop(peer, &effects) }
    progress[Int(peer.index)].told(through: latest)
    forward(.upToDate(epoch: acceptedEpoch, committed: committed), to: NodeSet(peer), &effects)
  }

  // MARK: The follower

  /// Whether messages that change the history are in their place.
  func isSynchronizing(in epoch: UInt32) -> Bool {
    phase == .synchronization && epoch == acceptedEpoch && !hasAcknowledgedLeader
  }

  mutating func append(_ diff: Diff, _ effects: inout Effects<Zab>) {
    guard let leader, diff.previous == log.last else { return resynchronize(&effects) }
    var slot = diff.previous.slot
    for entry in diff.entries {
      slot = slot.next
      persist(.append(slot, entry), &effects)
    }
    effects.send(.diffReceived(epoch: diff.epoch, through: slot), to: leader)
  }

  mutating func truncate(after position: Position, _ effects: inout Effects<Zab>) {
    guard position.slot >= commit, log.holds(position) else { return resynchronize(&effects) }
    if planted("Z-12") {
      replay(.truncate(after: position.slot))
    } else if position.slot < log.lastSlot {
      let end = planted("Z-11") ? max(commit, Slot(position.slot.number - 1)) : position.slot
      persist(.truncate(after: end), &effects)
    }
  }

  mutating func take(_ piece: SnapshotPiece, _ effects: inout Effects<Zab>) {
    guard let leader, piece.through > commit else { return resynchronize(&effects) }
    let (next, whole) = incoming.add(piece)
    if let whole { install(whole, &effects) }
    let receipt = SnapshotReceipt(
      epoch: acceptedEpoch, through: piece.through, next: UInt64(next), isDone: whole != nil)
    effects.send(.snapshotReceived(receipt), to: leader)
  }

  /// NEWLEADER. The order is what ZOOKEEPER-3911, -4643, -4646 and -4785 lacked: the history is on disk, then f.a, then ACK-LD
  /// leaves. With f.a first, a crash between the two would elect a server for a history that it does not have.
  mutating func acknowledgeLeader(_ end: Position, _ effects: inout Effects<Zab>) {
    guard let leader, log.last == end else { return resynchronize(&effects) }
    if currentEpoch != acceptedEpoch { persist(.currentEpoch(acceptedEpoch), &effects) }
    hasAcknowledgedLeader = true
    if planted("Z-04") { commit(through: end.slot, &effects) }
    if planted("Z-01") {
      effects.sendAhead(.ackNewLeader(epoch: acceptedEpoch, end: end), to: leader)
    } else {
      effects.send(.ackNewLeader(epoch: acceptedEpoch, end: end), to: leader)
    }
  }

  /// COMMIT-LD: "deliver all transactions in the initial history", and what was committed since.
  mutating func activate(_ committed: Position, _ effects: inout Effects<Zab>) {
    guard hasAcknowledgedLeader, phase == .synchronization else { return }
    guard committed.slot <= commit || log.holds(committed) else { return resynchronize(&effects) }
    phase = .broadcast
    if !planted("Z-21") { joinEpoch() }
    awaitLeader(&effects)
    commit(through: committed.slot, &effects)
  }
}
