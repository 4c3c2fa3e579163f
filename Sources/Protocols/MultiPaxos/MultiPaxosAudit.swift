import Consensus

extension MultiPaxos { public typealias Audit = MultiPaxosAudit }

/// The invariants P1-P9, checked as each replica steps: constant time for each step and each slot that a message speaks of.
public struct MultiPaxosAudit: ClusterAudit {
  public typealias Core = MultiPaxos

  /// What a replica was after its last step.
  struct Mirror: Sendable {
    var promised = Ballot.zero
    var ballot = Ballot.zero
    var standing = MultiPaxos.Standing.follower
    var chosen = Slot(0)
    /// What the promises to it reported in its present ballot: by slot, the report that prevails.
    var reports: [Slot: (stamp: Stamp, digest: UInt64)] = [:]
  }
  struct Coverage: Sendable {
    var prepared = 0
    var led = 0
    var opened = 0
    var moved = 0
    var pages = 0
    var compacted = 0
    var reproposed = 0
    var filled = 0
    var nacks = 0
    var overtaken = 0
    var abdicated = 0
    var ignored = 0
    var refusedForLog = 0
    var resent = 0
    var counted = 0
    var requests = 0
    var learned = 0
    var pieces = 0
    var installs = 0
  }

  private let cluster: Cluster
  private var mirrors: [Mirror]
  private var proposals = ProposalGhosts()
  /// The highest promise on each disk.
  private var disks: [Ballot]
  /// The last ballot that each replica may have prepared, in any incarnation.
  private var prepared: [Ballot]
  /// Whose disks hold the promise of a ballot.
  private var grants: [Ballot: NodeSet] = [:]
  private var leaders: [Ballot: NodeID] = [:]
  private var counts = Coverage()
  private var tuning = MultiPaxos.Tuning.standard
  private var quorums = (phase1: 0, phase2: 0)

  public init(_ cluster: Cluster) {
    self.cluster = cluster
    let size = 64 - cluster.members.bits.leadingZeroBitCount
    mirrors = Array(repeating: Mirror(), count: size)
    disks = Array(repeating: .zero, count: size)
    prepared = Array(repeating: .zero, count: size)
  }

  public mutating func recovered(_ node: NodeID, _ view: some ClusterView<Core>, _ findings: inout Findings) {
    let core = view.durable(node)
    tuning = core.tuning
    quorums = core.quorums
    mirrors[Int(node.index)] = Mirror(promised: core.promised, ballot: core.ballot, chosen: core.log.base)
    findings.expect(
      core.promised >= disks[Int(node.index)], "P3", node,
      "recovered with promise \(core.promised), and \(disks[Int(node.index)]) was on its disk")
  }

  public mutating func stepped(
    _ node: NodeID, _ input: Input<MultiPaxos>, _ core: borrowing MultiPaxos, _ effects: borrowing Effects<MultiPaxos>,
    _ view: some ClusterView<Core>, _ findings: inout Findings
  ) {
    let index = Int(node.index)
    let before = mirrors[index]
    findings.expect(
      core.promised >= before.promised, "P3", node, "promised \(core.promised) after \(before.promised)")
    if core.standing == .candidate, before.standing != .candidate || core.ballot != before.ballot {
      checkPrepared(node, core, &findings)
    }
    if case .receive(.promise(let reply), let peer) = input, before.standing == .candidate,
      reply.ballot == before.ballot
    {
      note(reply, of: peer, node, core, &findings)
    }
    if core.standing == .leader, before.standing != .leader || core.ballot != before.ballot {
      checkElected(node, core, &findings)
    }
    if !effects.records.isEmpty { checkRecords(node, before, core, effects, &findings) }
    if case .receive(.accept(let request), let peer) = input {
      checkHeard(request, from: peer, node, before, core, &findings)
    }
    for i in effects.ahead.indices { checkDurable(effects.ahead[i].message, node, &findings) }
    for i in effects.ahead.indices { checkSent(effects.ahead[i].message, node, input, core, &findings) }
    if case .receive(.prepare(let request), _) = input { checkPages(request, node, core, effects, &findings) }
    for i in effects.afterSync.indices { checkSent(effects.afterSync[i].message, node, input, core, &findings) }
    if case .receive(.accepted(let reply), let peer) = input {
      checkCounted(reply, of: peer, node, before, core, &findings)
    }
    checkChosen(node, before, core, effects, &findings)
    count(input, before, core, effects)
    mirrors[index].promised = core.promised
    mirrors[index].ballot = core.ballot
    mirrors[index].standing = core.standing
    mirrors[index].chosen = core.chosen
    if core.standing == .follower, !before.reports.isEmpty { mirrors[index].reports = [:] }
  }

