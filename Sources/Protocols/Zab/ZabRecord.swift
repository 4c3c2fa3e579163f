import Consensus

extension Zab {
  /// What must survive a crash (Table I: f.p, f.a and the history).
  public enum Record: WireCodable {
    /// f.p, the last new epoch that was promised: ZooKeeper's `acceptedEpoch`.
    case acceptedEpoch(UInt32)
    /// f.a, the last new leader that was acknowledged: ZooKeeper's `currentEpoch`.
    case currentEpoch(UInt32)
    /// A transaction in its place; whatever followed is gone.
    case append(Slot, Entry)
    /// Whatever follows this slot is gone.
    case truncate(after: Slot)

    public var tag: UInt8 {
      switch self {
      case .acceptedEpoch: 0
      case .currentEpoch: 1
      case .append: 2
      case .truncate: 3
      }
    }
    public func encode(into writer: inout ByteWriter) {
      writer.write(tag)
      switch self {
      case .acceptedEpoch(let epoch), .currentEpoch(let epoch): writer.write(epoch)
      case .append(let slot, let entry):
        writer.write(slot)
        writer.write(entry)
      case .truncate(let slot): writer.write(slot)
      }
    }
    public init(from reader: inout ByteReader) throws(WireError) {
      switch try reader.byte() {
      case 0: self = .acceptedEpoch(try reader.uint32())
      case 1: self = .currentEpoch(try reader.uint32())
      case 2: self = .append(try reader.slot(), try reader.entry())
      case 3: self = .truncate(after: try reader.slot())
      case let tag: throw .unknownTag(tag)
      }
    }
    public var description: String {
      switch self {
      case .acceptedEpoch(let epoch): "AcceptedEpoch(\(epoch))"
      case .currentEpoch(let epoch): "CurrentEpoch(\(epoch))"
      case .append(let slot, let entry): "Append(\(slot)@\(Zxid(entry.stamp)) \(entry.value))"
      case .truncate(let slot): "Truncate(after \(slot))"
      }
    }
  }
}
