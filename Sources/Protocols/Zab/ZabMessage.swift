import Consensus

extension Zab {
  /// The messages of the paper's three phases (§IV.A), of ZooKeeper's synchronisation, and of Fast Leader Election.
  public enum Message: WireCodable {
    /// A vote, and what its sender does just now.
    case notification(Notification)
    /// CEPOCH(f.p), ZooKeeper's FOLLOWERINFO: "I follow you; this is the last epoch I promised."
    case cepoch(promised: UInt32)
    /// NEWEPOCH(e'), ZooKeeper's LEADERINFO.
    case newEpoch(UInt32)
    /// ACK-E(f.a, h_f), ZooKeeper's ACKEPOCH.
    case ackEpoch(EpochAck)
    /// Transactions that a follower lacks.
    case diff(Diff)
    /// A follower has a DIFF on disk: makes room for the next.
    case diffReceived(epoch: UInt32, through: Slot)
    /// TRUNC: everything after this position belongs to a dead branch.
    case truncate(epoch: UInt32, after: Position)
    /// A piece of SNAP.
    indirect case snapshot(epoch: UInt32, SnapshotPiece)
    case snapshotReceived(SnapshotReceipt)
    /// NEWLEADER(e', I): what was sent is the initial history, and it ends here.
    case newLeader(epoch: UInt32, end: Position)
    /// ACK-LD: that history is on disk, and then f.a = e'.
    case ackNewLeader(epoch: UInt32, end: Position)
    /// COMMIT-LD, ZooKeeper's UPTODATE: deliver everything through here, the leader's latest commit.
    case upToDate(epoch: UInt32, committed: Position)
    /// PROPOSE(e', ⟨v, z⟩): the entry's stamp is z, and its epoch e'.
    case propose(Slot, Entry)
    /// ACK(e', z), and with it everything before z.
    case ack(Position)
    /// COMMIT(e', z), and with it everything before z.
    case commit(Position)
    case ping(epoch: UInt32)
    case pong(epoch: UInt32)
  }

  /// Whom a server would have as leader. Votes are totally ordered: "current epoch, then zxid, then server".
  public struct Vote: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var leader: NodeID
    /// The last zxid of the proposed leader, and its f.a.
    public var zxid: Zxid
    public var peerEpoch: UInt32

    public static func < (a: Self, b: Self) -> Bool {
      if planted("Z-20"), a.zxid == b.zxid, a.leader < b.leader { return true }
      return (a.peerEpoch, a.zxid, a.leader) < (b.peerEpoch, b.zxid, b.leader)
    }
    public var description: String { "\(leader) with \(zxid) in \(peerEpoch)" }
  }
  public struct Notification: Hashable, Sendable {
    public var vote: Vote
    /// ZooKeeper's `electionEpoch`, the sender's logical clock.
    public var round: UInt64
    public var standing: Standing
  }
  public struct EpochAck: Hashable, Sendable {
    public var epoch: UInt32
    /// False if the epoch had been promised before, maybe to another: it must not count for this leader (ZooKeeper's -1).
    public var counts: Bool
    /// f.a.
    public var currentEpoch: UInt32
    /// The history's lowest known position, and the last one of each epoch after it.
    public var outline: [Position]

    var last: Position { outline.last ?? .start }
  }
  public struct Diff: Hashable, Sendable {
    public var epoch: UInt32
    /// Where the follower's history must end.
    public var previous: Position
    public var entries: [Entry]

    var lastSlot: Slot { Slot(previous.slot.number + UInt64(entries.count)) }
  }
  public struct SnapshotReceipt: Hashable, Sendable {
    public var epoch: UInt32
    /// The snapshot that the piece was of.
    public var through: Slot
    /// Bytes of it received so far.
    public var next: UInt64
    /// The follower has everything up to `through`, durably.
    public var isDone: Bool
  }

  /// Indexed by `Message.tag`.
  public static let messageKinds = [
    MessageKind("Notification", .election), MessageKind("CEPOCH", .election), MessageKind("NEWEPOCH", .election),
    MessageKind("ACK-E", .election), MessageKind("DIFF", .synchronization),
    MessageKind("DIFF-ACK", .synchronization), MessageKind("TRUNC", .synchronization),
    MessageKind("SNAP", .synchronization), MessageKind("SNAP-ACK", .synchronization),
    MessageKind("NEWLEADER", .synchronization), MessageKind("ACK-LD", .synchronization),
    MessageKind("UPTODATE", .synchronization), MessageKind("PROPOSE", .replication),
    MessageKind("ACK", .replication), MessageKind("COMMIT", .notice), MessageKind("PING", .heartbeat),
    MessageKind("PONG", .heartbeat),
  ]
}

