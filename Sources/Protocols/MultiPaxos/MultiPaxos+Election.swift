import Consensus

// Phase 1, once for all slots: PMS §2.2, §3; PMMC's scout.
extension MultiPaxos {
  // MARK: The proposer

  /// "A proposer selects a proposal number n and sends a prepare request with number n to a majority of acceptors" (PMS §2.2),
  /// here for all slots that it does not know to be chosen. The ballot is on disk before it is used, so that no crash lets it be
  /// used twice.
  mutating func campaign(_ effects: inout Effects<MultiPaxos>) {
    stepDown(&effects)
    persist(.promise(planted("P-05") && ballot.round > 0 && ballot.node == id ? ballot : ballot.next(of: id)), &effects)
    standing = .candidate
    promises = Tally(of: cluster, quorum: quorums.phase1)
    coverage = Array(repeating: Coverage(through: chosen), count: offers.count)
    awaitLeader(&effects)
    effects.start(.heartbeat, after: timing.heartbeat)
    effects.send(.prepare(prepare(from: chosen.next)), to: peers)
    effects.send(.promise(promise(from: chosen.next, bytes: .max)), to: id)
  }

  private func prepare(from slot: Slot) -> Prepare {
    Prepare(ballot: ballot, from: slot, lastSlot: log.lastSlot, lastBallot: log.lastBallot)
  }

  /// "If the proposer receives a response to its prepare requests from a majority of acceptors" it may propose (PMS §2.2). A
  /// response counts when it is complete: all pages, and a snapshot in place of what the acceptor has compacted.
  mutating func take(_ reply: Promise, from peer: NodeID, _ effects: inout Effects<MultiPaxos>) {
    guard standing == .candidate, reply.ballot == ballot else { return }
    guard reply.through.number <= chosen.number + Self.horizon else {
      // Too far behind to lead: the values come first.
      if teacher == nil { ask(peer, &effects) }
      return
    }
    for report in reply.reports where report.slot > chosen {
      if report.slot == chosen.next, report.slot <= reply.chosen {
        learn(report.entry, &effects)
      } else if planted("P-03") || report.entry.stamp >= reports[report.slot]?.stamp ?? report.entry.stamp {
        reports.put(report.entry, at: report.slot)
      }
    }
    reports.remove(through: chosen)
    // It holds these slots only as a snapshot: without that, values that are chosen would be missed.
    guard reply.compacted <= max(coverage[Int(peer.index)].through, chosen) else {
      if teacher == nil { ask(peer, &effects) }
      return
    }
    guard coverage[Int(peer.index)].add(reply, chosen: chosen) else { return }
    if coverage[Int(peer.index)].isComplete {
      if promises.add(peer) { lead(&effects) }
    } else {
      awaitLeader(&effects)
      if coverage[Int(peer.index)].mustAsk { effects.send(.prepare(prepare(for: peer)), to: peer) }
    }
  }

  /// Asks again those who have not answered in full: something was lost on the way, or has been learned in the meantime.
  mutating func prepareAgain(_ effects: inout Effects<MultiPaxos>) {
    guard standing == .candidate else { return }
    effects.start(.heartbeat, after: timing.heartbeat)
    for peer in peers.subtracting(promises.supporters) {
      effects.send(.prepare(prepare(for: peer)), to: peer)
    }
  }
  private func prepare(for peer: NodeID) -> Prepare {
    prepare(from: max(coverage[Int(peer.index)].through, chosen).next)
  }

  /// "If an acceptor ignores a prepare or accept request because it has already received a prepare request with a higher number,
  /// then it should probably inform the proposer, who should then abandon its proposal" (PMS §2.5). The proposer then waits as
  /// long as any follower does, or two of them could pre-empt each other for ever.
  mutating func abandon(_ refused: Ballot, for higher: Ballot, _ effects: inout Effects<MultiPaxos>) {
    guard refused == ballot, higher > ballot, standing != .follower else { return }
    overtake(higher, &effects)
    awaitLeader(&effects)
  }

