import Consensus

extension Raft {
  /// The RPCs of Figure 2 and Figure 13, the trial vote and the hand-over of Ongaro's dissertation (§9.6, §3.10).
  public enum Message: WireCodable {
    /// "Would you vote for me in this term?" Changes nothing at the receiver.
    case preVote(VoteRequest)
    case preVoteReply(VoteReply)
    case requestVote(VoteRequest)
    case requestVoteReply(VoteReply)
    case appendEntries(AppendRequest)
    case appendEntriesReply(AppendReply)
    /// An AppendEntries without entries.
    case heartbeat(AppendRequest)
    case heartbeatReply(AppendReply)
    indirect case installSnapshot(term: UInt64, SnapshotPiece)
    case installSnapshotReply(SnapshotReply)
    case timeoutNow(term: UInt64)
  }

  public struct VoteRequest: Hashable, Sendable {
    public var term: UInt64
    /// The candidate's last log entry.
    public var lastSlot: Slot
    public var lastTerm: UInt64
    /// The leader itself asked for this election: who follows it votes all the same (dissertation §4.2.3).
    public var isTransfer: Bool

    var last: Position { Position(slot: lastSlot, term: lastTerm) }
  }
  public struct VoteReply: Hashable, Sendable {
    /// Granted: the term asked for. Refused: the voter's own.
    public var term: UInt64
    public var isGranted: Bool
  }
  public struct AppendRequest: Hashable, Sendable {
    public var term: UInt64
    /// The entry before the first of `entries`.
    public var previousSlot: Slot
    public var previousTerm: UInt64
    public var commit: Slot
    public var entries: [Entry]

    var previous: Position { Position(slot: previousSlot, term: previousTerm) }
    /// The last slot that a follower which accepts this has verified.
    var lastSlot: Slot { Slot(previousSlot.number + UInt64(entries.count)) }
  }
  public struct AppendReply: Hashable, Sendable {
    public var term: UInt64
    public var isSuccess: Bool
    /// Success: the log equals the leader's up to here, durably. Refusal: the `previousSlot` that was refused.
    public var slot: Slot
    /// Refusal: the last position of the follower's log that can equal the leader's.
    public var hintSlot: Slot
    public var hintTerm: UInt64

    static func success(_ term: UInt64, through slot: Slot) -> Self {
      .init(term: term, isSuccess: true, slot: slot, hintSlot: Slot(0), hintTerm: 0)
    }
    static func refusal(_ term: UInt64, of slot: Slot, hint: Position) -> Self {
      .init(term: term, isSuccess: false, slot: slot, hintSlot: hint.slot, hintTerm: hint.term)
    }
  }
  public struct SnapshotReply: Hashable, Sendable {
    public var term: UInt64
    /// The snapshot that the piece was of.
    public var through: Slot
    /// Bytes of it received so far.
    public var next: UInt64
    /// The follower has everything up to `through`, durably.
    public var isDone: Bool
  }

  /// Indexed by `Message.tag`.
  public static let messageKinds = [
    MessageKind("PreVote", .election), MessageKind("PreVoteReply", .election),
    MessageKind("RequestVote", .election), MessageKind("RequestVoteReply", .election),
    MessageKind("AppendEntries", .replication), MessageKind("AppendEntriesReply", .replication),
    MessageKind("Heartbeat", .heartbeat), MessageKind("HeartbeatReply", .heartbeat),
    MessageKind("InstallSnapshot", .synchronization), MessageKind("InstallSnapshotReply", .synchronization),
    MessageKind("TimeoutNow", .election),
  ]
}

extension Raft.Message {
  public var tag: UInt8 {
    switch self {
    case .preVote: 0
    case .preVoteReply: 1
    case .requestVote: 2
    case .requestVoteReply: 3
    case .appendEntries: 4
    case .appendEntriesReply: 5
    case .heartbeat: 6
    case .heartbeatReply: 7
    case .installSnapshot: 8
    case .installSnapshotReply: 9
    case .timeoutNow: 10
    }
  }

  public func encode(into writer: inout ByteWriter) {
    writer.write(tag)
    switch self {
    case .preVote(let request), .requestVote(let request): request.encode(into: &writer)
    case .preVoteReply(let reply), .requestVoteReply(let reply): reply.encode(into: &writer)
    case .appendEntries(let request), .heartbeat(let request): request.encode(into: &writer)
    case .appendEntriesReply(let reply), .heartbeatReply(let reply): reply.encode(into: &writer)
    case .installSnapshot(let term, let piece):
      writer.write(term)
      piece.encode(into: &writer)
    case .installSnapshotReply(let reply): reply.encode(into: &writer)
    case .timeoutNow(let term): writer.write(term)
    }
  }

  public init(from reader: inout ByteReader) throws(WireError) {
    switch try reader.byte() {
    case 0: self = .preVote(try .init(from: &reader))
    case 1: self = .preVoteReply(try .init(from: &reader))
    case 2: self = .requestVote(try .init(from: &reader))
    case 3: self = .requestVoteReply(try .init(from: &reader))
    case 4: self = .appendEntries(try .init(from: &reader))
    case 5: self = .appendEntriesReply(try .init(from: &reader))
    case 6:
      let request = try Raft.AppendRequest(from: &reader)
      guard request.entries.isEmpty else { throw .invalid }
      self = .heartbeat(request)
    case 7: self = .heartbeatReply(try .init(from: &reader))
    case 8: self = .installSnapshot(term: try reader.uint64(), try .init(from: &reader))
    case 9: self = .installSnapshotReply(try .init(from: &reader))
    case 10: self = .timeoutNow(term: try reader.uint64())
    case let tag: throw .unknownTag(tag)
    }
  }

