import Consensus

// Phase 0: ZooKeeper's Fast Leader Election. §IV.A leaves the oracle open; this one elects a server with the most recent history
// of a quorum, so that no history has to move to the leader.
extension Zab {
  // MARK: Looking

  /// Gives up what it was, and votes for itself in a new round.
  mutating func lookForLeader(_ effects: inout Effects<Zab>) {
    if standing == .leading {
      effects.stop(.ping)
      effects.stop(.quorum)
      for peer in peers { progress[Int(peer.index)].leave() }
    }
    // Its channel with the leader ends with this iteration (§III.B), as ZooKeeper closes the connection: another CEPOCH in it would
    // let the leader take what answers the first for an answer to the second.
    if let leader, leader != id, connected.contains(leader) { effects.reset(leader) }
    effects.stop(.silence)
    standing = .looking
    phase = .election
    leader = nil
    hasAcknowledgedLeader = false
    hasChosenEpoch = false
    if planted("Z-09") { replay(.truncate(after: commit)) }
    round += 1
    forgetVotes()
    for node in cluster.members { outside[Int(node.index)] = nil }
    change(to: ownVote, &effects)
    notificationInterval = tuning.notificationInterval?.lowerBound ?? timing.heartbeat
    effects.start(.notification, after: notificationInterval)
    countVotes(&effects)
  }

  /// "Its own last zxid" and current epoch: what it would bring as leader.
  var ownVote: Vote { Vote(leader: id, zxid: log.last.zxid, peerEpoch: currentEpoch) }

  var notification: Notification { Notification(vote: vote, round: round, standing: standing) }

  private mutating func forgetVotes() {
    for node in cluster.members { received[Int(node.index)] = nil }
  }

  /// A vote claims a history, and so it waits for the disk like every claim.
  private mutating func change(to newVote: Vote, _ effects: inout Effects<Zab>) {
    vote = newVote
    received[Int(id.index)] = notification
    effects.send(.notification(notification), to: connected.intersection(peers))
  }

  /// Nothing decided the election since this was sent last: somebody may not have been listening.
  mutating func repeatVote(_ effects: inout Effects<Zab>) {
    effects.send(.notification(notification), to: connected.intersection(peers))
    let longest = tuning.notificationInterval?.upperBound ?? timing.electionTimeout.upperBound
    notificationInterval = min(notificationInterval * 2, longest)
    effects.start(.notification, after: notificationInterval)
  }

  // MARK: Notifications

  mutating func take(_ other: Notification, from peer: NodeID, _ effects: inout Effects<Zab>) {
    guard peer != id, cluster.members.contains(other.vote.leader) else { return }
    switch (standing, other.standing) {
    case (.looking, .looking): compare(other, from: peer, &effects)
    case (.looking, _): considerJoining(other, from: peer, &effects)
    case (.following, .looking) where peer == leader && other.round > round:
      // The leader itself looks for one: it leads no more. ZooKeeper closes its connections instead.
      lookForLeader(&effects)
      compare(other, from: peer, &effects)
    case (_, .looking) where planted("Z-23"): compare(other, from: peer, &effects)
    case (_, .looking): effects.send(.notification(notification), to: peer)
    default: break
    }
  }

  private mutating func compare(_ other: Notification, from peer: NodeID, _ effects: inout Effects<Zab>) {
    guard other.round >= round else { return effects.send(.notification(notification), to: peer) }
    let index = Int(peer.index)
    var other = other
    other.vote = credible(other, from: peer)
    // What this server sent while the peer was not looking, the peer has thrown away.
    let hasMissed = outside[index] != nil
    outside[index] = nil
    if other.round > round {
      round = other.round
      forgetVotes()
      change(to: max(other.vote, ownVote), &effects)
    } else if other.vote > vote {
      change(to: other.vote, &effects)
    } else if vote.leader == peer, other.vote.leader == peer, other.vote != vote {
      // The peer's own word is less than what others say of it.
      change(to: max(other.vote, ownVote), &effects)
    } else if hasMissed {
      effects.send(.notification(notification), to: peer)
    }
    received[index] = other
    countVotes(&effects)
  }

  /// A vote says what history its leader has, and the leader knows best. A server that joins an epoch takes its round, which may be
  /// less than its own was, and may have to cut its history; when it comes to the higher number again, old votes of that number claim
  /// for it what it has no more. ZooKeeper adopts them, and the leader's lack shows in discovery.
  private func credible(_ other: Notification, from peer: NodeID) -> Vote {
    let leader = other.vote.leader
    if leader == id { return ownVote }
    guard leader != peer, other.round == round, let word = received[Int(leader.index)], word.standing == .looking,
      word.vote.leader == leader
    else { return other.vote }
    return word.vote
  }

  /// A quorum that agrees waits a while for somebody better, and says nothing more meanwhile. Whoever is better and known of makes
  /// it disagree.
  private mutating func countVotes(_ effects: inout Effects<Zab>) {
    if support(for: vote, in: received) >= cluster.majority {
      guard !isFinalizing else { return }
      isFinalizing = true
      effects.stop(.notification)
      effects.start(.finalize, after: tuning.finalizeWait ?? timing.heartbeat)
    } else if isFinalizing {
      isFinalizing = false
      effects.stop(.finalize)
      effects.start(.notification, after: notificationInterval)
    }
  }

  /// Votes of servers that look must be equal; of those that have a leader, only leader and epoch count: they may have found it
  /// in different rounds (ZOOKEEPER-1732, -1805).
  private func support(for wanted: Vote, in votes: [Notification?]) -> Int {
    var count = 0
    for node in cluster.members {
      guard let other = votes[Int(node.index)] else { continue }
      if other.vote == wanted
        || (other.standing != .looking && other.vote.leader == wanted.leader
          && other.vote.peerEpoch == wanted.peerEpoch)
      {
        count += 1
      }
    }
    return count
  }

  // MARK: Finding a leader that is there

  /// The peer follows or leads: if a quorum says so and the leader itself too, this server follows as well.
  private mutating func considerJoining(_ other: Notification, from peer: NodeID, _ effects: inout Effects<Zab>) {
    outside[Int(peer.index)] = other
    if other.round == round {
      received[Int(peer.index)] = other
      if support(for: other.vote, in: received) >= cluster.majority, mayLead(other, received) {
        return endElection(other.vote, &effects)
      }
    }
    if support(for: other.vote, in: outside) >= cluster.majority, mayLead(other, outside) {
      round = other.round
      return endElection(other.vote, &effects)
    }
    countVotes(&effects)
  }

  /// ZooKeeper's `checkLeader`: followers of a leader that is gone must not draw others to it.
  private func mayLead(_ other: Notification, _ votes: [Notification?]) -> Bool {
    let leader = other.vote.leader
    return leader == id ? other.round == round : votes[Int(leader.index)]?.standing == .leading
  }

  mutating func endElection(_ winner: Vote, _ effects: inout Effects<Zab>) {
    vote = winner
    isFinalizing = false
    effects.stop(.finalize)
    effects.stop(.notification)
    leader = winner.leader
    phase = .discovery
    if winner.leader == id { lead(&effects) } else { follow(&effects) }
  }

  /// The epoch that a server has joined becomes part of its vote: then all who are in it name the same, however they came.
  mutating func joinEpoch() { vote.peerEpoch = acceptedEpoch }
}
