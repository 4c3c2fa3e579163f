import Consensus

/// One replica that writes each batch to its journal and asks nobody: the floor under every chart. What a protocol costs above
/// it is the price of agreement.
public struct Unreplicated: ConsensusProtocol {
  public enum Message: WireCodable {
    /// To self: everything up to `slot` is durable.
    case written(epoch: UInt64, Slot)

    public var tag: UInt8 { 0 }
    public var description: String {
      switch self {
      case .written(let epoch, let slot): "Written(epoch \(epoch), through \(slot))"
      }
    }
    public func encode(into writer: inout ByteWriter) {
      writer.write(tag)
      switch self {
      case .written(let epoch, let slot):
        writer.write(epoch)
        writer.write(slot)
      }
    }
    public init(from reader: inout ByteReader) throws(WireError) {
      let tag = try reader.byte()
      guard tag == 0 else { throw .unknownTag(tag) }
      self = .written(epoch: try reader.uint64(), try reader.slot())
    }
  }

  public enum Record: WireCodable {
    /// A new incarnation begins.
    case epoch(UInt64)
    case append(Slot, Entry)

    public var tag: UInt8 {
      switch self {
      case .epoch: 0
      case .append: 1
      }
    }
    public var description: String {
      switch self {
      case .epoch(let epoch): "Epoch(\(epoch))"
      case .append(let slot, _): "Append(\(slot))"
      }
    }
    public func encode(into writer: inout ByteWriter) {
      writer.write(tag)
      switch self {
      case .epoch(let epoch): writer.write(epoch)
      case .append(let slot, let entry):
        writer.write(slot)
        writer.write(entry)
      }
    }
    public init(from reader: inout ByteReader) throws(WireError) {
      switch try reader.byte() {
      case 0: self = .epoch(try reader.uint64())
      case 1: self = .append(try reader.slot(), try reader.entry())
      case let tag: throw .unknownTag(tag)
      }
    }
  }

  /// It has none.
  public enum Timer: Hashable, Sendable, CustomStringConvertible {
    public var description: String {
      switch self {
      }
    }
  }
  public struct Tuning: Sendable {
    public init() {}
  }

  public static let name = "unreplicated"
  public static let messageKinds = [MessageKind("Written", .replication)]

  let id: NodeID
  /// Counts incarnations, so that no two leaderships share a name.
  private(set) var epoch: UInt64 = 0
  public private(set) var base = Slot(0)
  /// What follows the snapshot.
  private var log: [Entry] = []
  private var committed = Slot(0)
  private var isLeader = false

  public init(_ configuration: Configuration<Unreplicated>) { id = configuration.id }

  var last: Slot { Slot(base.number + UInt64(log.count)) }

  public var status: ReplicaStatus {
    ReplicaStatus(
      role: isLeader ? .leader : .follower, epoch: epoch, leader: isLeader ? id : nil, committed: committed,
      isEstablished: isLeader)
  }

  public mutating func restore(_ snapshot: Snapshot) {
    guard snapshot.through > base else { return }
    log.removeFirst(min(log.count, Int(snapshot.through.number - base.number)))
    base = snapshot.through
    committed = max(committed, base)
  }
  public mutating func replay(_ record: Record) {
    switch record {
    case .epoch(let number): epoch = number
    case .append(let slot, let entry): if slot == last.next { log.append(entry) }
    }
  }
  public func checkpoint() -> [Record] {
    [.epoch(epoch)] + log.enumerated().map { .append(Slot(base.number + UInt64($0 + 1)), $1) }
  }
  public func entry(at slot: Slot) -> Entry? {
    slot > base && slot <= last ? log[Int(slot.number - base.number) - 1] : nil
  }

  public mutating func step(_ input: Input<Unreplicated>, into effects: inout Effects<Unreplicated>) {
    switch input {
    case .start:
      persist(.epoch(epoch + 1), &effects)
      effects.send(.written(epoch: epoch, last), to: id)
    case .propose(let batch):
      guard isLeader else { return effects.reject(batch, hint: nil) }
      persist(.append(last.next, Entry(stamp: Stamp(epoch), value: .batch(batch))), &effects)
      effects.send(.written(epoch: epoch, last), to: id)
    case .receive(.written(let written, let slot), let peer):
      guard peer == id, written == epoch else { return }
      isLeader = true
      while committed < min(slot, last) {
        committed = committed.next
        if let entry = entry(at: committed) { effects.commit(entry, at: committed) }
      }
    case .compacted(let snapshot): restore(snapshot)
    case .timeout, .connected, .disconnected, .transfer: break
    }
  }

  public func upholds(_ message: Message, to peer: NodeID) -> Bool {
    switch message {
    case .written(let written, let slot): epoch >= written && last >= slot
    }
  }
  public func check(_ findings: inout Findings) {
    findings.expect(committed <= last, "U1", id, "committed \(committed) beyond the log's end \(last)")
    findings.expect(committed >= base, "U1", id, "committed \(committed) below the snapshot \(base)")
  }
  public func inspect() -> [(name: String, value: String)] { [("epoch", "\(epoch)"), ("last", "\(last)")] }
}
