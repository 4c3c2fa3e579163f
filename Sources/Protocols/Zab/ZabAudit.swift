import Consensus

extension Zab { public typealias Audit = ZabAudit }

/// The properties of the paper (§III: integrity, total order, agreement, the primary orders) and the invariants Z0-Z14 of the
/// published specification, checked as each replica steps: constant time for each step, each message and each transaction.
public struct ZabAudit: ClusterAudit {
  public typealias Core = Zab

  /// What a replica was after its last step, and what its disk holds.
  struct Mirror: Sendable {
    var acceptedEpoch: UInt32 = 0
    var currentEpoch: UInt32 = 0
    var standing = Zab.Standing.looking
    var phase = Zab.Phase.election
    var hasAcknowledgedLeader = false
    var vote: Zab.Vote?
    var round: UInt64 = 0
    var commit = Slot(0)
    /// The last transaction that it delivered.
    var delivered = Zab.Position.start
    var history = HistoryShape()
    /// A leader's: who has acknowledged its epoch over a channel that is still open.
    var acknowledged = NodeSet()

    /// On its disk, as far as records tell.
    var diskAccepted: UInt32 = 0
    var diskCurrent: UInt32 = 0
    var disk = HistoryShape()

    /// Whether `peer` leads and brings it a history.
    func isSynchronizing(with peer: NodeID, _ core: borrowing Zab) -> Bool {
      phase == .synchronization && !hasAcknowledgedLeader && core.standing == .following && core.leader == peer
    }
  }
  /// What is known of one epoch.
  struct Epoch: Sendable {
    /// Who had the promises of a quorum, and who then led.
    var prospective: NodeID?
    var established: NodeID?
    /// The end of its initial history.
    var initial = Zab.Position.start
    /// The counter of the last transaction that its primary broadcast.
    var broadcast: UInt32 = 0
    /// Slot minus counter, the same for each of its transactions.
    var offset: UInt64?
  }

  private let cluster: Cluster
  var mirrors: [Mirror]
  private(set) var epochs: [UInt32: Epoch] = [:]
  private var newestEstablished: UInt32 = 0
  private var prefixes = PrefixDigests()
  /// By sender and receiver: the slot after the last that was sent in their channel; nil before the first.
  var streams: [Slot?]
  /// The delivered sequence: the zxid of each slot.
  private var chosen: [Zab.Zxid] = []
  var counts = Coverage()

  public init(_ cluster: Cluster) {
    self.cluster = cluster
    let size = 64 - cluster.members.bits.leadingZeroBitCount
    mirrors = Array(repeating: Mirror(), count: size)
    streams = Array(repeating: nil, count: size * size)
  }

  public mutating func recovered(_ node: NodeID, _ view: some ClusterView<Core>, _ findings: inout Findings) {
    let core = view.durable(node)
    let old = mirrors[Int(node.index)]
    findings.expect(
      core.acceptedEpoch >= old.diskAccepted && core.currentEpoch >= old.diskCurrent, "Z10", node,
      "recovered with f.p \(core.acceptedEpoch), f.a \(core.currentEpoch); \(old.diskAccepted), \(old.diskCurrent) were on its disk"
    )
    var mirror = Mirror()
    mirror.acceptedEpoch = core.acceptedEpoch
    mirror.currentEpoch = core.currentEpoch
    mirror.diskAccepted = core.acceptedEpoch
    mirror.diskCurrent = core.currentEpoch
    mirror.commit = core.log.base.slot
    mirror.delivered = core.log.base
    mirror.history = HistoryShape(from: core.log.base)
    var previous = core.log.base
    for entry in core.log.aboveBase {
      let isKnown = prefixes.extend(previous, entry)
      findings.expect(isKnown, "Z9", node, "recovered with a transaction after \(previous) of another prefix")
      previous = Zab.Position(slot: previous.slot.next, zxid: Zab.Zxid(entry.stamp))
      mirror.history.put(previous)
    }
    mirror.disk = mirror.history
    mirrors[Int(node.index)] = mirror
  }

