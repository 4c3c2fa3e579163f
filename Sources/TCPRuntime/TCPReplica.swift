import Consensus
import Faults
import NIOCore
import NIOPosix
import Replication

/// What a replica on TCP is started with, beside its protocol's configuration.
public struct TCPReplicaSettings: Sendable {
  public var identity: ClusterIdentity
  public var batching: BatchPolicy
  /// Client sessions kept by the service.
  public var sessions: Int
  /// Slots between snapshots; 0: none.
  public var snapshotEvery: Int
  public var limits: ConnectionLimits
  /// A connection that has not greeted after this is closed.
  public var greetingTimeout: Duration
  /// Pause before a peer is dialed again: doubles, up to `maximumRedial`, with up to half of it drawn at random.
  public var redial: Duration
  public var maximumRedial: Duration
  /// What happens to frames between replicas, as in the simulator; nil: nothing, at no cost.
  public var link: LinkModel?
  /// What peers and clients must prove; nil: nothing, and only loopback is listened on.
  public var authenticator: (any Authenticator)?
  /// What finds peers that have names; nil: the system's.
  public var resolver: (any Resolver & Sendable)?
  /// One line for each thing that an operator wants to know.
  public var log: @Sendable (String) -> Void
  /// Called once, on its event loop, when it cannot go on: why. It serves nobody from then on.
  public var halted: @Sendable (String) -> Void

  public init(
    identity: ClusterIdentity, batching: BatchPolicy = .init(), sessions: Int = 1 << 16, snapshotEvery: Int = 0,
    limits: ConnectionLimits = .init(), greetingTimeout: Duration = .seconds(5), redial: Duration = .milliseconds(10),
    maximumRedial: Duration = .seconds(1), link: LinkModel? = nil, authenticator: (any Authenticator)? = nil,
    resolver: (any Resolver & Sendable)? = nil, log: @escaping @Sendable (String) -> Void = { _ in },
    halted: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.identity = identity
    self.batching = batching
    self.sessions = sessions
    self.snapshotEvery = snapshotEvery
    self.limits = limits
    self.greetingTimeout = greetingTimeout
    self.redial = redial
    self.maximumRedial = maximumRedial
    self.link = link
    self.authenticator = authenticator
    self.resolver = resolver
    self.log = log
    self.halted = halted
  }
}

/// Why a replica does not listen.
public enum ListenError: Error, Equatable, CustomStringConvertible {
  case notLoopback(String)

  public var description: String {
    switch self {
    case .notLoopback(let host): "without a shared secret a replica listens on loopback only, and '\(host)' is not"
    }
  }
}

/// What a replica on TCP has counted.
public struct TCPReplicaCounts: Hashable, Sendable {
  public var malformed = 0
  public var strangers = 0
  /// Connections that came while the replica did not run.
  public var early = 0
  /// Connections that were closed to make room for others.
  public var surplus = 0
  public var sessionsOpened = 0
  public var sessionsEnded = 0
  public var overflows = 0
  /// Times that a client was not read because it did not take its answers, or because the journal was behind.
  public var pauses = 0
  public var commits: UInt64 = 0
  /// In the batches that were committed.
  public var commands: UInt64 = 0
  /// Sent to peers, by message tag: frames, and bytes with their headers.
  public var frames: [UInt64] = []
  public var bytes: [UInt64] = []
  public init() {}
}

