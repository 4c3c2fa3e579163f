import Consensus

/// The chosen log as witness of everything a run did: it is executed once by a model of its own, and every replica, reply and client is
/// held against it. Complete and cheap, where a search over histories is neither: the log itself says in which order things
/// happened.
public struct LogWitness: Sendable {
  private struct Chosen: Sendable {
    var valueDigest: UInt64
    var stateDigest: UInt64
  }

  private var model: ServiceModel
  private var chosen: [Chosen] = []
  /// By replica: the last slot executed in this incarnation.
  private var executed: [UInt64]

  public init(cluster: Cluster, sessionLimit: Int) {
    model = ServiceModel(sessionLimit: sessionLimit)
    executed = Array(repeating: 0, count: 64 - cluster.members.bits.leadingZeroBitCount)
  }

  /// Slots chosen so far.
  public var chosenCount: Int { chosen.count }
  /// Digests of the value in `slot` and of the service's state after it; nil beyond the chosen log.
  public func chosen(at slot: Slot) -> (valueDigest: UInt64, stateDigest: UInt64)? {
    guard slot.number > 0, slot.number <= UInt64(chosen.count) else { return nil }
    let known = chosen[Int(slot.number) - 1]
    return (known.valueDigest, known.stateDigest)
  }
  private func stateDigest(at slot: Slot) -> UInt64? {
    slot.number == 0 ? Digest().value : chosen(at: slot)?.stateDigest
  }

  // MARK: While the run goes on

  /// A client submits `command` for the first time.
  public mutating func invoked(_ command: Command, at time: Int64) { model.submit(command) }

  /// C2: `node` starts from a snapshot through `slot`.
  public mutating func recovered(_ node: NodeID, at slot: Slot, stateDigest: UInt64, _ findings: inout Findings) {
    findings.expect(
      stateDigest == self.stateDigest(at: slot), "C2", node,
      "recovered at slot \(slot) with a state that the chosen log does not give")
    executed[Int(node.index)] = slot.number
  }
  /// C2: `node` adopted a peer's snapshot through `slot`.
  public mutating func installed(
    _ node: NodeID, through slot: Slot, stateDigest: UInt64, _ findings: inout Findings
  ) {
    findings.expect(
      stateDigest == self.stateDigest(at: slot), "C2", node,
      "installed a snapshot through \(slot) with a state that the chosen log does not give")
    findings.expect(
      slot.number >= executed[Int(node.index)], "C2", node,
      "installed a snapshot through \(slot) after executing slot \(executed[Int(node.index)])")
    executed[Int(node.index)] = slot.number
  }

  /// C1, C2, C8: `node` is about to execute `slot`. Replies to its commands may follow.
  public mutating func executes(_ node: NodeID, _ slot: Slot, _ entry: Entry, _ findings: inout Findings) {
    findings.expect(
      slot.number == executed[Int(node.index)] + 1, "C2", node,
      "executed slot \(slot) after slot \(executed[Int(node.index)])")
    executed[Int(node.index)] = slot.number
    if slot.number == UInt64(chosen.count) + 1 { choose(entry, slot, &findings) }
    guard let known = chosen(at: slot) else {
      return findings.report("C2", node, "executed slot \(slot), and the chosen log ends at \(chosen.count)")
    }
    findings.expect(
      entry.value.digest == known.valueDigest, "C1", node, "executed another value in slot \(slot) than others did")
  }
  /// C2: `node` has executed `slot`, and its service is in this state.
  public func executed(_ node: NodeID, _ slot: Slot, stateDigest: UInt64, _ findings: inout Findings) {
    findings.expect(
      stateDigest == self.stateDigest(at: slot), "C2", node,
      "has another state after slot \(slot) than the chosen log gives")
  }

  private mutating func choose(_ entry: Entry, _ slot: Slot, _ findings: inout Findings) {
    if case .batch(let batch) = entry.value {
      for (index, command) in batch.commands.enumerated() {
        let isKnown = model.execute(command, at: Self.place(slot, index))
        findings.expect(isKnown, "C8", nil, "slot \(slot) holds \(command.id), which no client submitted like that")
      }
    }
    model.finish(slot)
    chosen.append(Chosen(valueDigest: entry.value.digest, stateDigest: model.digest.value))
  }
  private static func place(_ slot: Slot, _ index: Int) -> UInt64 { slot.number << 16 | UInt64(index) }