  /// The sender's term, or in a trial vote and its grant the term that is tried.
  var term: UInt64 {
    switch self {
    case .preVote(let request), .requestVote(let request): request.term
    case .preVoteReply(let reply), .requestVoteReply(let reply): reply.term
    case .appendEntries(let request), .heartbeat(let request): request.term
    case .appendEntriesReply(let reply), .heartbeatReply(let reply): reply.term
    case .installSnapshot(let term, _): term
    case .installSnapshotReply(let reply): reply.term
    case .timeoutNow(let term): term
    }
  }

  public var description: String {
    let name = Raft.messageKinds[Int(tag)].name
    return switch self {
    case .preVote(let request), .requestVote(let request):
      "\(name)(term \(request.term), last \(request.last)\(request.isTransfer ? ", transfer" : ""))"
    case .preVoteReply(let reply), .requestVoteReply(let reply):
      "\(name)(term \(reply.term), \(reply.isGranted ? "granted" : "refused"))"
    case .appendEntries(let request), .heartbeat(let request):
      "\(name)(term \(request.term), after \(request.previous), entries \(request.span), commit \(request.commit))"
    case .appendEntriesReply(let reply), .heartbeatReply(let reply):
      reply.isSuccess
        ? "\(name)(term \(reply.term), match \(reply.slot))"
        : "\(name)(term \(reply.term), refused \(reply.slot), hint \(reply.hintSlot)@\(reply.hintTerm))"
    case .installSnapshot(let term, let piece):
      "\(name)(term \(term), through \(piece.through)@\(piece.stamp), bytes \(piece.offset)+\(piece.bytes.count)\(piece.isLast ? " last" : ""))"
    case .installSnapshotReply(let reply):
      "\(name)(term \(reply.term), through \(reply.through), \(reply.isDone ? "done" : "next \(reply.next)"))"
    case .timeoutNow(let term): "\(name)(term \(term))"
    }
  }
}

extension Raft.AppendRequest {
  /// Which entries it brings: 3@1...7@2.
  fileprivate var span: String {
    guard let first = entries.first, let last = entries.last else { return "none" }
    let end = entries.count > 1 ? "...\(lastSlot)@\(last.stamp)" : ""
    return "\(previousSlot.next)@\(first.stamp)\(end)"
  }
}
extension Raft.VoteRequest {
  func encode(into writer: inout ByteWriter) {
    writer.write(term)
    writer.write(lastSlot)
    writer.write(lastTerm)
    writer.write(isTransfer)
  }
  init(from reader: inout ByteReader) throws(WireError) {
    self.init(
      term: try reader.uint64(), lastSlot: try reader.slot(), lastTerm: try reader.uint64(),
      isTransfer: try reader.flag())
  }
}
extension Raft.VoteReply {
  func encode(into writer: inout ByteWriter) {
    writer.write(term)
    writer.write(isGranted)
  }
  init(from reader: inout ByteReader) throws(WireError) {
    self.init(term: try reader.uint64(), isGranted: try reader.flag())
  }
}
extension Raft.AppendRequest {
  func encode(into writer: inout ByteWriter) {
    writer.write(term)
    writer.write(previousSlot)
    writer.write(previousTerm)
    writer.write(commit)
    writer.write(UInt32(entries.count))
    for entry in entries { writer.write(entry) }
  }
  init(from reader: inout ByteReader) throws(WireError) {
    self.init(
      term: try reader.uint64(), previousSlot: try reader.slot(), previousTerm: try reader.uint64(),
      commit: try reader.slot(), entries: [])
    // A stamp and the shortest value, a no-op.
    let count = try reader.count(minimumBytes: 9)
    guard !previousSlot.number.addingReportingOverflow(UInt64(count)).overflow else { throw .invalid }
    entries.reserveCapacity(count)
    for _ in 0..<count { entries.append(try reader.entry()) }
  }
}
extension Raft.AppendReply {
  func encode(into writer: inout ByteWriter) {
    writer.write(term)
    writer.write(isSuccess)
    writer.write(slot)
    if !isSuccess {
      writer.write(hintSlot)
      writer.write(hintTerm)
    }
  }
  init(from reader: inout ByteReader) throws(WireError) {
    let term = try reader.uint64()
    let isSuccess = try reader.flag()
    let slot = try reader.slot()
    self =
      isSuccess
      ? .success(term, through: slot)
      : .refusal(term, of: slot, hint: Position(slot: try reader.slot(), term: try reader.uint64()))
  }
}
extension Raft.SnapshotReply {
  func encode(into writer: inout ByteWriter) {
    writer.write(term)
    writer.write(through)
    writer.write(next)
    writer.write(isDone)
  }
  init(from reader: inout ByteReader) throws(WireError) {
    self.init(
      term: try reader.uint64(), through: try reader.slot(), next: try reader.uint64(), isDone: try reader.flag())
  }
}
