import Consensus

extension MultiPaxos {
  /// The messages of the synod algorithm (PMS §2.2), for many slots at once (§3), and what brings learners up to date.
  public enum Message: WireCodable {
    /// Phase 1a, once for all slots from one on.
    case prepare(Prepare)
    /// Phase 1b: a promise, with all that was accepted in these slots.
    case promise(Promise)
    /// The refusal that the paper leaves out: it names the ballot that stands against it.
    case nack(refused: Ballot, by: Ballot)
    /// Phase 2a.
    case accept(Accept)
    /// Phase 2b.
    case accepted(Accepted)
    /// PMMC's decision, without the value: slots up to this one are chosen.
    case chosen(Watermark)
    /// A `chosen` that is sent at intervals, so that an idle leader is known to live.
    case heartbeat(Beat)
    /// What the sender knows to be chosen, with the number of the heartbeat that it answers.
    case heartbeatReply(Beat)
    /// "What was chosen from this slot on?" Anybody may be asked.
    case learnRequest(from: Slot)
    case learnReply(LearnReply)
    indirect case installSnapshot(SnapshotPiece)
    case installSnapshotReply(SnapshotReply)
  }

  public struct Prepare: Hashable, Sendable {
    public var ballot: Ballot
    /// The first slot that the sender does not know to be chosen.
    public var from: Slot
    /// The sender's last slot and the ballot of what it holds there. Only the variant with an election restriction looks at it.
    public var lastSlot: Slot
    public var lastBallot: Ballot
  }
  public struct Promise: Hashable, Sendable {
    public var ballot: Ballot
    /// Of slots up to this one the acceptor has only a snapshot.
    public var compacted: Slot
    /// The slots that the page speaks of; what is not reported of them was not accepted.
    public var first: Slot
    public var through: Slot
    public var rest: Rest
    /// The acceptor knows slots up to this one to be chosen, with the values reported here.
    public var chosen: Slot
    public var reports: [Report]
  }
  /// What there is beyond a page of something long.
  public enum Rest: UInt8, Hashable, Sendable {
    /// Nothing was accepted there at all, or is known to be chosen.
    case nothing
    /// Another page, which is on its way.
    case follows
    /// Other pages, for the asking.
    case onRequest
  }
  /// A value accepted in a slot; the entry's stamp is its ballot.
  public struct Report: Hashable, Sendable {
    public var slot: Slot
    public var entry: Entry
  }
  public struct Accept: Hashable, Sendable {
    public var ballot: Ballot
    /// The values' slots follow each other from here on.
    public var first: Slot
    /// The sender knows slots up to this one to be chosen.
    public var chosen: Slot
    public var values: [Value]

    var last: Slot { Slot(first.number + UInt64(values.count) - 1) }
  }
  public struct Accepted: Hashable, Sendable {
    public var ballot: Ballot
    public var first: Slot
    public var last: Slot
  }
  public struct Watermark: Hashable, Sendable {
    public var ballot: Ballot
    public var chosen: Slot
  }
  public struct Beat: Hashable, Sendable {
    public var mark: Watermark
    /// Counts the heartbeats of a leadership: what left before one and is not answered when that one is was lost.
    public var number: UInt64
  }
  public struct LearnReply: Hashable, Sendable {
    public var first: Slot
    /// The sender knows slots up to this one to be chosen.
    public var chosen: Slot
    public var rest: Rest
    /// What was chosen from `first` on.
    public var entries: [Entry]
  }
  public struct SnapshotReply: Hashable, Sendable {
    /// The snapshot that the piece was of.
    public var through: Slot
    /// Bytes of it received so far.
    public var next: UInt64
    /// The receiver has executed everything up to `through`.
    public var isDone: Bool
  }

  /// Indexed by `Message.tag`.
  public static let messageKinds = [
    MessageKind("Prepare", .election), MessageKind("Promise", .election), MessageKind("Nack", .election),
    MessageKind("Accept", .replication), MessageKind("Accepted", .replication), MessageKind("Chosen", .notice),
    MessageKind("Heartbeat", .heartbeat), MessageKind("HeartbeatReply", .heartbeat),
    MessageKind("LearnRequest", .synchronization), MessageKind("LearnReply", .synchronization),
    MessageKind("InstallSnapshot", .synchronization), MessageKind("InstallSnapshotReply", .synchronization),
  ]
}

