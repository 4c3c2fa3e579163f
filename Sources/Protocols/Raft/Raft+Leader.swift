import Consensus

// Log replication, the leader's side: §5.3, §5.4.2.
extension Raft {
  mutating func lead(_ effects: inout Effects<Raft>) {
    standing = .leader
    leader = id
    let next = log.lastSlot.next
    progress = Array(
      repeating: Progress(next: next, inflight: shared.inflight), count: 64 - cluster.members.bits.leadingZeroBitCount)
    matched = Watermarks(of: cluster)
    for peer in peers.subtracting(connected) { progress[Int(peer.index)].probe(from: next) }
    opening = next
    effects.stop(.election)
    effects.start(.heartbeat, after: timing.heartbeat)
    if tuning.checkQuorum {
      active = NodeSet(id)
      effects.start(.quorum, after: timing.electionTimeout.upperBound)
    }
    // "Each leader commits a blank no-op entry into the log at the start of its term" (§8): entries of older terms commit with it.
    extend(.noop, &effects)
  }

  mutating func propose(_ batch: Batch, _ effects: inout Effects<Raft>) {
    guard standing == .leader, transferee == nil else {
      return effects.reject(batch, hint: standing == .leader ? transferee : leader)
    }
    extend(.batch(batch), &effects)
  }

  /// "The leader appends the command to its log as a new entry, then issues AppendEntries RPCs in parallel" (§5.3): one message,
  /// the same for all who have everything before it.
  private mutating func extend(_ value: Value, _ effects: inout Effects<Raft>) {
    let previous = log.last
    let slot = previous.slot.next
    let entry = Entry(stamp: Stamp(term), value: value)
    persist(.append(slot, entry), &effects)
    if planted("R-36") { matched.advance(id, to: slot) }
    // Asked for before the message, so that it does not leave behind it where the leader's disk comes first.
    effects.send(.appendEntriesReply(.success(term, through: slot)), to: id)
    var ready = NodeSet()
    for peer in connected.intersection(peers) {
      let index = Int(peer.index)
      guard progress[index].mayReplicate else { continue }
      if progress[index].next == slot {
        progress[index].sent(through: slot)
        ready.insert(peer)
      } else {
        replicate(to: peer, &effects)
      }
    }
    if !ready.isEmpty { dispatch(request(after: previous, [entry]), to: ready, &effects) }
  }

  private func request(after previous: Position, _ entries: [Entry]) -> AppendRequest {
    AppendRequest(
      term: term, previousSlot: previous.slot, previousTerm: previous.term, commit: commit, entries: entries)
  }
  /// Entries need not wait for the leader's own disk (dissertation §10.2.1), unless it is asked to write first. Heartbeats keep
  /// their place among the entries.
  private func dispatch(_ request: AppendRequest, to peers: NodeSet, _ effects: inout Effects<Raft>) {
    let message = request.entries.isEmpty ? Message.heartbeat(request) : .appendEntries(request)
    if shared.leaderDisk == .serial { effects.send(message, to: peers) } else { effects.sendAhead(message, to: peers) }
  }

  /// Sends `peer` what it lacks, as far as its window allows.
  private mutating func replicate(to peer: NodeID, _ effects: inout Effects<Raft>) {
    let index = Int(peer.index)
    guard connected.contains(peer) else { return }
    repeat {
      guard progress[index].mode == .probe ? !progress[index].isWaiting : progress[index].mayReplicate else { return }
      let next = progress[index].next
      guard next <= log.lastSlot else { return }
      guard let previous = log.position(at: Slot(next.number - 1)) else {
        return planted("R-56") ? beat(NodeSet(peer), &effects) : offerSnapshot(to: peer, &effects)
      }
      let entries = log.entries(from: next, bytes: shared.messageBytes)
      dispatch(request(after: previous, entries), to: NodeSet(peer), &effects)
      if progress[index].mode == .probe {
        progress[index].isWaiting = true
      } else {
        progress[index].sent(through: Slot(previous.slot.number + UInt64(entries.count)))
      }
    } while true
  }

  /// A session opened: the peer hears at once where its leader stands.
  mutating func resume(_ peer: NodeID, _ effects: inout Effects<Raft>) {
    retreat(peer)
    replicate(to: peer, &effects)
    if progress[Int(peer.index)].mode == .probe, !progress[Int(peer.index)].isWaiting { beat(NodeSet(peer), &effects) }
  }

  /// Nothing on its way to `peer` counts any more: asks again from where it is known to agree, or else from the log's end.
  mutating func retreat(_ peer: NodeID) {
    let known = matched[peer]
    progress[Int(peer.index)].probe(from: known.number > 0 ? known.next : log.lastSlot.next)
  }

  // MARK: Replies

  mutating func take(_ reply: AppendReply, from peer: NodeID, _ effects: inout Effects<Raft>) {
    guard standing == .leader || planted("R-34") && !progress.isEmpty, reply.term == term else { return }
    active.insert(peer)
    if peer == id {
      if matched.advance(id, to: min(reply.slot, log.lastSlot)) { advanceCommit(&effects) }
      return
    }
    let index = Int(peer.index)
    progress[index].silence = 0
    if reply.isSuccess {
      guard reply.slot <= log.lastSlot else { return }
      let moved = matched.advance(peer, to: reply.slot)
      // Agreement on less than what is asked for is news only to one whose log is compacted away here.
      if reply.slot.next >= progress[index].next || progress[index].mode == .replicate {
        progress[index].agreed(through: reply.slot)
      } else if progress[index].mode == .probe {
        progress[index].isWaiting = false
      }
      if moved {
        advanceCommit(&effects)
        handOver(peer, &effects)
      }
    } else {
      guard backtrack(reply, peer) else { return }
    }
    replicate(to: peer, &effects)
  }

