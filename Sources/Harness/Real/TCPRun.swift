import Consensus
import Faults
import Foundation
import Measurement
import NIOCore
import NIOPosix
import Replication
import Simulator
import Synchronization
import TCPRuntime
import Verification

/// Where clusters of processes are started.
public struct ClusterPlace: Hashable, Sendable {
  /// The path of this program.
  public var program: String
  /// Journals lie in a folder in it, so its disk is measured.
  public var folder: String
  public var disk: NodeFile.DiskKind

  public init(program: String, folder: String, disk: NodeFile.DiskKind = .system) {
    self.program = program
    self.folder = folder
    self.disk = disk
  }
}

/// One run of a cluster of processes over TCP: started, driven, struck, and verified from what can be seen from outside.
///
/// The load comes from an event loop of this process; replicas are processes of their own.
final class TCPRun {
  /// What it came to, and what each process used up.
  struct Outcome: Sendable {
    var result: SimulationResult
    var accounts: [NodeCluster.Account]
    /// Of this process, from the cluster's first process to its last.
    var client: ProcessCost
  }
  enum Action {
    case strike(Int)
    case restart(Int)
    case resume(Int)
    case lift(Obstacle)
    /// Links of this number flap.
    case toggle(Int)
    case conditionEnds(Int)
  }

  let configuration: SimulationConfiguration
  let variant: ProtocolVariant
  let cluster: NodeCluster
  let addresses: [NodeID: SocketAddress]
  var links: ClusterLinks
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private var loop: any EventLoop { group.any() }
  private var nextLook: Int64 = 0
  var agenda: [(at: Int64, action: Action)] = []
  var result = SimulationResult()
  var findings = Findings()
  /// What could not be checked, because it did not come to that in time. In real time that is no proof of anything: a disk may stall.
  var missing: [String] = []
  /// When somebody's leadership was struck, in which epoch.
  var strikes: [(leader: NodeID, epoch: UInt64, at: Int64)] = []

  /// Runs `configuration` once. What the replicas leave is removed unless the run failed.
  static func run(
    _ configuration: SimulationConfiguration, _ variant: ProtocolVariant, at place: ClusterPlace?,
    recorder: (any Recorder)?
  ) -> Outcome {
    let before = ProcessCost.now()
    var outcome = Outcome(result: SimulationResult(), accounts: [], client: before)
    outcome.result.messages = variant.messageKinds.map { _ in MessageCount() }
    let folder = (place?.folder ?? "") + "/cluster-\(UUID().uuidString)"
    do throws(InputError) {
      guard let place else { throw InputError("no clusters of processes can be started here") }
      let run = try TCPRun(configuration, variant, place, folder)
      outcome.accounts = try run.drive(recorder)
      outcome.result = run.result
    } catch {
      outcome.result.verification.violations = [Violation("RUN", "\(error.description)")]
    }
    let isSound = outcome.result.hasFormed && outcome.result.verification.violations.isEmpty
    if isSound {
      try? FileManager.default.removeItem(atPath: folder)
    } else {
      outcome.result.verification.violations.append(
        Violation("RUN", "the replicas' logs and journals are in \(folder)"))
    }
    let after = ProcessCost.now()
    outcome.client = ProcessCost(
      wall: after.wall - before.wall, cpu: after.cpu - before.cpu, peakResident: after.peakResident)
    return outcome
  }

  private init(
    _ configuration: SimulationConfiguration, _ variant: ProtocolVariant, _ place: ClusterPlace, _ folder: String
  ) throws(InputError) {
    self.configuration = configuration
    self.variant = variant
    let replicas = variant.fixedReplicas ?? configuration.environment.replicas
    let ports = try FreePorts.take(replicas)
    let file = NodeFile(
      cluster: "run-\(hexadecimal(configuration.seed))", variant: variant,
      addresses: ports.map { .init(host: "127.0.0.1", port: $0) }, data: folder + "/data", disk: place.disk,
      environment: configuration.environment)
    links = ClusterLinks(configuration, replicas: replicas)
    cluster = try NodeCluster(file, folder: folder, program: place.program, takesOrders: links.areModelled)
    addresses = try file.resolved()
  }
  deinit { try? group.syncShutdownGracefully() }

