import Consensus
import Faults
import Replication
import WriteAheadLog

// Journals on sectors: what was appended really is written, torn, damaged and read back. Without them each of these is one test.
extension Simulation {
  var hasSectors: Bool { nodes.first?.sectors != nil }

  func makeSectors() {
    let breaks = configuration.faults.faults.contains { if case .breakDisk = $0.fault { true } else { false } }
    guard configuration.hasSectors || breaks else { return }
    // Small segments, so that many are begun, and written over.
    let segmentBlocks = 2 + Int(sectorRandom.below(30))
    for node in nodes {
      let random = RandomSource(seed: sectorRandom.next())
      let identity = Digest.mix(configuration.seed &* 64 &+ UInt64(node.id.index))
      node.sectors = try? SectorJournal(identity: identity, segmentBlocks: segmentBlocks, random: random)
    }
  }

  // MARK: Writing

  /// False, as in all that follow: that was the end of the process.
  func writeSectors(_ node: SimulatedNode<Core>, through position: UInt64) -> Bool {
    guard node.sectors != nil else { return true }
    let isBegun = attempt(node) { node throws(DiskError) in
      try node.sectors?.begin(node.journal.pending(through: position))
    }
    guard isBegun, let downtime = node.tearsNextWrite else { return isBegun }
    node.journal.isWriting = true
    crash(node)
    queue.push(.restart(node.id, incarnation: node.incarnation), at: now + downtime.nanoseconds)
    return false
  }
  func syncSectors(_ node: SimulatedNode<Core>) -> Bool {
    guard node.sectors != nil else { return true }
    let isDone = attempt(node) { node throws(DiskError) in try node.sectors?.finish() }
    findings.expect(
      !isDone || node.sectors?.disk.hasFailed == false, "C4", node.id, "goes on with a disk whose sync has failed")
    return isDone
  }
  func markSectors(_ node: SimulatedNode<Core>) {
    guard node.sectors != nil else { return }
    _ = attempt(node) { node throws(DiskError) in try node.sectors?.mark() }
  }
  func establishSectors(_ node: SimulatedNode<Core>, _ position: UInt64) -> Bool {
    guard node.sectors != nil else { return true }
    return attempt(node) { node throws(DiskError) in try node.sectors?.establish(position) }
  }

  private func attempt(
    _ node: SimulatedNode<Core>, _ work: (SimulatedNode<Core>) throws(DiskError) -> Void
  ) -> Bool {
    do throws(DiskError) {
      try work(node)
      return true
    } catch {
      fail(node, error)
      return false
    }
  }

  /// An error of the disk ends the process. A failed sync proves nothing and is not tried again, by this life or another; a full
  /// disk has lost nothing, and may be tried when there is space.
  private func fail(_ node: SimulatedNode<Core>, _ error: DiskError) {
    switch error {
    case .failed:
      coverage.failedDisks += 1
      halt(node, .failedSync, "EIO")
    case .full:
      if !node.lacksSpace { coverage.fullDisks += 1 }
      trace?.fault(now, "halts, its disk is full (ENOSPC)", node.id)
      node.lacksSpace = true
      crash(node)
    }
  }

  /// For good. Its peers see a crash, and that is all they ever learn.
  private func halt(_ node: SimulatedNode<Core>, _ loss: DiskLoss, _ detail: String) {
    crash(node)
    node.isHalted = true
    let halted = HaltedReplica(node.id, loss, detail, at: now)
    trace?.fault(now, "\(halted)", node.id)
    result.halted.append(halted)
    if result.halted.count == spareDisks + 1 { coverage.quorumsLost += 1 }
  }

  // MARK: Crash and recovery

  /// Nil: there are no sectors.
  func crashSectors(_ node: SimulatedNode<Core>) -> SectorJournal<Core.Record>.Remains? {
    node.tearsNextWrite = nil
    let remains = node.sectors?.crash(
      durable: node.journal.durable, isWriting: node.journal.isWriting, &sectorRandom)
    if remains?.isTorn == true { coverage.tornTails += 1 }
    return remains
  }

