import Consensus

// Leader election: §5.2, §5.4.1; dissertation §9.6 (PreVote), §3.10 (transfer).
extension Raft {
  // MARK: The candidate

  mutating func campaign(_ effects: inout Effects<Raft>) {
    if !planted("R-07") { leader = nil }
    guard tuning.preVote, !peers.isEmpty else { return stand(isTransfer: false, &effects) }
    standing = .preCandidate
    votes = Tally(of: cluster)
    votes.add(id)
    awaitLeader(&effects)
    // Promises nothing and changes nothing here, so no write precedes it.
    effects.sendAhead(.preVote(voteRequest(term + 1, isTransfer: false)), to: peers)
  }

  /// "To begin an election, a follower increments its current term and transitions to candidate state. It then votes for itself
  /// and issues RequestVote RPCs in parallel to each of the other servers" (§5.2). Both claims wait for the disk: the
  /// dissertation's overlapped write (§9.3) is unsafe once a crash can take the log's tail with it.
  mutating func stand(isTransfer: Bool, _ effects: inout Effects<Raft>) {
    guard standing != .leader else { return }
    persist(.vote(term: term + 1, for: id), &effects)
    leader = nil
    standing = .candidate
    if !planted("R-06") { votes = Tally(of: cluster) }
    awaitLeader(&effects)
    let request = Message.requestVote(voteRequest(term, isTransfer: isTransfer))
    if planted("R-02") { effects.sendAhead(request, to: peers) } else { effects.send(request, to: peers) }
    effects.send(.requestVoteReply(VoteReply(term: term, isGranted: true)), to: id)
  }

  private func voteRequest(_ term: UInt64, isTransfer: Bool) -> VoteRequest {
    let last = log.last
    return VoteRequest(term: term, lastSlot: last.slot, lastTerm: last.term, isTransfer: isTransfer)
  }

  mutating func count(trial reply: VoteReply, from peer: NodeID, _ effects: inout Effects<Raft>) {
    guard standing == .preCandidate, reply.isGranted, reply.term == term + 1 else { return }
    if votes.add(peer) { stand(isTransfer: false, &effects) }
  }
  /// "A candidate wins an election if it receives votes from a majority of the servers in the full cluster for the same term"
  /// (§5.2).
  mutating func count(_ reply: VoteReply, from peer: NodeID, _ effects: inout Effects<Raft>) {
    guard standing == .candidate, reply.isGranted, reply.term == term || planted("R-04") else { return }
    let voter = planted("R-05") ? votes.members.subtracting(votes.supporters).first { _ in true } ?? peer : peer
    if votes.add(voter) { lead(&effects) }
  }

  // MARK: The voter

  /// "The voter denies its vote if its own log is more up-to-date than that of the candidate" (§5.4.1).
  func mayVote(for request: VoteRequest) -> Bool {
    let own = log.last
    if planted("R-09") { return (request.lastSlot, request.lastTerm) >= (own.slot, own.term) }
    return (request.lastTerm, request.lastSlot) >= (own.term, own.slot)
  }

  mutating func answerTrial(_ request: VoteRequest, from peer: NodeID, _ effects: inout Effects<Raft>) {
    let hasLeader = standing == .leader || ((isSticky || tuning.quorumDetection) && leader != nil)
    let isGranted = request.term > term && !hasLeader && mayVote(for: request)
    effects.send(.preVoteReply(VoteReply(term: isGranted ? request.term : term, isGranted: isGranted)), to: peer)
  }

  mutating func answer(_ request: VoteRequest, from peer: NodeID, _ effects: inout Effects<Raft>) {
    let isFree = standing == .follower && (vote == nil || planted("R-03")) && mayVote(for: request)
    if request.term == term, isFree || planted("R-08") && standing == .leader {
      persist(.vote(term: term, for: peer), &effects)
    }
    let isGranted = request.term == term && vote == peer
    if isGranted { awaitLeader(&effects) }
    effects.send(.requestVoteReply(VoteReply(term: term, isGranted: isGranted)), to: peer)
  }

  // MARK: Losing and leaving

  /// The session with the leader ended, and that counts as silence: somebody stands soon, but not all at once.
  mutating func doubtLeader(_ effects: inout Effects<Raft>) {
    leader = nil
    isSticky = false
    let spread = timing.electionTimeout.upperBound - timing.electionTimeout.lowerBound
    effects.start(.election, after: random.duration(in: .zero...spread))
  }

  /// "A leader steps down if an election timeout elapses without a successful round of heartbeats to a majority of its
  /// cluster" (dissertation §6.2). Its own answer must have come through its disk: one that hangs deposes it.
  mutating func checkQuorum(_ effects: inout Effects<Raft>) {
    guard active.contains(id), active.count >= cluster.majority else { return stepDown(&effects) }
    active = NodeSet()
    effects.start(.quorum, after: timing.electionTimeout.upperBound)
  }

  /// "The prior leader stops accepting new client requests", brings the target's log up to its own, and tells it to stand
  /// (dissertation §3.10).
  mutating func transfer(to target: NodeID, _ effects: inout Effects<Raft>) {
    guard standing == .leader, peers.contains(target) else { return }
    transferee = target
    effects.start(.transfer, after: timing.electionTimeout.upperBound)
    handOver(target, &effects)
  }
  mutating func handOver(_ peer: NodeID, _ effects: inout Effects<Raft>) {
    if transferee == peer, matched[peer] == log.lastSlot { effects.sendAhead(.timeoutNow(term: term), to: peer) }
  }
}
