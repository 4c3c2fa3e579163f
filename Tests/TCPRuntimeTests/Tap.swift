import Consensus
import NIOCore
import NIOPosix
import Synchronization

@testable import TCPRuntime

/// What was heard: some frames of each kind.
struct Heard: Sendable {
  var greetings: [[UInt8]] = []
  /// By tag.
  var tags: [UInt8: [[UInt8]]] = [:]
  var messages: [[[UInt8]]] { tags.sorted { $0.key < $1.key }.map(\.value) }

  mutating func note(_ kind: FrameKind, _ body: [UInt8]) {
    switch kind {
    case .hello: if greetings.count < 20 { greetings.append(body) }
    case .message:
      guard let tag = body.first, tags[tag, default: []].count < 20 else { return }
      tags[tag, default: []].append(body)
    default: break
    }
  }
}

/// Stands between those who dial and replicas, passes everything on, and listens.
struct Tap {
  private final class Ear: Sendable {
    let heard = Mutex(Heard())
  }
  /// One way of one connection. Unchecked: confined to its loop.
  private final class Way: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    private let ear: Ear
    private var reader = FrameReader(limit: .max)
    var end: (any Channel)?

    init(_ ear: Ear) { self.ear = ear }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let bytes = unwrapInboundIn(data)
      bytes.withUnsafeReadableBytes { reader.append($0) }
      while let (kind, body) = try? reader.next() { ear.heard.withLock { $0.note(kind, Array(body)) } }
      reader.forgetRead()
      end?.writeAndFlush(bytes, promise: nil)
    }
    func channelInactive(context: ChannelHandlerContext) { end?.close(promise: nil) }
  }

  /// Where to dial instead.
  private(set) var endpoints: [NodeID: Endpoint] = [:]
  private let ear = Ear()
  var heard: Heard { ear.heard.withLock { $0 } }

  /// Until the loop's group ends.
  init(to addresses: [NodeID: SocketAddress], on loop: any EventLoop) async throws {
    for (id, address) in addresses {
      let channel = try await ServerBootstrap(group: loop)
        .childChannelInitializer { [ear] dialing in
          let (there, back) = (Way(ear), Way(ear))
          return ClientBootstrap(group: dialing.eventLoop)
            .channelInitializer { channel in
              channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(back) }
            }
            .connect(to: address)
            .flatMapThrowing { dialed in
              (there.end, back.end) = (dialed, dialing)
              try dialing.pipeline.syncOperations.addHandler(there)
            }
        }
        .bind(host: "127.0.0.1", port: 0).get()
      endpoints[id] = Endpoint(host: "127.0.0.1", port: channel.localAddress!.port!)
    }
  }
}
