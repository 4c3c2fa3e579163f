import Consensus

// "Servers retry RPCs if they do not receive a response in a timely manner" (§5.1), on links that lose them.
extension Raft {
  /// The timer runs while a follower has something to acknowledge, and for what was sent when it started.
  mutating func awaitReplies(_ interval: Duration, _ effects: inout Effects<Raft>) {
    let isOwed = standing == .leader && peers.contains { matched[$0] < log.lastSlot }
    if isOwed, awaited == nil {
      awaited = log.lastSlot
      effects.start(.retransmission, after: interval)
    } else if !isOwed, awaited != nil {
      awaited = nil
      effects.stop(.retransmission)
    }
  }

  /// Begins again with each who is late, from where it is known to agree.
  mutating func retransmit(_ effects: inout Effects<Raft>) {
    guard standing == .leader, let due = awaited else { return }
    awaited = nil
    for peer in peers.intersection(connected) where matched[peer] < due {
      if progress[Int(peer.index)].mode != .snapshot { resume(peer, &effects) }
    }
  }
}
