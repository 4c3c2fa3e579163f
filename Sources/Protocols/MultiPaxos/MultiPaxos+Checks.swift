import Consensus

// What checkers and traces ask.
extension MultiPaxos {
  public func upholds(_ message: Message, to peer: NodeID) -> Bool {
    switch message {
    // Who sends in its own ballot has it on disk, and so never uses it for anything else.
    case .prepare(let request): promised >= request.ballot
    case .accept(let request): promised >= request.ballot
    case .chosen(let mark): promised >= mark.ballot
    case .heartbeat(let beat): promised >= beat.mark.ballot
    case .promise(let reply): promised >= reply.ballot
    case .accepted(let reply): promised >= reply.ballot && holds(reply)
    // What is chosen stays chosen, whoever forgets it.
    case .nack, .heartbeatReply, .learnRequest, .learnReply, .installSnapshot, .installSnapshotReply: true
    }
  }
  private func holds(_ reply: Accepted) -> Bool {
    var slot = max(reply.first, log.base.next)
    while slot <= reply.last {
      guard let entry = log.accepted[slot], entry.stamp >= reply.ballot.stamp else { return false }
      slot = slot.next
    }
    return true
  }

  /// What of P2, P3, P4, P8 and P9 one state shows.
  public func check(_ findings: inout Findings) {
    findings.expect(promised <= ballot, "P3", id, "promised \(promised), and has heard of no ballot above \(ballot)")
    findings.expect(
      log.base <= chosen && log.anchor <= log.base, "P8", id,
      "knows slots up to \(chosen) to be chosen, and its snapshot stands for \(log.base)")
    if let last = log.accepted.last, let entry = log.accepted[last] {
      findings.expect(
        Ballot(entry.stamp) <= promised, "P4", id, "accepted \(last)@\(Ballot(entry.stamp)), and promised \(promised)")
    }
    findings.expect(
      standing == .follower || ballot.node == id, "P2", id, "uses ballot \(ballot), which is \(ballot.node)'s")
    switch standing {
    case .leader:
      findings.expect(
        promised == ballot && leader == id, "P9", id,
        "leads with ballot \(ballot), promised \(promised)")
      findings.expect(chosen <= last, "P8", id, "proposed through \(last), and \(chosen) is chosen")
    case .candidate:
      findings.expect(
        promised == ballot && leader == nil, "P9", id,
        "stands with ballot \(ballot), promised \(promised)")
    case .follower: findings.expect(leader != id, "P9", id, "a follower takes itself for the leader")
    }
  }

  public func inspect() -> [(name: String, value: String)] {
    let last = log.entry(at: log.lastSlot).map { "@\(Ballot($0.stamp))" } ?? ""
    return [
      ("ballot", "\(ballot)"), ("promised", "\(promised)"), ("chosen", "\(chosen)"), ("last", "\(log.lastSlot)\(last)"),
      ("base", "\(log.base)"),
    ]
  }
}
