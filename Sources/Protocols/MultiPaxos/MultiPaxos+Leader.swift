import Consensus

// Phase 2, the leader's side: PMS §2.2, §3; PMMC's commanders.
extension MultiPaxos {
  /// Phase 1 is over: "the value of the highest-numbered proposal among the responses, or any value if the responses reported no
  /// proposals" (PMS §2.2), in each slot that is open. New commands need not wait until these are chosen.
  mutating func lead(_ effects: inout Effects<MultiPaxos>) {
    standing = .leader
    leader = id
    progress = Array(repeating: Progress(next: chosen.next, inflight: shared.inflight), count: offers.count)
    overdue = chosen
    lastAtHeartbeat = chosen
    beats = 0
    last = chosen
    chooseAcceptors()
    coverage = []
    effects.stop(.election)
    effects.start(.heartbeat, after: timing.heartbeat)
    if tuning.checkQuorum {
      active = NodeSet(id)
      effects.start(.quorum, after: timing.electionTimeout.upperBound)
    }
    // A new leader fills the gaps "by proposing ... a special no-op command" (PMS §3). With nothing open it proposes one all the
    // same: when that is chosen, so is all that was chosen before, and known here.
    opening = max(reports.last ?? chosen, chosen.next)
    takeUp(&effects)
  }

  /// Proposes in the next of the open slots: as many as one message holds, and the others when its own disk has taken these. All at
  /// once, a long log could keep a slow disk busy for longer than a leader may go without hearing itself: it would be deposed in the
  /// midst of it, and so would its successors, who begin anew.
  private mutating func takeUp(_ effects: inout Effects<MultiPaxos>) {
    var values: [Value] = []
    var size = 0
    for number in last.next.number...opening.number {
      if planted("P-12"), number < opening.number, reports[Slot(number)] == nil {
        if !values.isEmpty { propose(values, &effects) }
        values = []
        last = Slot(number)
        continue
      }
      let report = reports[planted("P-10") ? Slot(number + 1) : Slot(number)]
      let value = planted("P-02") ? .noop : report?.value ?? .noop
      size += Entry(stamp: ballot.stamp, value: value).byteCount
      if size > shared.messageBytes, !values.isEmpty { break }
      values.append(value)
    }
    propose(values, &effects)
    reports.remove(through: last)
  }

  mutating func propose(_ batch: Batch, _ effects: inout Effects<MultiPaxos>) {
    guard standing == .leader, last >= opening else { return effects.reject(batch, hint: leader) }
    propose([.batch(batch)], &effects)
  }

  /// Phase 2a in the next slots, in as few messages as their bytes allow; the first is the same for all acceptors that have
  /// everything before it.
  private mutating func propose(_ values: [Value], _ effects: inout Effects<MultiPaxos>) {
    let first = last.next
    for value in values {
      last = last.next
      votes.put(Votes(ballot: ballot), at: last)
      vote(for: value, in: last, &effects)
    }
    // Asked for before the message, so that it does not leave behind it where the leader's disk comes first.
    effects.send(.accepted(Accepted(ballot: ballot, first: first, last: last)), to: announcees)
    var ready = NodeSet()
    for peer in acceptors.intersection(connected) {
      let index = Int(peer.index)
      guard progress[index].maySend else { continue }
      if progress[index].next == first { ready.insert(peer) } else { replicate(to: peer, &effects) }
    }
    guard !ready.isEmpty else { return }
    let fitting =
      values.count == 1
      ? values : log.entries(from: first, through: last, bytes: shared.messageBytes).map(\.value)
    let end = Slot(first.number + UInt64(fitting.count) - 1)
    for peer in ready { progress[Int(peer.index)].sent(from: first, through: end, after: beats) }
    dispatch(first, fitting, to: ready, &effects)
    if end < last { for peer in ready { replicate(to: peer, &effects) } }
  }

  /// Who hears of the leader's own acceptance. A learner that counts for itself takes it from the Accept if the leader's disk
  /// came first.
  private var announcees: NodeSet {
    tuning.commit == .allLearn && shared.leaderDisk != .serial ? cluster.members : NodeSet(id)
  }

  /// Accept need not wait for the leader's own disk: after a crash its ballot is never used again. Unless it is asked to write
  /// first.
  private mutating func dispatch(
    _ first: Slot, _ values: [Value], to peers: NodeSet, _ effects: inout Effects<MultiPaxos>
  ) {
    let message = Message.accept(Accept(ballot: ballot, first: first, chosen: chosen, values: values))
    if shared.leaderDisk == .serial { effects.send(message, to: peers) } else { effects.sendAhead(message, to: peers) }
  }

  // MARK: Flow

  /// Sends `peer` the open slots that it was not sent yet, as far as its window allows. What is chosen it learns by asking.
  private mutating func replicate(to peer: NodeID, _ effects: inout Effects<MultiPaxos>) {
    guard connected.contains(peer) else { return }
    let index = Int(peer.index)
    progress[index].skip(to: chosen.next)
    // An acceptor beyond the thrifty quorum gets what that one did not settle in time.
    let end = acceptors.contains(peer) ? last : overdue
    while progress[index].maySend, progress[index].next <= end {
      let first = progress[index].next
      let entries = log.entries(from: first, through: end, bytes: shared.messageBytes)
      guard !entries.isEmpty else { return }
      progress[index].sent(from: first, through: Slot(first.number + UInt64(entries.count) - 1), after: beats)
      dispatch(first, entries.map(\.value), to: NodeSet(peer), &effects)
    }
  }

