import Consensus
import DequeModule
import Replication
import Simulator
import Verification

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// All replicas of a cluster and its clients in one thread and in real time: no sockets, no encoding, no disk. What is left is what
/// the algorithm costs, with batching, sessions and state machine.
///
/// Each round hands out what was there when it began, then ends the turn of everyone whom something reached: so what arrives together
/// is batched together, as behind a socket.
public final class MemoryCluster<Core: ConsensusProtocol> {
  enum Item {
    case message(Core.Message, from: NodeID, to: NodeID, session: UInt32)
    case request(Command, client: Int32, attempt: UInt32, to: NodeID)
    case answer(client: Int32, ClientAnswer)
    case synced(NodeID)
    case reconnect(NodeID, NodeID)
  }
  enum Phase: Int { case forming, warmUp, window, draining, settling, over }

  let configuration: SimulationConfiguration
  private(set) var nodes: [MemoryNode<Core>] = []
  private var items = Deque<Item>()
  private var dirty: [MemoryNode<Core>] = []
  /// By pair: messages of an older session are dropped.
  private var sessions: [UInt32]
  /// Nanoseconds since the run began, read once a round.
  private(set) var now: Int64 = 0
  private var epochStart: Int64 = 0
  private(set) var phase = Phase.forming
  private var deadline: Int64
  var clients: MemoryClients
  var messages: [MessageCount]
  var steps: UInt64 = 0
  var commits: [(proposed: Int64, at: Int64)] = []
  var findings = Findings()
  private(set) var leaderships: [Leadership] = []
  private(set) var windowStart: Int64 = 0
  private(set) var windowEnd: Int64 = 0
  private(set) var hasFormed = false
  private(set) var isAtRest = false

  /// Of `configuration`, what is modelled in the simulator and real here is not looked at; faults are none.
  public init(_ configuration: SimulationConfiguration, tuning: Core.Tuning) {
    precondition(configuration.faults.isEmpty, "nothing goes wrong in one process")
    self.configuration = configuration
    let count = configuration.environment.replicas
    sessions = Array(repeating: 0, count: count * count)
    messages = Array(repeating: MessageCount(), count: Core.messageKinds.count)
    deadline = configuration.measure.patience.nanoseconds
    clients = MemoryClients(configuration)
    let members = (0..<count).reduce(into: NodeSet()) { $0.insert(NodeID($1)) }
    var shared = configuration.environment.shared
    shared.retransmission = nil
    for id in members {
      let core = Core(
        Configuration(
          id: id, cluster: Cluster(members: members), timing: configuration.environment.timing, shared: shared,
          tuning: tuning, retained: configuration.environment.retained,
          seed: Digest.mix(configuration.seed ^ UInt64(id.index))))
      nodes.append(MemoryNode(id, core, self))
    }
  }

  /// Runs to the end, in real time. Once only.
  public func run() {
    epochStart = Self.clock()
    for node in nodes { node.handle(.start) }
    for a in nodes { for b in nodes where a.id != b.id { a.handle(.connected(b.id)) } }
    openSessions()
    while phase != .over, findings.isEmpty {
      now = Self.clock() - epochStart
      for node in nodes where node.nextDeadline <= now { node.expireTimers(at: now) }
      wakeClients()
      pass()
      let waiting = items.count
      for _ in 0..<waiting { deliver(items.removeFirst()) }
      endTurns()
      if waiting == 0, items.isEmpty { sleep() }
    }
  }

  private func deliver(_ item: Item) {
    switch item {
    case .message(let message, let from, let to, let session):
      guard session == self.session(from, to) else { return }
      nodes[Int(to.index)].handle(.receive(message, from: from))
    case .request(let command, let client, let attempt, let node): nodes[Int(node.index)].take(command, client, attempt)
    case .answer(let client, let answer): take(answer, Int(client))
    case .synced(let node): nodes[Int(node.index)].reportSynced()
    case .reconnect(let a, let b):
      sessions[place(a, b)] &+= 1
      for (node, peer) in [(a, b), (b, a)] { nodes[Int(node.index)].handle(.disconnected(peer)) }
      for (node, peer) in [(a, b), (b, a)] { nodes[Int(node.index)].handle(.connected(peer)) }
    }
  }
  private func endTurns() {
    while let node = dirty.popLast() {
      node.isDirty = false
      node.replica.value.endTurn(on: node)
    }
  }

  // MARK: What its nodes want

  func touch(_ node: MemoryNode<Core>) {
    guard !node.isDirty else { return }
    node.isDirty = true
    dirty.append(node)
  }
  func post(_ message: Core.Message, from: NodeID, to: NodeID) {
    items.append(.message(message, from: from, to: to, session: session(from, to)))
  }
  func postSynced(_ node: NodeID) { items.append(.synced(node)) }
  func post(_ command: Command, _ client: Int32, _ attempt: UInt32, to node: NodeID) {
    items.append(.request(command, client: client, attempt: attempt, to: node))
  }
  func answer(_ client: Int32, _ answer: ClientAnswer) { items.append(.answer(client: client, answer)) }
  func breakSession(_ a: NodeID, _ b: NodeID) {
    sessions[place(a, b)] &+= 1
    items.append(.reconnect(a, b))
  }
  func elected(_ node: NodeID, epoch: UInt64) { leaderships.append(Leadership(node: node, epoch: epoch, at: now)) }

  private func place(_ a: NodeID, _ b: NodeID) -> Int {
    Int(min(a, b).index) * configuration.environment.replicas + Int(max(a, b).index)
  }
  private func session(_ a: NodeID, _ b: NodeID) -> UInt32 { sessions[place(a, b)] }

  // MARK: Phases

  /// Every client has its session: the load begins.
  func beginWarmUp() {
    hasFormed = true
    phase = .warmUp
    windowStart = now + configuration.measure.warmUp.nanoseconds
    windowEnd = windowStart + configuration.measure.window.nanoseconds
    clients.begin(at: now)
    for index in clients.lanes.indices { proceed(index) }
  }

  private func pass() {
    switch phase {
    case .warmUp where now >= windowStart: phase = .window
    case .window where now >= windowEnd || clients.hasReachedLimit(windowStart):
      windowEnd = min(windowEnd, now)
      phase = .draining
      deadline = now + configuration.measure.patience.nanoseconds
      clients.stop()
    case .draining where !clients.isBusy: phase = .settling
    case .settling where isQuiet:
      isAtRest = true
      phase = .over
    case .forming, .draining, .settling: if now >= deadline { phase = .over }
    case .warmUp, .window, .over: break
    }
  }
  /// All have executed the same.
  private var isQuiet: Bool {
    items.isEmpty && nodes.allSatisfy { $0.replica.value.last.slot == nodes[0].replica.value.last.slot }
  }

  private func sleep() {
    var next = min(nodes.reduce(.max) { min($0, $1.nextDeadline) }, clients.nextTime)
    switch phase {
    case .forming, .draining, .settling: next = min(next, deadline)
    case .warmUp: next = min(next, windowStart)
    case .window: next = min(next, windowEnd)
    case .over: return
    }
    let pause = next - (Self.clock() - epochStart)
    guard pause > 0 else { return }
    var time = timespec(tv_sec: Int(pause / 1_000_000_000), tv_nsec: Int(pause % 1_000_000_000))
    nanosleep(&time, nil)
  }

  private static func clock() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
