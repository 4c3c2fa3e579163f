import Consensus
import Foundation
import NIOCore
import NIOPosix
import Replication
import Simulator
import Synchronization
import TCPRuntime
import Verification

/// What one run asks of a cluster over TCP, and what it saw: clients on an event loop of their own.
///
/// Keys are counted from 0 here, whatever they are called in the cluster.
final class ClusterClients {
  let configuration: SimulationConfiguration
  private let file: NodeFile
  /// Throws when there is nothing left to wait for.
  private let check: () throws(InputError) -> Void
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private var loop: any EventLoop { group.any() }
  private var load: TCPClient?
  private var answeredBefore: Int?
  /// The first of the keys that are this run's alone.
  var firstKey: UInt32 = 0
  /// How late the generator was at most; nil: nothing was due of itself.
  private(set) var lag: Int64?

  init(
    _ configuration: SimulationConfiguration, _ file: NodeFile, check: @escaping () throws(InputError) -> Void = {}
  ) {
    self.configuration = configuration
    self.file = file
    self.check = check
  }
  deinit { try? group.syncShutdownGracefully() }

  static func now() -> Int64 { Int64(NIODeadline.now().uptimeNanoseconds) }
  private func wait<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws(InputError) -> Value {
    do { return try loop.makeFutureWithTask(body).wait() } catch { throw InputError("the client failed: \(error)") }
  }
  private var deadline: Int64 { Self.now() + configuration.measure.patience.nanoseconds }

  /// What `operation` is answered. It may be executed more than once.
  func ask(_ operation: Consensus.Operation) throws(InputError) -> Reply {
    let client = TCPClient(
      settings(sessions: 1, arrival: .closed) { _, _ in operation }, on: loop)
    try wait { try await client.start() }
    let deadline = deadline
    while try wait({ try await client.progress() }) == 0 {
      try check()
      guard Self.now() < deadline else {
        let troubles = try wait { try await client.finish() }.troubles
        let reasons = troubles.sorted { $0.key < $1.key }.map { ": \($0.value)" }
        throw InputError(
          "the cluster did not serve within \(configuration.measure.patience)" + (reasons.first ?? ""))
      }
      usleep(2_000)
    }
    for seen in try wait({ try await client.finish() }).history {
      if case .ok(let reply) = seen.outcome { return reply }
    }
    throw InputError("the client lost an answer")
  }

  /// Begins the load; the time at which it does.
  func begin() throws(InputError) -> Int64 {
    let (workload, firstKey) = (configuration.workload, firstKey)
    let source = Shared(OperationSource(workload, seed: configuration.seed))
    let (sessions, arrival): (Int, TCPArrival) =
      switch workload.arrival {
      case .constant(let rate): (workload.sessions, .open(rate: rate, isPoisson: false))
      case .poisson(let rate): (workload.sessions, .open(rate: rate, isPoisson: true))
      case .closed(let clients, _): (clients, .closed)
      case .none: (0, .closed)
      }
    let client = TCPClient(
      settings(sessions: sessions, arrival: arrival) { _, _ in
        var operation = source.next()
        operation.key += firstKey
        return operation
      }, on: loop)
    load = client
    let start = Self.now()
    try wait { try await client.start() }
    return start
  }

  /// Whether the window, which began at `start`, has seen as many answers as it is for.
  func hasEnough(since start: Int64) throws(InputError) -> Bool {
    guard let limit = configuration.measure.operations, Self.now() >= start, let load else { return false }
    let answered = try wait { try await load.progress() }
    answeredBefore = answeredBefore ?? answered
    return answered - (answeredBefore ?? 0) >= limit
  }

  /// Begins nothing more.
  func drain() throws(InputError) {
    if let load { try wait { try await load.drain() } }
  }