extension MultiPaxos.Message {
  public var tag: UInt8 {
    switch self {
    case .prepare: 0
    case .promise: 1
    case .nack: 2
    case .accept: 3
    case .accepted: 4
    case .chosen: 5
    case .heartbeat: 6
    case .heartbeatReply: 7
    case .learnRequest: 8
    case .learnReply: 9
    case .installSnapshot: 10
    case .installSnapshotReply: 11
    }
  }

  public func encode(into writer: inout ByteWriter) {
    writer.write(tag)
    switch self {
    case .prepare(let request): request.encode(into: &writer)
    case .promise(let reply): reply.encode(into: &writer)
    case .nack(let refused, let higher):
      writer.write(refused)
      writer.write(higher)
    case .accept(let request): request.encode(into: &writer)
    case .accepted(let reply): reply.encode(into: &writer)
    case .chosen(let mark): mark.encode(into: &writer)
    case .heartbeat(let beat), .heartbeatReply(let beat): beat.encode(into: &writer)
    case .learnRequest(let slot): writer.write(slot)
    case .learnReply(let reply): reply.encode(into: &writer)
    case .installSnapshot(let piece): piece.encode(into: &writer)
    case .installSnapshotReply(let reply): reply.encode(into: &writer)
    }
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    switch try reader.byte() {
    case 0: self = .prepare(try .init(from: &reader))
    case 1: self = .promise(try .init(from: &reader))
    case 2: self = .nack(refused: try reader.ballot(), by: try reader.ballot())
    case 3: self = .accept(try .init(from: &reader))
    case 4: self = .accepted(try .init(from: &reader))
    case 5: self = .chosen(try .init(from: &reader))
    case 6: self = .heartbeat(try .init(from: &reader))
    case 7: self = .heartbeatReply(try .init(from: &reader))
    case 8: self = .learnRequest(from: try reader.position())
    case 9: self = .learnReply(try .init(from: &reader))
    case 10: self = .installSnapshot(try .init(from: &reader))
    case 11: self = .installSnapshotReply(try .init(from: &reader))
    case let tag: throw .unknownTag(tag)
    }
  }

  public var description: String {
    let name = MultiPaxos.messageKinds[Int(tag)].name
    return switch self {
    case .prepare(let request):
      "\(name)(\(request.ballot), from \(request.from), last \(request.lastSlot)@\(request.lastBallot))"
    case .promise(let reply):
      "\(name)(\(reply.ballot), \(reply.first)...\(reply.through)\(reply.rest == .nothing ? "" : "+"), chosen \(reply.chosen), "
        + "accepted \(reply.span))"
    case .nack(let refused, let higher): "\(name)(\(refused), by \(higher))"
    case .accept(let request):
      "\(name)(\(request.ballot), \(request.first)...\(request.last), chosen \(request.chosen))"
    case .accepted(let reply): "\(name)(\(reply.ballot), \(reply.first)...\(reply.last))"
    case .chosen(let mark): "\(name)(\(mark.ballot), chosen \(mark.chosen))"
    case .heartbeat(let beat), .heartbeatReply(let beat):
      "\(name)(\(beat.mark.ballot), number \(beat.number), chosen \(beat.mark.chosen))"
    case .learnRequest(let slot): "\(name)(from \(slot))"
    case .learnReply(let reply): "\(name)(from \(reply.first), chosen \(reply.chosen), values \(reply.entries.count))"
    case .installSnapshot(let piece):
      "\(name)(through \(piece.through)@\(Ballot(piece.stamp)), bytes \(piece.offset)+\(piece.bytes.count)\(piece.isLast ? " last" : ""))"
    case .installSnapshotReply(let reply):
      "\(name)(through \(reply.through), \(reply.isDone ? "done" : "next \(reply.next)"))"
    }
  }
}

extension ByteReader {
  /// A slot that something can be in, with room for arithmetic above it.
  fileprivate mutating func position() throws(WireError) -> Slot {
    let slot = try slot()
    guard slot.number > 0, slot.number < 1 << 62 else { throw .invalid }
    return slot
  }
  fileprivate mutating func rest() throws(WireError) -> MultiPaxos.Rest {
    guard let rest = MultiPaxos.Rest(rawValue: try byte()) else { throw .invalid }
    return rest
  }
}