/// One replica, owned by one event loop: from the socket to the protocol's step and back no thread is changed.
///
/// Unchecked: all state is confined to `loop`; what may be called from elsewhere says so.
public final class TCPReplica<Core: ConsensusProtocol, Storage: Journal & SendableMetatype>: @unchecked Sendable
where Storage.Record == Core.Record {
  final class Process {
    var replica: Replica<TCPReplica>
    init(_ replica: consuming Replica<TCPReplica>) { self.replica = replica }
  }
  /// Where the loop comes in. They are made where the replica is, because there the compiler knows the protocol: whoever starts
  /// replicas of any protocol may have forgotten it, and code reached from there takes twice the time.
  struct Entries {
    var begin: (_ checkpoint: Checkpoint<Core.Record>, _ journal: (JournalReports) -> Storage) throws -> Void
    var received: FrameTaker
    var turn: @Sendable () -> Void
  }
  struct Attendance {
    var connection: Connection
    var token: UInt32
    var attempt: UInt32
    var isProposed: Bool
    /// 0: nobody wants to know, or it was asked for again.
    var received: Int64
  }

  public let loop: any EventLoop
  public let id: NodeID
  let configuration: Configuration<Core>
  let settings: TCPReplicaSettings
  var journal: Storage?
  /// Nil before it is started and after it was stopped.
  var process: Process?
  var clocks = LoopTimers<Core.Timer>()
  var listener: (any Channel)?
  var addresses: [NodeID: Endpoint] = [:]
  /// Peers whose names were not known when they were dialed last.
  var unresolved = NodeSet()
  /// The connection that carries the session with each peer.
  var peers: [Connection?] = Array(repeating: nil, count: 64)
  /// Sessions that the core reset and does not know to be over yet.
  var ending = NodeSet()
  /// Peers that nothing may pass to.
  var isolated = NodeSet()
  /// What happens to frames on their way to each peer.
  var links: [ShapedLink?]
  var redials: [Duration]
  var connections: [ObjectIdentifier: Connection] = [:]
  var attended: [Command.ID: Attendance] = [:]
  /// Nil: nobody wants to know.
  var latencies: CommitLatencies?
  var dirty: [Connection] = []
  private var flushing: [Connection] = []
  var scratch = ByteWriter()
  var isTurnDue = false
  private var isSubmitDue = false
  /// Because more waits to be durable than should.
  private var areClientsHeld = false
  var random: RandomSource
  var counts = TCPReplicaCounts()
  /// What is said of those that are no peers, and of sessions.
  var strangerLines = LineBudget(repeats: 1, texts: 16)
  var sessionLines = LineBudget(repeats: 8, texts: 256)
  var isStopped = false
  /// It found that it cannot go on.
  var isBroken = false
  private(set) var entries: Entries!

  public init(_ configuration: Configuration<Core>, _ settings: TCPReplicaSettings, on loop: any EventLoop) {
    self.configuration = configuration
    self.settings = settings
    self.loop = loop
    id = configuration.id
    redials = Array(repeating: settings.redial, count: 64)
    links = Array(repeating: settings.link.map { ShapedLink($0) }, count: 64)
    random = RandomSource(seed: configuration.seed, stream: 0x7463)
    entries = Entries(
      begin: { [unowned self] checkpoint, journal in try begin(from: checkpoint, journal) },
      received: { [unowned self] kind, body, connection in received(kind, body, on: connection) },
      turn: { [weak self] in self?.turn() })
    counts.frames = Array(repeating: 0, count: Core.messageKinds.count)
    counts.bytes = counts.frames
  }

  var now: Int64 { Int64(NIODeadline.now().uptimeNanoseconds) }

  // MARK: From any thread

  /// Listens; the port is in the address that is returned.
  /// Only on loopback, unless a secret keeps strangers out.
  public func listen(host: String = "127.0.0.1", port: Int = 0) async throws -> SocketAddress {
    let isLoopback = host == "localhost" || host == "::1" || host.hasPrefix("127.")
    guard isLoopback || settings.authenticator != nil else { throw ListenError.notLoopback(host) }
    let channel = try await ServerBootstrap(group: loop)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture {
          let connection = Connection(self, dialed: nil, limits: settings.limits, take: entries.received)
          try channel.pipeline.syncOperations.addHandler(connection)
        }
      }
      .bind(host: host, port: port).get()
    try await loop.submit { self.listener = channel }.get()
    guard let address = channel.localAddress else { throw ChannelError.unknownLocalAddress }
    return address
  }

  /// Recovers from `checkpoint`, takes its first step, and dials the peers with larger numbers than its own.
  public func start(
    from checkpoint: Checkpoint<Core.Record> = .init(), peers addresses: [NodeID: Endpoint],
    journal: @escaping @Sendable (JournalReports) -> Storage
  ) async throws {
    try await loop.submit { [self] in
      self.addresses = addresses
      try entries.begin(checkpoint, journal)
    }.get()
  }

  /// Closes everything, as a crash would. The journal stays as it is.
  public func stop() async throws {
    let channels = try await loop.submit { [self] in
      isStopped = true
      process = nil
      clocks.cancel()
      attended = [:]
      let open = connections.values.compactMap(\.channel) + [listener].compactMap { $0 }
      for connection in connections.values { connection.standing = .ended }
      return open
    }.get()
    for channel in channels { try? await channel.close() }
  }

  public func statusNow() async throws -> (status: ReplicaStatus?, counts: TCPReplicaCounts) {
    try await loop.submit { [self] in (process?.replica.status, counts) }.get()
  }

  /// The journal, once it has been started.
  public func journalNow<Result: Sendable>(_ read: @escaping @Sendable (Storage?) -> Result) async throws -> Result {
    try await loop.submit { read(self.journal) }.get()
  }

  // MARK: On the loop

  private func begin(
    from checkpoint: Checkpoint<Core.Record>, _ makeJournal: (JournalReports) -> Storage
  ) throws {
    var core = Core(configuration)
    var sessions = ClientSessions(limit: settings.sessions)
    var last = (slot: Slot(0), stamp: Stamp(0))
    if let snapshot = checkpoint.snapshot {
      core.restore(snapshot)
      sessions = try ClientSessions(image: snapshot.image, limit: settings.sessions)
      last = (snapshot.through, snapshot.stamp)
    }
    for record in checkpoint.records { core.replay(record) }
    journal = makeJournal(
      JournalReports(
        synced: { [weak self] position in self?.onLoop { $0.synced(position) } },
        failed: { [weak self] reason in self?.onLoop { $0.broken("its journal failed: \(reason)") } }))
    process = Process(
      Replica(
        core: core, sessions: sessions, last: last, id: id, policy: settings.batching,
        snapshotEvery: settings.snapshotEvery))
    process?.replica.handle(.start, cause: 0, on: self)
    wantTurn()
    for peer in configuration.cluster.members where peer > id { dial(peer) }
  }

  private func onLoop(_ action: @escaping @Sendable (TCPReplica) -> Void) {
    if loop.inEventLoop { action(self) } else { loop.execute { action(self) } }
  }

  private func synced(_ position: UInt64) {
    guard let process else { return }
    process.replica.journalSynced(through: position, on: self)
    wantTurn()
    if areClientsHeld, !(journal?.isOverBound ?? false) { releaseClients() }
  }

  /// What they ask for ends in the journal, which is behind. Peers are read: what they may send before they hear of it is bounded.
  private func holdClients() {
    areClientsHeld = true
    for connection in connections.values where connection.standing == .client {
      if connection.pauseReading(.journal) { counts.pauses += 1 }
    }
  }
  private func releaseClients() {
    areClientsHeld = false
    for connection in connections.values { connection.resumeReading(.journal) }
  }

  /// When the loop has read what is there, the turn ends.
  func wantTurn() {
    guard !isTurnDue else { return }
    isTurnDue = true
    loop.execute(entries.turn)
  }

  private func turn() {
    expireTimers()
    process?.replica.endTurn(on: self)
    // What these two sent and appended leaves with this turn; what comes from here on needs another.
    isTurnDue = false
    // The disk begins before the network has taken all.
    if isSubmitDue {
      isSubmitDue = false
      journal?.submit()
      if journal?.isOverBound ?? false { holdClients() }
    }
    // A flush that fails ends a session, and what its core then sends makes other connections dirty.
    swap(&dirty, &flushing)
    for connection in flushing {
      connection.isDirty = false
      connection.flush()
    }
    flushing.removeAll(keepingCapacity: true)
    if latencies != nil { noteAnswers() }
  }

  /// An expired timer comes before any other input.
  func expireTimers() {
    while let process, let timer = clocks.takeExpired(at: now) {
      process.replica.handle(.timeout(timer), cause: 0, on: self)
      wantTurn()
    }
  }

  func write(_ kind: FrameKind, _ body: [UInt8], on connection: Connection) {
    connection.write(kind, body)
    if !connection.isDirty {
      connection.isDirty = true
      dirty.append(connection)
    }
    wantTurn()
  }

  func wakeTimers() {
    expireTimers()
    clocks.rearm(on: loop) { [weak self] in self?.wakeTimers() }
  }
}

