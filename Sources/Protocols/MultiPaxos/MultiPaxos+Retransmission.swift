import Consensus

// Messages "can be lost" (PMS §2.1): what no acceptor answered is sent again.
extension MultiPaxos {
  /// The timer runs while a slot is open, and for those that were when it started.
  mutating func awaitAcceptances(_ interval: Duration, _ effects: inout Effects<MultiPaxos>) {
    let isOpen = standing == .leader && chosen < last
    if isOpen, awaited == nil {
      awaited = last
      effects.start(.retransmission, after: interval)
    } else if !isOpen, awaited != nil {
      awaited = nil
      effects.stop(.retransmission)
    }
  }

  /// What is chosen meanwhile is not sent again: who lacks it learns it.
  mutating func retransmit(_ effects: inout Effects<MultiPaxos>) {
    guard standing == .leader, let due = awaited else { return }
    awaited = nil
    for peer in peers.intersection(connected) {
      for flight in progress[Int(peer.index)].unanswered(from: chosen.next, through: due) {
        resend(flight, to: peer, &effects)
      }
    }
  }
}
