import Consensus
import DequeModule
import Faults
import NIOCore
import NIOPosix
import Replication

/// How load comes.
public enum TCPArrival: Hashable, Sendable {
  /// Each session asks again as soon as it is answered.
  case closed
  /// So many operations a second whatever the answers do, evenly or (`isPoisson`) with exponential gaps.
  case open(rate: Double, isPoisson: Bool)
}

/// What load a client makes, and of whom it asks.
public struct TCPClientSettings: Sendable {
  public var cluster: String
  public var addresses: [NodeID: Endpoint]
  public var sessions: Int
  public var retry: RetryPolicy
  public var arrival: TCPArrival
  public var padding: UInt32
  public var seed: UInt64
  public var keepsHistory: Bool
  public var limits: ConnectionLimits
  /// What it proves to replicas, and they to it.
  public var authenticator: (any Authenticator)?
  /// What finds replicas that have names; nil: the system's.
  public var resolver: (any Resolver & Sendable)?
  /// An operation with a value that no other one writes.
  public var operation: @Sendable (_ random: inout RandomSource, _ unique: UInt64) -> Operation

  public init(
    cluster: String, addresses: [NodeID: Endpoint], sessions: Int, retry: RetryPolicy = .init(),
    arrival: TCPArrival = .closed, padding: UInt32 = 0, seed: UInt64, keepsHistory: Bool = true,
    limits: ConnectionLimits = .init(), authenticator: (any Authenticator)? = nil,
    resolver: (any Resolver & Sendable)? = nil,
    operation: @escaping @Sendable (_ random: inout RandomSource, _ unique: UInt64) -> Operation
  ) {
    self.cluster = cluster
    self.addresses = addresses
    self.sessions = sessions
    self.retry = retry
    self.arrival = arrival
    self.padding = padding
    self.seed = seed
    self.keepsHistory = keepsHistory
    self.limits = limits
    self.authenticator = authenticator
    self.resolver = resolver
    self.operation = operation
  }
}

/// One operation as the client saw it, in nanoseconds of its monotonic clock.
public struct TCPOperation: Hashable, Sendable {
  public enum Outcome: Hashable, Sendable { case pending, ok(Reply), failed, unknown }

  public var session: UInt32
  public var id: Command.ID
  public var operation: Operation
  public var due: Int64
  public var invoked: Int64
  public var returned: Int64?
  /// When it was answered or given up.
  public var ended: Int64?
  public var hasTimedOut = false
  public var outcome = Outcome.pending
}

/// What a client saw.
public struct TCPClientResult: Sendable {
  public var answered = 0
  public var unknown = 0
  public var failed = 0
  public var timeouts = 0
  public var disconnections = 0
  /// Nanoseconds from when it was due to its answer, of each answered operation.
  public var latencies: [Int64] = []
  /// How late the generator itself was at most.
  public var generatorLag: Int64 = 0
  public var refusals: [String] = []
  /// Why the replicas cannot be asked that cannot be asked now.
  public var troubles: [NodeID: String] = [:]
  /// Empty unless it is kept.
  public var history: [TCPOperation] = []
  /// When operations were due that were never begun: no session was free.
  public var unbegun: [Int64] = []
}

/// Many client sessions over one connection to each replica, on one event loop.
///
/// Unchecked: all state is confined to `loop`; `start` and `finish` may be called from anywhere.
public final class TCPClient: @unchecked Sendable {
  struct Lane {
    var session: ClientSession
    /// Where the present attempt was sent.
    var sentTo: NodeID?
    var alarm: (at: Int64, isPause: Bool)?
    var entry: Int?
    var due: Int64 = 0
    var invoked: Int64 = 0
    var isMeasured = false
  }
  /// Deadlines are looked at so often; clients' patience is not finer than this.
  private static let tick = TimeAmount.milliseconds(2)

  public let loop: any EventLoop
  let settings: TCPClientSettings
  var lanes: [Lane] = []
  var connections: [Connection?]
  var random: RandomSource
  var result = TCPClientResult()
  var unique: UInt64 = 0
  var scratch = ByteWriter()
  var dirty: [Connection] = []
  private var flushing: [Connection] = []
  var isTurnDue = false
  var isOver = false
  /// Nothing more is begun.
  var isDraining = false
  private var nextDue: Double = 0
  private var waiting = Deque<Int64>()
  private var idle: [Int] = []

