import Consensus

// What checkers and traces ask.
extension Zab {
  public func upholds(_ message: Message, to peer: NodeID) -> Bool {
    switch message {
    case .notification(let notification):
      // Only a vote for oneself claims something: to have this history.
      notification.vote.leader != id
        || (currentEpoch, log.last.zxid) >= (notification.vote.peerEpoch, notification.vote.zxid)
    case .cepoch(let promised): acceptedEpoch >= promised
    case .newEpoch(let epoch), .ping(let epoch): acceptedEpoch >= epoch
    case .ackEpoch(let ack):
      acceptedEpoch > ack.epoch
        || (acceptedEpoch == ack.epoch && currentEpoch >= ack.currentEpoch
          && (currentEpoch == ack.epoch || log.last.slot >= ack.last.slot))
    case .diff(let diff): acceptedEpoch >= diff.epoch
    case .truncate(let epoch, _), .snapshot(let epoch, _), .newLeader(let epoch, _), .upToDate(let epoch, _):
      acceptedEpoch >= epoch
    case .diffReceived(let epoch, let through):
      acceptedEpoch > epoch || (acceptedEpoch == epoch && log.lastSlot >= through)
    case .snapshotReceived(let receipt):
      !receipt.isDone || acceptedEpoch > receipt.epoch
        || (acceptedEpoch == receipt.epoch && log.lastSlot >= receipt.through)
    case .ackNewLeader(let epoch, let end):
      acceptedEpoch > epoch || (currentEpoch == epoch && log.lastSlot >= end.slot)
    case .propose(_, let entry): acceptedEpoch >= Zxid(entry.stamp).epoch
    case .ack(let position):
      acceptedEpoch > position.zxid.epoch
        || (currentEpoch == position.zxid.epoch && log.lastSlot >= position.slot)
    case .commit(let position): acceptedEpoch >= position.zxid.epoch
    case .pong: true
    }
  }

  /// What of Z0, Z1, Z9, Z10 and Z11 one state shows.
  public func check(_ findings: inout Findings) {
    let last = log.last
    findings.expect(
      currentEpoch <= acceptedEpoch, "Z10", id, "f.a is \(currentEpoch), and only \(acceptedEpoch) is promised")
    findings.expect(
      last.zxid.epoch <= acceptedEpoch, "Z9", id, "the history ends with \(last), beyond epoch \(acceptedEpoch)")
    findings.expect(
      log.base.slot <= commit && commit <= last.slot, "Z0", id,
      "delivered \(commit), not between the snapshot \(log.base.slot) and the history's end \(last.slot)")
    switch standing {
    case .leading: checkLeader(&findings)
    case .looking:
      findings.expect(leader == nil && phase == .election, "Z0", id, "looks for a leader and has one")
    case .following:
      findings.expect(leader != nil && leader != id && phase != .election, "Z0", id, "follows itself, or nobody")
      findings.expect(
        leader == nil || vote.leader == leader, "Z1", id, "votes for \(vote.leader), and its leader is another")
      findings.expect(
        phase != .broadcast || currentEpoch == acceptedEpoch, "Z0", id,
        "takes part in the broadcast of epoch \(acceptedEpoch), and f.a is \(currentEpoch)")
    }
  }
  private func checkLeader(_ findings: inout Findings) {
    findings.expect(leader == id && phase != .election, "Z0", id, "leads, and follows another")
    findings.expect(vote.leader == id, "Z1", id, "leads, and votes for \(vote.leader)")
    guard phase == .broadcast else { return }
    findings.expect(
      currentEpoch == acceptedEpoch && leaderAcks.hasQuorum && leaderAcks.supporters.contains(id)
        && commit >= initialEnd,
      "Z11", id, "broadcasts in epoch \(acceptedEpoch) without the acknowledgements of a quorum and its own")
    findings.expect(matched[id] <= log.lastSlot, "Z11", id, "counts itself through \(matched[id]), beyond its history")
    for peer in peers where progress[Int(peer.index)].mode == .open {
      findings.expect(
        progress[Int(peer.index)].next <= log.lastSlot.next, "Z13", id,
        "sent \(peer) more than it has, before \(progress[Int(peer.index)].next)")
    }
  }

  public func inspect() -> [(name: String, value: String)] {
    [
      ("accepted", "\(acceptedEpoch)"), ("current", "\(currentEpoch)"), ("phase", "\(phase)"),
      ("leader", leader.map(\.description) ?? "nobody"), ("round", "\(round)"), ("last", "\(log.last)"),
      ("commit", "\(commit)"), ("base", "\(log.base.slot)"),
    ]
  }
}
