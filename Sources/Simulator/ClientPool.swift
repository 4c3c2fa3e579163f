import Consensus
import DequeModule
import Faults
import Replication
import Verification

/// One client: its session, what it asks just now, and where.
struct SimulatedClient {
  enum Waking { case think, timeout, pause }

  var session: ClientSession
  var due: Int64 = 0
  var sent: Int64 = 0
  var isMeasured = false
  var hasTimedOut = false
  /// Its operation in the history; nil while it opens a session or rests.
  var entry: Int?

  /// The replica that has its request, and that replica's incarnation.
  var attendant: (node: NodeID, incarnation: UInt32)?
  var received: Int64 = 0
  var proposed: Int64?
  var executed: Int64?

  /// Its one alarm, moved like a replica's timers.
  var alarm: (time: Int64, kind: Waking)?
  var queuedAlarm: Int64?
  /// All faults are taken back, and it asks for one more operation; it got one through.
  var isProving = false
  var hasProven = false
  var generation: UInt32 = 0
  /// When its rest ends, or would have ended.
  var restsUntil: Int64?
  /// Where it stands, and whom it asks first.
  var place = 0
  var home = NodeID(0)

  var isBusy: Bool { session.outstanding != nil }
}

/// All clients of a run, and what they are to ask.
struct ClientPool {
  var clients: [SimulatedClient] = []
  /// When the operation that was answered last was sent, and answered.
  var lastAnswer: (sent: Int64, at: Int64)?
  /// Open loop: clients with nothing to do, and operations that found none, by `lane`.
  private var idle: [[Int32]]
  private var backlogs: [Deque<Int64>]
  private var lastLane = 0
  var byName: [UInt64: Int32] = [:]
  var history: [ClientOperation] = []
  var presence = Presence()
  let workload: Workload
  let isOpenLoop: Bool
  private let retry: RetryPolicy
  private let replicas: Int
  private var arrivals: ArrivalSource
  private var content: OperationSource
  private var pauses: RandomSource
  /// What is asked where nothing is drawn.
  private var script: ClientScript?
  /// What was asked; nil: nobody wants to know.
  private(set) var notes: ClientNotes?
  private var windowStart: Int64 = 0

  init(_ configuration: SimulationConfiguration, keepsNotes: Bool) {
    workload = configuration.workload
    retry = configuration.environment.retry
    replicas = configuration.environment.replicas
    arrivals = ArrivalSource(workload, seed: configuration.seed)
    content = OperationSource(workload, seed: configuration.seed)
    pauses = RandomSource(seed: configuration.seed, stream: 18)
    let count: Int
    switch workload.arrival {
    case .constant, .poisson: (count, isOpenLoop) = (workload.sessions, true)
    case .closed(let clients, _): (count, isOpenLoop) = (clients, false)
    case .none: (count, isOpenLoop) = (0, false)
    }
    let isSpread = isOpenLoop && configuration.environment.geography.clients == .everywhere
    let lanes = isSpread ? max(1, min(replicas, count)) : 1
    idle = Array(repeating: [], count: lanes)
    backlogs = Array(repeating: .init(), count: lanes)
    for index in 0..<count { clients.append(SimulatedClient(session: session(index, generation: 0))) }
    script = configuration.operations.map { ClientScript($0, clients: count, isOpenLoop: isOpenLoop) }
    if keepsNotes { notes = ClientNotes() }
  }

  /// Draws a number of its own for each session that a client opens.
  func session(_ index: Int, generation: UInt32) -> ClientSession {
    ClientSession(
      nonce: UInt64(generation) << 32 | UInt64(index), target: index < clients.count ? clients[index].home : NodeID(0),
      nodes: replicas, policy: retry)
  }

  /// The client stands there from now on, and next asks the replica that it finds there.
  mutating func settle(_ index: Int, at place: Int, asking home: NodeID) {
    clients[index].place = place
    clients[index].home = home
    clients[index].session.prefer(home)
  }

  /// The client that a command is from.
  func client(of id: Command.ID) -> Int? {
    if id.sequence == 0 {
      let index = Int(id.client & 0xFFFF_FFFF)
      return index < clients.count ? index : nil
    }
    return byName[id.client].map { Int($0) }
  }

  // MARK: Open loop

  /// Operations of a lane are begun by its own clients only: one lane for each home of clients that stand everywhere, one for all
  /// elsewhere. Otherwise the client that was free last would be asked again, and one place would do everything.
  var lanes: Int { idle.count }
  private func lane(of client: Int) -> Int { client % lanes }
  /// The lane of the operation that is due now: each in turn.
  mutating func nextLane() -> Int {
    lastLane = (lastLane + 1) % lanes
    return lastLane
  }
  mutating func takeIdle(_ lane: Int) -> Int? { idle[lane].popLast().map { Int($0) } }
  mutating func rest(_ client: Int) { idle[lane(of: client)].append(Int32(client)) }
  mutating func wait(_ due: Int64, in lane: Int) { backlogs[lane].append(due) }
  /// What waits longest for this client.
  mutating func takeWaiting(for client: Int) -> Int64? { backlogs[lane(of: client)].popFirst() }
  /// When the operation was due that waits longest in this lane.
  func longestWaiting(in lane: Int) -> Int64? { backlogs[lane].first }
  /// Nothing more is begun: the lane of each operation that waits, and when it was due.
  mutating func stopWaiting() -> [(lane: Int, due: Int64)] {
    defer {
      for lane in backlogs.indices {
        backlogs[lane].removeAll()
        idle[lane].removeAll()
      }
    }
    return backlogs.indices.flatMap { lane in backlogs[lane].map { (lane, $0) } }
  }

  func requestBytes(_ client: Int32) -> Int { clients[Int(client)].session.outstanding?.byteCount ?? 0 }

  /// Operations on keys below this are counted for the audit.
  var watchedKeys: UInt32 { content.watchedKeys }

  mutating func begin(at time: Int64, window: Int64) {
    arrivals.start = time
    windowStart = window
  }
  private func sinceWindowStart(_ time: Int64) -> Duration { .nanoseconds(time - windowStart) }

  /// When the next operation of an open loop is due.
  mutating func nextArrival() -> Int64? {
    if script != nil { return script!.nextArrival().map { windowStart + $0.nanoseconds } }
    let time = arrivals.next()
    if let time {
      let due = sinceWindowStart(time)
      notes?.arrival(at: due)
    }
    return time
  }

  /// How long the client of a closed loop rests from `now` on; nil: for good.
  mutating func pause(_ index: Int, _ think: DelayDistribution, at now: Int64) -> Int64? {
    if let script { return script.due(index).map { max(0, windowStart + $0.nanoseconds - now) } }
    let pause = think.sample(&pauses)
    clients[index].restsUntil = now + pause
    return pause
  }

  /// What the client asks, which it does now.
  mutating func nextOperation(_ index: Int, at now: Int64) -> (operation: Operation, padding: UInt32) {
    if script != nil { return script!.next(index) }
    let drawn = content.next()
    let due = sinceWindowStart(clients[index].restsUntil ?? now)
    clients[index].restsUntil = nil
    notes?.note(drawn.operation, drawn.padding, by: isOpenLoop ? nil : UInt32(index), at: due)
    return drawn
  }
}