extension Zab.Message {
  public var tag: UInt8 {
    switch self {
    case .notification: 0
    case .cepoch: 1
    case .newEpoch: 2
    case .ackEpoch: 3
    case .diff: 4
    case .diffReceived: 5
    case .truncate: 6
    case .snapshot: 7
    case .snapshotReceived: 8
    case .newLeader: 9
    case .ackNewLeader: 10
    case .upToDate: 11
    case .propose: 12
    case .ack: 13
    case .commit: 14
    case .ping: 15
    case .pong: 16
    }
  }

  public func encode(into writer: inout ByteWriter) {
    writer.write(tag)
    switch self {
    case .notification(let notification): notification.encode(into: &writer)
    case .cepoch(let epoch), .newEpoch(let epoch), .ping(let epoch), .pong(let epoch): writer.write(epoch)
    case .ackEpoch(let ack): ack.encode(into: &writer)
    case .diff(let diff): diff.encode(into: &writer)
    case .diffReceived(let epoch, let through):
      writer.write(epoch)
      writer.write(through)
    case .truncate(let epoch, let position), .newLeader(let epoch, let position),
      .ackNewLeader(let epoch, let position), .upToDate(let epoch, let position):
      writer.write(epoch)
      position.encode(into: &writer)
    case .snapshot(let epoch, let piece):
      writer.write(epoch)
      piece.encode(into: &writer)
    case .snapshotReceived(let receipt): receipt.encode(into: &writer)
    case .propose(let slot, let entry):
      writer.write(slot)
      writer.write(entry)
    case .ack(let position), .commit(let position): position.encode(into: &writer)
    }
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    switch try reader.byte() {
    case 0: self = .notification(try .init(from: &reader))
    case 1: self = .cepoch(promised: try reader.uint32())
    case 2: self = .newEpoch(try reader.uint32())
    case 3: self = .ackEpoch(try .init(from: &reader))
    case 4: self = .diff(try .init(from: &reader))
    case 5: self = .diffReceived(epoch: try reader.uint32(), through: try reader.slot())
    case 6: self = .truncate(epoch: try reader.uint32(), after: try .init(from: &reader))
    case 7: self = .snapshot(epoch: try reader.uint32(), try .init(from: &reader))
    case 8: self = .snapshotReceived(try .init(from: &reader))
    case 9: self = .newLeader(epoch: try reader.uint32(), end: try .init(from: &reader))
    case 10: self = .ackNewLeader(epoch: try reader.uint32(), end: try .init(from: &reader))
    case 11: self = .upToDate(epoch: try reader.uint32(), committed: try .init(from: &reader))
    case 12: self = .propose(try reader.slot(), try reader.entry())
    case 13: self = .ack(try .init(from: &reader))
    case 14: self = .commit(try .init(from: &reader))
    case 15: self = .ping(epoch: try reader.uint32())
    case 16: self = .pong(epoch: try reader.uint32())
    case let tag: throw .unknownTag(tag)
    }
  }