  public mutating func stepped(
    _ node: NodeID, _ input: Input<Zab>, _ core: borrowing Zab, _ effects: borrowing Effects<Zab>,
    _ view: some ClusterView<Core>, _ findings: inout Findings
  ) {
    let index = Int(node.index)
    let before = mirrors[index]
    findings.expect(
      core.acceptedEpoch >= before.acceptedEpoch && core.currentEpoch >= before.currentEpoch, "Z10", node,
      "f.p \(core.acceptedEpoch), f.a \(core.currentEpoch) after \(before.acceptedEpoch), \(before.currentEpoch)")
    findings.expect(core.commit >= before.commit, "C7", node, "commit \(core.commit) after \(before.commit)")
    noteChannel(node, input, core, effects)
    checkInput(node, input, before, core, &findings)
    findings.expect(
      core.standing != .following || effects.resets.isEmpty, "Z14", node,
      "found its channel to \(core.leader.map(\.description) ?? "nobody") broken in order")
    for i in effects.records.indices { checkRecord(effects.records[i], node, input, before, core, &findings) }
    if let snapshot = effects.installed { checkInstalled(snapshot, node, before, core, &findings) }
    checkRecorded(node, core, &findings)
    if let last = effects.committed.last, core.standing == .following { checkTold(last.slot, node, input, &findings) }
    for i in effects.committed.indices {
      checkDelivered(effects.committed[i].entry, effects.committed[i].slot, node, &findings)
    }
    if core.standing == .leading { checkLeading(node, before, core, &findings) }
    var proposed = NodeSet()
    for i in effects.ahead.indices {
      checkDurable(effects.ahead[i].message, node, &findings)
      checkMessage(effects.ahead[i].message, effects.ahead[i].to, node, core, &proposed, &findings)
    }
    for i in effects.afterSync.indices {
      checkMessage(effects.afterSync[i].message, effects.afterSync[i].to, node, core, &proposed, &findings)
    }
    if case .propose = input, !effects.records.isEmpty { checkProposed(node, core, proposed, &findings) }
    counts.note(input, before, core, effects)
    mirrors[index].standing = core.standing
    mirrors[index].phase = core.phase
    mirrors[index].hasAcknowledgedLeader = core.hasAcknowledgedLeader
    mirrors[index].vote = core.vote
    mirrors[index].round = core.round
    mirrors[index].commit = core.commit
  }

  // MARK: Channels and phases

  private mutating func noteChannel(
    _ node: NodeID, _ input: Input<Zab>, _ core: borrowing Zab, _ effects: borrowing Effects<Zab>
  ) {
    let index = Int(node.index)
    // Who leads again may still hear of its last epoch before it chooses the next.
    if core.standing != .leading || core.acceptedEpoch != mirrors[index].acceptedEpoch {
      mirrors[index].acknowledged = NodeSet()
    }
    switch input {
    case .disconnected(let peer), .receive(.cepoch, let peer):
      mirrors[index].acknowledged.remove(peer)
      streams[stream(node, peer)] = nil
    case .receive(.ackEpoch(let ack), let peer):
      if core.standing == .leading, peer != node, ack.epoch == core.acceptedEpoch {
        mirrors[index].acknowledged.insert(peer)
      }
    default: break
    }
    mirrors[index].acknowledged = mirrors[index].acknowledged.subtracting(effects.resets)
  }

  /// Z0: no message arrives in a phase that it has no place in. Z14: a channel is first in, first out, and whoever loses it starts
  /// again.
  private func checkInput(
    _ node: NodeID, _ input: Input<Zab>, _ before: Mirror, _ core: borrowing Zab, _ findings: inout Findings
  ) {
    switch input {
    case .receive(.commit(let position), let peer):
      guard core.standing == .following, peer == core.leader, before.phase == .broadcast,
        position.zxid.epoch == before.acceptedEpoch
      else { return }
      findings.expect(
        position.slot <= before.history.lastSlot, "Z0", node,
        "gets a COMMIT of \(position), and its history ends at \(before.history.last)")
    // Z12: the stream that synchronises a follower begins where its history ends, and ends where it ends.
    case .receive(.diff(let diff), let peer):
      guard before.isSynchronizing(with: peer, core), diff.epoch == before.acceptedEpoch else { return }
      findings.expect(
        diff.previous == before.history.last, "Z12", node,
        "gets a DIFF from \(diff.previous) on, and its history ends at \(before.history.last)")
    case .receive(.newLeader(let epoch, let end), let peer):
      guard before.isSynchronizing(with: peer, core), epoch == before.acceptedEpoch else { return }
      findings.expect(
        end == before.history.last, "Z12", node,
        "is synchronised up to \(end), and its history ends at \(before.history.last)")
    case .receive(.propose(let slot, _), let peer):
      guard core.standing == .following, peer == core.leader, before.phase == .broadcast else { return }
      findings.expect(
        slot <= before.history.lastSlot.next, "Z14", node,
        "gets \(slot) proposed, and its history ends at \(before.history.last)")
    case .disconnected(let peer):
      findings.expect(
        core.standing != .following || core.leader != peer || core.phase == .discovery, "Z14", node,
        "lost its channel to \(peer) and goes on in phase \(core.phase)")
      findings.expect(
        core.standing != .leading || core.progress[Int(peer.index)].mode == .absent, "Z14", node,
        "lost its channel to \(peer) and goes on sending to it")
    default: break
    }
  }

