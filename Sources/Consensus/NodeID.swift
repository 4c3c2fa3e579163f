/// A replica's name, stable across restarts.
public struct NodeID: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// 0 ..< 64: the replica's bit in a `NodeSet`.
  public let index: UInt8

  @inlinable public init(_ index: UInt8) { self.index = index }
  @inlinable public init(_ index: Int) { self.index = UInt8(index) }

  @inlinable public static func < (a: Self, b: Self) -> Bool { a.index < b.index }
  public var description: String { "n\(index)" }
}

/// Up to 64 replicas in one word: addressees, votes, acknowledgements. Iterates in ascending order, always.
public struct NodeSet: Hashable, Sendable, Sequence, CustomStringConvertible {
  public var bits: UInt64

  @inlinable public init(bits: UInt64 = 0) { self.bits = bits }
  @inlinable public init(_ node: NodeID) { bits = 1 &<< UInt64(node.index) }
  /// The replicas 0 ..< `count`; `count` is at most 64.
  @inlinable public init(first count: Int) {
    precondition((0...64).contains(count), "a cluster has at most 64 replicas")
    bits = count == 64 ? .max : (1 &<< UInt64(count)) - 1
  }

  @inlinable public var count: Int { bits.nonzeroBitCount }
  @inlinable public var isEmpty: Bool { bits == 0 }
  @inlinable public func contains(_ node: NodeID) -> Bool { bits & (1 &<< UInt64(node.index)) != 0 }

  /// False if it was there already: an acknowledgement counts once.
  @discardableResult @inlinable public mutating func insert(_ node: NodeID) -> Bool {
    let fresh = !contains(node)
    bits |= 1 &<< UInt64(node.index)
    return fresh
  }
  @inlinable public mutating func remove(_ node: NodeID) { bits &= ~(1 &<< UInt64(node.index)) }
  @inlinable public func removing(_ node: NodeID) -> NodeSet { NodeSet(bits: bits & ~(1 &<< UInt64(node.index))) }
  @inlinable public func intersection(_ other: NodeSet) -> NodeSet { NodeSet(bits: bits & other.bits) }
  @inlinable public func union(_ other: NodeSet) -> NodeSet { NodeSet(bits: bits | other.bits) }
  @inlinable public func subtracting(_ other: NodeSet) -> NodeSet { NodeSet(bits: bits & ~other.bits) }

  public struct Iterator: IteratorProtocol {
    @usableFromInline var rest: UInt64
    @inlinable init(rest: UInt64) { self.rest = rest }
    @inlinable public mutating func next() -> NodeID? {
      guard rest != 0 else { return nil }
      defer { rest &= rest &- 1 }
      return NodeID(UInt8(truncatingIfNeeded: rest.trailingZeroBitCount))
    }
  }
  @inlinable public func makeIterator() -> Iterator { Iterator(rest: bits) }

  public var description: String { "{" + map(\.description).joined(separator: ",") + "}" }
}

/// Who takes part in the agreement.
public struct Cluster: Hashable, Sendable {
  public let members: NodeSet

  @inlinable public init(members: NodeSet) { self.members = members }
  @inlinable public init(count: Int) { members = NodeSet(first: count) }

  /// The size of the smallest set that intersects every other of its size.
  @inlinable public var majority: Int { members.count / 2 + 1 }
}