  /// What recovery starts from; nil: it refuses.
  func readBack(_ node: SimulatedNode<Core>) -> (checkpoint: Checkpoint<Core.Record>, records: [Core.Record])? {
    guard let sectors = node.sectors else { return (node.journal.checkpoint, node.journal.records.map(\.record)) }
    switch sectors.recover() {
    case .damaged(let damage):
      // A fault that was meant for the disk is no excuse: it must have lost something.
      findings.expect(
        sectors.disk.isDamaged || sectors.disk.hasBrokenPromise, "C7", node.id, "refuses a healthy disk: \(damage)")
      note(damage, sectors.disk)
      halt(
        node, sectors.disk.hasBrokenPromise ? .brokenPromise : .init(damage, end: sectors.expected), "\(damage)")
      return nil
    case .clean(let log):
      guard log.position >= sectors.expected else {
        findings.expect(
          sectors.disk.hasBrokenPromise, "C7", node.id,
          "recovery ends at \(log.position), and all up to \(sectors.expected) was durable")
        // The journal alone cannot know: what it holds is the whole truth of some moment. The replica is as good as lost.
        coverage.lostSyncsFound += 1
        halt(node, .brokenPromise, "position \(log.position) of \(sectors.expected)")
        return nil
      }
      coverage.mended += log.badCopies.count
      guard attempt(node, { node throws(DiskError) in try node.sectors?.resume(log) }) else { return nil }
      return (.init(snapshot: log.snapshot, records: log.checkpointRecords), log.records)
    }
  }

  private func note(_ damage: JournalDamage, _ disk: SectorDisk) {
    coverage.refused += 1
    switch damage.reason {
    case _ where disk.hasBrokenPromise: coverage.lostSyncsFound += 1
    case .stale: coverage.staleFound += 1
    case .misdirected: coverage.misdirectedFound += 1
    case .checksum, .missing, .unreadable, .unknown: break
    }
  }

  /// C3 holds only because a disk is counted that was lost since.
  func noteExcuse(_ slot: Slot, _ digest: UInt64, _ holders: Int, _ quorum: Int) {
    var lost = 0
    for index in shadows.indices where nodes[index].isHalted {
      if shadows[index].base >= slot || shadows[index].entry(at: slot)?.value.digest == digest { lost += 1 }
    }
    if holders - lost < quorum { coverage.excused += 1 }
  }

  // MARK: Faults

  /// So many disks may be lost, and both kinds of quorum are left.
  var spareDisks: Int {
    let commit = Core.commitQuorum(of: cluster, tuning: tuning)
    return everyone.count - max(cluster.majority, commit, everyone.count + 1 - commit)
  }

  func breakDisk(of node: SimulatedNode<Core>, _ fault: DiskFault, _ length: Duration) -> Bool {
    guard node.sectors != nil, !node.isHalted else { return false }
    guard
      !fault.harms || configuration.mayLoseQuorum || harmed.contains(node.id) || harmed.count < spareDisks
    else { return false }
    switch fault {
    case .bitRot, .staleBlock, .misdirectedWrite:
      guard node.sectors?.damage(fault, &sectorRandom) == true else { return false }
    case .tornWrite:
      guard node.isUp else { return false }
      node.tearsNextWrite = length
    case .lostSync: node.sectors?.disk.lies = true
    case .failure: node.sectors?.disk.failsSync = true
    case .full: node.sectors?.disk.isFull = true
    }
    if fault.harms { harmed.insert(node.id) }
    coverage.brokenDisks += 1
    trace?.fault(now, "disk: \(fault.rawValue)", node.id)
    if fault == .lostSync || fault == .full {
      queue.push(.diskMends(node.id, fault), at: now + length.nanoseconds)
    }
    return true
  }

  func mendDisk(of node: SimulatedNode<Core>, _ fault: DiskFault? = nil) {
    guard node.sectors != nil else { return }
    if fault == nil { node.tearsNextWrite = nil }
    if fault != .full { node.sectors?.disk.lies = false }
    if fault != .lostSync { node.sectors?.disk.isFull = false }
    if fault == nil { node.sectors?.disk.failsSync = false }
    if node.lacksSpace, fault != .lostSync {
      node.lacksSpace = false
      restart(node)
    }
  }
}