  /// With a thrifty leader just as many peers as make a quorum with itself, in the order of the ring, those that answer first.
  private mutating func chooseAcceptors() {
    guard tuning.isThrifty else {
      acceptors = peers
      return
    }
    acceptors = NodeSet()
    for mayBeSilent in [false, true] {
      for step in 1..<max(1, progress.count) where acceptors.count < quorums.phase2 - 1 {
        let peer = NodeID((Int(id.index) + step) % progress.count)
        guard connected.contains(peer), peers.contains(peer) else { continue }
        if mayBeSilent || progress[Int(peer.index)].silence <= 2 { acceptors.insert(peer) }
      }
    }
  }
  private mutating func chooseAcceptorsAnew(_ effects: inout Effects<MultiPaxos>) {
    let before = acceptors
    chooseAcceptors()
    for peer in acceptors.subtracting(before) { replicate(to: peer, &effects) }
  }

  /// A session opened: the peer hears at once where its leader stands.
  mutating func resume(_ peer: NodeID, _ effects: inout Effects<MultiPaxos>) {
    progress[Int(peer.index)].restart(at: chosen.next)
    progress[Int(peer.index)].silence = 0
    chooseAcceptorsAnew(&effects)
    replicate(to: peer, &effects)
    effects.sendAhead(.heartbeat(beat), to: peer)
  }
  private var beat: Beat { Beat(mark: Watermark(ballot: ballot, chosen: chosen), number: beats) }

  mutating func lose(_ peer: NodeID, _ effects: inout Effects<MultiPaxos>) {
    progress[Int(peer.index)].restart(at: chosen.next)
    chooseAcceptorsAnew(&effects)
  }

  // MARK: Phase 2b

  /// Counts acceptances of one ballot, as the leader or as a learner that everybody tells.
  mutating func count(_ reply: Accepted, from peer: NodeID, _ effects: inout Effects<MultiPaxos>) {
    let isOwn = standing == .leader && reply.ballot == ballot
    guard isOwn || tuning.commit == .allLearn else { return }
    if isOwn {
      active.insert(peer)
      if peer != id {
        progress[Int(peer.index)].silence = 0
        progress[Int(peer.index)].answered(through: reply.last)
      }
    }
    add(reply, of: peer)
    let before = chosen
    advance(&effects)
    guard isOwn, standing == .leader else { return }
    if chosen > before, tuning.commit == .explicit {
      effects.sendAhead(.chosen(Watermark(ballot: ballot, chosen: chosen)), to: peers.intersection(connected))
    }
    if peer != id {
      replicate(to: peer, &effects)
    } else if last < opening, reply.last == last {
      takeUp(&effects)
    }
  }

  /// Only acceptances of one ballot add up, and each acceptor counts once.
  mutating func add(_ reply: Accepted, of peer: NodeID) {
    var slot = max(reply.first, chosen.next)
    let end = min(reply.last, Slot(chosen.number + Self.horizon))
    while slot <= end {
      if votes[slot].map({ $0.ballot < reply.ballot }) ?? (tuning.commit == .allLearn) {
        votes.put(Votes(ballot: reply.ballot), at: slot)
      }
      if planted("P-09"), votes[slot]?.acceptors.contains(peer) ?? false {
        let others = cluster.members.subtracting(votes[slot]!.acceptors)
        for other in others.prefix(1) { votes.update(slot) { $0.acceptors.insert(other) } }
      }
      votes.update(slot) { if planted("P-09b") || $0.ballot == reply.ballot { $0.acceptors.insert(peer) } }
      slot = slot.next
    }
  }

  // MARK: Heartbeats

  mutating func sendHeartbeats(_ effects: inout Effects<MultiPaxos>) {
    effects.start(.heartbeat, after: timing.heartbeat)
    beats += 1
    // Comes back when the disk has taken everything up to now: a leader whose disk hangs stops hearing itself.
    effects.send(.heartbeatReply(beat), to: id)
    overdue = lastAtHeartbeat
    lastAtHeartbeat = last
    for peer in peers { progress[Int(peer.index)].silence += 1 }
    chooseAcceptorsAnew(&effects)
    for peer in peers.intersection(connected) { replicate(to: peer, &effects) }
    effects.sendAhead(.heartbeat(beat), to: peers.intersection(connected))
  }
  mutating func resend(
    _ flight: (first: Slot, last: Slot), to peer: NodeID, _ effects: inout Effects<MultiPaxos>
  ) {
    let entries = log.entries(from: flight.first, through: flight.last, bytes: .max)
    if !entries.isEmpty { dispatch(flight.first, entries.map(\.value), to: NodeSet(peer), &effects) }
  }

  /// An acceptor answers in the order in which it hears. What left before this heartbeat and is not answered was lost, or a
  /// datagram overtook it; on a stream it is merely late, and so is this answer: nothing is sent twice into a link that is slow.
  mutating func hear(_ beat: Beat, from peer: NodeID, _ effects: inout Effects<MultiPaxos>) {
    guard standing == .leader, beat.mark.ballot == ballot else { return }
    active.insert(peer)
    guard peer != id else { return }
    progress[Int(peer.index)].silence = 0
    let lost = progress[Int(peer.index)].lost(before: beat.number, now: beats, chosen: chosen)
    for flight in lost { resend(flight, to: peer, &effects) }
    replicate(to: peer, &effects)
  }
}