  /// C5: `node` answers a client. The command is chosen, `node` has executed it, and the log gives this reply.
  public func replied(_ node: NodeID, _ id: Command.ID, _ reply: Reply, _ findings: inout Findings) {
    let reached = executed[Int(node.index)]
    if id.sequence == 0 {
      let session = model.session(named: reply.value)
      findings.expect(
        session?.nonce == id.client && reply.value >> 16 <= reached, "C5", node,
        "answered an open with session \(reply.value), which the log does not give")
      return
    }
    let session = model.session(named: id.client)
    guard let execution = session?.execution(id.sequence), execution.place > 0 else {
      let reason =
        session?.expired.map { "which the chosen log does not execute: its session expired in slot \($0)" }
        ?? "which is not chosen"
      return findings.report("C5", node, "answered \(id), \(reason)")
    }
    findings.expect(
      execution.place >> 16 <= reached, "C5", node,
      "answered \(id) of slot \(execution.place >> 16) having executed through \(reached)")
    findings.expect(
      execution.reply == reply, "C5", node, "answered \(id) with \(reply); the log gives \(execution.reply)")
  }
  /// C5: `node` tells a client that its session is gone.
  public func replied(_ node: NodeID, unknownSession id: Command.ID, _ findings: inout Findings) {
    let session = model.session(named: id.client)
    let isGone = session.map { ghost in ghost.expired.map { $0 <= executed[Int(node.index)] } ?? false } ?? true
    findings.expect(isGone, "C5", node, "told \(id) that its session is gone, and it lives")
  }

  // MARK: When it is over

  /// The whole history against the chosen log: C6, L1, L2, L4.
  ///
  /// `finals` are the states in which the replicas came to rest.
  public func audit(
    _ history: [ClientOperation], finals: [(node: NodeID, slot: Slot, stateDigest: UInt64)],
    _ findings: inout Findings
  ) {
    for final in finals {
      findings.expect(
        final.slot.number == UInt64(chosen.count), "L4", final.node,
        "ends at slot \(final.slot), and the chosen log at \(chosen.count)")
      findings.expect(
        final.stateDigest == stateDigest(at: final.slot), "L4", final.node,
        "ends in a state that the chosen log does not give")
    }
    var placed: [(place: UInt64, operation: Int)] = []
    placed.reserveCapacity(history.count)
    for (index, operation) in history.enumerated() {
      let execution = model.session(named: operation.id.client)?.execution(operation.id.sequence)
      let place = execution?.place ?? 0
      switch operation.outcome {
      case .ok(let reply):
        findings.expect(place > 0, "L2", nil, "\(operation) was acknowledged and is not in the log")
        findings.expect(
          place == 0 || execution?.reply == reply, "L2", nil, "\(operation) was acknowledged with another reply")
      case .failed:
        findings.expect(
          place == 0, "C6", nil, "\(operation) was reported as failed and is in slot \(place >> 16) of the log")
      case .pending, .unknown: break
      }
      if place > 0 { placed.append((place, index)) }
    }
    placed.sort { $0.place < $1.place }
    checkRealTime(placed, history, &findings)
  }

  /// L1: what was answered before another operation was asked stands before it in the log. With it, every reply being the log's,
  /// the history is linearizable (Herlihy and Wing 1990): the log is the linearization.
  private func checkRealTime(
    _ placed: [(place: UInt64, operation: Int)], _ history: [ClientOperation], _ findings: inout Findings
  ) {
    var latest: (invoked: Int64, operation: Int)?
    for index in placed.indices {
      let operation = history[placed[index].operation]
      if index > 0 {
        findings.expect(
          placed[index].place != placed[index - 1].place, "L2", nil,
          "\(operation) stands twice in the history")
      }
      if let returned = operation.returned, let latest, returned < latest.invoked {
        findings.report(
          "L1", nil,
          "\(operation) was answered before \(history[latest.operation]) was asked, and stands after it in the log"
        )
      }
      if latest == nil || operation.invoked > latest!.invoked { latest = (operation.invoked, placed[index].operation) }
    }
  }
}
