import Consensus

// Phase 3, broadcast: the follower's side.
extension Zab {
  /// "Followers append to their history and acknowledge proposals in order." What was brought by the synchronisation and is proposed
  /// once more is dropped silently: it is acknowledged and not appended again.
  mutating func accept(_ entry: Entry, at slot: Slot, _ effects: inout Effects<Zab>) {
    let position = Position(slot: slot, zxid: Zxid(entry.stamp))
    guard let leader, hasAcknowledgedLeader, position.zxid.epoch == acceptedEpoch else { return }
    if planted("Z-18") {
      persist(.append(log.lastSlot.next, entry), &effects)
    } else if !log.holds(position) {
      let last = log.last
      guard slot == last.slot.next, position.zxid > last.zxid else { return resynchronize(&effects) }
      persist(.append(slot, entry), &effects)
    }
    effects.send(.ack(position), to: leader)
  }

  /// "Upon receiving COMMIT, deliver once all transactions with lower zxids are delivered."
  mutating func deliver(through position: Position, _ effects: inout Effects<Zab>) {
    guard phase == .broadcast, position.zxid.epoch == acceptedEpoch, position.slot > commit else { return }
    // A commit of what was never proposed here: the channel has lost something.
    guard log.holds(position) else { return resynchronize(&effects) }
    commit(through: position.slot, &effects)
  }

  mutating func answerPing(_ epoch: UInt32, _ effects: inout Effects<Zab>) {
    if let leader { effects.send(.pong(epoch: epoch), to: leader) }
  }
}