extension TCPReplica: Transport {
  public typealias Message = Core.Message

  public func send(_ message: Core.Message, to targets: NodeSet, cause: StepID) {
    scratch.removeAll()
    message.encode(into: &scratch)
    for peer in targets {
      guard let connection = peers[Int(peer.index)] else { continue }
      counts.frames[Int(message.tag)] += 1
      counts.bytes[Int(message.tag)] += UInt64(scratch.bytes.count + FrameReader.headerBytes + 1)
      if connection.shaper == nil {
        write(.message, scratch.bytes, on: connection)
      } else {
        send(scratch.bytes, through: connection)
      }
      if connection.exceedsOutgoing {
        counts.overflows += 1
        loop.execute { [self] in end(connection, "its queue is over its limit") }
      }
    }
  }
  public func reset(_ peer: NodeID) {
    guard let connection = peers[Int(peer.index)] else { return }
    peers[Int(peer.index)] = nil
    connection.standing = .ended
    counts.sessionsEnded += 1
    ending.insert(peer)
    // A step is being carried out: the core learns of it when that is over.
    loop.execute { [self] in
      noteEnd(of: peer)
      connection.channel?.close(promise: nil)
    }
  }

  /// The core takes `disconnected` for the session that it reset, before anything of the next one.
  func noteEnd(of peer: NodeID) {
    guard ending.contains(peer) else { return }
    ending.remove(peer)
    process?.replica.handle(.disconnected(peer), cause: 0, on: self)
    wantTurn()
  }
}

/// The journal learns at the turn's end what is to be written: one batch for all that the turn brought.
extension TCPReplica: Journal {
  public typealias Record = Core.Record

  public func append(_ record: Core.Record) { journal?.append(record) }
  public func submit() {
    isSubmitDue = true
    wantTurn()
  }
  public func cut(_ checkpoint: Checkpoint<Core.Record>, waits: Bool) {
    journal?.cut(checkpoint, waits: waits)
    submit()
  }
}

extension TCPReplica: TimerService {
  public typealias Timer = Core.Timer

  public func start(_ timer: Core.Timer, after delay: Duration) {
    clocks.start(timer, deadline: now + max(0, delay.nanoseconds), on: loop) { [weak self] in self?.wakeTimers() }
  }
  public func stop(_ timer: Core.Timer) { clocks.stop(timer) }
}

extension TCPReplica: Probe {
  public func stepped(
    _ input: Input<Core>, step: StepID, cause: StepID, core: borrowing Core, effects: borrowing Effects<Core>
  ) -> Bool { true }
  public func left(_ message: Core.Message, to peers: NodeSet, cause: StepID) {}
}
