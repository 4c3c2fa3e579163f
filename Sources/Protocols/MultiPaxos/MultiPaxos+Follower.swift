import Consensus

// The acceptor in phase 2 (PMS §2.2), and the learner that catches up (PMS §2.3).
extension MultiPaxos {
  // MARK: The acceptor

  /// Whether a message of a ballot's owner counts. If so it is followed, and its silence begins anew; if it was overtaken it is
  /// told, once for all that it has on its way here, and again at each heartbeat, since what it was told may be lost.
  mutating func admit(
    _ sender: Ballot, from peer: NodeID, isHeartbeat: Bool = false, _ effects: inout Effects<MultiPaxos>
  ) -> Bool {
    guard sender.node == peer, peer != id else { return false }
    guard sender >= ballot else {
      if isHeartbeat || sender != refused { effects.send(.nack(refused: sender, by: ballot), to: peer) }
      refused = sender
      return false
    }
    if sender > ballot { overtake(sender, &effects) }
    leader = peer
    awaitLeader(&effects)
    if tuning.checkQuorum {
      isSticky = true
      effects.start(.stickiness, after: timing.electionTimeout.lowerBound)
    }
    return true
  }

  /// "If an acceptor receives an accept request for a proposal numbered n, it accepts the proposal unless it has already
  /// responded to a prepare request having a number greater than n" (PMS §2.2).
  mutating func accept(_ request: Accept, from peer: NodeID, _ effects: inout Effects<MultiPaxos>) {
    guard request.last.number <= chosen.number + Self.horizon, admit(request.ballot, from: peer, &effects) else {
      return
    }
    if planted("P-07"), request.ballot > promised {
      return effects.send(.nack(refused: request.ballot, by: promised), to: peer)
    }
    var slot = request.first
    for value in request.values {
      // A vote for anything else than what is chosen is in vain, and would overwrite it here: the ballot is overtaken.
      let isKnown = slot > log.base && (slot <= chosen || settled.contains(slot))
      if isKnown, log.entry(at: slot)?.value != value { return }
      // What the snapshot stands for is not voted on again.
      if slot > log.base, log.accepted[slot]?.stamp != request.ballot.stamp {
        vote(for: value, in: slot, &effects)
      }
      slot = slot.next
    }
    let first = max(request.first, log.base.next)
    if first <= request.last {
      let reply = Accepted(ballot: request.ballot, first: first, last: request.last)
      let hearers = tuning.commit == .allLearn ? cluster.members : NodeSet(peer)
      if planted("P-01b") {
        effects.sendAhead(.accepted(reply), to: hearers)
      } else {
        effects.send(.accepted(reply), to: hearers)
      }
      // With a serial disk the leader accepted before it sent.
      if tuning.commit == .allLearn, shared.leaderDisk == .serial { add(reply, of: peer) }
    }
    // Its owner asks for a vote on what is chosen and compacted here: it lags behind, and needs the snapshot.
    if request.first <= log.base { teach(peer, from: request.first, &effects) }
    note(Watermark(ballot: request.ballot, chosen: request.chosen), &effects)
  }

  /// Accepts the proposal of the ballot that is followed.
  mutating func vote(for value: Value, in slot: Slot, _ effects: inout Effects<MultiPaxos>) {
    let entry = Entry(stamp: ballot.stamp, value: value)
    let settled = Settled(after: learnedThrough, through: max(learnedThrough, chosen))
    persist(.accept(slot, entry, settled), &effects)
  }

  /// The leader's word on what is chosen.
  mutating func note(_ mark: Watermark, _ effects: inout Effects<MultiPaxos>) {
    if mark.ballot > announced.ballot { announced = (mark.ballot, mark.chosen) }
    announced.through = max(announced.through, mark.chosen)
    advance(&effects)
  }

  mutating func answer(_ beat: Beat, from peer: NodeID, _ effects: inout Effects<MultiPaxos>) {
    let mark = beat.mark
    guard admit(mark.ballot, from: peer, isHeartbeat: true, &effects) else { return }
    note(mark, &effects)
    let own = Watermark(ballot: mark.ballot, chosen: chosen)
    effects.send(.heartbeatReply(Beat(mark: own, number: beat.number)), to: peer)
    // What was sent before the heartbeat has arrived by now, or was not meant for this replica, or is lost.
    if chosen < mark.chosen, teacher == nil { ask(peer, &effects) }
  }

  // MARK: The learner

  /// Asks `peer` for what was chosen after the slots that are known here.
  mutating func ask(_ peer: NodeID, _ effects: inout Effects<MultiPaxos>) {
    // Another peer may offer an older snapshot, which would be refused for ever.
    if teacher != peer {
      incoming = SnapshotTransfer()
      unanswered = 0
    }
    teacher = peer
    effects.sendAhead(.learnRequest(from: chosen.next), to: peer)
    effects.start(.learning, after: timing.electionTimeout.lowerBound)
  }
  /// The answer did not come. It may be lost, so the teacher is asked once more; then the leader or, if it was that, the next
  /// peer in the ring is asked, if there is still something to ask for.
  mutating func askAnother(_ effects: inout Effects<MultiPaxos>) {
    guard let silent = teacher else { return }
    guard chosen < announced.through || standing == .candidate else {
      teacher = nil
      return
    }
    unanswered += 1
    if unanswered < 2, connected.contains(silent) { return ask(silent, &effects) }
    unanswered = 0
    teacher = nil
    if let leader, leader != silent, connected.contains(leader) { return ask(leader, &effects) }
    for step in 1...offers.count {
      let peer = NodeID((Int(silent.index) + step) % offers.count)
      if peers.contains(peer), connected.contains(peer) { return ask(peer, &effects) }
    }
  }
  private mutating func finishLearning(_ effects: inout Effects<MultiPaxos>) {
    teacher = nil
    effects.stop(.learning)
  }