  public init(_ settings: TCPClientSettings, on loop: any EventLoop) {
    self.settings = settings
    self.loop = loop
    random = RandomSource(seed: settings.seed, stream: 0x6C6F)
    connections = Array(repeating: nil, count: settings.addresses.count)
  }

  var now: Int64 { Int64(NIODeadline.now().uptimeNanoseconds) }

  // MARK: From any thread

  /// Opens its sessions and begins.
  public func start() async throws {
    try await loop.submit { [self] in
      for node in settings.addresses.keys.sorted() { dial(node) }
      for index in 0..<settings.sessions {
        lanes.append(Lane(session: freshSession(index)))
        begin(index, .open, due: now)
      }
      tick()
      if case .open = settings.arrival {
        nextDue = Double(now)
        arrive()
      }
    }.get()
  }
  /// What has been seen so far.
  public func progress() async throws -> Int { try await loop.submit { self.result.answered }.get() }
  /// Counts and latencies begin anew; the history goes on.
  public func resetCounts() async throws {
    try await loop.submit { [self] in
      let history = result.history
      result = TCPClientResult()
      result.history = history
    }.get()
  }
  /// Begins nothing more; what is outstanding goes on.
  public func drain() async throws {
    try await loop.submit { [self] in
      isDraining = true
      result.unbegun = Array(waiting)
      waiting.removeAll()
    }.get()
  }
  /// Operations that are not answered.
  public func outstanding() async throws -> Int {
    try await loop.submit { self.lanes.count { $0.isMeasured } }.get()
  }
  /// Stops and closes; what is outstanding has an unknown fate.
  public func finish() async throws -> TCPClientResult {
    try await loop.submit { [self] in
      isOver = true
      for index in lanes.indices { settle(index, lanes[index].session.isDefinitelyUnexecuted ? .failed : .unknown) }
      for connection in connections { connection?.channel?.close(promise: nil) }
      return result
    }.get()
  }

  // MARK: Load

  private func freshSession(_ index: Int) -> ClientSession {
    let nodes = settings.addresses.count
    return ClientSession(nonce: random.next(), target: NodeID(index % nodes), nodes: nodes, policy: settings.retry)
  }

  private func begin(_ index: Int, _ operation: Operation, due: Int64) {
    let action = lanes[index].session.start(operation, padding: operation.kind == .open ? 0 : settings.padding)
    lanes[index].due = due
    lanes[index].invoked = now
    lanes[index].isMeasured = operation.kind != .open
    if settings.keepsHistory, operation.kind != .open, let command = lanes[index].session.outstanding {
      lanes[index].entry = result.history.count
      result.history.append(
        TCPOperation(
          session: UInt32(index), id: command.id, operation: operation, due: due, invoked: lanes[index].invoked))
    }
    act(action, index)
  }

  private func proceed(_ index: Int) {
    guard !isOver, !isDraining else { return }
    switch settings.arrival {
    case .closed: beginNext(index, due: now)
    case .open:
      if let due = waiting.popFirst() { beginNext(index, due: due) } else { idle.append(index) }
    }
  }
  private func beginNext(_ index: Int, due: Int64) {
    unique += 1
    begin(index, settings.operation(&random, unique), due: due)
  }

