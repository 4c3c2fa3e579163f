import Consensus

extension Raft { public typealias Audit = RaftAudit }

/// The properties of Figure 3 and the invariants R1-R12 and R14, checked as each replica steps: constant time for each step and
/// each entry that is appended.
public struct RaftAudit: ClusterAudit {
  public typealias Core = Raft

  /// What a replica was after its last step.
  struct Mirror: Sendable {
    var term: UInt64 = 0
    var standing = Raft.Standing.follower
    var commit = Slot(0)
    var log = LogShape()
    /// Its log on disk, as far as records tell: a snapshot's suffix is left out.
    var disk = LogShape()
  }
  struct Coverage: Sendable {
    var trials = 0
    var candidacies = 0
    var elections = 0
    var fruitless = 0
    var refusedForLog = 0
    var ignored = 0
    var overtaken = 0
    var deposedByQuorum = 0
    var refusals = 0
    var truncations = 0
    var olderTerms = 0
    var pieces = 0
    var installs = 0
  }

  private let cluster: Cluster
  private var mirrors: [Mirror]
  /// By leader: what it counts of each member. Not in the mirror, of which every step holds a copy: to change it would copy it.
  private var matched: [[Slot]]
  /// Who leads which term.
  private var leaders: [UInt64: NodeID] = [:]
  /// The newest term and vote on each disk.
  private var votes: [(term: UInt64, candidate: NodeID?)]
  private var prefixes = PrefixDigests()
  /// The last committed position, and the term of the leader that committed it.
  private var chosen = (position: Position.start, term: UInt64(0))
  private var counts = Coverage()
  private var hasPreVote = false
  private var hasCheckQuorum = false

  public init(_ cluster: Cluster) {
    self.cluster = cluster
    let size = 64 - cluster.members.bits.leadingZeroBitCount
    mirrors = Array(repeating: Mirror(), count: size)
    matched = Array(repeating: [], count: size)
    votes = Array(repeating: (0, nil), count: size)
  }

  public mutating func recovered(_ node: NodeID, _ view: some ClusterView<Core>, _ findings: inout Findings) {
    let core = view.durable(node)
    hasPreVote = core.tuning.preVote
    hasCheckQuorum = core.tuning.checkQuorum
    var mirror = Mirror()
    mirror.term = core.term
    mirror.commit = core.log.base.slot
    mirror.log = LogShape(from: core.log.base)
    var previous = core.log.base
    for entry in core.log.aboveBase {
      let isKnown = prefixes.extend(previous, entry)
      findings.expect(isKnown, "R4", node, "recovered with an entry after \(previous) that belongs to another prefix")
      previous = Position(slot: previous.slot.next, term: entry.stamp.number)
      mirror.log.put(previous.slot, term: previous.term)
    }
    mirror.disk = mirror.log
    mirrors[Int(node.index)] = mirror
    matched[Int(node.index)] = []
    findings.expect(
      core.term >= votes[Int(node.index)].term, "C7", node,
      "recovered in term \(core.term), and term \(votes[Int(node.index)].term) was on its disk")
  }

  public mutating func stepped(
    _ node: NodeID, _ input: Input<Raft>, _ core: borrowing Raft, _ effects: borrowing Effects<Raft>,
    _ view: some ClusterView<Core>, _ findings: inout Findings
  ) {
    let before = mirrors[Int(node.index)]
    findings.expect(core.term >= before.term, "C7", node, "term \(core.term) after term \(before.term)")
    findings.expect(core.commit >= before.commit, "C7", node, "commit \(core.commit) after \(before.commit)")
    if case .compacted = input, !core.progress.contains(where: { $0.mode == .snapshot }) {
      let kept = core.log.base.slot.number - core.log.anchor.slot.number
      findings.expect(kept <= core.retained, "C10", node, "keeps \(kept) entries that its snapshot stands for")
    }
    if let snapshot = effects.installed { checkInstalled(snapshot, node, before, core, &findings) }
    for i in effects.records.indices {
      if case .append(let slot, let entry) = effects.records[i] {
        checkAppended(entry, slot, node, before, core, &findings)
      }
    }
    if core.standing == .leader, before.standing != .leader || core.term != before.term {
      checkElected(node, core, &findings)
    }
    if core.commit > before.commit { checkCommitted(node, input, before, core, effects, view, &findings) }
    if core.standing == .leader {
      checkMatch(of: node, node, core, view, &findings)
      if case .receive(_, let peer) = input, peer != node { checkMatch(of: peer, node, core, view, &findings) }
    }
    count(input, before, core, effects)
    mirrors[Int(node.index)].term = core.term
    mirrors[Int(node.index)].standing = core.standing
    mirrors[Int(node.index)].commit = core.commit
  }

