import Consensus

// What checkers and traces ask.
extension Raft {
  public func upholds(_ message: Message, to peer: NodeID) -> Bool {
    switch message {
    case .preVote, .preVoteReply: true
    case .requestVote(let request): term > request.term || (term == request.term && vote == id)
    case .requestVoteReply(let reply):
      !reply.isGranted || term > reply.term || (term == reply.term && vote == peer)
    case .appendEntries(let request), .heartbeat(let request):
      term > request.term || (term == request.term && vote == id)
    case .installSnapshot(let sender, _), .timeoutNow(let sender): term > sender || (term == sender && vote == id)
    case .appendEntriesReply(let reply), .heartbeatReply(let reply):
      !reply.isSuccess || term > reply.term || (term == reply.term && log.lastSlot >= reply.slot)
    case .installSnapshotReply(let reply):
      !reply.isDone || term > reply.term || (term == reply.term && log.lastSlot >= reply.through)
    }
  }

  /// R12, and what of R6 and R11 one state shows.
  public func check(_ findings: inout Findings) {
    let last = log.last
    findings.expect(
      last.term <= term, "R12", id, "the log ends with term \(last.term), and the current term is \(term)")
    findings.expect(
      log.base.slot <= commit && commit <= last.slot, "R12", id,
      "commit \(commit) is not between the snapshot \(log.base.slot) and the log's end \(last.slot)")
    switch standing {
    case .leader: checkLeader(&findings)
    case .candidate:
      findings.expect(vote == id && leader == nil, "R12", id, "a candidate voted for another, or follows one")
    case .preCandidate: findings.expect(leader == nil, "R12", id, "a pre-candidate keeps its leader")
    case .follower: findings.expect(leader != id, "R12", id, "a follower takes itself for the leader")
    }
  }
  private func checkLeader(_ findings: inout Findings) {
    findings.expect(vote == id && leader == id, "R12", id, "leads term \(term) without its own vote")
    findings.expect(matched[id] <= log.lastSlot, "R11", id, "counts itself through \(matched[id]), beyond its log")
    for peer in peers {
      let next = progress[Int(peer.index)].next
      findings.expect(
        matched[peer] < next && next <= log.lastSlot.next, "R11", id,
        "next \(next) of \(peer) is not between its match \(matched[peer]) and the log's end \(log.lastSlot)")
      let inflight = progress[Int(peer.index)].inflight
      findings.expect(
        inflight <= max(1, shared.inflight), "C10", id, "has \(inflight) messages to \(peer) unanswered")
    }
  }

  public func inspect() -> [(name: String, value: String)] {
    [
      ("term", "\(term)"), ("vote", vote.map(\.description) ?? "nobody"), ("last", "\(log.last)"),
      ("commit", "\(commit)"), ("base", "\(log.base.slot)"),
    ]
  }
}