  /// Waits for what is outstanding.
  func finish() throws(InputError) -> MeasuredLoad {
    guard let client = load else { return MeasuredLoad() }
    let deadline = deadline
    while try wait({ try await client.outstanding() }) > 0, Self.now() < deadline { usleep(2_000) }
    let seen = try wait { try await client.finish() }
    switch configuration.workload.arrival {
    case .constant, .poisson: lag = seen.generatorLag
    case .closed, .none: break
    }
    var load = MeasuredLoad()
    load.operations = seen.history.map { MeasuredOperation($0, padding, process: 0, firstKey) }
    load.unbegun = seen.unbegun
    return load
  }

  /// Each key that was asked for is read once more: what was acknowledged must be found. `missing`: why that is not all.
  func readAll(after load: MeasuredLoad) throws(InputError) -> (reads: [ClientOperation], missing: String?) {
    let keys = Set(load.operations.map(\.client.operation.key)).sorted().prefix(Self.readKeys)
    guard !keys.isEmpty else { return ([], nil) }
    let list = keys.map { $0 + firstKey }
    let reader = TCPClient(
      settings(sessions: Self.readers, arrival: .closed) { _, number in .get(list[Int(number - 1) % list.count]) },
      on: loop)
    try wait { try await reader.start() }
    var missing: String?
    let deadline = deadline
    while try wait({ try await reader.progress() }) < list.count + Self.readers {
      try check()
      guard Self.now() < deadline else {
        missing = "the last reads were not answered within \(configuration.measure.patience)"
        break
      }
      usleep(1_000)
    }
    let offset = (load.operations.map(\.client.process).max() ?? 0) + 1
    let seen = try wait { try await reader.finish() }
    // Whoever is stuck with one key lets the others read theirs again.
    let read = Set(seen.history.filter { if case .ok = $0.outcome { true } else { false } }.map(\.operation.key))
    if missing == nil, read.count < list.count {
      missing = "\(list.count - read.count) of the last reads were not answered"
    }
    return (seen.history.map { MeasuredOperation($0, 0, process: offset, firstKey).client }, missing)
  }
  private static let readers = 4
  /// More are read in part: the search for a linearization would take longer than the run.
  private static let readKeys = 100_000

  private var padding: UInt32 {
    if case .constant(let bytes) = configuration.workload.payload { UInt32(bytes) } else { 0 }
  }
  private func settings(
    sessions: Int, arrival: TCPArrival,
    operation: @escaping @Sendable (_ random: inout RandomSource, _ unique: UInt64) -> Consensus.Operation
  ) -> TCPClientSettings {
    var random = SystemRandomNumberGenerator()
    return TCPClientSettings(
      cluster: file.cluster, addresses: file.endpoints, sessions: sessions, retry: configuration.environment.retry,
      arrival: arrival, padding: padding,
      // Names of sessions must differ between the clients of one cluster.
      seed: random.next(), authenticator: file.secret, operation: operation)
  }
}

/// What a client's operations are drawn from, on its event loop.
private final class Shared: Sendable {
  private let source: Mutex<OperationSource>
  init(_ source: OperationSource) { self.source = Mutex(source) }
  func next() -> Consensus.Operation { source.withLock { $0.next().operation } }
}

extension MeasuredOperation {
  /// `process`: the first number for the client's sessions; `firstKey`: the key that is to be 0.
  init(_ seen: TCPOperation, _ padding: UInt32, process: UInt32, _ firstKey: UInt32) {
    var client = ClientOperation(
      process: process + seen.session, id: seen.id, operation: seen.operation, invoked: seen.invoked)
    client.operation.key -= firstKey
    client.returned = seen.returned
    client.outcome =
      switch seen.outcome {
      case .pending, .unknown: .unknown
      case .ok(let reply): .ok(reply)
      case .failed: .failed
      }
    self.init(client, seen.operation.kind == .put || seen.operation.kind == .cas ? padding : 0, due: seen.due)
    ended = seen.ended
    hasTimedOut = seen.hasTimedOut
  }
}