  // MARK: Phase 1

  /// P2: a ballot is prepared once, whatever its owner forgets in a crash.
  private mutating func checkPrepared(_ node: NodeID, _ core: borrowing MultiPaxos, _ findings: inout Findings) {
    counts.prepared += 1
    findings.expect(
      core.ballot > prepared[Int(node.index)], "P2", node,
      "prepares \(core.ballot) after \(prepared[Int(node.index)]): a ballot is used again")
    mirrors[Int(node.index)].reports = [:]
  }

  /// P7: a promise counts for the ballot that it was given to, and it is on the disk of the acceptor that counts.
  private mutating func note(
    _ reply: MultiPaxos.Promise, of peer: NodeID, _ node: NodeID, _ core: borrowing MultiPaxos,
    _ findings: inout Findings
  ) {
    if reply.ballot == core.ballot, core.promises.supporters.contains(peer) {
      findings.expect(
        grants[reply.ballot]?.contains(peer) ?? false, "P7", node, "counts a promise of \(peer) for \(reply.ballot)")
    }
    var isOpen = false
    for report in reply.reports {
      isOpen = isOpen || report.slot > reply.chosen
      // A value that is known to be chosen must prevail, whatever ballot it is known by: Paxos promises that.
      let stamp = report.slot <= reply.chosen ? Stamp(.max) : report.entry.stamp
      let known = mirrors[Int(node.index)].reports[report.slot]
      if stamp >= known?.stamp ?? stamp {
        mirrors[Int(node.index)].reports[report.slot] = (stamp, report.entry.value.digest)
      }
    }
    if peer != node {
      counts.moved += reply.reports.count
      if isOpen { counts.opened += 1 }
      if reply.rest != .nothing { counts.pages += 1 }
    }
  }

  /// P9: one leader for each ballot, once. P7: with the promises of a quorum.
  private mutating func checkElected(_ node: NodeID, _ core: borrowing MultiPaxos, _ findings: inout Findings) {
    counts.led += 1
    if let other = leaders[core.ballot] {
      findings.report("P9", node, "leads with ballot \(core.ballot), with which \(other) led before")
    }
    leaders[core.ballot] = node
    let supporters = core.promises.supporters.intersection(grants[core.ballot] ?? NodeSet())
    findings.expect(
      supporters.count >= quorums.phase1, "P7", node,
      "leads with ballot \(core.ballot), promised by \(supporters) of \(quorums.phase1) needed")
  }