  /// Everything that is due by now, and an alarm for the next.
  private func arrive() {
    guard !isOver, !isDraining, case .open(let rate, let isPoisson) = settings.arrival else { return }
    let time = now
    while Int64(nextDue) <= time {
      let due = Int64(nextDue)
      result.generatorLag = max(result.generatorLag, time - due)
      if let index = idle.popLast() { beginNext(index, due: due) } else { waiting.append(due) }
      nextDue += 1e9 / rate * (isPoisson ? -naturalLogarithm(1 - random.unit()) : 1)
    }
    loop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(nextDue))) { [weak self] in self?.arrive() }
  }

  private func act(_ action: ClientSession.Action, _ index: Int) {
    switch action {
    case .none: break
    case .send(let command, to: let node, attempt: let attempt): send(command, node, attempt, index)
    case .wait(let pause, attempt: _): lanes[index].alarm = (now + pause.nanoseconds, true)
    case .done(let reply):
      settle(index, .ok(reply))
      proceed(index)
    case .lost: leave(index)
    }
  }

  private func send(_ command: Command, _ node: NodeID, _ attempt: UInt32, _ index: Int) {
    guard let connection = connections[Int(node.index)], connection.standing == .client else {
      // Nothing was sent, so for certain nothing happens.
      return act(lanes[index].session.refused(attempt, hint: nil), index)
    }
    lanes[index].sentTo = node
    lanes[index].alarm = (now + settings.retry.timeout.nanoseconds, false)
    scratch.removeAll()
    RequestFrame(token: UInt32(index), attempt: attempt, command: command).encode(into: &scratch)
    write(.request, scratch.bytes, on: connection)
  }

  private func write(_ kind: FrameKind, _ body: [UInt8], on connection: Connection) {
    connection.write(kind, body)
    if !connection.isDirty {
      connection.isDirty = true
      dirty.append(connection)
    }
    guard !isTurnDue else { return }
    isTurnDue = true
    loop.execute { [self] in
      isTurnDue = false
      swap(&dirty, &flushing)
      for connection in flushing {
        connection.isDirty = false
        connection.flush()
      }
      flushing.removeAll(keepingCapacity: true)
    }
  }

  private func settle(_ index: Int, _ outcome: TCPOperation.Outcome) {
    lanes[index].alarm = nil
    lanes[index].sentTo = nil
    guard lanes[index].isMeasured else { return }
    lanes[index].isMeasured = false
    let time = now
    switch outcome {
    case .ok:
      result.answered += 1
      result.latencies.append(time - lanes[index].due)
    case .failed: result.failed += 1
    case .unknown, .pending: result.unknown += 1
    }
    guard let entry = lanes[index].entry else { return }
    lanes[index].entry = nil
    result.history[entry].outcome = outcome
    result.history[entry].ended = time
    if case .ok = outcome { result.history[entry].returned = time }
  }

  /// Gives up a session of which nobody can say what it did, and opens another.
  private func leave(_ index: Int) {
    settle(index, lanes[index].session.isDefinitelyUnexecuted ? .failed : .unknown)
    guard !isOver, !isDraining else { return }
    lanes[index].session = freshSession(index)
    begin(index, .open, due: now)
  }

  private func tick() {
    guard !isOver else { return }
    let time = now
    for index in lanes.indices {
      guard let alarm = lanes[index].alarm, alarm.at <= time else { continue }
      lanes[index].alarm = nil
      if !alarm.isPause {
        result.timeouts += 1
        if let entry = lanes[index].entry { result.history[entry].hasTimedOut = true }
      }
      let attempt = lanes[index].session.attempt
      let action = alarm.isPause ? lanes[index].session.resume(attempt) : lanes[index].session.timedOut(attempt)
      if time - lanes[index].invoked >= settings.retry.abandon.nanoseconds { leave(index) } else { act(action, index) }
    }
    loop.scheduleTask(in: Self.tick) { [weak self] in self?.tick() }
  }
}

// MARK: Connections