  // MARK: Histories

  private mutating func checkRecord(
    _ record: Zab.Record, _ node: NodeID, _ input: Input<Zab>, _ before: Mirror, _ core: borrowing Zab,
    _ findings: inout Findings
  ) {
    let follows = core.standing == .following
    switch record {
    case .acceptedEpoch(let epoch):
      findings.expect(
        epoch > before.acceptedEpoch, "Z10", node, "promises \(epoch) after \(before.acceptedEpoch)")
      mirrors[Int(node.index)].acceptedEpoch = epoch
    case .currentEpoch(let epoch):
      var isDue = core.standing == .leading && core.phase != .discovery
      if follows, case .receive(.newLeader(epoch, _), _) = input { isDue = true }
      findings.expect(isDue && epoch == core.acceptedEpoch, "Z0", node, "makes \(epoch) its epoch without a NEWLEADER")
      mirrors[Int(node.index)].currentEpoch = epoch
    case .truncate(let slot):
      var asked: Zab.Position?
      if follows, case .receive(.truncate(_, let position), _) = input { asked = position }
      findings.expect(asked != nil, "Z0", node, "truncates its history unasked")
      findings.expect(
        asked.map { $0.slot == slot } ?? true, "Z12", node,
        "truncates after \(slot), asked to truncate after \(asked ?? .start)")
      findings.expect(
        slot >= before.commit, "Z12", node, "truncates after \(slot), and \(before.commit) is delivered")
      mirrors[Int(node.index)].history.truncate(after: slot)
    case .append(let slot, let entry):
      var isDue = core.standing == .leading && before.phase == .broadcast
      if follows {
        switch input {
        case .receive(.diff, _), .receive(.propose, _): isDue = true
        default: break
        }
      }
      findings.expect(isDue, "Z0", node, "appends \(slot)@\(Zab.Zxid(entry.stamp)) unasked")
      checkAppended(entry, slot, node, core, &findings)
    }
  }

  /// What a replica holds in memory is what its records add up to, and so what a crash leaves: the epochs (Z10), and of the history
  /// neither more nor less (Z12).
  private func checkRecorded(_ node: NodeID, _ core: borrowing Zab, _ findings: inout Findings) {
    let index = Int(node.index)
    findings.expect(
      core.acceptedEpoch == mirrors[index].acceptedEpoch && core.currentEpoch == mirrors[index].currentEpoch, "Z10",
      node,
      "has f.p \(core.acceptedEpoch), f.a \(core.currentEpoch), and recorded \(mirrors[index].acceptedEpoch), \(mirrors[index].currentEpoch)"
    )
    findings.expect(
      core.log.lastSlot == mirrors[index].history.lastSlot, "Z12", node,
      "has a history up to \(core.log.last), and recorded one up to \(mirrors[index].history.last)")
  }

  /// Z9: zxids rise along a history, by one within an epoch and from 1 in each, and one zxid names one prefix.
  private mutating func checkAppended(
    _ entry: Entry, _ slot: Slot, _ node: NodeID, _ core: borrowing Zab, _ findings: inout Findings
  ) {
    let index = Int(node.index)
    let zxid = Zab.Zxid(entry.stamp)
    let last = mirrors[index].history.last
    guard slot == last.slot.next else {
      return findings.report("Z9", node, "appends \(slot)@\(zxid) to a history that ends at \(last)")
    }
    let isNext =
      zxid.epoch == last.zxid.epoch
      ? zxid.counter == last.zxid.counter &+ 1 : zxid.epoch > last.zxid.epoch && zxid.counter == 1
    findings.expect(isNext, "Z9", node, "appends \(slot)@\(zxid) after \(last)")
    let isKnown = prefixes.extend(last, entry)
    findings.expect(isKnown, "Z9", node, "\(slot)@\(zxid) names two different prefixes")
    mirrors[index].history.put(Zab.Position(slot: slot, zxid: zxid))
    if core.standing == .leading { epochs[zxid.epoch, default: Epoch()].broadcast = zxid.counter }
  }

