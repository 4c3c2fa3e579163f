import Consensus
import Replication

extension Simulation {
  func coreConfiguration(_ node: NodeID, incarnation: UInt32) -> Configuration<Core> {
    var seed = seeds
    for _ in 0..<(Int(node.index) + 1) { _ = seed.next() }
    var shared = environment.shared
    // A stream does that itself.
    if environment.link.kind == .stream { shared.retransmission = nil }
    return Configuration(
      id: node, cluster: Cluster(members: everyone), timing: environment.timing, shared: shared,
      tuning: tuning, retained: environment.retained, seed: Digest.mix(seed.next() ^ UInt64(incarnation)))
  }

  // MARK: Writing

  /// Begins to write what was appended, unless a write is under way: then it joins the next one.
  func startWriting(_ node: SimulatedNode<Core>) {
    guard !node.journal.isWriting, node.journal.pendingCount > 0, !node.isStalled else { return }
    var through = node.journal.appended
    switch environment.groupCommit {
    case .natural: break
    case .none: through = node.journal.durable + 1
    case .delay(let wait, let count): guard hasCompany(node, wait.nanoseconds, count ?? .max) else { return }
    }
    guard writeSectors(node, through: through) else { return }
    node.journal.isWriting = true
    node.fsyncs += 1
    var time = writeTime(node)
    if planted("G-02") {
      node.fsyncs += 1
      time += writeTime(node)
    }
    if time == 0 { return completeWrite(node, through: through) }
    write(node, through: through, until: now + time)
  }
  private func write(_ node: SimulatedNode<Core>, through position: UInt64, until end: Int64) {
    node.write = (node.write.number &+ 1, position, end)
    queue.push(.synced(node.id, write: node.write.number, through: position), at: end)
  }
  /// The rest of the write under way takes so many times as long.
  func goOnWriting(_ node: SimulatedNode<Core>, at factor: Double) {
    guard node.journal.isWriting, node.write.ends > now else { return }
    write(node, through: node.write.through, until: now + slowed(node.write.ends - now, by: factor))
  }

  /// Whether enough appends wait at an idle disk, or have waited long enough.
  private func hasCompany(_ node: SimulatedNode<Core>, _ wait: Int64, _ count: Int) -> Bool {
    let due = node.groupDue ?? now + wait
    if now >= due || node.journal.pendingCount >= count {
      node.groupDue = nil
      return true
    }
    if node.groupDue == nil {
      node.groupDue = due
      queue.push(.groupIsDue(node.id, incarnation: node.incarnation), at: due)
    }
    return false
  }

  private func writeTime(_ node: SimulatedNode<Core>) -> Int64 {
    var fsync = node.fsync
    // What a fault says of this disk holds for all that it writes.
    if let own = environment.candidateFsync, node.status.role == .candidate, fsync == environment.fsync { fsync = own }
    var time = fsync.sample(&diskRandom)
    if node.fsyncFactor != 1 { time = slowed(time, by: node.fsyncFactor) }
    if !conditions.isEmpty { lateUntil = max(lateUntil, now + time) }
    return time
  }

  func completeWrite(_ node: SimulatedNode<Core>, through position: UInt64) {
    node.journal.isWriting = false
    guard syncSectors(node) else { return }
    if let trace {
      // Not `\.description`: with a key path in it the compiler does not give a function to other modules to specialise.
      trace.synced(now, position, node.journal.pending(through: position).map { $0.description }, node.id)
    }
    while node.journal.durable < position { absorb(node) }
    carry(node) { $0.journalSynced(through: position, on: node) }
    if node.journal.pendingCount > 0 { dirty.insert(node.id) } else { markSectors(node) }
  }

  /// One more item is durable: the shadow takes it as recovery would.
  private func absorb(_ node: SimulatedNode<Core>) {
    let index = Int(node.id.index)
    let (item, position) = node.journal.absorb()
    switch item {
    case .record(let record):
      shadows[index].replay(record)
      audit.synced(node.id, record, self, &findings)
    case .cut(let checkpoint, waits: true):
      if let snapshot = checkpoint.snapshot { shadows[index].restore(snapshot) }
      coverage.snapshotsInstalled += 1
      expectShadow(node.id, equals: checkpoint)
    case .cut(_, waits: false):
      // Written beside the log, in the background: two more writes, the file and its name.
      node.fsyncs += 2
      let time = writeTime(node) + writeTime(node)
      queue.push(.checkpointed(node.id, incarnation: node.incarnation, position: position), at: now + time)
    }
  }

