import Consensus
import NIOCore

/// Bounds on what one connection may hold.
public struct ConnectionLimits: Hashable, Sendable {
  /// Bytes of one frame. 16 MiB: sixteen of the largest messages that the shared tuning allows by default.
  public var frame: Int
  /// Bytes on their way out that the other end has not taken. Past it a peer's session ends, and a client is not read any more.
  public var outgoing: Int

  public init(frame: Int = 16 << 20, outgoing: Int = 64 << 20) {
    self.frame = frame
    self.outgoing = outgoing
  }
}

/// Who owns connections: a replica or a client. Everything happens on its event loop.
protocol ConnectionOwner: AnyObject {
  func opened(_ connection: Connection)
  /// False: the frame is bad.
  func received(_ kind: FrameKind, _ body: ArraySlice<UInt8>, on connection: Connection) -> Bool
  func readEnded(_ connection: Connection)
  func malformed(_ connection: Connection, _ reason: String)
  func closed(_ connection: Connection)
}

/// One socket. What is sent within a turn of the loop leaves in one write.
///
/// Unchecked: confined to the owner's event loop, which is also the channel's.
final class Connection: ChannelInboundHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer

  /// What the handshake made of it.
  enum Standing: Equatable {
    case greeting
    case peer(NodeID)
    case client
    case ended
  }

  private let owner: any ConnectionOwner
  let limits: ConnectionLimits
  /// Whom this end dialed; nil: the other end did.
  let dialed: NodeID?
  var standing = Standing.greeting
  private(set) var channel: (any Channel)?
  private var reader: FrameReader
  private var out = ByteBuffer()
  private var inFlight = 0
  private var isReadingPaused = false
  /// It is in its owner's list of connections to flush.
  var isDirty = false

  init(_ owner: any ConnectionOwner, dialed: NodeID?, limits: ConnectionLimits) {
    self.owner = owner
    self.dialed = dialed
    self.limits = limits
    reader = FrameReader(limit: limits.frame)
  }

  var outgoingBytes: Int { inFlight + out.readableBytes }
  var exceedsOutgoing: Bool { outgoingBytes > limits.outgoing }

  func channelActive(context: ChannelHandlerContext) {
    channel = context.channel
    owner.opened(self)
  }
  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard standing != .ended else { return }
    let buffer = unwrapInboundIn(data)
    buffer.withUnsafeReadableBytes { reader.append($0) }
    do {
      while standing != .ended, let (kind, body) = try reader.next() {
        guard owner.received(kind, body, on: self) else {
          owner.malformed(self, "a frame of the kind \(kind) that is none")
          return close()
        }
      }
      reader.forgetRead()
    } catch {
      owner.malformed(self, "\(error)")
      close()
    }
  }
  func channelReadComplete(context: ChannelHandlerContext) { owner.readEnded(self) }
  func channelInactive(context: ChannelHandlerContext) {
    owner.closed(self)
    standing = .ended
    channel = nil
  }
  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  /// Buffers one frame; `flush` sends it.
  func write(_ kind: FrameKind, _ body: [UInt8]) {
    guard channel != nil else { return }
    out.writeFrame(kind, body)
  }

  func flush() {
    guard let channel, out.readableBytes > 0 else { return }
    let count = out.readableBytes
    inFlight += count
    let written = channel.eventLoop.makePromise(of: Void.self)
    written.futureResult.whenComplete { [self] _ in
      inFlight -= count
      resumeIfDrained()
    }
    channel.writeAndFlush(out, promise: written)
    out = channel.allocator.buffer(capacity: min(max(count, 256), 1 << 16))
  }

  /// The other end does not take its answers: it may not ask for more until it has.
  func pauseReading() {
    guard let channel, !isReadingPaused else { return }
    isReadingPaused = true
    channel.setOption(.autoRead, value: false).whenFailure { _ in }
  }
  private func resumeIfDrained() {
    guard isReadingPaused, outgoingBytes <= limits.outgoing / 2, let channel else { return }
    isReadingPaused = false
    channel.setOption(.autoRead, value: true).whenFailure { _ in }
  }

  /// Sends what is buffered, then closes.
  func close() {
    flush()
    channel?.close(promise: nil)
  }
}