  public var description: String {
    let name = Zab.messageKinds[Int(tag)].name
    return switch self {
    case .notification(let notification):
      "\(name)(\(notification.vote), round \(notification.round), \(notification.standing))"
    case .cepoch(let epoch), .newEpoch(let epoch), .ping(let epoch), .pong(let epoch): "\(name)(\(epoch))"
    case .ackEpoch(let ack):
      "\(name)(\(ack.epoch)\(ack.counts ? "" : ", promised before"), current \(ack.currentEpoch), history \(ack.outline.map(\.description).joined(separator: " ")))"
    case .diff(let diff): "\(name)(\(diff.epoch), after \(diff.previous), entries \(diff.span))"
    case .diffReceived(let epoch, let through): "\(name)(\(epoch), through \(through))"
    case .truncate(let epoch, let position), .newLeader(let epoch, let position),
      .ackNewLeader(let epoch, let position), .upToDate(let epoch, let position):
      "\(name)(\(epoch), \(position))"
    case .snapshot(let epoch, let piece):
      "\(name)(\(epoch), through \(piece.through)@\(Zab.Zxid(piece.stamp)), bytes \(piece.offset)+\(piece.bytes.count)\(piece.isLast ? " last" : ""))"
    case .snapshotReceived(let receipt):
      "\(name)(\(receipt.epoch), through \(receipt.through), \(receipt.isDone ? "done" : "next \(receipt.next)"))"
    case .propose(let slot, let entry): "\(name)(\(slot)@\(Zab.Zxid(entry.stamp)))"
    case .ack(let position), .commit(let position): "\(name)(\(position))"
    }
  }
}

extension Zab.Diff {
  /// Which transactions it brings: 3@1:2...7@2:1.
  fileprivate var span: String {
    guard let first = entries.first, let last = entries.last else { return "none" }
    let end = entries.count > 1 ? "...\(lastSlot)@\(Zab.Zxid(last.stamp))" : ""
    return "\(previous.slot.next)@\(Zab.Zxid(first.stamp))\(end)"
  }
}
extension Zab.Position {
  func encode(into writer: inout ByteWriter) {
    writer.write(slot)
    writer.write(zxid.stamp)
  }
  init(from reader: inout ByteReader) throws(WireError) {
    self.init(slot: try reader.slot(), zxid: Zab.Zxid(try reader.stamp()))
  }
}
extension Zab.Notification {
  func encode(into writer: inout ByteWriter) {
    writer.write(vote.leader)
    writer.write(vote.zxid.stamp)
    writer.write(vote.peerEpoch)
    writer.write(round)
    writer.write(standing.rawValue)
  }
  init(from reader: inout ByteReader) throws(WireError) {
    vote = Zab.Vote(
      leader: try reader.node(), zxid: Zab.Zxid(try reader.stamp()), peerEpoch: try reader.uint32())
    round = try reader.uint64()
    guard let standing = Zab.Standing(rawValue: try reader.byte()) else { throw .invalid }
    self.standing = standing
  }
}
extension Zab.EpochAck {
  func encode(into writer: inout ByteWriter) {
    writer.write(epoch)
    writer.write(counts)
    writer.write(currentEpoch)
    writer.write(UInt32(outline.count))
    for position in outline { position.encode(into: &writer) }
  }
  init(from reader: inout ByteReader) throws(WireError) {
    self.init(
      epoch: try reader.uint32(), counts: try reader.flag(), currentEpoch: try reader.uint32(), outline: [])
    let count = try reader.count(minimumBytes: 16)
    outline.reserveCapacity(count)
    for _ in 0..<count {
      let position = try Zab.Position(from: &reader)
      // Positions rise, or the ends of epochs are not what they say.
      if let last = outline.last, position.slot <= last.slot || position.zxid <= last.zxid { throw .invalid }
      outline.append(position)
    }
  }
}
extension Zab.Diff {
  func encode(into writer: inout ByteWriter) {
    writer.write(epoch)
    previous.encode(into: &writer)
    writer.write(UInt32(entries.count))
    for entry in entries { writer.write(entry) }
  }
  init(from reader: inout ByteReader) throws(WireError) {
    self.init(epoch: try reader.uint32(), previous: try .init(from: &reader), entries: [])
    // A stamp and the shortest value, a no-op.
    let count = try reader.count(minimumBytes: 9)
    guard !previous.slot.number.addingReportingOverflow(UInt64(count)).overflow else { throw .invalid }
    entries.reserveCapacity(count)
    for _ in 0..<count { entries.append(try reader.entry()) }
  }
}
extension Zab.SnapshotReceipt {
  func encode(into writer: inout ByteWriter) {
    writer.write(epoch)
    writer.write(through)
    writer.write(next)
    writer.write(isDone)
  }
  init(from reader: inout ByteReader) throws(WireError) {
    self.init(
      epoch: try reader.uint32(), through: try reader.slot(), next: try reader.uint64(), isDone: try reader.flag())
  }
}
