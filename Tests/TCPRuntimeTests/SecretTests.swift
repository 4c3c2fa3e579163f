import Consensus
import NIOCore
import NIOPosix
import Raft
import Synchronization
import Testing

@testable import TCPRuntime

/// One end of a connection that says what a test tells it to, and keeps what it hears.
final class Caller: ConnectionOwner, @unchecked Sendable {
  private let heardFrames = Mutex<[(kind: FrameKind, body: [UInt8])]>([])
  let loop: any EventLoop
  private var connection: Connection?
  private var channel: (any Channel)?
  private var waiting = ByteBuffer()

  init(_ loop: any EventLoop) { self.loop = loop }

  /// With a small window the other end soon notices when this one does not read.
  func dial(_ address: SocketAddress, window: Int32? = nil) async throws {
    var bootstrap = ClientBootstrap(group: loop)
    if let window { bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: .init(window)) }
    channel =
      try await bootstrap
      .channelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture {
          let made = Connection(self, dialed: NodeID(0), limits: .init()) { [unowned self] kind, body, _ in
            heardFrames.withLock { $0.append((kind, Array(body))) }
            return true
          }
          connection = made
          try channel.pipeline.syncOperations.addHandler(made)
        }
      }.connect(to: address).get()
  }
  func buffer(_ kind: FrameKind, _ body: [UInt8]) { waiting.writeFrame(kind, body) }
  func flush() async throws {
    try await loop.submit { [self] in
      channel?.writeAndFlush(waiting, promise: nil)
      waiting.clear()
    }.get()
  }
  func say(_ kind: FrameKind, _ body: [UInt8]) async throws {
    try await loop.submit { [self] in
      connection?.write(kind, body)
      connection?.flush()
    }.get()
  }
  func listen(_ does: Bool) async throws { try await channel?.setOption(.autoRead, value: does).get() }
  var heard: [(kind: FrameKind, body: [UInt8])] { heardFrames.withLock { $0 } }
  var heardCount: Int { heardFrames.withLock(\.count) }
  func hears(_ kind: FrameKind) async throws -> [UInt8]? {
    _ = try await eventually { heard.contains { $0.kind == kind } }
    return heard.first { $0.kind == kind }?.body
  }
  func untilClosed() async throws { try await channel?.closeFuture.get() }
  func close() async throws { try await channel?.close() }

  func opened(_ connection: Connection) {}
  func malformed(_ connection: Connection, _ reason: String) {}
  func closed(_ connection: Connection) {}
}

@Suite("The shared secret", .serialized)
struct SecretTests {
  private let secret = SharedSecret(Array("correct horse battery".utf8))!
  private let other = SharedSecret(Array("incorrect horse battery".utf8))!

  private func cluster(_ authenticator: SharedSecret?) -> LoopbackCluster<Raft> {
    let cluster = LoopbackCluster<Raft>(.standard)
    cluster.authenticator = authenticator
    return cluster
  }

  @Test("Replicas and clients that share a secret serve and are served")
  func shared() async throws {
    let cluster = cluster(secret)
    try await cluster.start()
    let client = cluster.client(4)
    try await client.start()
    #expect(try await eventually { try await client.progress() >= 100 })
    _ = try await client.finish()
    for member in cluster.members { #expect(try await member.statusNow().counts.strangers == 0) }
    try await cluster.stop()
  }

  @Test("A secret of less than 16 bytes is none")
  func short() {
    #expect(SharedSecret(Array(repeating: 7, count: 15)) == nil)
    #expect(SharedSecret(Array(repeating: 7, count: 16)) != nil)
  }

  @Test(
    "A client with another secret, or with none, is refused and logged, and so is one with a secret where none is shared"
  )
  func strangeClients() async throws {
    let cases: [(own: SharedSecret?, theirs: SharedSecret?, reason: String)] = [
      (secret, other, "the proof of a secret that is not this cluster's"),
      (secret, nil, "no secret where one is shared"),
      (nil, secret, "a secret where none is shared"),
    ]
    for (own, theirs, reason) in cases {
      let cluster = cluster(own)
      try await cluster.start()
      cluster.authenticator = theirs
      let client = cluster.client(1)
      try await client.start()
      #expect(try await eventually { cluster.lines.contain("event=refused reason=\"\(reason)\"") }, "\(reason)")
      let result = try await client.finish()
      #expect(result.answered == 0)
      var strangers = 0
      for member in cluster.members { strangers += try await member.statusNow().counts.strangers }
      #expect(strangers > 0)
      try await cluster.stop()
    }
  }

  @Test("A peer with another secret is refused, and both ends say why")
  func strangePeer() async throws {
    let cluster = cluster(other)
    let stranger = cluster.make(NodeID(0))
    cluster.authenticator = secret
    let host = cluster.make(NodeID(1))
    cluster.members = [stranger, host]
    for member in cluster.members { cluster.addresses[member.id] = try await member.listen() }
    for member in cluster.members {
      let loop = member.loop
      try await member.start(peers: cluster.endpoints) { MemoryJournal(loop, reports: $0) }
    }
    let reason = "the proof of a secret that is not this cluster's"
    #expect(
      try await eventually {
        cluster.lines.contain("replica=n1 event=refused reason=\"\(reason)")
          && cluster.lines.contain("replica=n0 event=was-refused peer=n1 reason=\"\(reason)")
      }, "\(cluster.lines.all)")
    let counts = try await host.statusNow().counts
    #expect(counts.strangers >= 1)
    #expect(counts.sessionsOpened == 0)
    try await cluster.stop()
  }

  @Test("A proof that was good once is refused on the next connection, and so is the other end's own")
  func replay() async throws {
    let cluster = cluster(secret)
    try await cluster.start()
    let address = try #require(cluster.addresses[NodeID(0)])
    let member = cluster.members[0]
    var writer = ByteWriter()
    let identity = ClusterIdentity(cluster: "test", protocolName: "", variant: "", schema: 0)
    Hello(role: .client, identity: identity, from: NodeID(0), to: NodeID(0), nonce: Greetings.nonce())
      .encode(into: &writer)
    let greeting = writer.bytes

    let honest = Caller(cluster.group.next())
    try await honest.dial(address)
    try await honest.say(.hello, greeting)
    var greetings = Greetings(isDialer: true)
    greetings.own = greeting
    greetings.other = try #require(try await honest.hears(.hello))
    let proof = secret.proof(of: greetings.transcript(isOwn: true))
    try await honest.say(.proof, proof)
    let answer = try #require(try await honest.hears(.proof))
    #expect(secret.accepts(answer[...], of: greetings.transcript(isOwn: false)))
    #expect(!secret.accepts(answer[...], of: greetings.transcript(isOwn: true)))
    #expect(try await member.statusNow().counts.strangers == 0)
    try await honest.close()

    for replayed in [proof, answer] {
      let before = try await member.statusNow().counts.strangers
      let thief = Caller(cluster.group.next())
      try await thief.dial(address)
      try await thief.say(.hello, greeting)
      _ = try #require(try await thief.hears(.hello))
      try await thief.say(.proof, replayed)
      try await thief.untilClosed()
      #expect(!thief.heard.contains { $0.kind == .proof })
      #expect(try await member.statusNow().counts.strangers == before + 1)
    }
    try await cluster.stop()
  }

  @Test("With a secret a replica listens beyond loopback")
  func beyondLoopback() async throws {
    let cluster = cluster(secret)
    let member = cluster.make(NodeID(0))
    #expect(try await member.listen(host: "0.0.0.0").port != nil)
    try await member.stop()
    try await cluster.stop()
  }
}
