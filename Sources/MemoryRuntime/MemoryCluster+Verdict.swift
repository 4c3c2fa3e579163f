import Consensus
import Simulator
import Verification

extension MemoryCluster {
  /// What the run came to; `recorder` hears of all that was measured. After ``run()``.
  public func result(_ recorder: (any Recorder)?) -> SimulationResult {
    var result = SimulationResult()
    result.hasFormed = hasFormed
    result.isAtRest = isAtRest
    result.windowStart = windowStart
    result.windowEnd = windowEnd
    result.end = now
    result.events = steps
    result.messages = messages
    result.leaderships = leaderships
    result.fsyncs = nodes.map { _ in 0 }
    countSlots(&result)
    clients.load.count(configuration.workload, end: now, into: &result, recorder)
    for commit in commits where commit.proposed >= windowStart && commit.proposed < windowEnd {
      recorder?.committed(proposed: commit.proposed, at: commit.at)
    }
    result.verification = verify(result.history)
    return result
  }

  /// From whoever executed most of the log.
  private func countSlots(_ result: inout SimulationResult) {
    guard let longest = nodes.max(by: { $0.log.count < $1.log.count }) else { return }
    for case .executed(_, let entry, _) in longest.log {
      result.slots += 1
      guard case .batch(let batch) = entry.value else { continue }
      result.batches += 1
      result.commands += UInt64(batch.commands.count)
    }
  }

  /// The log is the witness, as in a simulated run; nothing could be looked into while the clock ran, so what a replica executed is
  /// replayed now, and its last state is held against what its protocol says of itself.
  private func verify(_ history: [ClientOperation]) -> VerificationReport {
    var report = VerificationReport()
    report.operations = history.count
    guard hasFormed else {
      report.violations = findings.violations
      return report
    }
    var witness = LogWitness(
      cluster: Cluster(members: nodes.reduce(into: NodeSet()) { $0.insert($1.id) }),
      sessionLimit: configuration.environment.sessionLimit)
    var bySession: [UInt64: [Command]] = [:]
    for command in clients.load.commands {
      if command.operation.kind == .open { witness.invoked(command, at: 0) }
      bySession[command.id.client, default: []].append(command)
    }
    // A snapshot is held against the chosen log, so whoever has executed most comes first.
    for node in nodes.sorted(by: { $0.log.count > $1.log.count }) {
      for event in node.log {
        switch event {
        case .executed(let slot, let entry, let digest):
          witness.executes(node.id, slot, entry, &findings)
          // The session that a slot opens is named after its place; its commands came later.
          if case .batch(let batch) = entry.value {
            for (index, command) in batch.commands.enumerated() where command.operation.kind == .open {
              let name = slot.number << 16 | UInt64(index)
              for command in bySession.removeValue(forKey: name) ?? [] { witness.invoked(command, at: 0) }
            }
          }
          witness.executed(node.id, slot, stateDigest: digest, &findings)
        case .installed(let slot, let digest): witness.installed(node.id, through: slot, stateDigest: digest, &findings)
        }
      }
      node.replica.value.core.check(&findings)
    }
    if !isAtRest {
      findings.report(
        "LIVE", nil, "no rest \(configuration.measure.patience) after the load ended: not all was answered and executed"
      )
    }
    let finals =
      isAtRest ? nodes.map { ($0.id, $0.replica.value.last.slot, $0.replica.value.sessions.digest.value) } : []
    witness.audit(history, finals: finals.map { (node: $0.0, slot: $0.1, stateDigest: $0.2) }, &findings)
    report.slots = witness.chosenCount
    report.checked = ["log", "replies", "exactly-once", "real-time"] + (isAtRest ? ["final-states"] : [])
    report.verdict = .ok
    if findings.isEmpty {
      let search = HistorySample.check(history, keys: configuration.workload.keys)
      report.keys = search.keys
      if search.verdict != .unknown { report.checked.append("linearizability") }
      if search.verdict == .violated { findings.report("L1", nil, search.detail ?? "") }
    }
    report.violations = findings.violations
    if !findings.isEmpty { report.verdict = .violated }
    return report
  }
}