  mutating func learn(_ reply: LearnReply, from peer: NodeID, _ effects: inout Effects<MultiPaxos>) {
    let before = chosen
    var slot = reply.first
    for entry in reply.entries {
      if slot > chosen, slot.number <= chosen.number + Self.horizon { lessons.put(entry, at: slot) }
      slot = slot.next
    }
    advance(&effects)
    guard peer == teacher else { return }
    unanswered = 0
    if reply.rest == .onRequest { pause = max(pause, Slot(slot.number - 1)) }
    guard chosen > before || reply.entries.isEmpty else { return }
    // A reply that comes twice is no reason to ask twice, or duplicates would breed.
    if chosen >= reply.chosen || reply.entries.isEmpty {
      finishLearning(&effects)
      if chosen > before { prepareAgain(&effects) }
    } else if pause > before, chosen >= pause {
      ask(peer, &effects)
    } else {
      effects.start(.learning, after: timing.electionTimeout.lowerBound)
    }
  }

  /// Answers whoever asks with values, or with a snapshot in place of what was compacted.
  mutating func teach(_ peer: NodeID, from slot: Slot, _ effects: inout Effects<MultiPaxos>) {
    guard peers.contains(peer) else { return }
    if slot <= log.anchor { return offerSnapshot(to: peer, from: slot, &effects) }
    var next = slot
    for left in (0..<Self.pages).reversed() {
      let entries = log.entries(from: next, through: chosen, bytes: shared.messageBytes)
      let end = Slot(next.number + UInt64(entries.count) - 1)
      let rest = end >= chosen ? Rest.nothing : left > 0 ? .follows : .onRequest
      effects.sendAhead(.learnReply(LearnReply(first: next, chosen: chosen, rest: rest, entries: entries)), to: peer)
      if rest == .nothing { return }
      next = end.next
    }
  }

  // MARK: Snapshots

  private mutating func offerSnapshot(to peer: NodeID, from slot: Slot, _ effects: inout Effects<MultiPaxos>) {
    guard let snapshot = log.snapshot else { return }
    if offers.allSatisfy({ $0 == nil }) { effects.start(.offers, after: timing.electionTimeout.upperBound) }
    // Asked again, a piece or its answer was lost: from the first on, whose answer says how much of it is there.
    let running = offers[Int(peer.index)].flatMap { $0.snapshot.through >= slot ? $0.snapshot : nil }
    offers[Int(peer.index)] = Offer(snapshot: running ?? snapshot)
    sendPiece(to: peer, &effects)
  }
  private func sendPiece(to peer: NodeID, _ effects: inout Effects<MultiPaxos>) {
    guard let offer = offers[Int(peer.index)] else { return }
    effects.sendAhead(
      .installSnapshot(
        SnapshotTransfer.piece(of: offer.snapshot, at: offer.offset, limit: shared.snapshotPieceBytes)), to: peer)
  }
  mutating func take(_ reply: SnapshotReply, from peer: NodeID, _ effects: inout Effects<MultiPaxos>) {
    guard let offer = offers[Int(peer.index)], offer.snapshot.through == reply.through else { return }
    offers[Int(peer.index)]?.isActive = true
    if reply.isDone {
      offers[Int(peer.index)] = nil
    } else if reply.next > UInt64(offer.offset), reply.next <= UInt64(offer.snapshot.image.count) {
      offers[Int(peer.index)]?.offset = Int(reply.next)
      sendPiece(to: peer, &effects)
    }
  }
  /// A peer that fetches nothing must not keep the log from being compacted.
  mutating func dropOffers(_ effects: inout Effects<MultiPaxos>) {
    for index in offers.indices {
      if offers[index]?.isActive == false { offers[index] = nil }
      offers[index]?.isActive = false
    }
    if offers.contains(where: { $0 != nil }) { effects.start(.offers, after: timing.electionTimeout.upperBound) }
  }

  mutating func take(_ piece: SnapshotPiece, from peer: NodeID, _ effects: inout Effects<MultiPaxos>) {
    func answer(next: Int, isDone: Bool) {
      effects.sendAhead(
        .installSnapshotReply(SnapshotReply(through: piece.through, next: UInt64(next), isDone: isDone)), to: peer)
    }
    guard piece.through > chosen else {
      if teacher == peer { finishLearning(&effects) }
      return answer(next: 0, isDone: true)
    }
    if teacher == nil {
      incoming = SnapshotTransfer()
      teacher = peer
    }
    guard teacher == peer else { return }
    unanswered = 0
    // A leader that somebody must tell what was chosen long ago is none any more: what it proposed there is lost.
    if standing == .leader { stepDown(&effects) }
    effects.start(.learning, after: timing.electionTimeout.lowerBound)
    let (next, whole) = incoming.add(piece)
    if let whole {
      install(whole, &effects)
      finishLearning(&effects)
      advance(&effects)
      prepareAgain(&effects)
      if chosen < announced.through { ask(peer, &effects) }
    }
    answer(next: next, isDone: whole != nil)
  }
}
