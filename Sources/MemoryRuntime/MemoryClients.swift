import Consensus
import DequeModule
import Replication
import Simulator
import Verification

/// What a replica says to a client.
enum ClientAnswer {
  case reply(Command.ID, Reply)
  case expired(Command.ID)
  case refused(UInt32, NodeID?)
  case interrupted(UInt32, NodeID?)
}

/// One session, and what it asks just now.
struct MemoryLane {
  var session: ClientSession
  /// Its operation in the load; nil while it opens its session or rests.
  var entry: Int?
  var alarm: (at: Int64, isPause: Bool)?
}

/// All clients of a run, and what they asked.
struct MemoryClients {
  var lanes: [MemoryLane] = []
  var load = MeasuredLoad()
  var content: OperationSource
  let workload: Workload
  let retry: RetryPolicy
  private var arrivals: ArrivalSource
  private let replicas: Int
  private let limit: Int?
  private var nextArrival = Int64.max
  /// Not later than the first alarm.
  var nextAlarm = Int64.max
  private var waiting = Deque<Int64>()
  private var idle: [Int] = []
  private var opened: UInt64 = 0
  private(set) var busy = 0
  /// The first operation that was due in the window, found when it is looked for.
  private var firstInWindow = 0

  init(_ configuration: SimulationConfiguration) {
    workload = configuration.workload
    retry = configuration.environment.retry
    replicas = configuration.environment.replicas
    limit = configuration.measure.operations
    content = OperationSource(configuration.workload, seed: configuration.seed)
    arrivals = ArrivalSource(configuration.workload, seed: configuration.seed)
    let count =
      switch workload.arrival {
      case .constant, .poisson: workload.sessions
      case .closed(let clients, _): clients
      case .none: 0
      }
    for _ in 0..<count { lanes.append(MemoryLane(session: freshSession())) }
    load.operations.reserveCapacity(1 << 16)
  }

  var isBusy: Bool { busy > 0 }
  var nextTime: Int64 { min(nextArrival, nextAlarm) }
  private var isOpenLoop: Bool {
    switch workload.arrival {
    case .constant, .poisson: true
    case .closed, .none: false
    }
  }

  mutating func freshSession() -> ClientSession {
    opened += 1
    return ClientSession(nonce: opened, target: NodeID(0), nodes: replicas, policy: retry)
  }

  mutating func begin(at time: Int64) {
    arrivals.start = time
    if isOpenLoop { nextArrival = arrivals.next() ?? .max }
  }
  /// Nothing more is begun.
  mutating func stop() {
    load.unbegun = Array(waiting)
    waiting.removeAll()
    nextArrival = .max
  }

  /// When an operation was due that is due by now.
  mutating func takeArrival(by now: Int64) -> Int64? {
    guard nextArrival <= now else { return nil }
    defer { nextArrival = arrivals.next() ?? .max }
    return nextArrival
  }
  mutating func takeIdle() -> Int? { idle.popLast() }
  mutating func wait(_ due: Int64) { waiting.append(due) }
  /// When the next operation of this lane was due; nil: it rests.
  mutating func next(_ index: Int, at now: Int64) -> Int64? {
    guard isOpenLoop else { return now }
    if let due = waiting.popFirst() { return due }
    idle.append(index)
    return nil
  }

  /// So many operations were due in the window as were to be.
  mutating func hasReachedLimit(_ windowStart: Int64) -> Bool {
    guard let limit else { return false }
    while firstInWindow < load.operations.count, load.operations[firstInWindow].due < windowStart { firstInWindow += 1 }
    return load.operations.count - firstInWindow >= limit
  }

  // MARK: One operation