  /// P6: the pages of a promise follow each other without a gap, from where they were asked for or where the snapshot ends.
  private mutating func checkPages(
    _ request: MultiPaxos.Prepare, _ node: NodeID, _ core: borrowing MultiPaxos,
    _ effects: borrowing Effects<MultiPaxos>,
    _ findings: inout Findings
  ) {
    var next = request.from
    for i in effects.afterSync.indices {
      guard case .promise(let page) = effects.afterSync[i].message, page.ballot == request.ballot else { continue }
      if page.compacted >= next {
        counts.compacted += 1
        next = page.compacted.next
      }
      findings.expect(
        page.first <= next && page.compacted <= core.log.base, "P6", node,
        "reports from slot \(page.first) on where \(next) is next, and its snapshot stands for \(core.log.base)")
      next = page.through.next
    }
  }
  /// P6: a page of a promise reports all that was accepted in its slots, or says that a snapshot stands for them.
  private mutating func checkPage(
    _ page: MultiPaxos.Promise, _ node: NodeID, _ core: borrowing MultiPaxos,
    _ findings: inout Findings
  ) {
    let accepted = core.log.accepted.last ?? Slot(0)
    findings.expect(
      page.rest != .nothing || page.through >= accepted, "P6", node,
      "its promise ends with slot \(page.through), and it accepted in slot \(accepted)")
    var next = page.reports.startIndex
    var slot = max(page.first, core.log.accepted.first)
    while slot <= min(page.through, accepted) {
      while next < page.reports.endIndex, page.reports[next].slot < slot { next += 1 }
      if let own = core.log.accepted[slot] {
        let report = next < page.reports.endIndex && page.reports[next].slot == slot ? page.reports[next].entry : nil
        findings.expect(
          report.map { $0.stamp == own.stamp || slot <= page.chosen } ?? false, "P6", node,
          "accepted \(slot)@\(Ballot(own.stamp)), and its promise reports \(report.map { "\(Ballot($0.stamp))" } ?? "nothing")"
        )
      }
      slot = slot.next
    }
  }

  // MARK: Phase 2

  private mutating func checkRecords(
    _ node: NodeID, _ before: Mirror, _ core: borrowing MultiPaxos, _ effects: borrowing Effects<MultiPaxos>,
    _ findings: inout Findings
  ) {
    var promised = before.promised
    for i in effects.records.indices {
      switch effects.records[i] {
      case .promise(let ballot): promised = max(promised, ballot)
      case .accept(let slot, let entry, _):
        let ballot = Ballot(entry.stamp)
        // P4: nothing is accepted below a promise.
        findings.expect(ballot >= promised, "P4", node, "accepts \(slot)@\(ballot) having promised \(promised)")
        promised = max(promised, ballot)
        propose(slot, ballot, entry.value.digest, node, &findings)
        if core.standing == .leader, ballot == core.ballot {
          checkSelected(slot, entry, node, core, &findings)
        }
      }
    }
  }
  /// P5: "the value of the highest-numbered proposal among the responses" (PMS §2.2).
  private mutating func checkSelected(
    _ slot: Slot, _ entry: Entry, _ node: NodeID, _ core: borrowing MultiPaxos,
    _ findings: inout Findings
  ) {
    let report = mirrors[Int(node.index)].reports[slot]
    if let report {
      findings.expect(
        report.digest == entry.value.digest, "P5", node,
        "proposes in slot \(slot) something else than its promises report, accepted as \(Ballot(report.stamp))")
    }
    // SafeAt: whatever a proposer was told, no ballot proposes another value than was chosen in a lower one.
    if let chosen = proposals.chosen(at: slot), chosen.ballot < core.ballot {
      findings.expect(
        chosen.digest == entry.value.digest, "P5", node,
        "proposes in slot \(slot) something else than was chosen there in ballot \(chosen.ballot)")
    }
    guard slot <= core.opening else { return }
    if report != nil { counts.reproposed += 1 } else if slot < core.opening { counts.filled += 1 }
  }
  /// P2: a ballot proposes one value in a slot.
  private mutating func propose(
    _ slot: Slot, _ ballot: Ballot, _ digest: UInt64, _ node: NodeID, _ findings: inout Findings
  ) {
    let isOne = proposals.propose(slot, ballot, digest)
    findings.expect(isOne, "P2", node, "ballot \(ballot) has two values in slot \(slot)")
  }

  private mutating func checkSent(
    _ message: MultiPaxos.Message, _ node: NodeID, _ input: Input<MultiPaxos>, _ core: borrowing MultiPaxos,
    _ findings: inout Findings
  ) {
    switch message {
    case .promise(let page): checkPage(page, node, core, &findings)
    case .accept(let request):
      var slot = request.first
      for value in request.values {
        propose(slot, request.ballot, value.digest, node, &findings)
        slot = slot.next
      }
      if case .receive(.heartbeatReply, _) = input { counts.resent += 1 }
    case .nack: counts.nacks += 1
    case .learnRequest: counts.requests += 1
    default: break
    }
  }

