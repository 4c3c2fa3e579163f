import Consensus
import FileJournal
import Foundation
import Measurement
import NIOCore
import NIOPosix
import Replication
import Synchronization
import TCPRuntime
import WriteAheadLog

/// One replica of a real cluster, whatever its protocol. Calls block; none may come from its event loop.
public protocol HostedReplica: Sendable {
  /// Its port. Recovers its journal first, so that who reaches it is served.
  func start() throws(InputError) -> Int
  /// What it has come to by now.
  func report() -> ReplicaReport
  /// Keeps the times of its batches from now on, for ``takeLatencies()``.
  func keepLatencies()
  func takeLatencies() -> [CommitSample]
  /// Returns when it holds.
  func carryOut(_ order: LinkCommand.Order) throws(InputError)
  /// Leaves its peers and clients, makes durable what was submitted, and says what became of it.
  func stop() -> ReplicaReport
}

/// Why a replica does not go on, though nobody told it to end.
public enum ReplicaHalt: Error, Hashable, Sendable {
  /// Its journal cannot be written or read: the disk is full or fails. It keeps what it promised by promising nothing more.
  case journal(String)
  /// What it stands on is not so: its journal lacks what had been synced, or what was chosen contradicts it.
  case broken(String)
}

/// What a replica has come to, and what that took, since its process began.
public struct ReplicaReport: Hashable, Sendable {
  public var slot: UInt64 = 0
  /// Of everything executed up to `slot`.
  public var digest: UInt64 = 0
  public var commits: UInt64 = 0
  public var commands: UInt64 = 0
  public var fsyncs = 0
  /// Sent to peers, by message tag.
  public var frames: [UInt64] = []
  public var bytes: [UInt64] = []
  /// The most memory that its process held; 0: it does not know.
  public var peakResident = 0
  /// What its process asked of the allocator since it listens; 0: nobody counts.
  public var allocations = 0
  /// Of these, what the thread did that owns the replica.
  public var allocatedBytes = 0
  public var malformed = 0
  public var strangers = 0
}

extension ProtocolVariant {
  /// Starts nothing yet. `halted` is called from any thread if it cannot go on: the replica does nothing from then on. What it says
  /// first is the cause.
  typealias Host =
    @Sendable (
      _ file: NodeFile, _ id: NodeID, _ log: @escaping ReplicaLog, _ halted: @escaping @Sendable (ReplicaHalt) -> Void
    ) -> any HostedReplica

  static func host<Core: ConsensusProtocol>(_ core: Core.Type, _ tuning: Core.Tuning) -> Host {
    { file, id, log, halted in
      switch file.journal {
      case .file: FileHost<Core>(file, id, tuning, log, halted)
      case .memory: MemoryHost<Core>(file, id, tuning, log, halted)
      }
    }
  }
}

extension NodeFile {
  /// The replica with this number.
  public func replica(
    _ id: Int, log: @escaping ReplicaLog = { _ in }, halted: @escaping @Sendable (ReplicaHalt) -> Void = { _ in }
  ) throws(InputError) -> any HostedReplica {
    guard addresses.indices.contains(id) else {
      throw InputError("--id \(id): the cluster's replicas are 0 to \(addresses.count - 1)")
    }
    return variant.host(self, NodeID(id), log, halted)
  }

  var members: NodeSet { addresses.indices.reduce(into: NodeSet()) { $0.insert(NodeID($1)) } }

  func configuration<Core: ConsensusProtocol>(_ id: NodeID, _ tuning: Core.Tuning) -> Configuration<Core> {
    let environment = settings.real(in: .tcp).environment
    // Timeouts must differ between replicas and between the lives of one.
    var random = SystemRandomNumberGenerator()
    return Configuration(
      id: id, cluster: Cluster(members: members), timing: environment.timing, shared: environment.shared,
      tuning: tuning, retained: environment.retained, seed: random.next())
  }

  /// What the replicas of a cluster must have in common to understand each other.
  static func schema(_ kinds: [MessageKind], format: Int, replicas: Int) -> UInt64 {
    var schema = Digest()
    for kind in kinds { for byte in kind.name.utf8 { schema.fold(UInt64(byte)) } }
    schema.fold(format)
    // Replicas that know of different numbers of each other would have quorums that do not meet.
    schema.fold(replicas)
    return schema.value
  }

  func replicaSettings<Core: ConsensusProtocol>(
    _ core: Core.Type, _ log: @escaping ReplicaLog, _ halted: @escaping @Sendable (ReplicaHalt) -> Void
  ) -> TCPReplicaSettings {
    TCPReplicaSettings(
      identity: ClusterIdentity(
        cluster: cluster, protocolName: Core.name, variant: variant.name,
        schema: Self.schema(Core.messageKinds, format: Core.messageFormat, replicas: addresses.count)),
      batching: settings.environment.batch, sessions: settings.environment.sessionLimit,
      snapshotEvery: settings.environment.snapshotEvery, authenticator: secret, log: log,
      halted: { halted(.broken($0)) })
  }

