import Consensus

extension MultiPaxos {
  /// What an acceptor "remembers even if it fails and then restarts" (PMS §2.2). An acceptance is also a promise.
  public enum Record: WireCodable {
    /// No proposal below this ballot will be accepted; the owner of the ballot will not use it again.
    case promise(Ballot)
    /// The entry's stamp is the ballot of the proposal.
    case accept(Slot, Entry)

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
      case .accept(let slot, let entry):
        writer.write(slot)
        writer.write(entry)
      }
    }
    public init(from reader: inout ByteReader) throws(WireError) {
      switch try reader.byte() {
      case 0: self = .promise(try reader.ballot())
      case 1: self = .accept(try reader.slot(), try reader.entry())
      case let tag: throw .unknownTag(tag)
      }
    }
    public var description: String {
      switch self {
      case .promise(let ballot): "Promise(\(ballot))"
      case .accept(let slot, let entry): "Accept(\(slot)@\(Ballot(entry.stamp)))"
      }
    }
  }
}
