import Consensus

extension Zab {
  /// A transaction's name: the epoch of the primary that broadcast it, and its number in that epoch, from 1 (§III.A).
  /// As a stamp: epoch << 32 | counter, as in ZooKeeper.
  public struct Zxid: Hashable, Comparable, Sendable, CustomStringConvertible {
    public static let zero = Zxid(epoch: 0, counter: 0)
    public var epoch: UInt32
    public var counter: UInt32

    public init(epoch: UInt32, counter: UInt32) {
      self.epoch = epoch
      self.counter = counter
    }
    public init(_ stamp: Stamp) {
      epoch = UInt32(truncatingIfNeeded: stamp.number >> 32)
      counter = UInt32(truncatingIfNeeded: stamp.number)
    }
    public var stamp: Stamp { Stamp(UInt64(epoch) << 32 | UInt64(counter)) }
    public static func < (a: Self, b: Self) -> Bool { a.stamp < b.stamp }
    public var description: String { "\(epoch):\(counter)" }
  }

  /// Where a transaction stands in a history. Two histories that agree in one position agree in everything before it: a zxid is
  /// given once, by a primary that appends it to what it has.
  public struct Position: Hashable, Sendable, CustomStringConvertible {
    public static let start = Position(slot: Slot(0), zxid: .zero)
    public var slot: Slot
    public var zxid: Zxid

    public init(slot: Slot, zxid: Zxid) {
      self.slot = slot
      self.zxid = zxid
    }
    public var description: String { "\(slot)@\(zxid)" }
  }
}