  /// P4, the other way: an acceptor "accepts the proposal unless it has already responded to a prepare request having a number
  /// greater" (PMS §2.2), or knows what is chosen.
  private func checkHeard(
    _ request: MultiPaxos.Accept, from peer: NodeID, _ node: NodeID, _ before: Mirror, _ core: borrowing MultiPaxos,
    _ findings: inout Findings
  ) {
    let slot = request.last
    guard request.ballot.node == peer, request.ballot >= before.ballot,
      request.first > max(core.chosen, core.settled.through), slot.number <= before.chosen.number + MultiPaxos.horizon
    else { return }
    findings.expect(
      core.log.accepted[slot]?.stamp == request.ballot.stamp, "P4", node,
      "does not accept \(slot)@\(request.ballot), having heard of no ballot above \(before.ballot)")
  }
  /// P3: what leaves without waiting for the disk promises only what is on it.
  private func checkDurable(_ message: MultiPaxos.Message, _ node: NodeID, _ findings: inout Findings) {
    switch message {
    case .promise(let page):
      findings.expect(
        disks[Int(node.index)] >= page.ballot, "P3", node,
        "promises \(page.ballot), and its disk holds \(disks[Int(node.index)])")
    case .accepted(let reply):
      let holders = proposals.proposal(reply.last, reply.ballot)?.acceptors ?? NodeSet()
      findings.expect(
        holders.contains(node), "P3", node, "says that it accepted \(reply.last)@\(reply.ballot) before its disk does")
    default: break
    }
  }

  /// P7: an acceptance counts for exactly the ballot and slot that are on its sender's disk.
  private func checkCounted(
    _ reply: MultiPaxos.Accepted, of peer: NodeID, _ node: NodeID, _ before: Mirror, _ core: borrowing MultiPaxos,
    _ findings: inout Findings
  ) {
    if let votes = core.votes[reply.last] {
      let holders = proposals.proposal(reply.last, votes.ballot)?.acceptors ?? NodeSet()
      findings.expect(
        votes.acceptors.subtracting(holders).isEmpty, "P7", node,
        "counts \(votes.acceptors) for \(reply.last)@\(votes.ballot), and it is on the disks of \(holders)")
    }
    let counts = tuning.commit == .allLearn || (before.standing == .leader && before.ballot == reply.ballot)
    guard counts else { return }
    var slot = max(reply.first, before.chosen.next)
    while slot <= reply.last {
      let holders = proposals.proposal(slot, reply.ballot)?.acceptors ?? NodeSet()
      findings.expect(
        holders.contains(peer), "P7", node, "counts an acceptance of \(slot)@\(reply.ballot) by \(peer)")
      slot = slot.next
    }
  }

  /// P1: what is executed was accepted by a quorum in one ballot. P8: in order, without a gap.
  private mutating func checkChosen(
    _ node: NodeID, _ before: Mirror, _ core: borrowing MultiPaxos, _ effects: borrowing Effects<MultiPaxos>,
    _ findings: inout Findings
  ) {
    var next = max(before.chosen, effects.installed?.through ?? Slot(0)).next
    for i in effects.committed.indices {
      let (entry, slot) = effects.committed[i]
      findings.expect(slot == next, "P8", node, "executes slot \(slot), and slot \(next) is next")
      findings.expect(
        proposals.chosen(at: slot)?.digest == entry.value.digest, "P1", node,
        "executes in slot \(slot) what no quorum accepted")
      next = slot.next
    }
    findings.expect(core.chosen.next == next, "P8", node, "is at slot \(core.chosen), having executed up to \(next)")
  }

