import Consensus
import Faults
import MultiPaxos
import NIOCore
import NIOPosix
import Raft
import Replication
import Synchronization
import TCPRuntime
import Testing
import Verification
import Zab

/// What was said, from any thread.
final class Lines: Sendable {
  private let lines = Mutex<[String]>([])
  func add(_ line: String) { lines.withLock { $0.append(line) } }
  var all: [String] { lines.withLock { $0 } }
  func contain(_ text: String) -> Bool { all.contains { $0.contains(text) } }
}

/// Polls until `condition` holds: what it waits for happens on other threads. False: it did not within ten seconds and at a hundred
/// looks. Time alone does not do: tests that compute for minutes share the threads on which this one waits for its next look.
func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
  let end = ContinuousClock.now + .seconds(10)
  var looks = 0
  while looks < 100 || ContinuousClock.now < end {
    if try await condition() { return true }
    looks += 1
    try await Task.sleep(for: .milliseconds(2))
  }
  return false
}

/// Three replicas on three loops of this process.
final class LoopbackCluster<Core: ConsensusProtocol> {
  typealias Member = TCPReplica<Core, MemoryJournal<Core.Record>>

  let group = MultiThreadedEventLoopGroup(numberOfThreads: 4)
  let lines = Lines()
  let tuning: Core.Tuning
  var members: [Member] = []
  var addresses: [NodeID: SocketAddress] = [:]
  /// How they find each other.
  var endpoints: [NodeID: Endpoint] { addresses.mapValues { Endpoint(host: $0.ipAddress!, port: $0.port!) } }
  private var incarnation: UInt64 = 0
  var snapshotEvery = 0
  var link: LinkModel?
  var authenticator: SharedSecret?
  var resolver: (any Resolver & Sendable)?

  init(_ tuning: Core.Tuning) { self.tuning = tuning }

  static func identity() -> ClusterIdentity {
    ClusterIdentity(cluster: "test", protocolName: Core.name, variant: "", schema: 1)
  }

  func make(_ id: NodeID, limits: ConnectionLimits = .init(), identity: ClusterIdentity? = nil) -> Member {
    replica(id, limits: limits, identity: identity)
  }
  /// On any journal.
  func replica<Storage: Journal & SendableMetatype>(
    _ id: NodeID, limits: ConnectionLimits = .init(), identity: ClusterIdentity? = nil
  ) -> TCPReplica<Core, Storage> {
    incarnation += 1
    let timing = Timing(heartbeat: .milliseconds(20), electionTimeout: .milliseconds(150)...(.milliseconds(300)))
    let configuration = Configuration<Core>(
      id: id, cluster: Cluster(count: 3), timing: timing, shared: SharedTuning(), tuning: tuning, retained: 100,
      seed: incarnation)
    return TCPReplica(
      configuration,
      TCPReplicaSettings(
        identity: identity ?? Self.identity(), snapshotEvery: snapshotEvery, limits: limits,
        maximumRedial: .milliseconds(50), link: link, authenticator: authenticator,
        resolver: resolver, log: { [lines] in lines.add($0) }), on: group.next())
  }

  func start(limits: ConnectionLimits = .init()) async throws {
    for index in 0..<3 {
      let member = make(NodeID(index), limits: limits)
      addresses[member.id] = try await member.listen()
      members.append(member)
    }
    for member in members {
      let loop = member.loop
      try await member.start(peers: endpoints) { MemoryJournal(loop, reports: $0) }
    }
  }

  func leader() async throws -> Member {
    var found: Member?
    let isFound = try await eventually {
      for member in members {
        if let status = try await member.statusNow().status, status.role == .leader, status.isEstablished {
          found = member
        }
      }
      return found != nil
    }
    try #require(isFound, "somebody leads")
    return found!
  }

  /// Another process in its place, from what its journal holds.
  func restart(_ id: NodeID) async throws {
    let old = members[Int(id.index)]
    let contents = try await old.journalNow { $0?.contents ?? .init() }
    let port = addresses[id]!.port!
    let member = make(id)
    _ = try await member.listen(port: port)
    members[Int(id.index)] = member
    let loop = member.loop
    try await member.start(from: contents, peers: endpoints) { MemoryJournal(loop, from: contents, reports: $0) }
  }

  func client(
    _ sessions: Int, cluster: String = "test", arrival: TCPArrival = .closed, padding: UInt32 = 100,
    endpoints: [NodeID: Endpoint]? = nil
  ) -> TCPClient {
    TCPClient(
      TCPClientSettings(
        cluster: cluster, addresses: endpoints ?? self.endpoints, sessions: sessions,
        retry: RetryPolicy(timeout: .milliseconds(300)), arrival: arrival, padding: padding, seed: 1,
        authenticator: authenticator, resolver: resolver
      ) { random, unique in
        let key = UInt32(random.below(20))
        return random.chance(0.5) ? .get(key) : .put(key, unique)
      }, on: group.next())
  }

  func stop() async throws {
    for member in members { try await member.stop() }
    try await group.shutdownGracefully()
  }
}

/// The verdict of the checker that also judges the simulator's runs.
func verdict(_ result: TCPClientResult) -> LinearizabilityChecker.Result {
  LinearizabilityChecker.check(
    result.history.map {
      var operation = ClientOperation(process: $0.session, id: $0.id, operation: $0.operation, invoked: $0.invoked)
      operation.returned = $0.returned
      switch $0.outcome {
      case .pending, .unknown: operation.outcome = .unknown
      case .failed: operation.outcome = .failed
      case .ok(let reply): operation.outcome = .ok(reply)
      }
      return operation
    }, budget: 10_000_000)
}
