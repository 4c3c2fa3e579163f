import Consensus
import Replication
import Verification

extension Simulation: ClusterView {
  public var cluster: Cluster { Cluster(members: everyone) }

  public func live(_ node: NodeID) -> Core? {
    let node = nodes[Int(node.index)]
    return node.isStepping || !node.isUp ? nil : node.process?.replica.core
  }
  public func durable(_ node: NodeID) -> Core { shadows[Int(node.index)] }
}

extension Simulation {
  // MARK: After every step

  func stepped(
    _ node: SimulatedNode<Core>, _ input: Input<Core>, _ core: borrowing Core, _ effects: borrowing Effects<Core>
  ) {
    let status = core.status
    hash.fold(UInt64(bitPattern: now) ^ UInt64(node.id.index) << 56)
    hash.fold(status.committed.number ^ status.epoch << 40 ^ UInt64(status.role.rawValue) << 32)
    core.check(&findings)
    for i in effects.afterSync.indices {
      for peer in effects.afterSync[i].to where !core.upholds(effects.afterSync[i].message, to: peer) {
        findings.report("C4", node.id, "queued \(effects.afterSync[i].message) for \(peer) without standing by it")
      }
    }
    audit.stepped(node.id, input, core, effects, self, &findings)
    trace?.stepped(now, node.id, core)
  }

  /// C4: what a message promises survives a crash at the moment the message leaves.
  func left(_ message: Core.Message, to peers: NodeSet, at node: SimulatedNode<Core>) {
    for peer in peers where !shadows[Int(node.id.index)].upholds(message, to: peer) {
      findings.report("C4", node.id, "\(message) left for \(peer), and a crash now would unsay it")
    }
  }

  /// On a copy of the state, which copies the log: not for every message.
  static var repeatEvery: UInt64 { 256 }

  /// C9: a datagram that comes twice changes nothing the second time.
  func again(_ message: Core.Message, _ from: NodeID, at node: SimulatedNode<Core>) {
    guard var core = node.process?.replica.core else { return }
    let before = core.status
    var effects = Effects<Core>()
    core.step(.receive(message, from: from), into: &effects)
    findings.expect(
      core.status == before && effects.records.isEmpty && effects.committed.isEmpty && effects.installed == nil, "C9",
      node.id, "\(message) from \(from) has an effect when it comes again")
  }

  // MARK: The chosen log

  /// A replica is about to execute `slot`: it is chosen, and a quorum has it on disk (C3).
  func chosen(_ entry: Entry, _ slot: Slot, at node: SimulatedNode<Core>) {
    witness.executes(node.id, slot, entry, &findings)
    guard slot.number > chosenThrough else { return }
    chosenThrough = slot.number
    hash.fold(entry.value.digest)
    result.slots += 1
    if case .batch(let batch) = entry.value {
      result.batches += 1
      result.commands += UInt64(batch.commands.count)
    }
    expectDurable(slot, entry.value.digest)
  }

  private func expectDurable(_ slot: Slot, _ digest: UInt64) {
    var holders = 0
    for index in shadows.indices {
      if shadows[index].base >= slot || shadows[index].entry(at: slot)?.value.digest == digest { holders += 1 }
    }
    let quorum = Core.commitQuorum(of: cluster, tuning: tuning)
    if !result.halted.isEmpty { noteExcuse(slot, digest, holders, quorum) }
    findings.expect(
      holders >= quorum, "C3", nil,
      "slot \(slot) is chosen, and only \(holders) replicas have it on disk")
  }

  /// The same for the newest part of the chosen log, whenever a replica falls or rises.
  func checkChosenIsDurable() {
    let through = witness.chosenCount
    guard through > 0 else { return }
    for number in max(1, through - min(through, 1_000) + 1)...through {
      let slot = Slot(UInt64(number))
      if let known = witness.chosen(at: slot) { expectDurable(slot, known.valueDigest) }
    }
  }

  func finished(_ slot: Slot, digest: UInt64, at node: SimulatedNode<Core>) {
    witness.executed(node.id, slot, stateDigest: digest, &findings)
    if absences.behind.contains(node.id) { absences.executed(node.id, slot, at: now) }
  }

  func installed(through slot: Slot, digest: UInt64, at node: SimulatedNode<Core>) {
    witness.installed(node.id, through: slot, stateDigest: digest, &findings)
    if absences.behind.contains(node.id) { absences.executed(node.id, slot, at: now) }
  }

  func expectShadow(_ node: NodeID, equals checkpoint: Checkpoint<Core.Record>) {
    findings.expect(
      shadows[Int(node.index)].checkpoint() == checkpoint.records, "C7", node,
      "the checkpoint does not hold what the records before it add up to")
  }

