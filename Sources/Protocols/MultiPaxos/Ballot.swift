import Consensus

/// Names one attempt to lead: a round, and the replica that owns the ballot. No two replicas ever share one, so nobody need vote
/// on it ("different proposers choose their numbers from disjoint sets of numbers", PMS §2.2).
public struct Ballot: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Lower than every ballot that somebody prepares.
  public static let zero = Ballot(number: 0)
  /// A round that no peer's word can exceed: no arithmetic on rounds overflows.
  public static let roundLimit: UInt64 = 1 << 48

  /// Round in the upper 56 bits, owner in the lower 8: comparing numbers compares (round, owner).
  public let number: UInt64

  public init(number: UInt64) { self.number = number }
  public init(_ stamp: Stamp) { number = stamp.number }
  public init(round: UInt64, node: NodeID) { number = round << 8 | UInt64(node.index) }

  public var round: UInt64 { number >> 8 }
  public var node: NodeID { NodeID(UInt8(truncatingIfNeeded: number)) }
  public var stamp: Stamp { Stamp(number) }

  public static func < (a: Self, b: Self) -> Bool { a.number < b.number }
  /// The lowest ballot of `node` above this one's round.
  func next(of node: NodeID) -> Ballot {
    if planted("P-08") { return Ballot(round: round + 1, node: NodeID(0)) }
    return Ballot(round: round + 1, node: node)
  }

  public var description: String { "\(round).\(node.index)" }
}

extension ByteWriter {
  mutating func write(_ ballot: Ballot) { write(ballot.number) }
}
extension ByteReader {
  mutating func ballot() throws(WireError) -> Ballot {
    let ballot = Ballot(number: try uint64())
    guard ballot.round < Ballot.roundLimit, ballot.number & 0xFF < 64 else { throw .invalid }
    return ballot
  }
}