  /// "If AppendEntries fails because of log inconsistency: decrement nextIndex and retry" (§5.3), a whole conflicting term at a
  /// time from both sides. False if the refusal is an old one.
  private mutating func backtrack(_ reply: AppendReply, _ peer: NodeID) -> Bool {
    let state = progress[Int(peer.index)]
    switch state.mode {
    case .snapshot: return false
    case .probe: guard reply.slot.next == state.next, !planted("R-39") else { return false }
    case .replicate: guard reply.slot > matched[peer], reply.slot < state.next else { return false }
    }
    let common = log.last(upTo: reply.hintSlot, withTermAtMost: reply.hintTerm)
    // A hint below what is known here names what only a snapshot can bring.
    let next = reply.hintSlot < log.anchor.slot ? reply.hintSlot.next : common.slot.next
    progress[Int(peer.index)].probe(from: max(planted("R-27") ? Slot(1) : matched[peer].next, min(next, reply.slot)))
    return true
  }

  /// "If there exists an N such that N > commitIndex, a majority of matchIndex[i] >= N, and log[N].term == currentTerm: set
  /// commitIndex = N" (Figure 2). Entries of older terms commit only with one of this term (§5.4.2, Figure 8).
  private mutating func advanceCommit(_ effects: inout Effects<Raft>) {
    var reached = matched.reachedByQuorum(of: planted("R-31") ? cluster.majority - 1 : cluster.majority)
    if shared.leaderDisk == .parallelLeaderRequired { reached = min(reached, matched[id]) }
    if planted("R-21"), log.term(at: commit.next) != term { return }
    if reached > commit, planted("R-20") || log.term(at: reached) == term { commit(through: reached, &effects) }
  }

  // MARK: Heartbeats

  mutating func sendHeartbeats(_ effects: inout Effects<Raft>) {
    effects.start(.heartbeat, after: timing.heartbeat)
    // Comes back when the disk has taken everything up to now: a leader whose disk hangs stops hearing itself.
    effects.send(.heartbeatReply(.success(term, through: log.lastSlot)), to: id)
    let patience = max(1, timing.electionTimeout.upperBound.nanoseconds / max(1, timing.heartbeat.nanoseconds))
    for peer in peers {
      let index = Int(peer.index)
      progress[index].silence += 1
      if progress[index].mode == .snapshot {
        // A peer that never answers must not keep the log from being compacted.
        if progress[index].silence > patience { retreat(peer) }
        sendPiece(to: peer, &effects)
      } else if log.position(at: Slot(progress[index].next.number - 1)) == nil {
        // What was sent last is compacted away, so no consistency check can tell whether it arrived.
        retreat(peer)
      }
    }
    beat(connected.intersection(peers), &effects)
  }

  /// An AppendEntries without entries to each, the same for all who are at the same place: it shows that the leader lives, and
  /// its consistency check finds what was lost on the way.
  private mutating func beat(_ peers: NodeSet, _ effects: inout Effects<Raft>) {
    var rest = peers
    while let first = rest.first(where: { _ in true }) {
      let previous = heartbeatPosition(of: first)
      var group = NodeSet()
      for peer in rest where heartbeatPosition(of: peer) == previous {
        group.insert(peer)
        if progress[Int(peer.index)].mode == .probe { progress[Int(peer.index)].isWaiting = true }
      }
      rest = rest.subtracting(group)
      dispatch(request(after: previous, []), to: group, &effects)
    }
  }
  private func heartbeatPosition(of peer: NodeID) -> Position {
    let next = progress[Int(peer.index)].next
    if progress[Int(peer.index)].mode != .snapshot, let position = log.position(at: Slot(next.number - 1)) {
      return position
    }
    return log.position(at: matched[peer]) ?? .start
  }

  // MARK: Snapshots (§7)

  /// "The leader occasionally sends snapshots to followers that lag behind": when it has already discarded the next entry.
  private mutating func offerSnapshot(to peer: NodeID, _ effects: inout Effects<Raft>) {
    guard let snapshot = log.snapshot else { return }
    progress[Int(peer.index)].begin(snapshot)
    sendPiece(to: peer, &effects)
  }
  private func sendPiece(to peer: NodeID, _ effects: inout Effects<Raft>) {
    let state = progress[Int(peer.index)]
    guard let snapshot = state.snapshot, connected.contains(peer) else { return }
    let piece = SnapshotTransfer.piece(of: snapshot, at: state.offset, limit: shared.snapshotPieceBytes)
    effects.sendAhead(.installSnapshot(term: term, piece), to: peer)
  }

  mutating func take(_ reply: SnapshotReply, from peer: NodeID, _ effects: inout Effects<Raft>) {
    guard standing == .leader, reply.term == term, peer != id else { return }
    active.insert(peer)
    let index = Int(peer.index)
    progress[index].silence = 0
    guard let snapshot = progress[index].snapshot, reply.through == snapshot.through else { return }
    if reply.isDone {
      matched.advance(peer, to: snapshot.through)
      progress[index].probe(from: snapshot.through.next)
      progress[index].agreed(through: snapshot.through)
      advanceCommit(&effects)
      replicate(to: peer, &effects)
    } else if reply.next != UInt64(progress[index].offset), reply.next <= UInt64(snapshot.image.count) {
      progress[index].received(bytes: Int(reply.next))
      sendPiece(to: peer, &effects)
    }
  }
}
