import Consensus
import NIOCore
import NIOPosix
import Raft
import Replication
import Synchronization
import TCPRuntime
import Testing

/// Knows the names that it was told, and only those.
private final class Names: Resolver, Sendable {
  private struct Unknown: Error {}
  private struct State {
    var places: [String: [SocketAddress]] = [:]
    var asked: [String: Int] = [:]
  }
  private let state = Mutex(State())
  private let loop: any EventLoop

  init(_ loop: any EventLoop) { self.loop = loop }

  func set(_ name: String, _ places: SocketAddress...) { state.withLock { $0.places[name] = places } }
  func asked(_ name: String) -> Int { state.withLock { $0.asked[name] ?? 0 } }

  private func find(_ host: String, _ family: NIOBSDSocket.ProtocolFamily) -> EventLoopFuture<[SocketAddress]> {
    let places = state.withLock { state in
      if family == .inet { state.asked[host, default: 0] += 1 }
      return state.places[host]
    }
    guard let places else { return loop.makeFailedFuture(Unknown()) }
    return loop.makeSucceededFuture(places.filter { $0.protocol == family })
  }
  func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { find(host, .inet) }
  func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { find(host, .inet6) }
  func cancelQueries() {}
}

@Suite("Replicas that are known by name", .serialized)
struct NameTests {
  /// Three replicas that know each other, and are known, by the names `n0` to `n2`.
  private func named() async throws -> (cluster: LoopbackCluster<Raft>, names: Names, endpoints: [NodeID: Endpoint]) {
    let cluster = LoopbackCluster<Raft>(.standard)
    let names = Names(cluster.group.next())
    cluster.resolver = names
    var endpoints: [NodeID: Endpoint] = [:]
    for index in 0..<3 {
      let member = cluster.make(NodeID(index))
      cluster.addresses[member.id] = try await member.listen()
      cluster.members.append(member)
      endpoints[member.id] = Endpoint(host: "n\(index)", port: cluster.addresses[member.id]!.port!)
    }
    for member in cluster.members {
      let loop = member.loop
      try await member.start(peers: endpoints) { MemoryJournal(loop, reports: $0) }
    }
    return (cluster, names, endpoints)
  }

  @Test(
    "Peers and clients whose names are not known yet are found once they are, and it is logged once that they were not")
  func later() async throws {
    let (cluster, names, endpoints) = try await named()
    let client = cluster.client(4, endpoints: endpoints)
    try await client.start()
    // Several attempts go by.
    #expect(try await eventually { names.asked("n2") >= 5 })
    #expect(try await client.progress() == 0)
    for (id, address) in cluster.addresses { names.set("\(id)", address) }
    #expect(try await eventually { try await client.progress() >= 100 })
    let result = try await client.finish()
    #expect(result.troubles.isEmpty)
    #expect(verdict(result).verdict == .ok)
    for (dialer, dialed) in [("n0", "n1"), ("n0", "n2"), ("n1", "n2")] {
      let said = cluster.lines.all.filter { $0.contains("replica=\(dialer) event=unresolved peer=\(dialed)") }
      #expect(said.count == 1, "\(dialer) \(dialed)")
    }
    try await cluster.stop()
  }

  @Test("A peer that moved is found where its name points now, and of two addresses the one that answers is taken")
  func moves() async throws {
    let (cluster, names, endpoints) = try await named()
    for (id, address) in cluster.addresses { names.set("\(id)", address) }
    let client = cluster.client(4, endpoints: endpoints)
    try await client.start()
    #expect(try await eventually { try await client.progress() >= 50 })
    let old = cluster.members[2]
    let contents = try await old.journalNow { $0?.contents ?? .init() }
    try await old.stop()
    let member = cluster.make(old.id)
    let moved = try await member.listen()
    let port = try #require(moved.port)
    // Nobody listens there on IPv6.
    names.set("n2", try SocketAddress(ipAddress: "::1", port: port), moved)
    cluster.members[2] = member
    let loop = member.loop
    try await member.start(from: contents, peers: endpoints) { MemoryJournal(loop, from: contents, reports: $0) }
    // The leader stops, and what serves then needs the one that moved.
    let leader = try await cluster.leader()
    if leader.id != member.id { try await leader.stop() }
    let before = try await client.progress()
    #expect(try await eventually { try await client.progress() >= before + 200 })
    #expect(try await member.statusNow().counts.sessionsOpened > 0)
    _ = try await client.finish()
    try await cluster.stop()
  }
}
