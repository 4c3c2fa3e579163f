/// Counts distinct supporters of one proposal until a quorum has spoken.
public struct Tally: Hashable, Sendable {
  public private(set) var supporters = NodeSet()
  public let members: NodeSet
  public let quorum: Int

  /// A quorum of `quorum` out of `cluster`; a majority unless said otherwise.
  public init(of cluster: Cluster, quorum: Int? = nil) {
    members = cluster.members
    self.quorum = quorum ?? cluster.majority
  }

  /// Counts `node` once; strangers do not count. True when this very vote completed the quorum.
  @discardableResult public mutating func add(_ node: NodeID) -> Bool {
    guard members.contains(node), supporters.insert(node) else { return false }
    return supporters.count == quorum
  }
  public var hasQuorum: Bool { supporters.count >= quorum }
}

/// How far each member is known to have come, and what that commits.
public struct Watermarks: Hashable, Sendable {
  private var reached: [UInt64]
  private let members: NodeSet

  public init(of cluster: Cluster) {
    members = cluster.members
    reached = Array(repeating: 0, count: 64 - cluster.members.bits.leadingZeroBitCount)
  }

  public subscript(node: NodeID) -> Slot { Slot(reached[Int(node.index)]) }

  /// Moves a member's mark forward; a smaller one (an old reply) changes nothing. True if it moved.
  @discardableResult public mutating func advance(_ node: NodeID, to slot: Slot) -> Bool {
    guard members.contains(node), planted("R-26") || slot.number > reached[Int(node.index)] else { return false }
    reached[Int(node.index)] = slot.number
    return true
  }

  /// The highest slot that at least `quorum` members reached.
  public func reachedByQuorum(of quorum: Int) -> Slot {
    // The quorum-th largest mark, by counting: clusters are small, and nothing is allocated.
    var best: UInt64 = 0
    for candidate in members {
      let mark = reached[Int(candidate.index)]
      guard mark > best else { continue }
      var holders = 0
      for node in members where reached[Int(node.index)] >= mark { holders += 1 }
      if holders >= quorum { best = mark }
    }
    return Slot(best)
  }
}
