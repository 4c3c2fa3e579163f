import Consensus
import Faults

/// A sample of all that ever arrived at a replica, each as likely as any other: algorithm R of Vitter, Random Sampling with a Reservoir
/// (ACM TOMS 1985).
struct MessageMemory<Message> {
  private(set) var kept: [(message: Message, from: NodeID, bytes: Int32)] = []
  private var arrived: UInt64 = 0
  /// Chosen: a burst that a replica can take, and enough to hold all kinds of messages.
  private static var limit: Int { 64 }

  mutating func note(_ message: Message, _ from: NodeID, _ bytes: Int32, _ random: inout RandomSource) {
    arrived += 1
    if kept.count < Self.limit { return kept.append((message, from, bytes)) }
    let place = random.below(arrived)
    if place < UInt64(Self.limit) { kept[Int(place)] = (message, from, bytes) }
  }
}

extension Simulation {
  /// Whether there was somebody whom something could reach again. What is blocked or lost now does not matter: it was on its way.
  func repeatOld(to target: FaultTarget) -> Bool {
    guard keepsOld, let node = resolve(target), node.isUp, !node.memory.kept.isEmpty else { return false }
    coverage.conditions += 1
    coverage.oldDuplicates += node.memory.kept.count
    trace?.fault(now, "\(node.memory.kept.count) old messages arrive again", node.id)
    for (message, from, bytes) in node.memory.kept {
      let time = now + Int64(memoryRandom.below(10_000_000))
      queue.push(.deliver(message, from: from, to: node.id, session: 0, bytes: bytes), at: time)
    }
    return true
  }
}
