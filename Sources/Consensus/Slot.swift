/// The n-th value of the replicated sequence, from 1; 0 is "before the first".
/// Raft: log index. Paxos: slot. Zab: n-th transaction of the history.
public struct Slot: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var number: UInt64

  @inlinable public init(_ number: UInt64) { self.number = number }
  @inlinable public static func < (a: Self, b: Self) -> Bool { a.number < b.number }
  @inlinable public var next: Slot { Slot(number + 1) }
  public var description: String { "\(number)" }
}

/// The protocol's own number for a slot's content: Raft's term, Zab's zxid, Paxos' ballot.
/// In Raft and Zab one (slot, stamp) names one prefix; in Paxos one value.
public struct Stamp: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var number: UInt64

  @inlinable public init(_ number: UInt64) { self.number = number }
  @inlinable public static func < (a: Self, b: Self) -> Bool { a.number < b.number }
  public var description: String { "\(number)" }
}