  private mutating func checkInstalled(
    _ snapshot: Snapshot, _ node: NodeID, _ before: Mirror, _ core: borrowing Zab, _ findings: inout Findings
  ) {
    let position = Zab.Position(slot: snapshot.through, zxid: Zab.Zxid(snapshot.stamp))
    let index = Int(node.index)
    findings.expect(
      snapshot.through > before.commit && core.commit >= snapshot.through, "Z12", node,
      "installs a snapshot through \(position), and had delivered \(before.commit)")
    let number = Int(snapshot.through.number)
    findings.expect(
      number <= chosen.count && chosen[number - 1] == position.zxid, "Z12", node,
      "installs a snapshot through \(position), which nobody delivered")
    if !before.history.holds(position) { mirrors[index].history = HistoryShape(from: position) }
    findings.expect(
      core.log.lastSlot == mirrors[index].history.lastSlot, "Z12", node,
      "a snapshot through \(position) leaves the history at \(core.log.last)")
    mirrors[index].disk = mirrors[index].history
    mirrors[index].delivered = position
  }

  /// Z10: f.p and f.a on disk do not fall, f.a never passes f.p, and it is there only behind the initial history of its epoch.
  public mutating func synced(
    _ node: NodeID, _ record: Zab.Record, _ view: some ClusterView<Core>, _ findings: inout Findings
  ) {
    let index = Int(node.index)
    switch record {
    case .acceptedEpoch(let epoch):
      findings.expect(
        epoch >= mirrors[index].diskAccepted, "Z10", node,
        "f.p \(epoch) written over \(mirrors[index].diskAccepted)")
      mirrors[index].diskAccepted = epoch
    case .currentEpoch(let epoch):
      findings.expect(
        epoch >= mirrors[index].diskCurrent && epoch <= mirrors[index].diskAccepted, "Z10", node,
        "f.a \(epoch) written over \(mirrors[index].diskCurrent), with f.p \(mirrors[index].diskAccepted)")
      if let initial = epochs[epoch]?.initial {
        findings.expect(
          mirrors[index].disk.reaches(initial), "Z10", node,
          "f.a \(epoch) is on disk before the initial history, which ends at \(initial)")
      }
      mirrors[index].diskCurrent = epoch
    case .append(let slot, let entry):
      mirrors[index].disk.put(Zab.Position(slot: slot, zxid: Zab.Zxid(entry.stamp)))
    case .truncate(let slot): mirrors[index].disk.truncate(after: slot)
    }
  }

  // MARK: Leaders

  private mutating func checkLeading(
    _ node: NodeID, _ before: Mirror, _ core: borrowing Zab, _ findings: inout Findings
  ) {
    let isNew = before.standing != .leading || before.acceptedEpoch != core.acceptedEpoch
    let epoch = core.acceptedEpoch
    if core.phase == .synchronization || core.phase == .broadcast, isNew || before.phase == .discovery {
      // Z1: "at most one prospective leader has the promises of a quorum".
      if let other = epochs[epoch]?.prospective {
        findings.report("Z1", node, "leads epoch \(epoch), which was promised to \(other)")
      }
      epochs[epoch, default: Epoch()].prospective = node
      epochs[epoch]?.initial = core.log.last
    }
    guard core.phase == .broadcast, isNew || before.phase != .broadcast else { return }
    if let other = epochs[epoch]?.established {
      findings.report("Z1", node, "is established in epoch \(epoch), as \(other) was")
    }
    epochs[epoch, default: Epoch()].established = node
    newestEstablished = max(newestEstablished, epoch)
    // Z11: a quorum has made the epoch its own, on disk, the leader among them.
    var holders = NodeSet()
    for member in cluster.members where mirrors[Int(member.index)].diskCurrent >= epoch { holders.insert(member) }
    findings.expect(
      holders.contains(node) && holders.count >= cluster.majority, "Z11", node,
      "is established in epoch \(epoch), and f.a says so on the disks of \(holders)")
    // Z8, primary integrity: everything of earlier epochs that anybody delivers it has delivered before it broadcasts. Its own
    // epoch may be outdated by now, and later ones delivered.
    let number = Int(core.commit.number)
    findings.expect(
      number >= chosen.count || chosen[number].epoch >= epoch, "Z8", node,
      "is established in epoch \(epoch) with \(number) delivered, and others have delivered \(chosen.count)")
  }

