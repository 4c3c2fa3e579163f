import Consensus
import NIOCore

/// Bounds on what one connection may hold.
public struct ConnectionLimits: Hashable, Sendable {
  /// Bytes of one frame between replicas. 16 MiB: twice what a message may hold, see ``messageBytes``.
  public var frame: Int
  /// Bytes of one frame of a client: a command with a payload of ``payloadBytes``.
  public var request: Int
  /// Bytes of one frame before its sender is known: a greeting, a proof or a refusal. 4 KiB: four of the longest.
  public var greeting: Int
  /// Connections that others opened, at most: files and sockets share a process's descriptors, of which there are often 1,024.
  public var connections: Int
  /// Bytes on their way to a peer that it has not taken; past it its session ends. 64 MiB: four of the longest frames.
  public var peerOutgoing: Int
  /// The same to a client; past it the client is not read until it has taken half. 4 MiB: some 100,000 answers.
  public var clientOutgoing: Int

  /// Bytes of values that batches, messages and pieces of snapshots may hold, so that no frame is longer than its receiver takes.
  public static let messageBytes = 8 << 20
  /// Bytes of a command's payload, at most: one command may be a message by itself. 1 MiB.
  public static let payloadBytes = 1 << 20

  public init(
    frame: Int = 16 << 20, request: Int = payloadBytes + 256, greeting: Int = 4 << 10, connections: Int = 512,
    peerOutgoing: Int = 64 << 20, clientOutgoing: Int = 4 << 20
  ) {
    self.frame = frame
    self.request = request
    self.greeting = greeting
    self.connections = connections
    self.peerOutgoing = peerOutgoing
    self.clientOutgoing = clientOutgoing
  }
}

/// Takes a frame. False: it is bad.
typealias FrameTaker = (_ kind: FrameKind, _ body: ArraySlice<UInt8>, _ connection: Connection) -> Bool

/// Who owns connections: a replica or a client. Everything happens on its event loop.
protocol ConnectionOwner: AnyObject {
  func opened(_ connection: Connection)
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
    /// It greeted, and owes a proof.
    case proving(Hello)
    case peer(NodeID)
    case client
    case ended
  }

  /// Why nothing is read from it just now.
  struct Pauses: OptionSet {
    let rawValue: UInt8
    /// The other end does not take its answers.
    static let answers = Pauses(rawValue: 1)
    /// What it asks for waits for the disk.
    static let journal = Pauses(rawValue: 2)
  }

  private let owner: any ConnectionOwner
  /// Not the owner's method: through its protocol's witness a generic owner's code would run as if nobody knew what it is generic over.
  private let take: FrameTaker
  let limits: ConnectionLimits
  /// Whom this end dialed; nil: the other end did.
  let dialed: NodeID?
  var standing = Standing.greeting
  var greetings: Greetings
  private(set) var channel: (any Channel)?
  private var reader: FrameReader
  /// What was sent since the last flush.
  private var out = ByteBuffer()
  private var pauses = Pauses()
  /// It is in its owner's list of connections to flush.
  var isDirty = false
  /// What the link's model does to what is sent; nil: nothing.
  var shaper: LinkShaper?
  /// The earliest time at which the loop will look at `shaper`.
  var shaperAlarm = Int64.max

  init(_ owner: any ConnectionOwner, dialed: NodeID?, limits: ConnectionLimits, take: @escaping FrameTaker) {
    self.owner = owner
    self.take = take
    self.dialed = dialed
    self.limits = limits
    reader = FrameReader(limit: limits.greeting)
    greetings = Greetings(isDialer: dialed != nil)
  }

  private var outgoingLimit: Int { standing == .client ? limits.clientOutgoing : limits.peerOutgoing }
  /// More waits to leave than may: for the flush, for the socket, or under way on a modelled link.
  var exceedsOutgoing: Bool {
    if let channel, !channel.isWritable { return true }
    return out.readableBytes + (shaper?.bytes ?? 0) > outgoingLimit
  }
  /// What waits to leave, for tests: it is dear to ask.
  var outgoingBytes: Int {
    let buffered = (try? channel?.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    return buffered + out.readableBytes + (shaper?.bytes ?? 0)
  }

  /// What has come of a frame that is not whole, for tests.
  var incomingBytes: Int { reader.pendingBytes }

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
        guard take(kind, body, self) else {
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
  func channelInactive(context: ChannelHandlerContext) {
    owner.closed(self)
    standing = .ended
    channel = nil
  }
  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  /// It was not yet found to be somebody's.
  var isGreeting: Bool {
    switch standing {
    case .greeting, .proving: true
    case .peer, .client, .ended: false
    }
  }

  /// Buffers one frame; `flush` sends it.
  func write(_ kind: FrameKind, _ body: [UInt8]) {
    guard channel != nil else { return }
    out.writeFrame(kind, body)
  }

  func flush() {
    guard let channel, out.readableBytes > 0 else { return }
    channel.writeAndFlush(out, promise: nil)
    // Mostly it has left by now, and its memory serves again; a large frame's room is given back.
    if out.capacity <= 1 << 18 { out.clear() } else { out = channel.allocator.buffer(capacity: 1 << 16) }
    // The socket may have taken all of it without ever being full: then nobody says that it may go on.
    resumeIfDrained()
  }

  /// The handshake is over: it is known how much may wait for the socket.
  func admit(as standing: Standing) {
    self.standing = standing
    reader.limit = standing == .client ? limits.request : limits.frame
    let mark = ChannelOptions.Types.WriteBufferWaterMark(low: max(1, outgoingLimit / 2), high: outgoingLimit)
    try? channel?.syncOptions?.setOption(.writeBufferWaterMark, value: mark)
    if let channel { Liveness.watch(channel) }
  }

  /// The other end may not ask for more until this is over. False: it is paused for that already.
  func pauseReading(_ reason: Pauses) -> Bool {
    guard let channel, pauses.insert(reason).inserted else { return false }
    try? channel.syncOptions?.setOption(.autoRead, value: false)
    return true
  }
  func resumeReading(_ reason: Pauses) {
    guard let channel, pauses.remove(reason) != nil, pauses.isEmpty else { return }
    try? channel.syncOptions?.setOption(.autoRead, value: true)
  }
  func channelWritabilityChanged(context: ChannelHandlerContext) { resumeIfDrained() }
  private func resumeIfDrained() {
    if pauses.contains(.answers), channel?.isWritable ?? false { resumeReading(.answers) }
  }

  /// Sends what is buffered, then closes.
  func close() {
    flush()
    channel?.close(promise: nil)
  }
}