  /// P1: only one value is chosen. P3: promises on disk do not fall. P4, on disk.
  public mutating func synced(
    _ node: NodeID, _ record: MultiPaxos.Record, _ view: some ClusterView<Core>, _ findings: inout Findings
  ) {
    let disk = disks[Int(node.index)]
    switch record {
    case .promise(let ballot):
      findings.expect(ballot >= disk, "P3", node, "promise \(ballot) written over promise \(disk)")
      disks[Int(node.index)] = max(disk, ballot)
      grants[ballot, default: NodeSet()].insert(node)
      // Before it is on disk no Prepare left.
      if ballot.node == node { prepared[Int(node.index)] = max(prepared[Int(node.index)], ballot) }
    case .accept(let slot, let entry, _):
      let ballot = Ballot(entry.stamp)
      findings.expect(ballot >= disk, "P4", node, "\(slot)@\(ballot) written over promise \(disk)")
      disks[Int(node.index)] = max(disk, ballot)
      propose(slot, ballot, entry.value.digest, node, &findings)
      let isOne = proposals.accept(slot, ballot, node, quorum: quorums.phase2)
      findings.expect(isOne, "P1", node, "with \(slot)@\(ballot) a second value is chosen in slot \(slot)")
    }
  }

  // MARK: Quiet moments

  /// P1 over whole logs: what a replica holds of chosen slots is what was chosen.
  public mutating func examine(_ view: some ClusterView<Core>, _ findings: inout Findings) {
    for node in cluster.members {
      guard let core = view.live(node) else { continue }
      var slot = core.log.anchor.next
      while slot <= core.chosen {
        findings.expect(
          core.log.entry(at: slot).map { $0.value.digest } == proposals.chosen(at: slot)?.digest, "P1", node,
          "holds another value in slot \(slot) than the chosen one")
        slot = slot.next
      }
    }
  }

  // MARK: Coverage

  private mutating func count(
    _ input: Input<MultiPaxos>, _ before: Mirror, _ core: borrowing MultiPaxos, _ effects: borrowing Effects<MultiPaxos>
  ) {
    if before.standing == .leader, core.standing != .leader {
      if core.ballot > before.ballot { counts.overtaken += 1 }
      if case .timeout(.quorum) = input { counts.abdicated += 1 }
    }
    if effects.installed != nil { counts.installs += 1 }
    switch input {
    case .receive(.prepare(let request), _) where request.ballot > before.ballot:
      if core.ballot == before.ballot { counts.ignored += 1 }
      if core.ballot == request.ballot, core.promised < core.ballot { counts.refusedForLog += 1 }
    case .receive(.accepted, _): if core.standing == .follower { counts.counted += effects.committed.count }
    case .receive(.learnReply, _): counts.learned += effects.committed.count
    case .receive(.installSnapshot, _): counts.pieces += 1
    default: break
    }
  }

  public var coverage: [(name: String, count: Int)] {
    var list = [
      ("ballots prepared", counts.prepared), ("phase 1 completed", counts.led),
      ("promises with open values", counts.opened), ("values moved to a candidate", counts.moved),
      ("promises of several pages", counts.pages), ("promises that name a snapshot", counts.compacted),
      ("values proposed again", counts.reproposed), ("gaps filled with a no-op", counts.filled),
      ("nacks", counts.nacks), ("leaders overtaken by a higher ballot", counts.overtaken),
      ("accepts sent again", counts.resent), ("learn requests", counts.requests), ("values learned", counts.learned),
      ("snapshot pieces received", counts.pieces), ("snapshots installed by Multi-Paxos", counts.installs),
    ]
    if tuning.checkQuorum {
      list += [("leaders that abdicated", counts.abdicated), ("candidates ignored", counts.ignored)]
    }
    if tuning.commit == .allLearn { list.append(("values learned by counting", counts.counted)) }
    if tuning.requiresUpToDate { list.append(("promises refused to an older log", counts.refusedForLog)) }
    return list.map { (name: $0.0, count: $0.1) }
  }
}