  var endpoints: [NodeID: Endpoint] {
    Dictionary(uniqueKeysWithValues: addresses.enumerated().map { (NodeID($0.offset), $0.element) })
  }
}

/// The part that does not depend on the journal: an event loop of its own.
private struct LoopOfReplica: Sendable {
  let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  var loop: any EventLoop { group.any() }
  private let allocations = AllocationsOfLoop()

  func wait<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) throws -> Result {
    try loop.makeFutureWithTask(body).wait()
  }
  /// Starts `replica` and lets others reach it.
  func serve<Core, Storage>(
    _ replica: TCPReplica<Core, Storage>, _ file: NodeFile, from checkpoint: Checkpoint<Core.Record>,
    journal: @escaping @Sendable (JournalReports) -> Storage
  ) throws(InputError) -> Int {
    let peers = file.endpoints
    let address = file.addresses[Int(replica.id.index)]
    do {
      let bound = try wait { try await replica.listen(host: file.listen, port: address.port) }
      try wait { try await replica.start(from: checkpoint, peers: peers, journal: journal) }
      allocations.begin(on: loop)
      return bound.port ?? address.port
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      throw InputError("replica \(replica.id): port \(address.port) of \(file.listen) is in use")
    } catch { throw InputError("replica \(replica.id): cannot listen on \(file.listen):\(address.port): \(error)") }
  }
  func report<Core, Storage>(of replica: TCPReplica<Core, Storage>) -> ReplicaReport {
    var report = ReplicaReport()
    if let state = try? wait({ try await replica.stateNow() }) {
      report.slot = state.slot.number
      report.digest = state.digest
    }
    if let counts = try? wait({ try await replica.statusNow() }).counts {
      report.commits = counts.commits
      report.commands = counts.commands
      report.frames = counts.frames
      report.bytes = counts.bytes
      report.malformed = counts.malformed
      report.strangers = counts.strangers
    }
    report.peakResident = ProcessCost.peakResidentOfProgram() ?? 0
    if let allocated = allocations.reading(on: loop) {
      report.allocations = allocated.calls
      report.allocatedBytes = allocated.bytes
    }
    return report
  }
  func stop<Core, Storage>(_ replica: TCPReplica<Core, Storage>) { try? wait { try await replica.stop() } }
  func carryOut<Core, Storage>(
    _ order: LinkCommand.Order, by replica: TCPReplica<Core, Storage>, in file: NodeFile
  ) throws(InputError) {
    let peers = file.members.removing(replica.id)
    if let stranger = order.peers.subtracting(peers).first(where: { _ in true }) {
      throw InputError("\(stranger) is no peer of \(replica.id)")
    }
    do {
      switch order {
      case .cut(let peers): try wait { try await replica.cut(off: peers) }
      case .link(let link, let peers): try wait { try await replica.shape(link, to: peers) }
      }
    } catch { throw InputError("\(error)") }
  }
  func keepLatencies<Core, Storage>(of replica: TCPReplica<Core, Storage>) {
    try? wait { try await replica.keepLatencies() }
  }
  func takeLatencies<Core, Storage>(of replica: TCPReplica<Core, Storage>) -> [CommitSample] {
    (try? wait { try await replica.takeLatencies() }) ?? []
  }
  func end() { try? group.syncShutdownGracefully() }
}

/// What a process asked of the allocator, read on its event loop: there the bytes are those of the thread that does the work, and
/// its calls are seen to the last one. Those of other threads, the journal's above all, are seen as their caches are flushed.
private final class AllocationsOfLoop: Sendable {
  private let start = Mutex<(probe: AllocationProbe, at: AllocationCount)?>(nil)

  func begin(on loop: any EventLoop) {
    let start = try? loop.submit { AllocationProbe().map { (probe: $0, at: $0.reading()) } }.wait()
    self.start.withLock { $0 = start }
  }
  func reading(on loop: any EventLoop) -> AllocationCount? {
    guard let start = start.withLock({ $0 }) else { return nil }
    return try? loop.submit { start.probe.reading() - start.at }.wait()
  }
}

private final class MemoryHost<Core: ConsensusProtocol>: HostedReplica {
  private let file: NodeFile
  private let own = LoopOfReplica()
  private let replica: TCPReplica<Core, MemoryJournal<Core.Record>>