  static func now() -> Int64 { Int64(NIODeadline.now().uptimeNanoseconds) }
  private func wait<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws(InputError) -> Value {
    do { return try loop.makeFutureWithTask(body).wait() } catch { throw InputError("the client failed: \(error)") }
  }

  // MARK: The course of a run

  private func drive(_ recorder: (any Recorder)?) throws(InputError) -> [NodeCluster.Account] {
    for id in addresses.keys.sorted() { try start(Int(id.index)) }
    var load = MeasuredLoad()
    do throws(InputError) {
      try form()
      let client = try begin()
      try pass(client)
      try heal()
      load = try finish(client)
      let reader = try readAll(after: load)
      result.end = Self.now()
      try settle()
      let accounts = cluster.stop()
      conclude(accounts, load, reader, recorder)
      return accounts
    } catch {
      _ = cluster.stop()
      throw error
    }
  }

  /// Until a command is answered.
  private func form() throws(InputError) {
    let probe = TCPClient(settings(sessions: 1, arrival: .closed, keepsHistory: false) { _, _ in .get(0) }, on: loop)
    try wait { try await probe.start() }
    let deadline = Self.now() + configuration.measure.patience.nanoseconds
    while try wait({ try await probe.progress() }) == 0 {
      if let failure = cluster.failure() { throw InputError(failure) }
      guard Self.now() < deadline else {
        throw InputError("the cluster did not serve within \(configuration.measure.patience)")
      }
      usleep(2_000)
    }
    _ = try wait { try await probe.finish() }
    result.hasFormed = true
  }

  private func begin() throws(InputError) -> TCPClient {
    let source = Shared(OperationSource(configuration.workload, seed: configuration.seed))
    let workload = configuration.workload
    let (sessions, arrival): (Int, TCPArrival) =
      switch workload.arrival {
      case .constant(let rate): (workload.sessions, .open(rate: rate, isPoisson: false))
      case .poisson(let rate): (workload.sessions, .open(rate: rate, isPoisson: true))
      case .closed(let clients, _): (clients, .closed)
      case .none: (0, .closed)
      }
    let client = TCPClient(
      settings(sessions: sessions, arrival: arrival, keepsHistory: true) { _, _ in source.next() }, on: loop)
    let start = Self.now()
    try wait { try await client.start() }
    result.windowStart = start + configuration.measure.warmUp.nanoseconds
    result.windowEnd = result.windowStart + configuration.measure.window.nanoseconds
    for (index, fault) in configuration.faults.faults.enumerated() {
      agenda.append((result.windowStart + fault.at.nanoseconds, .strike(index)))
    }
    return client
  }

  /// Lets the window go by, and faults happen when they are due.
  private func pass(_ client: TCPClient) throws(InputError) {
    var answeredBefore: Int?
    while Self.now() < result.windowEnd {
      if let failure = cluster.failure() { throw InputError(failure) }
      let now = Self.now()
      while let next = agenda.indices.min(by: { agenda[$0].at < agenda[$1].at }), agenda[next].at <= now {
        try act(agenda.remove(at: next).action)
      }
      if hasRecovered() {
        result.windowEnd = Self.now()
        break
      }
      if let limit = configuration.measure.operations, now >= result.windowStart {
        let answered = try wait { try await client.progress() }
        if let before = answeredBefore, answered - before >= limit {
          result.windowEnd = Self.now()
          break
        }
        answeredBefore = answeredBefore ?? answered
      }
      let next = min(agenda.map(\.at).min() ?? .max, result.windowEnd, Self.now() + 5_000_000)
      usleep(UInt32(max(0, next - Self.now()) / 1_000))
    }
    try wait { try await client.drain() }
  }

  /// For trials of elections: all that run follow a new leader, for long enough that clients were served again.
  private func hasRecovered() -> Bool {
    guard configuration.measure.stopsWhenRecovered, let strike = strikes.last, agenda.isEmpty, Self.now() >= nextLook
    else { return false }
    nextLook = Self.now() + 20_000_000
    let last = addresses.keys.filter { $0 != strike.leader }.map { cluster.status(of: Int($0.index)) }
    guard let leader = last.compactMap({ $0 }).first(where: { $0.isEstablished && $0.epoch > strike.epoch }),
      last.allSatisfy({ $0?.leader == leader.node && $0?.epoch == leader.epoch })
    else { return false }
    return Self.now() - leader.at > Self.aftermath
  }
  /// A second, in which an operation that is due is answered unless nothing works.
  private static let aftermath: Int64 = 1_000_000_000

