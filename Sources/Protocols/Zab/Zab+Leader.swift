import Consensus

// Phase 3, broadcast: the leader's side.
extension Zab {
  // MARK: Proposals

  /// "Leader l proposes to all followers in Q in increasing order of zxid", where Q is everyone who has acknowledged the epoch: a
  /// follower that is still to acknowledge NEWLEADER would otherwise miss what is proposed meanwhile.
  mutating func propose(_ batch: Batch, _ effects: inout Effects<Zab>) {
    guard standing == .leading, phase == .broadcast else { return effects.reject(batch, hint: leader) }
    let last = log.last
    let counter = last.zxid.epoch == acceptedEpoch ? last.zxid.counter : 0
    guard counter < .max else {
      // ZooKeeper, too: a new epoch starts counting anew, and the counter never wraps.
      effects.reject(batch, hint: nil)
      return lookForLeader(&effects)
    }
    let zxid = Zxid(epoch: acceptedEpoch, counter: counter + 1)
    let slot = last.slot.next
    let entry = Entry(stamp: zxid.stamp, value: .batch(batch))
    persist(.append(slot, entry), &effects)
    // Asked for before the proposal, so that it does not leave behind it where the leader's disk comes first.
    effects.send(.ack(Position(slot: slot, zxid: zxid)), to: id)
    var ready = NodeSet()
    for peer in peers {
      let index = Int(peer.index)
      if progress[index].mode == .open, progress[index].next == slot, progress[index].hasRoom {
        progress[index].sent(through: slot)
        ready.insert(peer)
      }
    }
    // Others get it when what comes before it has gone, or with their DIFF.
    forward(.propose(slot, entry), to: ready, &effects)
  }

  // MARK: Acknowledgements

  mutating func takeAck(_ position: Position, from peer: NodeID, _ effects: inout Effects<Zab>) {
    guard position.zxid.epoch == acceptedEpoch, log.agrees(with: position) else { return }
    if peer != id {
      progress[Int(peer.index)].acknowledged(through: position.slot)
      // It counts once NEWLEADER is acknowledged, which came before it.
      guard progress[Int(peer.index)].isSynced else { return }
    }
    if matched.advance(peer, to: position.slot) { advanceCommit(&effects) }
    if peer != id { feed(peer, &effects) }
  }

  /// "If a quorum of followers has acknowledged, the leader commits" — the initial history first, then each proposal in order. The
  /// leader's own copy counts through its disk, like any other.
  mutating func advanceCommit(_ effects: inout Effects<Zab>) {
    guard phase == .broadcast else { return }
    var reached = matched.reachedByQuorum(of: cluster.majority)
    if shared.leaderDisk == .parallelLeaderRequired { reached = min(reached, matched[id]) }
    guard reached > commit, let position = log.position(at: reached) else { return }
    commit(through: reached, &effects)
    // To all who have everything before it; others are told behind what they still get.
    var ready = NodeSet()
    for peer in peers {
      let index = Int(peer.index)
      if progress[index].isActive, progress[index].reach >= reached {
        progress[index].told(through: reached)
        ready.insert(peer)
      }
    }
    forward(.commit(position), to: ready, &effects)
  }

  /// A follower whose window was full has been sent more: commits of that were held back.
  mutating func tell(_ peer: NodeID, _ effects: inout Effects<Zab>) {
    let index = Int(peer.index)
    let reached = min(commit, progress[index].reach)
    guard progress[index].isActive, reached > progress[index].told else { return }
    guard let position = log.position(at: reached) else { return drop(peer, &effects) }
    progress[index].told(through: reached)
    forward(.commit(position), to: NodeSet(peer), &effects)
  }

  // MARK: Signs of life

  mutating func sendPings(_ effects: inout Effects<Zab>) {
    effects.start(.ping, after: timing.heartbeat)
    // Comes back when the disk has taken everything up to now: a leader whose disk hangs stops hearing itself.
    effects.send(.pong(epoch: acceptedEpoch), to: id)
    var followers = NodeSet()
    for peer in peers where progress[Int(peer.index)].mode != .absent { followers.insert(peer) }
    // Until a quorum has promised the epoch there is none to speak of.
    forward(.ping(epoch: phase == .discovery ? 0 : acceptedEpoch), to: followers, &effects)
  }

  /// How often a leader looks for its quorum, and how many looks somebody may be silent.
  var quorumInterval: Duration { tuning.limits == nil ? timing.electionTimeout.upperBound : tick }
  private var patience: Int {
    guard let limits = tuning.limits else { return 1 }
    return phase == .broadcast ? limits.sync : limits.initial
  }

  /// "If a leader does not receive heartbeats from a quorum of its followers within a given timeout, it abandons its leadership and
  /// goes to phase 0" (§IV.B). Whoever is silent is dropped and not waited for.
  mutating func checkQuorum(_ effects: inout Effects<Zab>) {
    var alive = NodeSet()
    var silent = NodeSet()
    if ownSilence < patience { alive.insert(id) }
    ownSilence += 1
    for peer in peers {
      let index = Int(peer.index)
      guard progress[index].mode != .absent else { continue }
      if progress[index].silence >= patience {
        silent.insert(peer)
      } else if progress[index].isSynced || phase != .broadcast {
        alive.insert(peer)
      }
      progress[index].silence += 1
    }
    looks += 1
    // Whoever promised this epoch and lost its channel before it said so cannot promise it again: without one more server the quorum
    // would never be full. ZooKeeper bounds the phase by `initLimit`, signs of life or not; the next epoch is later than all promises.
    guard phase != .discovery || looks <= patience + 1 else { return lookForLeader(&effects) }
    // Itself it counts only through its own disk, and without that it does not lead.
    guard alive.contains(id), alive.count >= cluster.majority else { return lookForLeader(&effects) }
    for peer in silent { drop(peer, &effects) }
    effects.start(.quorum, after: quorumInterval)
  }
}