  /// A higher ballot exists: whatever this replica did in a lower one is over.
  mutating func overtake(_ higher: Ballot, _ effects: inout Effects<MultiPaxos>) {
    ballot = higher
    stepDown(&effects)
  }

  // MARK: The acceptor

  /// "If an acceptor receives a prepare request with number n greater than that of any prepare request to which it has already
  /// responded, then it responds with a promise not to accept any more proposals numbered less than n and with the
  /// highest-numbered proposal that it has accepted" (PMS §2.2).
  mutating func answer(_ request: Prepare, from peer: NodeID, _ effects: inout Effects<MultiPaxos>) {
    guard request.ballot.node == peer, peer != id else { return }
    let isNew = request.ballot > ballot
    let wasCandidate = standing == .candidate
    if isNew {
      if isLoyal { return }
      overtake(request.ballot, &effects)
      guard !tuning.requiresUpToDate || isUpToDate(request) else {
        return effects.send(.nack(refused: request.ballot, by: promised), to: peer)
      }
      persist(.promise(request.ballot), &effects)
    }
    guard request.ballot == promised, request.ballot == ballot else {
      return effects.send(.nack(refused: request.ballot, by: ballot), to: peer)
    }
    // Who fetches one page after the other lives; who only asks again must not keep others from standing.
    if isNew || request.from > served {
      served = request.from
      awaitLeader(&effects)
    }
    sendPages(from: request.from, to: peer, &effects)
    if planted("P-18"), wasCandidate { campaign(&effects) }
  }

  /// As many messages as the promise needs, within reason: they follow each other without waiting.
  private func sendPages(from slot: Slot, to peer: NodeID, _ effects: inout Effects<MultiPaxos>) {
    var next = slot
    for left in (0..<Self.pages).reversed() {
      var page = promise(from: next, bytes: shared.messageBytes)
      if left == 0, page.rest == .follows { page.rest = .onRequest }
      if planted("P-01") { effects.sendAhead(.promise(page), to: peer) } else { effects.send(.promise(page), to: peer) }
      if page.rest != .follows { return }
      next = page.through.next
    }
  }

  /// Whether a candidate is to be ignored because this replica has a leader or is one.
  private var isLoyal: Bool { tuning.checkQuorum && (standing == .leader || (isSticky && leader != nil)) }

  private func isUpToDate(_ request: Prepare) -> Bool {
    (request.lastBallot, request.lastSlot) >= (log.lastBallot, log.lastSlot)
  }

  /// All that is held from `slot` on, or one page of it. Not only what this replica has yet to execute: what it executed the
  /// proposer may lack.
  func promise(from slot: Slot, bytes: Int) -> Promise {
    var page = Promise(
      ballot: ballot, compacted: log.anchor, first: max(slot, log.anchor.next), through: Slot(0), rest: .nothing,
      chosen: chosen, reports: [])
    page.through = Slot(page.first.number - 1)
    let end = log.lastSlot
    var size = 0
    while page.through < end {
      let next = page.through.next
      if let entry = log.entry(at: next) {
        size += entry.byteCount
        if size > bytes, !page.reports.isEmpty {
          page.rest = .follows
          break
        }
        page.reports.append(
          Report(slot: next, entry: planted("P-15") ? Entry(stamp: promised.stamp, value: entry.value) : entry))
      }
      page.through = next
    }
    return page
  }

  // MARK: Losing a leader

  /// The session with the leader ended, and that counts as silence: somebody stands soon, but not all at once.
  mutating func doubtLeader(_ effects: inout Effects<MultiPaxos>) {
    leader = nil
    isSticky = false
    let spread = timing.electionTimeout.upperBound - timing.electionTimeout.lowerBound
    effects.start(.election, after: random.duration(in: .zero...spread))
  }

  /// A leader that a phase-2 quorum does not answer can choose nothing: it lets others try. Its own answer must have come through
  /// its disk: one that hangs deposes it.
  mutating func checkQuorum(_ effects: inout Effects<MultiPaxos>) {
    guard active.contains(id), active.count >= quorums.phase2 else { return stepDown(&effects) }
    active = NodeSet()
    effects.start(.quorum, after: timing.electionTimeout.upperBound)
  }
}