  // MARK: Election

  /// R1, Election Safety: "at most one leader can be elected in a given term." R5, Leader Completeness: "if a log entry is
  /// committed in a given term, then that entry will be present in the logs of the leaders for all higher-numbered terms."
  private mutating func checkElected(_ node: NodeID, _ core: borrowing Raft, _ findings: inout Findings) {
    counts.elections += 1
    if let other = leaders[core.term] {
      findings.report("R1", node, "leads term \(core.term), which \(other) was elected for")
    }
    leaders[core.term] = node
    matched[Int(node.index)] = Array(repeating: Slot(0), count: mirrors.count)
    var voters = 0
    for member in cluster.members {
      let vote = votes[Int(member.index)]
      if vote.term > core.term || (vote.term == core.term && vote.candidate == node) { voters += 1 }
    }
    findings.expect(
      voters >= cluster.majority, "R1", node, "leads term \(core.term), and \(voters) disks hold a vote for it")
    if core.term > chosen.term { checkComplete(node, core, &findings) }
  }
  private func checkComplete(_ node: NodeID, _ core: borrowing Raft, _ findings: inout Findings) {
    findings.expect(
      core.log.base.slot >= chosen.position.slot || core.log.holds(chosen.position), "R5", node,
      "leads term \(core.term) without \(chosen.position), committed in term \(chosen.term)")
  }

  /// R2: a vote that is on disk is never given to another in the same term, and C7: terms on disk do not fall.
  public mutating func synced(
    _ node: NodeID, _ record: Raft.Record, _ view: some ClusterView<Core>, _ findings: inout Findings
  ) {
    switch record {
    case .vote(let term, let candidate): checkVote(term, candidate, node, &findings)
    case .append(let slot, let entry): mirrors[Int(node.index)].disk.put(slot, term: entry.stamp.number)
    }
  }
  private mutating func checkVote(
    _ term: UInt64, _ candidate: NodeID?, _ node: NodeID, _ findings: inout Findings
  ) {
    let (oldTerm, old) = votes[Int(node.index)]
    findings.expect(term >= oldTerm, "C7", node, "term \(term) written over term \(oldTerm)")
    findings.expect(
      term > oldTerm || old == nil || old == candidate, "R2", node,
      "voted for \(old.map(\.description) ?? "nobody") and for \(candidate.map(\.description) ?? "nobody") in term \(term)"
    )
    votes[Int(node.index)] = (term, candidate)
  }

  // MARK: Log

  private mutating func checkAppended(
    _ entry: Entry, _ slot: Slot, _ node: NodeID, _ before: Mirror, _ core: borrowing Raft,
    _ findings: inout Findings
  ) {
    let index = Int(node.index)
    let log = mirrors[index].log
    if slot <= log.last {
      counts.truncations += 1
      findings.expect(
        before.standing != .leader || core.term != before.term, "R3", node, "overwrites \(slot) of its own log")
      findings.expect(slot > before.commit, "R9", node, "truncates from \(slot), and \(before.commit) is committed")
      findings.expect(
        log.term(at: slot) != entry.stamp.number, "R9", node, "truncates from \(slot), where nothing conflicts")
    }
    guard slot.number > 0, let previous = log.term(at: Slot(slot.number - 1)) else {
      return findings.report("R4", node, "appends \(slot) behind a hole: its log ends at \(log.last)")
    }
    findings.expect(
      previous <= entry.stamp.number && entry.stamp.number <= core.term, "R12", node,
      "appends \(slot)@\(entry.stamp) after term \(previous), in term \(core.term)")
    let isKnown = prefixes.extend(Position(slot: Slot(slot.number - 1), term: previous), entry)
    findings.expect(isKnown, "R4", node, "\(slot)@\(entry.stamp) names two different prefixes")
    mirrors[index].log.put(slot, term: entry.stamp.number)
  }

