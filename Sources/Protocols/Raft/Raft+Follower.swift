import Consensus

// Log replication, the follower's side: §5.3; snapshots: §7.
extension Raft {
  /// A message of this term's leader: it is followed, and its silence begins anew.
  private mutating func acknowledge(leader sender: NodeID, _ effects: inout Effects<Raft>) {
    standing = .follower
    leader = sender
    awaitLeader(&effects)
    if tuning.preVote || tuning.checkQuorum {
      isSticky = true
      effects.start(.stickiness, after: timing.electionTimeout.lowerBound)
    }
  }

  /// The receiver implementation of AppendEntries (Figure 2).
  mutating func append(
    _ request: AppendRequest, from peer: NodeID, isHeartbeat: Bool, _ effects: inout Effects<Raft>
  ) {
    func answer(_ reply: AppendReply) {
      effects.send(isHeartbeat ? .heartbeatReply(reply) : .appendEntriesReply(reply), to: peer)
      if planted("G-01"), !isHeartbeat { effects.send(.appendEntriesReply(reply), to: peer) }
    }
    guard request.term == term else {
      // "1. Reply false if term < currentTerm": the deposed sender learns of it even if it was never asked to vote.
      return answer(.refusal(term, of: request.previousSlot, hint: .start))
    }
    guard standing != .leader else { return }
    acknowledge(leader: peer, &effects)

    // What the snapshot stands for is committed, and so equal.
    let skipped = log.base.slot > request.previousSlot ? log.base.slot.number - request.previousSlot.number : 0
    let passed = planted("R-38") ? 0 : skipped
    if skipped >= UInt64(request.entries.count), skipped > 0 {
      return answer(.success(term, through: log.base.slot))
    }
    if skipped == 0, planted("R-30") ? log.term(at: request.previousSlot) == nil : !log.holds(request.previous) {
      // "2. Reply false if log doesn't contain an entry at prevLogIndex whose term matches prevLogTerm."
      let hint = log.last(upTo: request.previousSlot, withTermAtMost: request.previousTerm)
      return answer(.refusal(term, of: request.previousSlot, hint: hint))
    }
    adopt(request.entries.dropFirst(Int(passed)), after: Slot(request.previousSlot.number + passed), &effects)
    // "5. If leaderCommit > commitIndex, set commitIndex = min(leaderCommit, index of last new entry)."
    if planted("R-22") { commit = min(commit, request.commit) }
    commit(through: min(request.commit, planted("R-23") ? log.lastSlot : request.lastSlot), &effects)
    let verified = planted("R-25") ? log.lastSlot : planted("R-28") ? request.lastSlot.next : request.lastSlot
    answer(.success(term, through: verified))
  }

  /// "3. If an existing entry conflicts with a new one (same index but different terms), delete the existing entry and all that
  /// follow it. 4. Append any new entries not already in the log." An old message must not cut off what newer ones brought.
  private mutating func adopt(_ entries: ArraySlice<Entry>, after slot: Slot, _ effects: inout Effects<Raft>) {
    var slot = slot
    var isNew = planted("R-24")
    for entry in entries {
      slot = slot.next
      isNew = isNew || log.term(at: slot) != entry.stamp.number
      if isNew { persist(.append(slot, entry), &effects) }
    }
  }

  /// The receiver implementation of InstallSnapshot (Figure 13).
  mutating func take(
    _ piece: SnapshotPiece, term sender: UInt64, from peer: NodeID, _ effects: inout Effects<Raft>
  ) {
    func answer(next: Int, isDone: Bool) {
      effects.send(
        .installSnapshotReply(
          SnapshotReply(term: term, through: piece.through, next: UInt64(next), isDone: isDone)), to: peer)
    }
    guard sender == term else { return answer(next: 0, isDone: false) }
    guard standing != .leader else { return }
    acknowledge(leader: peer, &effects)
    guard piece.through > commit || planted("R-57") else { return answer(next: 0, isDone: true) }
    let (next, whole) = incoming.add(piece)
    if let whole { install(whole, &effects) }
    if planted("R-55"), let whole { replay(.vote(term: whole.stamp.number, for: nil)) }
    answer(next: next, isDone: whole != nil)
  }
}
