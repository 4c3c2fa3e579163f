import Consensus

extension MultiPaxos {
  /// What an acceptor "remembers even if it fails and then restarts" (PMS §2.2). An acceptance is also a promise.
  public enum Record: WireCodable {
    /// No proposal below this ballot will be accepted; the owner of the ballot will not use it again.
    case promise(Ballot)
    /// The entry's stamp is the ballot of the proposal. What is settled comes along: nothing depends on it, it costs no write of its
    /// own, and a replica that comes back need not learn it again.
    case accept(Slot, Entry, Settled)

    public var tag: UInt8 {
      switch self {
      case .promise: 0
      case .accept: 1
      }
    }
    public func encode(into writer: inout ByteWriter) {
      writer.write(tag)
      switch self {
      case .promise(let ballot): writer.write(ballot)
      case .accept(let slot, let entry, let settled):
        writer.write(slot)
        writer.write(entry)
        writer.write(settled.after)
        writer.write(settled.through)
      }
    }
    public init(from reader: inout ByteReader) throws(WireError) {
      switch try reader.byte() {
      case 0: self = .promise(try reader.ballot())
      case 1:
        self = .accept(
          try reader.slot(), try reader.entry(), Settled(after: try reader.slot(), through: try reader.slot()))
      case let tag: throw .unknownTag(tag)
      }
    }
    public var description: String {
      switch self {
      case .promise(let ballot): "Promise(\(ballot))"
      case .accept(let slot, let entry, let settled):
        "Accept(\(slot)@\(Ballot(entry.stamp)) \(entry.value), settled \(settled.after)...\(settled.through))"
      }
    }
  }

  /// Slots above `after`, up to `through`: they are chosen, and the values accepted here are the chosen ones. What lies below
  /// `after` was learned from others, and is not on this disk before a snapshot stands for it.
  public struct Settled: Hashable, Sendable {
    public var after = Slot(0)
    public var through = Slot(0)

    func contains(_ slot: Slot) -> Bool { slot > after && slot <= through }
  }
}