  init(
    _ file: NodeFile, _ id: NodeID, _ tuning: Core.Tuning, _ log: @escaping ReplicaLog,
    _ halted: @escaping @Sendable (ReplicaHalt) -> Void
  ) {
    self.file = file
    replica = TCPReplica(file.configuration(id, tuning), file.replicaSettings(Core.self, log, halted), on: own.loop)
  }
  func start() throws(InputError) -> Int {
    let loop = own.loop
    return try own.serve(replica, file, from: .init()) { MemoryJournal(loop, keeps: false, reports: $0) }
  }
  func report() -> ReplicaReport { own.report(of: replica) }
  func keepLatencies() { own.keepLatencies(of: replica) }
  func takeLatencies() -> [CommitSample] { own.takeLatencies(of: replica) }
  func carryOut(_ order: LinkCommand.Order) throws(InputError) { try own.carryOut(order, by: replica, in: file) }
  func stop() -> ReplicaReport {
    let last = report()
    own.stop(replica)
    own.end()
    return last
  }
}

private final class FileHost<Core: ConsensusProtocol>: HostedReplica {
  /// What is handed from the thread that opens it to the event loop, which owns it from then on.
  private struct Handed: @unchecked Sendable { let journal: FileJournal<Core.Record> }

  private let file: NodeFile
  private let id: NodeID
  private let own = LoopOfReplica()
  private let replica: TCPReplica<Core, FileJournal<Core.Record>>
  private let log: ReplicaLog
  private let halted: @Sendable (ReplicaHalt) -> Void
  private let syncs = SyncCount()

  init(
    _ file: NodeFile, _ id: NodeID, _ tuning: Core.Tuning, _ log: @escaping ReplicaLog,
    _ halted: @escaping @Sendable (ReplicaHalt) -> Void
  ) {
    self.file = file
    self.id = id
    self.log = log
    self.halted = halted
    replica = TCPReplica(file.configuration(id, tuning), file.replicaSettings(Core.self, log, halted), on: own.loop)
  }

  func start() throws(InputError) -> Int {
    let folder = (file.data ?? "") + "/\(id)"
    let owner = JournalOwner(
      cluster: file.cluster, replicas: file.addresses.count, node: id, protocolName: Core.name,
      variant: file.variant.name)
    let relay = JournalRelay()
    let opened: (journal: FileJournal<Core.Record>, recovered: RecoveredLog<Core.Record>)
    do throws(JournalRefusal) {
      try makeFolder()
      let system = try SystemFiles(folder: folder)
      let faulty = file.disk == .system ? nil : FaultyFiles(system)
      opened = try FileJournal<Core.Record>.open(
        CountedFiles(faulty.map { $0 as any FileLayer } ?? system, syncs), owner: owner, synced: { relay.synced($0) },
        failed: { [log, halted, id] error, cause in
          let reason = cause.map { "\($0)" } ?? "\(error)"
          log("replica=\(id) event=journal-failed reason=\"\(reason)\"")
          // Before the replica hears of it and halts: this is why.
          halted(.journal(reason))
          relay.failed(reason)
        })
      // The empty journal is sound: what is to be lost is what clients were told.
      faulty?.faults.losesSyncs = file.disk == .lying
    } catch {
      let reason = "replica \(id): \(error)"
      if case .damaged(_, let damage) = error {
        switch damage.reason {
        case .checksum, .stale, .misdirected, .missing: halted(.broken(reason))
        case .unreadable: halted(.journal(reason))
        // Of another program: it is all there.
        case .unknown: break
        }
      }
      throw InputError(reason)
    }
    let recovered = opened.recovered
    log(
      "replica=\(id) event=recovered snapshot=\(recovered.snapshot?.through.number ?? 0) records=\(recovered.records.count) dropped_bytes=\(recovered.droppedBytes)"
    )
    let handed = Handed(journal: opened.journal)
    let checkpoint = Checkpoint(
      snapshot: recovered.snapshot, records: recovered.checkpointRecords + recovered.records)
    do throws(InputError) {
      return try own.serve(replica, file, from: checkpoint) { reports in
        relay.connect(reports)
        return handed.journal
      }
    } catch {
      handed.journal.close()
      throw error
    }
  }
  private func makeFolder() throws(JournalRefusal) {
    guard let data = file.data else { return }
    // What goes wrong, the journal's own folder says.
    try? FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
  }

  func keepLatencies() { own.keepLatencies(of: replica) }
  func takeLatencies() -> [CommitSample] { own.takeLatencies(of: replica) }
  func carryOut(_ order: LinkCommand.Order) throws(InputError) { try own.carryOut(order, by: replica, in: file) }
  func report() -> ReplicaReport {
    var report = own.report(of: replica)
    report.fsyncs = syncs.value
    return report
  }
  func stop() -> ReplicaReport {
    var last = report()
    own.stop(replica)
    try? own.wait { [replica] in try await replica.journalNow { $0?.close() } }
    last.fsyncs = syncs.value
    own.end()
    return last
  }
}