extension TCPClient: ConnectionOwner {
  private func dial(_ node: NodeID) {
    guard !isOver, let address = settings.addresses[node] else { return }
    let bootstrap = ClientBootstrap(group: loop)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .connectTimeout(.seconds(1))
      .resolver(settings.resolver)
      .channelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture {
          let connection = Connection(self, dialed: node, limits: settings.limits) {
            [unowned self] kind, body, connection in
            received(kind, body, on: connection)
          }
          try channel.pipeline.syncOperations.addHandler(connection)
        }
      }
    address.connect(bootstrap).whenFailure { [self] error in
      let isUnknown = Endpoint.isUnknown(after: error)
      result.troubles[node] =
        isUnknown ? "no address is known for \(address)" : "\(address) cannot be reached: \(error)"
      redial(node, after: isUnknown ? Self.pauseOfName : Self.pause)
    }
  }
  /// Fixed pauses: no client is so many that they could all come at once. A name server is others' too.
  private func redial(_ node: NodeID, after pause: TimeAmount = TCPClient.pause) {
    guard !isOver else { return }
    loop.scheduleTask(in: pause) { [weak self] in self?.dial(node) }
  }
  private static let pause = TimeAmount.milliseconds(20)
  private static let pauseOfName = TimeAmount.milliseconds(500)

  func opened(_ connection: Connection) {
    // A name that stands for several addresses: the first that answers is the one.
    guard !isOver, let node = connection.dialed, connections[Int(node.index)] == nil else {
      connection.channel?.close(promise: nil)
      return
    }
    connections[Int(node.index)] = connection
    let identity = ClusterIdentity(cluster: settings.cluster, protocolName: "", variant: "", schema: 0)
    let nonce = settings.authenticator == nil ? [] : Greetings.nonce()
    scratch.removeAll()
    Hello(role: .client, identity: identity, from: NodeID(0), to: node, nonce: nonce).encode(into: &scratch)
    connection.greetings.own = scratch.bytes
    write(.hello, scratch.bytes, on: connection)
  }

  func received(_ kind: FrameKind, _ body: ArraySlice<UInt8>, on connection: Connection) -> Bool {
    switch (connection.standing, kind) {
    case (.greeting, .hello):
      guard let hello = try? Hello(body: body), hello.nonce.isEmpty == (settings.authenticator == nil) else {
        return false
      }
      guard let authenticator = settings.authenticator else {
        admit(connection)
        break
      }
      connection.greetings.other = Array(body)
      connection.standing = .proving(hello)
      write(.proof, authenticator.proof(of: connection.greetings.transcript(isOwn: true)), on: connection)
    case (.proving, .proof):
      guard let authenticator = settings.authenticator,
        authenticator.accepts(body, of: connection.greetings.transcript(isOwn: false))
      else {
        refused("the proof of a secret that is not this client's", by: connection)
        break
      }
      admit(connection)
    case (_, .refusal): refused(String(decoding: body.prefix(200), as: UTF8.self), by: connection)
    case (.client, _):
      guard let answer = try? AnswerFrame(kind, body: body), Int(answer.token) < lanes.count else { return false }
      take(answer)
    default: return false
    }
    return true
  }

  private func admit(_ connection: Connection) {
    connection.admit(as: .client)
    if let node = connection.dialed { result.troubles[node] = nil }
  }
  private func refused(_ reason: String, by connection: Connection) {
    result.refusals.append(reason)
    if let node = connection.dialed { result.troubles[node] = "\(node) refuses: \(reason)" }
    connection.close()
  }

  private func take(_ answer: AnswerFrame) {
    let index = Int(answer.token)
    // A session that was left may still be answered.
    guard !isOver, lanes[index].session.outstanding?.id == answer.id else { return }
    switch answer.content {
    case .reply(let reply): act(lanes[index].session.answered(answer.id, reply), index)
    case .expired: act(lanes[index].session.expired(answer.id), index)
    case .refused(let hint): act(lanes[index].session.refused(answer.attempt, hint: known(hint)), index)
    case .interrupted(let hint): act(lanes[index].session.interrupted(answer.attempt, hint: known(hint)), index)
    }
  }
  private func known(_ hint: NodeID?) -> NodeID? { hint.flatMap { settings.addresses[$0] == nil ? nil : $0 } }

  func malformed(_ connection: Connection, _ reason: String) { result.refusals.append("bad frame: \(reason)") }

  func closed(_ connection: Connection) {
    guard let node = connection.dialed, connections[Int(node.index)] === connection else { return }
    connections[Int(node.index)] = nil
    guard !isOver else { return }
    result.disconnections += 1
    connection.standing = .ended
    for index in lanes.indices where lanes[index].sentTo == node {
      lanes[index].sentTo = nil
      act(lanes[index].session.interrupted(lanes[index].session.attempt, hint: nil), index)
    }
    redial(node)
  }
}