  /// R14: a snapshot brings its receiver forward, and what follows it stays if and only if it belongs to the same prefix.
  private mutating func checkInstalled(
    _ snapshot: Snapshot, _ node: NodeID, _ before: Mirror, _ core: borrowing Raft, _ findings: inout Findings
  ) {
    counts.installs += 1
    let stays = before.log.term(at: snapshot.through) == snapshot.stamp.number
    let end = stays ? before.log.last : snapshot.through
    findings.expect(
      snapshot.through > before.commit, "R14", node,
      "installs a snapshot through \(snapshot.through), and \(before.commit) is committed")
    findings.expect(
      core.log.lastSlot == end && core.commit >= snapshot.through && core.base == snapshot.through, "R14", node,
      "a snapshot through \(snapshot.through) leaves the log at \(core.log.lastSlot) instead of \(end), commit \(core.commit)"
    )
    mirrors[Int(node.index)].disk = LogShape(
      from: Position(slot: snapshot.through, term: snapshot.stamp.number))
    if !stays {
      mirrors[Int(node.index)].log = LogShape(
        from: Position(slot: snapshot.through, term: snapshot.stamp.number))
    }
  }

  // MARK: Commitment

  private mutating func checkCommitted(
    _ node: NodeID, _ input: Input<Raft>, _ before: Mirror, _ core: borrowing Raft,
    _ effects: borrowing Effects<Raft>, _ view: some ClusterView<Core>, _ findings: inout Findings
  ) {
    guard core.standing == .leader else {
      return checkFollowed(node, input, before, core, effects.installed, &findings)
    }
    // R6: only entries of the leader's own term are committed by counting replicas (§5.4.2).
    let position = Position(slot: core.commit, term: core.log.term(at: core.commit) ?? 0)
    findings.expect(
      position.term == core.term, "R6", node, "commits \(position) by counting, in term \(core.term)")
    var holders = 0
    for member in cluster.members where core.matched[member] >= core.commit { holders += 1 }
    findings.expect(holders >= cluster.majority, "R6", node, "commits \(position), and only \(holders) have it")
    if let first = effects.committed.first, first.entry.stamp.number < core.term { counts.olderTerms += 1 }
    guard position.slot > chosen.position.slot else { return }
    chosen = (position, core.term)
    for other in cluster.members where other != node {
      let mirror = mirrors[Int(other.index)]
      if mirror.standing == .leader, mirror.term > core.term, let leader = view.live(other) {
        checkComplete(other, leader, &findings)
      }
    }
  }

  /// R10: a follower commits what its leader committed, and no further than this message has verified.
  private func checkFollowed(
    _ node: NodeID, _ input: Input<Raft>, _ before: Mirror, _ core: borrowing Raft, _ installed: Snapshot?,
    _ findings: inout Findings
  ) {
    var bound = max(before.commit, installed?.through ?? Slot(0))
    switch input {
    case .receive(.appendEntries(let request), _), .receive(.heartbeat(let request), _):
      bound = max(bound, min(request.commit, request.lastSlot))
    default: break
    }
    findings.expect(
      core.commit <= min(bound, chosen.position.slot), "R10", node,
      "commits through \(core.commit), and its leader's word reaches to \(min(bound, chosen.position.slot))")
  }

  /// R11: what a leader counts is on its peer's disk, and does not fall while it leads.
  private mutating func checkMatch(
    of peer: NodeID, _ node: NodeID, _ core: borrowing Raft, _ view: some ClusterView<Core>,
    _ findings: inout Findings
  ) {
    let slot = core.matched[peer]
    let known = matched[Int(node.index)][Int(peer.index)]
    guard slot != known else { return }
    matched[Int(node.index)][Int(peer.index)] = slot
    findings.expect(slot > known, "R11", node, "counts \(peer) through \(slot) after \(known)")
    let position = Position(slot: slot, term: core.log.term(at: slot) ?? 0)
    // Mostly the records say it; a copy of the whole state is dear.
    guard mirrors[Int(peer.index)].disk.term(at: position.slot) != position.term else { return }
    let disk = view.durable(peer)
    guard disk.term == core.term else { return }
    findings.expect(
      disk.log.base.slot >= position.slot || position.slot <= core.log.anchor.slot || disk.log.holds(position), "R11",
      node, "counts \(position) of \(peer), whose disk holds \(disk.log.last)")
  }

  // MARK: Quiet moments

