/// One client operation with its place in the client's session.
public struct Command: Hashable, Sendable {
  /// Names a command once for all: the session and the number of the command in it.
  public struct ID: Hashable, Sendable, CustomStringConvertible {
    /// The session: the slot that opened it; for `open` a number the client drew.
    public var client: UInt64
    /// From 1; 0 for the `open` itself.
    public var sequence: UInt64

    @inlinable public init(client: UInt64, sequence: UInt64) {
      self.client = client
      self.sequence = sequence
    }
    public var description: String { "\(client).\(sequence)" }
  }

  public var id: ID
  public var operation: Operation
  /// Bytes of payload beyond the operation's words: carried over every wire and disk, read by nobody.
  public var padding: UInt32

  @inlinable public init(id: ID, operation: Operation, padding: UInt32 = 0) {
    self.id = id
    self.operation = operation
    self.padding = padding
  }

  /// Bytes in the one representation that wire and journal share.
  @inlinable public var byteCount: Int { Self.headerBytes + Int(padding) }
  /// id 16, kind 1, key 4, value 8, expected 8, padding length 4.
  public static let headerBytes = 41
}

/// Commands that share a slot. Immutable and shared: one pointer in the log, in messages and in records.
public final class Batch: Sendable, Hashable {
  public let commands: [Command]
  /// Bytes of the encoded batch, counted once.
  public let byteCount: Int
  /// A digest of the content, computed once: equal batches have equal digests on every machine.
  public let digest: UInt64

  public init(_ commands: [Command]) {
    self.commands = commands
    var bytes = 4
    var digest = Digest()
    for command in commands {
      bytes += command.byteCount
      digest.fold(command)
    }
    byteCount = bytes
    self.digest = digest.value
  }

  public static func == (a: Batch, b: Batch) -> Bool {
    a === b || (a.digest == b.digest && a.commands == b.commands)
  }
  public func hash(into hasher: inout Hasher) { hasher.combine(digest) }
}

/// What a slot holds.
public enum Value: Hashable, Sendable, CustomStringConvertible {
  case noop
  case batch(Batch)

  public var description: String {
    switch self {
    case .noop: return "no-op"
    case .batch(let batch):
      let some = batch.commands.prefix(3).map(\.operation.description).joined(separator: ", ")
      return batch.commands.count > 3 ? "\(some) … \(batch.commands.count) in all" : some
    }
  }

  @inlinable public var byteCount: Int {
    switch self {
    case .noop: 1
    case .batch(let batch): 1 + batch.byteCount
    }
  }
  /// A digest of the content: 0 for a no-op.
  @inlinable public var digest: UInt64 {
    switch self {
    case .noop: 0
    case .batch(let batch): batch.digest
    }
  }
}

/// A slot's content, as a log keeps it.
public struct Entry: Hashable, Sendable {
  public var stamp: Stamp
  public var value: Value

  @inlinable public init(stamp: Stamp, value: Value) {
    self.stamp = stamp
    self.value = value
  }

  @inlinable public var byteCount: Int { 8 + value.byteCount }
}
