import Consensus

// Phase 1, discovery: a quorum promises a new epoch to its prospective leader.
extension Zab {
  // MARK: The follower

  mutating func follow(_ effects: inout Effects<Zab>) {
    standing = .following
    awaitLeader(&effects)
    beginDiscovery(&effects)
  }

  /// "A follower sends to the prospective leader its last promise in a CEPOCH(F.p) message": once per channel, and the leader may
  /// not know yet that it is one.
  mutating func beginDiscovery(_ effects: inout Effects<Zab>) {
    leaveBroadcast()
    if let leader, connected.contains(leader) { effects.send(.cepoch(promised: acceptedEpoch), to: leader) }
  }
  mutating func leaveBroadcast() {
    phase = .discovery
    hasAcknowledgedLeader = false
  }
  /// Something is missing or does not fit. The channel cannot be trusted any more, and a new one starts with CEPOCH.
  mutating func resynchronize(_ effects: inout Effects<Zab>) {
    leaveBroadcast()
    if let leader { effects.reset(leader) }
  }

  /// "Once it receives NEWEPOCH(e') from the prospective leader, if F.p < e' then make F.p ← e' and acknowledge." An epoch that was
  /// promised before is acknowledged without counting: it was promised to this leader, or to one that never got a quorum. A leader
  /// that had to begin anew may answer both this server's CEPOCHs, the old one first: the later epoch counts.
  mutating func promise(_ epoch: UInt32, _ effects: inout Effects<Zab>) {
    guard let leader, phase == .discovery || (isSynchronizing(in: acceptedEpoch) && epoch > acceptedEpoch) else {
      return
    }
    guard epoch >= acceptedEpoch else { return lookForLeader(&effects) }
    let counts = epoch > acceptedEpoch
    if planted("Z-14") { replay(.acceptedEpoch(epoch)) } else if counts { persist(.acceptedEpoch(epoch), &effects) }
    phase = .synchronization
    // The next leader may offer an older snapshot than the last one did.
    incoming = SnapshotTransfer()
    effects.send(
      .ackEpoch(EpochAck(epoch: epoch, counts: counts, currentEpoch: currentEpoch, outline: log.outline)), to: leader)
  }

  // MARK: The leader

  mutating func lead(_ effects: inout Effects<Zab>) {
    standing = .leading
    hasChosenEpoch = false
    followers = Tally(of: cluster)
    epochAcks = followers
    leaderAcks = followers
    matched = Watermarks(of: cluster)
    ownSilence = 0
    looks = 0
    effects.start(.ping, after: timing.heartbeat)
    effects.start(.quorum, after: quorumInterval)
    followers.add(id)
    // Whoever decided earlier has said so already.
    for peer in peers {
      if let promised = claims[Int(peer.index)] {
        enter(peer, promised)
        claims[Int(peer.index)] = nil
      }
    }
    chooseEpoch(&effects)
  }

  mutating func takeClaim(_ promised: UInt32, from peer: NodeID, _ effects: inout Effects<Zab>) {
    // No epoch would be left to choose.
    guard peer != id, promised < .max else { return }
    guard standing == .leading else {
      claims[Int(peer.index)] = promised
      return
    }
    enter(peer, promised)
    guard hasChosenEpoch else { return chooseEpoch(&effects) }
    // A follower that promised more than this epoch cannot follow in it; with a newer epoch it can.
    guard promised <= acceptedEpoch else { return lookForLeader(&effects) }
    effects.send(.newEpoch(acceptedEpoch), to: peer)
  }

  private mutating func enter(_ peer: NodeID, _ promised: UInt32) {
    followers.add(peer)
    highestPromise = max(highestPromise, promised)
    progress[Int(peer.index)].enter()
  }

  /// "Upon receiving CEPOCH from a quorum Q of followers, the prospective leader proposes NEWEPOCH(e') to them, where e' is later
  /// than any epoch received." It is a follower as well: its own promise is on disk before NEWEPOCH leaves, or a crash would let it
  /// propose the same epoch to others.
  private mutating func chooseEpoch(_ effects: inout Effects<Zab>) {
    guard followers.hasQuorum else { return }
    hasChosenEpoch = true
    persist(.acceptedEpoch(max(acceptedEpoch, highestPromise) + 1), &effects)
    var asked = NodeSet()
    for peer in peers where progress[Int(peer.index)].mode == .discovery { asked.insert(peer) }
    effects.send(.newEpoch(acceptedEpoch), to: asked)
    let own = EpochAck(epoch: acceptedEpoch, counts: true, currentEpoch: currentEpoch, outline: [log.last])
    effects.send(.ackEpoch(own), to: id)
  }

  mutating func takeEpochAck(_ ack: EpochAck, from peer: NodeID, _ effects: inout Effects<Zab>) {
    guard hasChosenEpoch, ack.epoch == acceptedEpoch, peer == id || progress[Int(peer.index)].mode == .discovery else {
      return
    }
    if phase == .discovery, ack.counts {
      // The paper's leader would take the better history over; this one, as ZooKeeper's, lets its owner be elected.
      if (ack.currentEpoch, ack.last.zxid) > (currentEpoch, log.last.zxid) { return lookForLeader(&effects) }
      epochAcks.add(peer)
    }
    if peer != id { progress[Int(peer.index)].promised(ack.outline) }
    if phase == .discovery {
      if epochAcks.hasQuorum { beginSynchronization(&effects) }
    } else if peer != id {
      synchronize(peer, &effects)
    }
  }
}
