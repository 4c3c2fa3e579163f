import Consensus
import MultiPaxos
import NIOCore
import NIOPosix
import Raft
import Testing
import Zab

@testable import TCPRuntime

@Suite("Strangers and bounds", .serialized)
struct StrangerTests {
  /// Sends `bytes` to `address` and waits until the other end closes.
  private func shout(_ bytes: [UInt8], at address: SocketAddress, on group: any EventLoopGroup) async throws {
    let channel = try await ClientBootstrap(group: group).connect(to: address).get()
    // The other end may close before all is written.
    try? await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    try await channel.closeFuture.get()
  }

  @Test(
    "A peer of another cluster, protocol, variant or schema is refused, and both ends say why",
    arguments: [
      (ClusterIdentity(cluster: "other", protocolName: "raft", variant: "", schema: 1), "cluster 'other'"),
      (ClusterIdentity(cluster: "test", protocolName: "zab", variant: "", schema: 1), "protocol 'zab'"),
      (ClusterIdentity(cluster: "test", protocolName: "raft", variant: "plain", schema: 1), "variant 'plain'"),
      (ClusterIdentity(cluster: "test", protocolName: "raft", variant: "", schema: 2), "schema 2"),
    ])
  func strangePeers(_ identity: ClusterIdentity, _ reason: String) async throws {
    let cluster = LoopbackCluster<Raft>(.standard)
    let stranger = cluster.make(NodeID(0), identity: identity)
    let host = cluster.make(NodeID(1))
    cluster.members = [stranger, host]
    for member in cluster.members { cluster.addresses[member.id] = try await member.listen() }
    for member in cluster.members {
      let loop = member.loop
      try await member.start(peers: cluster.endpoints) { MemoryJournal(loop, reports: $0) }
    }
    #expect(
      try await eventually {
        cluster.lines.all.contains { $0.contains("replica=n1 event=refused") && $0.contains(reason) }
          && cluster.lines.all.contains { $0.contains("replica=n0 event=was-refused") && $0.contains(reason) }
      }, "\(cluster.lines.all)")
    let counts = try await host.statusNow().counts
    #expect(counts.strangers >= 1)
    #expect(counts.sessionsOpened == 0)
    try await cluster.stop()
  }

  @Test("Who is meant for another replica, is no member, or speaks another version is told so")
  func objections() {
    let identity = LoopbackCluster<Raft>.identity()
    func objection(_ from: Int, _ to: Int, version: UInt32 = Hello.version) -> String? {
      var hello = Hello(role: .peer, identity: identity, from: NodeID(from), to: NodeID(to))
      hello.version = version
      return hello.objection(own: identity, id: NodeID(1), cluster: Cluster(count: 3))
    }
    #expect(objection(0, 1) == nil)
    #expect(objection(0, 2) == "meant for n2 where this is n1")
    #expect(objection(5, 1) == "from n5, which is no peer of n1")
    #expect(objection(1, 1) == "from n1, which is no peer of n1")
    #expect(objection(0, 1, version: 9) == "format version 9 where 1 is spoken")
  }

  @Test("A replica that is dialed under another's number refuses, and the one that dialed says so")
  func wrongNumber() async throws {
    let cluster = LoopbackCluster<Raft>(.standard)
    for index in 0..<3 {
      let member = cluster.make(NodeID(index))
      cluster.addresses[member.id] = try await member.listen()
      cluster.members.append(member)
    }
    var mixed = cluster.endpoints
    mixed[NodeID(1)] = cluster.endpoints[NodeID(2)]
    for (member, addresses) in zip(cluster.members, [mixed, cluster.endpoints, cluster.endpoints]) {
      let loop = member.loop
      try await member.start(peers: addresses) { MemoryJournal(loop, reports: $0) }
    }
    #expect(
      try await eventually {
        cluster.lines.contain("replica=n2 event=refused reason=\"meant for n1 where this is n2")
          && cluster.lines.contain("replica=n0 event=was-refused peer=n1 reason=\"meant for n1 where this is n2")
      }, "\(cluster.lines.all)")
    try await cluster.stop()
  }

  @Test("A client of another cluster is refused, and both ends say why")
  func strangeClient() async throws {
    let cluster = LoopbackCluster<Raft>(.standard)
    try await cluster.start()
    let client = cluster.client(1, cluster: "other")
    try await client.start()
    #expect(try await eventually { cluster.lines.contain("event=refused reason=\"cluster 'other'") })
    #expect(try await eventually { try await client.loop.submit { !client.result.refusals.isEmpty }.get() })
    let result = try await client.finish()
    #expect(result.refusals.contains { $0.contains("cluster 'other'") })
    #expect(result.answered == 0)
    try await cluster.stop()
  }

  @Test("Bad frames close their connections and are counted, and the cluster goes on serving")
  func badFrames() async throws {
    let cluster = LoopbackCluster<Raft>(.standard)
    try await cluster.start()
    let target = try await cluster.leader()
    let address = try #require(cluster.addresses[target.id])
    var random = RandomSource(seed: 11)
    let rounds = 200
    for round in 0..<rounds {
      var bytes: [UInt8] = [0xFF, 0xFF, 0xFF, 0x7F]
      if round > 0 {
        var buffer = ByteBuffer()
        buffer.writeFrame(.hello, (0..<Int(random.below(100))).map { _ in UInt8(random.below(256)) })
        bytes = Array(buffer.readableBytesView)
        // A refusal (2) is no bad frame.
        if round % 2 == 0 { bytes[4] = UInt8(3 + random.below(253)) }
      }
      try await shout(bytes, at: address, on: cluster.group)
    }
    let counts = try await target.statusNow().counts
    #expect(counts.malformed == rounds)
    #expect(cluster.lines.contain("a frame of 2147483647 bytes where 4096 are allowed"))
    let client = cluster.client(4)
    try await client.start()
    #expect(try await eventually { try await client.progress() >= 100 })
    _ = try await client.finish()
    try await cluster.stop()
  }

  /// Wrapped in messages of the protocol, a command must still be one that every peer takes.
  private func longCommands<Core: ConsensusProtocol>(_ cluster: LoopbackCluster<Core>) async throws {
    try await cluster.start()
    let leader = try await cluster.leader()
    let long = cluster.client(2, padding: UInt32(ConnectionLimits.payloadBytes))
    try await long.start()
    #expect(try await eventually { try await long.progress() >= 3 })
    _ = try await long.finish()
    let tooLong = cluster.client(2, padding: UInt32(ConnectionLimits.payloadBytes) + 1_000)
    try await tooLong.start()
    // Who closes with bytes unread may reset the connection, and the refusal with it: one of several arrives.
    #expect(try await eventually { try await leader.statusNow().counts.malformed >= 8 })
    let result = try await tooLong.finish()
    #expect(result.history.allSatisfy { $0.operation.kind == .get || $0.returned == nil })
    #expect(result.refusals.contains { $0.contains("bytes where 1048832 are allowed") })
    let client = cluster.client(4)
    try await client.start()
    #expect(try await eventually { try await client.progress() >= 100 })
    _ = try await client.finish()
    for member in cluster.members where member.id != leader.id {
      #expect(!cluster.lines.contain("replica=\(member.id) event=disconnected peer=\(leader.id) reason=\"a frame"))
    }
    try await cluster.stop()
  }
  @Test("The longest command is executed, and a longer one refused before any peer hears of it")
  func lengths() async throws {
    try await longCommands(LoopbackCluster<Raft>(.standard))
    try await longCommands(LoopbackCluster<MultiPaxos>(.standard))
    try await longCommands(LoopbackCluster<Zab>(.standard))
  }

  @Test(
    "Who only opens connections takes nobody's place: of those that do not say who they are, one goes for each that comes"
  )
  func manyConnections() async throws {
    let cluster = LoopbackCluster<Raft>(.standard)
    try await cluster.start(limits: ConnectionLimits(connections: 8))
    let target = try await cluster.leader()
    let address = try #require(cluster.addresses[target.id])
    for _ in 0..<40 { _ = try await ClientBootstrap(group: cluster.group).connect(to: address).get() }
    #expect(try await eventually { try await target.statusNow().counts.surplus >= 30 })
    #expect(try await target.loop.submit { target.connections.count }.get() <= 9)
    let client = cluster.client(4)
    try await client.start()
    #expect(try await eventually { try await client.progress() >= 100 })
    _ = try await client.finish()
    try await cluster.stop()
  }

  @Test("A peer's queue that passes its limit ends the session")
  func overflow() async throws {
    let cluster = LoopbackCluster<Raft>(.standard)
    try await cluster.start(limits: ConnectionLimits(peerOutgoing: 150))
    _ = try await cluster.leader()
    let client = cluster.client(4)
    try await client.start()
    #expect(
      try await eventually {
        var overflows = 0
        for member in cluster.members { overflows += try await member.statusNow().counts.overflows }
        return overflows > 0
      })
    #expect(cluster.lines.contain("reason=\"its queue is over its limit\""))
    _ = try await client.finish()
    try await cluster.stop()
  }

  @Test("A client that is behind with its answers is not read for a while, and loses none")
  func backPressure() async throws {
    let cluster = LoopbackCluster<Raft>(.standard)
    try await cluster.start(limits: ConnectionLimits(clientOutgoing: 100))
    let client = cluster.client(32)
    try await client.start()
    #expect(try await eventually { try await client.progress() >= 500 })
    let leader = try await cluster.leader()
    #expect(try await leader.statusNow().counts.pauses > 0)
    _ = try await client.finish()
    try await cluster.stop()
  }

  @Test(
    "A client that does not take its answers is not read until it does: what waits for it is bounded, and nothing is lost"
  )
  func deafClient() async throws {
    let cluster = LoopbackCluster<Raft>(.standard)
    cluster.snapshotEvery = 1000
    let limit = 64 << 10
    try await cluster.start(limits: ConnectionLimits(clientOutgoing: limit))
    let leader = try await cluster.leader()
    let caller = Caller(cluster.group.next())
    try await caller.dial(try #require(cluster.addresses[leader.id]), window: 4096)
    var writer = ByteWriter()
    Hello(role: .client, identity: LoopbackCluster<Raft>.identity(), from: NodeID(0), to: leader.id).encode(
      into: &writer)
    try await caller.say(.hello, writer.bytes)
    _ = try #require(try await caller.hears(.hello))
    try await caller.listen(false)
    // More answers than the system's own buffers hold.
    var asked = 0
    while try await leader.statusNow().counts.pauses == 0, asked < 2_000_000 {
      for _ in 0..<2000 {
        asked += 1
        writer.removeAll()
        RequestFrame(
          token: UInt32(asked), attempt: 0,
          command: Command(id: .init(client: 1 << 50, sequence: UInt64(asked)), operation: .get(1))
        ).encode(into: &writer)
        caller.buffer(.request, writer.bytes)
      }
      try await caller.flush()
    }
    #expect(try await leader.statusNow().counts.pauses > 0)
    let waiting = try await leader.loop.submit {
      leader.connections.values.filter { $0.standing == .client }.map(\.outgoingBytes).max() ?? 0
    }.get()
    // What was read before the pause is answered all the same: at most what the intake and the window hold.
    #expect(waiting < limit + (4 << 20))
    let client = cluster.client(4)
    try await client.start()
    #expect(try await eventually { try await client.progress() >= 100 }, "others are served")
    _ = try await client.finish()
    try await caller.listen(true)
    #expect(try await eventually { caller.heardCount > asked }, "\(caller.heardCount) of \(asked)")
    try await cluster.stop()
  }

  @Test("Nobody listens beyond loopback without a secret")
  func loopbackOnly() async throws {
    let cluster = LoopbackCluster<Raft>(.standard)
    let member = cluster.make(NodeID(0))
    await #expect(throws: ListenError.notLoopback("0.0.0.0")) { _ = try await member.listen(host: "0.0.0.0") }
    try await cluster.stop()
  }
}