  mutating func start(_ index: Int, _ operation: Operation, _ padding: UInt32, due: Int64, at now: Int64)
    -> ClientSession.Action
  {
    let action = lanes[index].session.start(operation, padding: padding)
    busy += 1
    guard let command = lanes[index].session.outstanding else { return action }
    if operation.kind == .open {
      load.opened.append(command)
    } else {
      lanes[index].entry = load.operations.count
      load.operations.append(
        MeasuredOperation(
          .init(process: UInt32(index), id: command.id, operation: operation, invoked: now), padding, due: due))
    }
    return action
  }
  /// Its operation is over.
  mutating func end(_ index: Int, _ outcome: ClientOperation.Outcome, at now: Int64) {
    lanes[index].alarm = nil
    busy -= 1
    guard let entry = lanes[index].entry else { return }
    lanes[index].entry = nil
    load.operations[entry].end(outcome, at: now)
  }
  mutating func noteTimeout(_ index: Int) {
    if let entry = lanes[index].entry { load.operations[entry].hasTimedOut = true }
  }
  mutating func setAlarm(_ index: Int, at time: Int64, isPause: Bool) {
    lanes[index].alarm = (time, isPause)
    nextAlarm = min(nextAlarm, time)
  }
  func isDueToAbandon(_ index: Int, at now: Int64) -> Bool {
    guard let entry = lanes[index].entry else { return false }
    return now - load.operations[entry].client.invoked >= retry.abandon.nanoseconds
  }
}

extension MemoryCluster {
  func openSessions() {
    for index in clients.lanes.indices { open(index) }
    if clients.lanes.isEmpty { beginWarmUp() }
  }
  private func open(_ index: Int) { act(clients.start(index, .open, 0, due: now, at: now), index) }

  /// Everything that is due by now.
  func wakeClients() {
    while let due = clients.takeArrival(by: now) {
      if let index = clients.takeIdle() { begin(index, due: due) } else { clients.wait(due) }
    }
    guard clients.nextAlarm <= now else { return }
    clients.nextAlarm = .max
    for index in clients.lanes.indices {
      guard let alarm = clients.lanes[index].alarm else { continue }
      if alarm.at > now { clients.nextAlarm = min(clients.nextAlarm, alarm.at) } else { ring(index, alarm.isPause) }
    }
  }
  private func ring(_ index: Int, _ isPause: Bool) {
    clients.lanes[index].alarm = nil
    let attempt = clients.lanes[index].session.attempt
    if !isPause { clients.noteTimeout(index) }
    let action =
      isPause ? clients.lanes[index].session.resume(attempt) : clients.lanes[index].session.timedOut(attempt)
    if clients.isDueToAbandon(index, at: now) { abandon(index) } else { act(action, index) }
  }

  private func begin(_ index: Int, due: Int64) {
    let (operation, padding) = clients.content.next()
    act(clients.start(index, operation, padding, due: due, at: now), index)
  }

  /// The client has nothing outstanding: what next?
  func proceed(_ index: Int) {
    switch phase {
    case .forming: if !clients.isBusy { beginWarmUp() }
    case .warmUp, .window: if let due = clients.next(index, at: now) { begin(index, due: due) }
    case .draining, .settling, .over: break
    }
  }

  private func act(_ action: ClientSession.Action, _ index: Int) {
    switch action {
    case .none: break
    case .send(let command, to: let node, attempt: let attempt):
      post(command, Int32(index), attempt, to: node)
      clients.setAlarm(index, at: now + clients.retry.timeout.nanoseconds, isPause: false)
    case .wait(let pause, attempt: _): clients.setAlarm(index, at: now + pause.nanoseconds, isPause: true)
    case .done(let reply):
      clients.end(index, .ok(reply), at: now)
      proceed(index)
    case .lost: abandon(index)
    }
  }

  /// It leaves its session, of which it cannot know what it did, and opens another.
  private func abandon(_ index: Int) {
    clients.end(index, clients.lanes[index].session.isDefinitelyUnexecuted ? .failed : .unknown, at: now)
    clients.lanes[index].session = clients.freshSession()
    if phase.rawValue <= Phase.window.rawValue { open(index) }
  }

  func take(_ answer: ClientAnswer, _ index: Int) {
    switch answer {
    case .reply(let id, let reply): act(clients.lanes[index].session.answered(id, reply), index)
    case .expired(let id): act(clients.lanes[index].session.expired(id), index)
    case .refused(let attempt, let hint): act(clients.lanes[index].session.refused(attempt, hint: hint), index)
    case .interrupted(let attempt, let hint):
      act(clients.lanes[index].session.interrupted(attempt, hint: hint), index)
    }
  }
}
