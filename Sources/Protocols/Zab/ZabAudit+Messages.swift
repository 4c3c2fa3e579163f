import Consensus

// What the messages that a replica sends say of it.
extension ZabAudit {
  func stream(_ node: NodeID, _ peer: NodeID) -> Int { Int(node.index) * mirrors.count + Int(peer.index) }

  /// Z13: a proposal goes to all that have acknowledged the epoch, at once or behind what they still get.
  func checkProposed(
    _ node: NodeID, _ core: borrowing Zab, _ proposed: NodeSet, _ findings: inout Findings
  ) {
    for peer in mirrors[Int(node.index)].acknowledged where !proposed.contains(peer) {
      let mode = core.progress[Int(peer.index)].mode
      let isPending =
        mode == .snapshot || mode == .diff
        || (mode == .open && core.progress[Int(peer.index)].next <= core.log.lastSlot)
      findings.expect(isPending, "Z13", node, "proposes \(core.log.last), and \(peer) will never get it")
    }
  }

  mutating func checkMessage(
    _ message: Zab.Message, _ peers: NodeSet, _ node: NodeID, _ core: borrowing Zab, _ proposed: inout NodeSet,
    _ findings: inout Findings
  ) {
    switch message {
    case .diff(let diff):
      for peer in peers { streams[stream(node, peer)] = diff.lastSlot.next }
      var slot = diff.previous.slot
      for entry in diff.entries {
        slot = slot.next
        findings.expect(
          mirrors[Int(node.index)].history.zxid(at: slot).map { $0 == Zab.Zxid(entry.stamp) } ?? true, "Z12", node,
          "brings \(peers) \(Zab.Zxid(entry.stamp)) in \(slot), where its own history holds something else")
      }
    case .propose(let slot, _):
      for peer in peers {
        let next = streams[stream(node, peer)] ?? slot
        findings.expect(slot <= next, "Z12", node, "proposes \(slot) to \(peer), which has not got \(next)")
        streams[stream(node, peer)] = max(next, slot.next)
      }
      if slot == core.log.lastSlot { proposed = proposed.union(peers) }
      findings.expect(core.phase == .broadcast, "Z11", node, "proposes \(slot) before it is established")
    case .commit(let position):
      for peer in peers {
        let next = streams[stream(node, peer)] ?? position.slot.next
        findings.expect(
          position.slot < next, "Z12", node, "commits \(position) to \(peer), which has not got \(next)")
      }
      findings.expect(
        core.phase == .broadcast && position.slot <= core.commit, "Z11", node,
        "sends a COMMIT of \(position) with \(core.commit) committed")
    case .newLeader(let epoch, let end):
      for peer in peers {
        streams[stream(node, peer)] = max(streams[stream(node, peer)] ?? end.slot.next, end.slot.next)
      }
      let initial = epochs[epoch]?.initial ?? .start
      findings.expect(
        end.slot >= initial.slot, "Z12", node,
        "sends NEWLEADER at \(end), and the initial history ends at \(initial)")
      findings.expect(
        epochs[epoch]?.prospective == node, "Z11", node, "sends NEWLEADER of \(epoch) without a quorum's promises")
    case .upToDate(let epoch, let committed):
      findings.expect(core.phase == .broadcast, "Z11", node, "sends UPTODATE of \(epoch) before it is established")
      for peer in peers {
        // What is under way to the follower bounds it; otherwise it is the leader's latest.
        let latest = min(core.commit, core.progress[Int(peer.index)].reach)
        findings.expect(
          committed.slot == latest, "Z13", node, "brings \(peer) up to \(committed) when \(latest) is committed")
      }
    case .ackNewLeader(let epoch, let end): checkLeaderAck(epoch, end, node, core, &findings)
    default: break
    }
  }

  /// Z10: an acknowledgement that does not wait for the disk says what the disk holds: the promise; the history, and f.a behind it.
  func checkDurable(_ message: Zab.Message, _ node: NodeID, _ findings: inout Findings) {
    switch message {
    case .ackEpoch(let ack):
      let disk = mirrors[Int(node.index)].diskAccepted
      findings.expect(
        disk >= ack.epoch, "Z10", node, "acknowledges epoch \(ack.epoch), and f.p on its disk is \(disk)")
    case .ackNewLeader(let epoch, let end):
      let mirror = mirrors[Int(node.index)]
      findings.expect(
        mirror.diskCurrent >= epoch && mirror.disk.reaches(end), "Z10", node,
        "acknowledges the leader of \(epoch) at \(end); its disk holds f.a \(mirror.diskCurrent) and \(mirror.disk.last)"
      )
    default: break
    }
  }

  /// Z12: who acknowledges a leader has its history, without a hole and without anything of a dead branch.
  private func checkLeaderAck(
    _ epoch: UInt32, _ end: Zab.Position, _ node: NodeID, _ core: borrowing Zab, _ findings: inout Findings
  ) {
    let mirror = mirrors[Int(node.index)]
    findings.expect(
      mirror.history.last == end && core.log.last == end, "Z12", node,
      "acknowledges the leader of \(epoch) with a history that ends at \(core.log.last) instead of \(end)")
    let initial = epochs[epoch]?.initial ?? .start
    findings.expect(
      mirror.history.reaches(initial), "Z12", node,
      "acknowledges the leader of \(epoch) at \(end), and the initial history ends at \(initial)")
    guard let leader = epochs[epoch]?.prospective, leader != node else { return }
    let other = mirrors[Int(leader.index)]
    guard other.acceptedEpoch == epoch, other.history.zxid(at: end.slot) != nil else { return }
    findings.expect(
      other.history.holds(end), "Z12", node, "acknowledges \(end), which its leader \(leader) does not hold")
  }
}