  // MARK: Delivery

  /// Z0: a follower delivers what a COMMIT or UPTODATE names, and nothing beyond.
  private func checkTold(_ slot: Slot, _ node: NodeID, _ input: Input<Zab>, _ findings: inout Findings) {
    switch input {
    case .receive(.commit(let position), _), .receive(.upToDate(_, let position), _):
      findings.expect(slot <= position.slot, "Z0", node, "delivers \(slot) when told \(position)")
    default: findings.report("Z0", node, "delivers \(slot) before anybody tells it to")
    }
  }

  private mutating func checkDelivered(
    _ entry: Entry, _ slot: Slot, _ node: NodeID, _ findings: inout Findings
  ) {
    let zxid = Zab.Zxid(entry.stamp)
    let previous = mirrors[Int(node.index)].delivered
    guard slot > previous.slot else { return }
    mirrors[Int(node.index)].delivered = Zab.Position(slot: slot, zxid: zxid)
    // Z7, global primary order: everything of an earlier epoch comes before everything of a later one.
    findings.expect(zxid.epoch >= previous.zxid.epoch, "Z7", node, "delivers \(zxid) after \(previous.zxid)")
    // Z6, local primary order: what one primary broadcast comes in its order, and all of it.
    if zxid.epoch >= previous.zxid.epoch {
      let expected = zxid.epoch == previous.zxid.epoch ? previous.zxid.counter &+ 1 : 1
      findings.expect(
        zxid.counter == expected, "Z6", node,
        "delivers \(zxid) after \(previous.zxid), instead of \(zxid.epoch):\(expected)")
    }
    // Z3, integrity: what is delivered was broadcast.
    findings.expect(
      zxid.counter <= epochs[zxid.epoch]?.broadcast ?? 0, "Z3", node, "delivers \(zxid), which nobody broadcast")
    // Z5, total order: a transaction has one place, everywhere.
    let offset = slot.number &- UInt64(zxid.counter)
    let known = epochs[zxid.epoch]?.offset
    findings.expect(
      known == nil || known == offset, "Z5", node, "delivers \(zxid) in \(slot), and others deliver it elsewhere")
    if known == nil { epochs[zxid.epoch, default: Epoch()].offset = offset }
    let number = Int(slot.number)
    if number <= chosen.count {
      // Z2, prefix consistency.
      findings.expect(
        chosen[number - 1] == zxid, "Z2", node,
        "delivers \(zxid) in \(slot), where others delivered \(chosen[number - 1])")
    } else if number == chosen.count + 1 {
      findings.expect(
        zxid.epoch >= newestEstablished, "Z8", node,
        "delivers \(zxid) first, and the leader of epoch \(newestEstablished) has never seen it")
      chosen.append(zxid)
    }
  }

  // MARK: Quiet moments

  /// Z4, agreement, and Z9 again, over whole histories: of two delivered sequences one is a prefix of the other, and once two
  /// histories agree in a position they agree in everything before it.
  public mutating func examine(_ view: some ClusterView<Core>, _ findings: inout Findings) {
    let cores = cluster.members.compactMap { view.live($0) }
    for (i, a) in cores.enumerated() {
      for b in cores[(i + 1)...] {
        var slot = min(a.log.lastSlot, b.log.lastSlot)
        var agree = false
        while slot > a.log.anchor.slot, slot > b.log.anchor.slot, let x = a.entry(at: slot), let y = b.entry(at: slot) {
          let isSame = x.stamp == y.stamp && x.value.digest == y.value.digest
          agree = agree || x.stamp == y.stamp
          findings.expect(
            !agree || isSame, "Z9", a.id, "its history and that of \(b.id) agree above \(slot) and differ there")
          findings.expect(
            isSame || slot > min(a.commit, b.commit), "Z4", a.id, "it and \(b.id) delivered different things in \(slot)"
          )
          slot = Slot(slot.number - 1)
        }
      }
    }
  }

  public var coverage: [(name: String, count: Int)] { counts.list }
}