  func recordCommit(proposed: Int64, by node: SimulatedNode<Core>) {
    if failover.isOpen { noteCommit(proposed: proposed, by: node) }
    guard proposed >= result.windowStart, proposed < result.windowEnd, phase >= .window else { return }
    recorder?.committed(proposed: proposed, at: now)
  }

  private func noteCommit(proposed: Int64, by node: SimulatedNode<Core>) {
    guard phase <= .window else { return }
    failover.committed(node.id, epoch: node.status.epoch, proposed: proposed, at: now) { !isFaulty }
    // Nothing else is to come that anybody could recover from.
    guard configuration.measure.stopsWhenRecovered, failover.isOver, phase == .window else { return }
    let passed = now - result.windowStart
    if configuration.faults.faults.allSatisfy({ $0.at.nanoseconds <= passed }) {
      queue.push(.phase(.healing), at: now, urgent: true)
    }
  }

  // MARK: Leadership

  func statusChanged(at node: SimulatedNode<Core>, from old: ReplicaStatus, to new: ReplicaStatus) {
    if new.role == .leader, old.role != .leader || old.epoch != new.epoch {
      result.leaderships.append(Leadership(node: node.id, epoch: new.epoch, at: now))
      trace?.fault(now, "leads epoch \(new.epoch)", node.id)
    }
    if old.role == .leader, new.role != .leader || old.epoch != new.epoch {
      node.proposals.removeAll()
      interruptClients(of: node, hint: new.leader)
    }
    if awaitsLeader, new.role == .leader { takePlaces(node) }
    let struck = failover.last.flatMap { $0.isHandOver ? nil : $0.struck }
    failover.note(node.id, new, at: now) { leader, epoch in
      nodes.allSatisfy {
        !$0.isUp || $0.id == struck || ($0.status.leader == leader && $0.status.epoch == epoch)
      }
    }
    if configuration.measure.stopsWhenRecovered, phase == .window, failover.last?.isComplete == true { reach(.healing) }
  }

  // MARK: The verdict

  func finish() -> SimulationResult {
    for client in clients.clients {
      guard let entry = client.entry else { continue }
      clients.history[entry].outcome = .unknown
      noteResidence(client)
      if client.isMeasured {
        result.counts.unanswered += 1
        recorder?.censored(due: client.due, sent: client.sent, end: now)
      }
    }
    result.verification = verify()
    result.exemptions = exemptions(result.verification)
    hash.fold(UInt64(bitPattern: now))
    hash.fold(result.events)
    result.faults =
      coverage.crashes + coverage.pauses + coverage.partitions + coverage.conditions + coverage.brokenDisks
    result.hash = hash.value
    result.end = now
    result.fsyncs = nodes.map(\.fsyncs)
    result.failovers = failover.failovers
    result.catchUps = absences.list
    for node in nodes { coverage.tornSectors += node.sectors?.disk.tornSectors ?? 0 }
    result.coverage = audit.coverage + coverage.list(sessionsOnly: Core.requiresSessions, hasSectors: hasSectors)
    if keepsHistory { result.history = clients.history }
    if let notes = clients.notes { result.operations = notes.list }
    trace?.end(hash.value, result.verification)
    return result
  }

  /// What a run is worth: everything that was checked on the way, the whole logs, the history against the chosen log, and as
  /// a second opinion that knows no log the search for a linearization of some keys.
  private func verify() -> VerificationReport {
    var report = VerificationReport()
    report.operations = clients.history.count
    report.slots = witness.chosenCount
    report.violations = findings.violations
    if !findings.isEmpty { report.verdict = .violated }
    guard result.hasFormed else { return report }
    if findings.isEmpty {
      audit.examine(self, &findings)
      witness.audit(clients.history, finals: result.isAtRest ? finalStates() : [], &findings)
    }
    report.checked = ["protocol", "durability", "log", "replies", "exactly-once", "real-time"]
    if result.isAtRest { report.checked.append("final-states") }
    report.verdict = .ok
    if findings.isEmpty {
      let search = HistorySample.check(clients.history, keys: configuration.workload.keys)
      report.keys = search.keys
      // The log has proven it: a second opinion that is given up takes nothing from that, but does not count as checked.
      if search.verdict != .unknown { report.checked.append("linearizability") }
      if search.verdict == .violated { findings.report("L1", nil, search.detail ?? "") }
    }
    report.violations = findings.violations
    if !findings.isEmpty { report.verdict = .violated }
    return report
  }

  private func finalStates() -> [(node: NodeID, slot: Slot, stateDigest: UInt64)] {
    nodes.compactMap { node in
      node.process.map { (node.id, $0.replica.last.slot, $0.replica.sessions.digest.value) }
    }
  }
}