  func establishCheckpoint(_ node: SimulatedNode<Core>, _ position: UInt64) {
    guard let checkpoint = node.journal.establish(position), let snapshot = checkpoint.snapshot else { return }
    coverage.compactions += 1
    trace?.established(now, snapshot.through, node.id)
    shadows[Int(node.id.index)].restore(snapshot)
  }

  // MARK: Crash and recovery

  func boot(_ node: SimulatedNode<Core>) {
    guard let (checkpoint, records) = readBack(node) else { return }
    var core = Core(coreConfiguration(node.id, incarnation: node.incarnation))
    var sessions = ClientSessions(limit: environment.sessionLimit)
    var last = (slot: Slot(0), stamp: Stamp(0))
    if let snapshot = checkpoint.snapshot {
      core.restore(snapshot)
      guard let state = try? ClientSessions(image: snapshot.image, limit: environment.sessionLimit) else {
        return findings.report("C2", node.id, "the image of the snapshot through \(snapshot.through) is not readable")
      }
      sessions = state
      last = (snapshot.through, snapshot.stamp)
    }
    for record in checkpoint.records { core.replay(record) }
    for record in records { core.replay(record) }
    findings.expect(
      core.checkpoint() == shadows[Int(node.id.index)].checkpoint(), "C7", node.id,
      "recovery does not give the state whose every record was durable")
    witness.recovered(node.id, at: last.slot, stateDigest: sessions.digest.value, &findings)
    node.status = core.status
    node.process = .init(
      Replica(
        core: core, sessions: sessions, last: last, id: node.id, policy: environment.batch,
        snapshotEvery: environment.snapshotEvery))
    node.isUp = true
    audit.recovered(node.id, self, &findings)
    checkChosenIsDurable()
    carry(node) { $0.handle(.start, cause: 0, on: node) }
    if environment.link.kind == .datagram {
      for peer in everyone.removing(node.id) {
        carry(node) { $0.handle(.connected(peer), cause: 0, on: node) }
      }
    }
  }

  func crash(_ node: SimulatedNode<Core>) {
    guard node.isUp else { return }
    trace?.fault(now, "crash", node.id)
    coverage.crashes += 1
    node.isUp = false
    node.isPaused = false
    node.process = nil
    absences.giveUp(node.id)
    // Of what the disk had not confirmed some may have reached it all the same, in order.
    let pending = node.journal.pendingCount
    var surviving = Int(faultRandom.below(UInt64(pending) + 1))
    let sectors = crashSectors(node)
    if let sectors { surviving = sectors.surviving }
    if surviving < pending { coverage.tailsLost += 1 }
    if let trace {
      let records = node.journal.pending(through: node.journal.appended).map { $0.description }
      trace.crashed(now, kept: records.prefix(surviving), lost: records.dropFirst(surviving), node.id)
    }
    for _ in 0..<surviving { absorb(node) }
    if let checkpoint = sectors?.checkpoint { establishCheckpoint(node, checkpoint) }
    node.journal.crash()
    node.clocks = .init()
    node.inbox.removeAll()
    node.waitingRequests = 0
    node.isProcessing = false
    node.groupDue = nil
    node.interruption = 0
    node.busyUntil = 0
    node.sendingUntil = 0
    node.outbox.removeAll()
    node.service &+= 1
    node.write.number &+= 1
    node.proposals.removeAll()
    node.status = ReplicaStatus(role: .follower, epoch: node.status.epoch, leader: nil, committed: Slot(0))
    loseSessions(of: node)
    interruptClients(of: node, hint: nil)
    checkChosenIsDurable()
  }

  func restart(_ node: SimulatedNode<Core>) {
    guard !node.isUp, !node.isHalted else { return }
    trace?.fault(now, "restart", node.id)
    node.incarnation += 1
    node.attended = 0
    boot(node)
    noteReturn(of: node)
    if environment.link.kind == .stream {
      for peer in everyone.removing(node.id) { openSession(min(node.id, peer), max(node.id, peer)) }
    }
  }
}