  public mutating func examine(_ view: some ClusterView<Core>, _ findings: inout Findings) {
    let cores = cluster.members.compactMap { view.live($0) }
    for (i, a) in cores.enumerated() {
      for b in cores[(i + 1)...] { compare(a, b, &findings) }
      for b in cores { checkUpToDate(a, b, &findings) }
      checkQuorumHolds(a, view, &findings)
    }
  }

  /// R4 over whole logs: once two logs agree in a position they agree in everything before it.
  private func compare(_ a: Raft, _ b: Raft, _ findings: inout Findings) {
    var slot = min(a.log.lastSlot, b.log.lastSlot)
    var agree = false
    while slot > a.log.anchor.slot, slot > b.log.anchor.slot, let x = a.entry(at: slot), let y = b.entry(at: slot) {
      agree = agree || x.stamp == y.stamp
      findings.expect(
        !agree || (x.stamp == y.stamp && x.value.digest == y.value.digest), "R4", a.id,
        "its log and that of \(b.id) agree above \(slot) and differ there")
      slot = Slot(slot.number - 1)
    }
  }
  /// R8: a log that is at least as up-to-date as another holds all that the other has committed.
  private func checkUpToDate(_ a: Raft, _ b: Raft, _ findings: inout Findings) {
    let (x, y) = (a.log.last, b.log.last)
    guard (x.term, x.slot) >= (y.term, y.slot), let committed = b.log.position(at: b.commit) else { return }
    findings.expect(
      a.log.base.slot >= committed.slot || a.log.holds(committed), "R8", a.id,
      "is up-to-date with \(x) and lacks \(committed), which \(b.id) committed")
  }
  /// R7: each quorum has a member that holds what anyone committed; it is on a majority of disks, and so in every quorum.
  private func checkQuorumHolds(_ core: Raft, _ view: some ClusterView<Core>, _ findings: inout Findings) {
    guard let committed = core.log.position(at: core.commit) else { return }
    var holders = 0
    for member in cluster.members {
      let disk = view.durable(member)
      if disk.log.base.slot >= committed.slot || disk.log.holds(committed) { holders += 1 }
    }
    findings.expect(
      holders >= cluster.majority, "R7", core.id, "committed \(committed), and \(holders) disks hold it")
  }

  // MARK: Coverage

  private mutating func count(
    _ input: Input<Raft>, _ before: Mirror, _ core: borrowing Raft, _ effects: borrowing Effects<Raft>
  ) {
    if core.standing != before.standing || core.term != before.term { countStanding(before, core, input) }
    switch input {
    case .timeout(.election): if before.standing == .candidate { counts.fruitless += 1 }
    case .receive(.requestVote(let request), _):
      if request.term > before.term, core.term == before.term { counts.ignored += 1 }
      if request.term == core.term, core.vote == nil { counts.refusedForLog += 1 }
    case .receive(.appendEntriesReply(let reply), _), .receive(.heartbeatReply(let reply), _):
      if !reply.isSuccess, reply.term == core.term { counts.refusals += 1 }
    case .receive(.installSnapshot, _): counts.pieces += 1
    default: break
    }
  }
  private mutating func countStanding(_ before: Mirror, _ core: borrowing Raft, _ input: Input<Raft>) {
    if core.standing == .preCandidate { counts.trials += 1 }
    if core.standing == .candidate, core.term > before.term { counts.candidacies += 1 }
    if before.standing == .leader {
      if core.term > before.term { counts.overtaken += 1 } else { counts.deposedByQuorum += 1 }
    }
  }

  public var coverage: [(name: String, count: Int)] {
    var list = [
      ("candidacies", counts.candidacies), ("elections won", counts.elections),
      ("candidacies without a winner", counts.fruitless), ("votes refused to an older log", counts.refusedForLog),
      ("leaders overtaken by a newer term", counts.overtaken), ("consistency checks refused", counts.refusals),
      ("logs truncated", counts.truncations), ("entries of older terms committed", counts.olderTerms),
      ("snapshot pieces received", counts.pieces), ("snapshots installed by Raft", counts.installs),
    ]
    if hasPreVote { list.append(("trial votes", counts.trials)) }
    if hasCheckQuorum {
      list += [("leaders deposed by CheckQuorum", counts.deposedByQuorum), ("candidates ignored", counts.ignored)]
    }
    return list.map { (name: $0.0, count: $0.1) }
  }
}
