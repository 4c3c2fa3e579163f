import Consensus

extension Raft {
  /// What must survive a crash (Figure 2, "persistent state").
  public enum Record: WireCodable {
    /// `currentTerm` and `votedFor`: one record, because they change together.
    case vote(term: UInt64, for: NodeID?)
    /// An entry in its place; whatever followed is gone.
    case append(Slot, Entry)

    public var tag: UInt8 {
      switch self {
      case .vote: 0
      case .append: 1
      }
    }
    public func encode(into writer: inout ByteWriter) {
      writer.write(tag)
      switch self {
      case .vote(let term, let candidate):
        writer.write(term)
        writer.write(candidate != nil)
        if let candidate { writer.write(candidate) }
      case .append(let slot, let entry):
        writer.write(slot)
        writer.write(entry)
      }
    }
    public init(from reader: inout ByteReader) throws(WireError) {
      switch try reader.byte() {
      case 0: self = .vote(term: try reader.uint64(), for: try reader.flag() ? try reader.node() : nil)
      case 1: self = .append(try reader.slot(), try reader.entry())
      case let tag: throw .unknownTag(tag)
      }
    }
    public var description: String {
      switch self {
      case .vote(let term, let candidate): "Vote(term \(term), for \(candidate.map(\.description) ?? "nobody"))"
      case .append(let slot, let entry): "Append(\(slot)@\(entry.stamp) \(entry.value))"
      }
    }
  }
}