extension MultiPaxos.Promise {
  /// What it reports: 3@1.0...7@2.1.
  fileprivate var span: String {
    guard let first = reports.first, let last = reports.last else { return "nothing" }
    let end = reports.count > 1 ? "...\(last.slot)@\(Ballot(last.entry.stamp))" : ""
    return "\(first.slot)@\(Ballot(first.entry.stamp))\(end)"
  }
}
extension MultiPaxos.Prepare {
  func encode(into writer: inout ByteWriter) {
    writer.write(ballot)
    writer.write(from)
    writer.write(lastSlot)
    writer.write(lastBallot)
  }
  init(from reader: inout ByteReader) throws(WireError) {
    self.init(
      ballot: try reader.ballot(), from: try reader.position(), lastSlot: try reader.slot(),
      lastBallot: try reader.ballot())
  }
}
extension MultiPaxos.Promise {
  func encode(into writer: inout ByteWriter) {
    writer.write(ballot)
    writer.write(compacted)
    writer.write(first)
    writer.write(through)
    writer.write(rest.rawValue)
    writer.write(chosen)
    writer.write(UInt32(reports.count))
    for report in reports {
      writer.write(report.slot)
      writer.write(report.entry)
    }
  }
  /// Reports are in the order of their slots, and within the page.
  init(from reader: inout ByteReader) throws(WireError) {
    self.init(
      ballot: try reader.ballot(), compacted: try reader.slot(), first: try reader.position(),
      through: try reader.slot(), rest: try reader.rest(), chosen: try reader.slot(), reports: [])
    guard through.number < 1 << 62, first <= through.next else { throw .invalid }
    // A slot, a stamp and the shortest value, a no-op.
    let count = try reader.count(minimumBytes: 17)
    reports.reserveCapacity(count)
    var least = first
    for _ in 0..<count {
      let report = MultiPaxos.Report(slot: try reader.slot(), entry: try reader.entry())
      guard report.slot >= least, report.slot <= through else { throw .invalid }
      least = report.slot.next
      reports.append(report)
    }
  }
}
extension MultiPaxos.Accept {
  func encode(into writer: inout ByteWriter) {
    writer.write(ballot)
    writer.write(first)
    writer.write(chosen)
    writer.write(UInt32(values.count))
    for value in values { writer.write(value) }
  }
  init(from reader: inout ByteReader) throws(WireError) {
    self.init(ballot: try reader.ballot(), first: try reader.position(), chosen: try reader.slot(), values: [])
    let count = try reader.count(minimumBytes: 1)
    guard count > 0 else { throw .invalid }
    values.reserveCapacity(count)
    for _ in 0..<count { values.append(try reader.value()) }
  }
}
extension MultiPaxos.Accepted {
  func encode(into writer: inout ByteWriter) {
    writer.write(ballot)
    writer.write(first)
    writer.write(last)
  }
  init(from reader: inout ByteReader) throws(WireError) {
    self.init(ballot: try reader.ballot(), first: try reader.position(), last: try reader.position())
    guard first <= last else { throw .invalid }
  }
}
extension MultiPaxos.Watermark {
  func encode(into writer: inout ByteWriter) {
    writer.write(ballot)
    writer.write(chosen)
  }
  init(from reader: inout ByteReader) throws(WireError) {
    self.init(ballot: try reader.ballot(), chosen: try reader.slot())
  }
}
extension MultiPaxos.Beat {
  func encode(into writer: inout ByteWriter) {
    mark.encode(into: &writer)
    writer.write(number)
  }
  init(from reader: inout ByteReader) throws(WireError) {
    self.init(mark: try .init(from: &reader), number: try reader.uint64())
  }
}
extension MultiPaxos.LearnReply {
  func encode(into writer: inout ByteWriter) {
    writer.write(first)
    writer.write(chosen)
    writer.write(rest.rawValue)
    writer.write(UInt32(entries.count))
    for entry in entries { writer.write(entry) }
  }
  init(from reader: inout ByteReader) throws(WireError) {
    self.init(first: try reader.position(), chosen: try reader.slot(), rest: try reader.rest(), entries: [])
    let count = try reader.count(minimumBytes: 9)
    entries.reserveCapacity(count)
    for _ in 0..<count { entries.append(try reader.entry()) }
  }
}
extension MultiPaxos.SnapshotReply {
  func encode(into writer: inout ByteWriter) {
    writer.write(through)
    writer.write(next)
    writer.write(isDone)
  }
  init(from reader: inout ByteReader) throws(WireError) {
    self.init(through: try reader.slot(), next: try reader.uint64(), isDone: try reader.flag())
  }
}
