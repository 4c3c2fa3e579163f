import Consensus

/// What executing a command came to.
public enum ExecutionOutcome: Hashable, Sendable {
  /// Executed now.
  case applied(Reply)
  /// Executed before; this is what it answered then.
  case repeated(Reply)
  /// Of a number that is neither the next one nor the last: a late copy, owed no answer.
  case stale
  /// The session does not exist, or expired: an error, never a silent execution.
  case unknownSession
}

/// The service with its client sessions: exactly once (Ongaro's dissertation §6.3). All of it is part of the snapshot's image, and
/// all of it is decided by positions in the log, never by a clock.
public struct ClientSessions: Sendable {
  /// Slot and place in its batch of a command: unique, and ordered as executed. Names the session that it opened.
  private struct Position {
    static func word(_ slot: Slot, _ index: Int) -> UInt64 { slot.number << 16 | UInt64(index) }
  }
  private struct Session: Sendable {
    var sequence: UInt64
    var reply: Reply
    var lastUse: UInt64
  }

  public private(set) var service = KeyValueStore()
  /// Covers every command executed so far, with its reply and what its key holds afterwards: equal on all replicas at equal slots.
  public private(set) var digest = Digest()
  private var sessions: [UInt64: Session] = [:]
  /// Sessions kept; opening one more expires the one that was used longest ago, by position in the log.
  public let limit: Int

  public init(limit: Int) { self.limit = max(1, limit) }

  public var count: Int { sessions.count }

  /// Executes one command of the batch in `slot`, the `index`-th.
  public mutating func apply(_ command: Command, slot: Slot, index: Int) -> ExecutionOutcome {
    let position = Position.word(slot, index)
    if command.operation.kind == .open { return .applied(open(command.id, at: position)) }
    guard let found = sessions.index(forKey: command.id.client) else { return .unknownSession }
    let seen = sessions.values[found]
    let isAgain = command.id.sequence == seen.sequence && planted("C-01")
    if command.id.sequence == seen.sequence, !isAgain {
      return command.id.sequence == 0 ? .stale : .repeated(seen.reply)
    }
    guard command.id.sequence == seen.sequence + 1 || isAgain else { return .stale }
    let reply = service.apply(command.operation)
    sessions.values[found] = Session(
      sequence: command.id.sequence, reply: planted("C-03") ? seen.reply : reply, lastUse: position)
    fold(command.id, reply)
    digest.fold(UInt64(command.operation.key))
    digest.fold(service[command.operation.key])
    return .applied(reply)
  }

  /// What a replica hears from a client does not make the session younger: only what is executed does.
  mutating func heard(_ client: UInt64) {
    if planted("C-04") { sessions[client]?.lastUse += 1 << 32 }
  }

  /// The slot's commands are executed.
  public mutating func finish(_ slot: Slot) { digest.fold(slot.number) }

  private mutating func open(_ id: Command.ID, at position: UInt64) -> Reply {
    if sessions.count >= limit, !planted("C-09"), let idle = sessions.min(by: { $0.value.lastUse < $1.value.lastUse }) {
      sessions[idle.key] = nil
    }
    let reply = Reply(value: position)
    sessions[position] = Session(sequence: 0, reply: reply, lastUse: position)
    fold(id, reply)
    return reply
  }

  private mutating func fold(_ id: Command.ID, _ reply: Reply) {
    digest.fold(id.client)
    digest.fold(id.sequence)
    digest.fold(reply.value)
    digest.fold(reply.applied ? 1 : 0 as UInt64)
  }

  /// Everything, in one byte representation: sessions in ascending order first, then the service.
  public func image() -> [UInt8] {
    var writer = ByteWriter()
    writer.write(digest.value)
    writer.write(UInt32(sessions.count))
    for (name, session) in sessions.sorted(by: { $0.key < $1.key }) {
      writer.write(name)
      writer.write(session.sequence)
      writer.write(session.reply.applied)
      writer.write(session.reply.value)
      writer.write(planted("C-05") ? name : session.lastUse)
    }
    service.encode(into: &writer)
    return writer.bytes
  }

  /// The state that `image` holds.
  public init(image: [UInt8], limit: Int) throws(WireError) {
    self.init(limit: limit)
    var reader = ByteReader(image[...])
    digest = Digest(seed: try reader.uint64())
    for _ in 0..<(try reader.count(minimumBytes: 33)) {
      let name = try reader.uint64()
      let sequence = try reader.uint64()
      let reply = Reply(applied: try reader.flag(), value: try reader.uint64())
      if planted("C-02") { _ = try reader.uint64(); continue }
      sessions[name] = Session(sequence: sequence, reply: reply, lastUse: try reader.uint64())
    }
    service = try KeyValueStore(from: &reader)
    guard reader.remaining == 0 else { throw .trailing(reader.remaining) }
  }
}
