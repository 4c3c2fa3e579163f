import Consensus
import NIOCore

/// What a frame carries. A frame is its length (kind included) in four bytes, its kind in one, and the rest.
enum FrameKind: UInt8 {
  case hello = 1
  /// The reason in words; the sender closes after it.
  case refusal = 2
  /// Of the protocol, between replicas.
  case message = 3
  case request = 4
  case reply = 5
  case refused = 6
  case expired = 7
  case interrupted = 8
  /// Of knowing the cluster's secret; follows the greeting.
  case proof = 9
}

/// Why bytes are no frame. The connection is closed and counted.
public enum FrameError: Error, Equatable, Sendable, CustomStringConvertible {
  case tooLong(Int, limit: Int)
  case empty
  case unknownKind(UInt8)

  public var description: String {
    switch self {
    case .tooLong(let count, let limit): "a frame of \(count) bytes where \(limit) are allowed"
    case .empty: "a frame without a kind"
    case .unknownKind(let kind): "a frame of the unknown kind \(kind)"
    }
  }
}

/// Cuts a stream of bytes into frames. Holds one incomplete frame at most, and no more of it than has arrived: a length that lies
/// costs its sender bytes, not the receiver memory.
struct FrameReader {
  static let headerBytes = 4
  /// Bytes of a frame, at most: it is asked for each frame anew.
  var limit: Int
  private var bytes: [UInt8] = []
  private var start = 0

  init(limit: Int) { self.limit = limit }

  var pendingBytes: Int { bytes.count - start }

  mutating func append(_ more: UnsafeRawBufferPointer) {
    if start > 0 {
      bytes.removeFirst(start)
      start = 0
    }
    bytes.append(contentsOf: more)
  }

  /// The next whole frame; its body is to be read before the next call.
  mutating func next() throws(FrameError) -> (kind: FrameKind, body: ArraySlice<UInt8>)? {
    guard pendingBytes >= Self.headerBytes else { return nil }
    var length = 0
    for i in 0..<Self.headerBytes { length |= Int(bytes[start + i]) << (8 * i) }
    guard length > 0 else { throw .empty }
    guard length <= limit else { throw .tooLong(length, limit: limit) }
    guard pendingBytes > Self.headerBytes else { return nil }
    guard let kind = FrameKind(rawValue: bytes[start + Self.headerBytes]) else {
      throw .unknownKind(bytes[start + Self.headerBytes])
    }
    let end = start + Self.headerBytes + length
    guard bytes.count >= end else { return nil }
    let body = bytes[(start + Self.headerBytes + 1)..<end]
    start = end
    return (kind, body)
  }

  /// All whole frames are read: what was read before is forgotten.
  mutating func forgetRead() {
    guard start == bytes.count else { return }
    // A large frame's room is given back; the usual read's is kept.
    bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 18)
    start = 0
  }
}

extension ByteBuffer {
  /// Appends one frame.
  mutating func writeFrame(_ kind: FrameKind, _ body: [UInt8]) {
    reserveCapacity(minimumWritableBytes: FrameReader.headerBytes + 1 + body.count)
    writeInteger(UInt32(body.count + 1), endianness: .little)
    writeInteger(kind.rawValue)
    writeBytes(body)
  }
}

// MARK: What is in the frames between a client and a replica

/// A client's command. `token` and `attempt` are the client's own and come back with the answer.
struct RequestFrame: Equatable {
  var token: UInt32
  var attempt: UInt32
  var command: Command

  func encode(into writer: inout ByteWriter) {
    writer.write(token)
    writer.write(attempt)
    writer.write(command)
  }
  init(token: UInt32, attempt: UInt32, command: Command) {
    self.token = token
    self.attempt = attempt
    self.command = command
  }
  init(body: ArraySlice<UInt8>) throws(WireError) {
    var reader = ByteReader(body)
    token = try reader.uint32()
    attempt = try reader.uint32()
    command = try reader.command()
    guard reader.remaining == 0 else { throw .trailing(reader.remaining) }
  }
}

/// What became of a client's command.
struct AnswerFrame: Equatable {
  enum Content: Equatable {
    case reply(Reply)
    case refused(hint: NodeID?)
    case expired
    case interrupted(hint: NodeID?)
  }
  var token: UInt32
  var attempt: UInt32
  var id: Command.ID
  var content: Content

  var kind: FrameKind {
    switch content {
    case .reply: .reply
    case .refused: .refused
    case .expired: .expired
    case .interrupted: .interrupted
    }
  }
  func encode(into writer: inout ByteWriter) {
    writer.write(token)
    writer.write(attempt)
    writer.write(id.client)
    writer.write(id.sequence)
    switch content {
    case .reply(let reply):
      writer.write(reply.applied)
      writer.write(reply.value)
    case .refused(let hint), .interrupted(let hint):
      writer.write(hint != nil)
      if let hint { writer.write(hint) }
    case .expired: break
    }
  }
  init(token: UInt32, attempt: UInt32, id: Command.ID, content: Content) {
    self.token = token
    self.attempt = attempt
    self.id = id
    self.content = content
  }
  /// Nil: `kind` is of no answer.
  init?(_ kind: FrameKind, body: ArraySlice<UInt8>) throws(WireError) {
    var reader = ByteReader(body)
    token = try reader.uint32()
    attempt = try reader.uint32()
    id = .init(client: try reader.uint64(), sequence: try reader.uint64())
    switch kind {
    case .reply: content = .reply(Reply(applied: try reader.flag(), value: try reader.uint64()))
    case .refused: content = .refused(hint: try reader.flag() ? try reader.node() : nil)
    case .interrupted: content = .interrupted(hint: try reader.flag() ? try reader.node() : nil)
    case .expired: content = .expired
    default: return nil
    }
    guard reader.remaining == 0 else { throw .trailing(reader.remaining) }
  }
}