  /// All replicas run again, and all links are open and lose nothing.
  private func heal() throws(InputError) {
    agenda = []
    links.heal()
    for id in addresses.keys.sorted() {
      cluster.resume(Int(id.index))
      try start(Int(id.index))
    }
    try tell()
  }

  /// Waits for what is outstanding.
  private func finish(_ client: TCPClient) throws(InputError) -> MeasuredLoad {
    let deadline = Self.now() + configuration.measure.patience.nanoseconds
    while try wait({ try await client.outstanding() }) > 0, Self.now() < deadline { usleep(2_000) }
    let seen = try wait { try await client.finish() }
    var load = MeasuredLoad()
    load.operations = seen.history.map { MeasuredOperation($0, padding, process: 0) }
    load.unbegun = seen.unbegun
    return load
  }

  /// Each key that was asked for is read once more: what was acknowledged must be found.
  private func readAll(after load: MeasuredLoad) throws(InputError) -> [ClientOperation] {
    let keys = Set(load.operations.map(\.client.operation.key)).sorted().prefix(Self.readKeys)
    guard !keys.isEmpty else { return [] }
    let list = Array(keys)
    let reader = TCPClient(
      settings(sessions: Self.readers, arrival: .closed, keepsHistory: true) { _, number in
        Consensus.Operation.get(list[Int(number - 1) % list.count])
      }, on: loop)
    try wait { try await reader.start() }
    let deadline = Self.now() + configuration.measure.patience.nanoseconds
    while try wait({ try await reader.progress() }) < list.count + Self.readers {
      if let failure = cluster.failure() { throw InputError(failure) }
      guard Self.now() < deadline else {
        missing.append("the last reads were not answered within \(configuration.measure.patience)")
        break
      }
      usleep(1_000)
    }
    let offset = (load.operations.map(\.client.process).max() ?? 0) + 1
    return try wait { try await reader.finish() }.history.map { MeasuredOperation($0, 0, process: offset).client }
  }
  private static let readers = 4
  /// More are read in part: the search for a linearization would take longer than the run.
  private static let readKeys = 100_000

  /// Until all replicas have executed the same, as far as each says.
  private func settle() throws(InputError) {
    let deadline = Self.now() + configuration.measure.patience.nanoseconds
    while Self.now() < deadline {
      if let failure = cluster.failure() { throw InputError(failure) }
      guard let reports = cluster.ask(patience: .seconds(1)) else { continue }
      if Set(reports.map(\.slot)).count == 1 {
        result.isAtRest = true
        findings.expect(
          Set(reports.map(\.digest)).count == 1, "L4", nil,
          "replicas that executed through \(reports[0].slot) have different states: "
            + reports.map { hexadecimal($0.digest) }.joined(separator: " "))
        return
      }
      usleep(10_000)
    }
    result.isAtRest = false
    missing.append("no rest \(configuration.measure.patience) after all faults ended")
  }

  private var padding: UInt32 {
    if case .constant(let bytes) = configuration.workload.payload { UInt32(bytes) } else { 0 }
  }
  private func settings(
    sessions: Int, arrival: TCPArrival, keepsHistory: Bool,
    operation: @escaping @Sendable (_ random: inout RandomSource, _ unique: UInt64) -> Consensus.Operation
  ) -> TCPClientSettings {
    var random = SystemRandomNumberGenerator()
    return TCPClientSettings(
      cluster: cluster.file.cluster, addresses: addresses, sessions: sessions,
      retry: configuration.environment.retry, arrival: arrival, padding: padding,
      // Names of sessions must differ between the clients of one cluster.
      seed: random.next(), keepsHistory: keepsHistory, operation: operation)
  }
}

/// What a client's operations are drawn from, on its event loop.
private final class Shared: Sendable {
  private let source: Mutex<OperationSource>
  init(_ source: OperationSource) { self.source = Mutex(source) }
  func next() -> Consensus.Operation { source.withLock { $0.next().operation } }
}

extension MeasuredOperation {
  /// `process`: the first number for the client's sessions.
  init(_ seen: TCPOperation, _ padding: UInt32, process: UInt32) {
    var client = ClientOperation(
      process: process + seen.session, id: seen.id, operation: seen.operation, invoked: seen.invoked)
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
