import Consensus
import DequeModule
import Faults
import Replication
import Verification

/// A cluster of one protocol, its clients, network and disks in virtual time: single-threaded, and a pure function of its
/// configuration. Every event is followed by every check that applies; the first violation ends the run.
public final class Simulation<Core: ConsensusProtocol> {
  let configuration: SimulationConfiguration
  let environment: Environment
  let tuning: Core.Tuning
  let recorder: (any Recorder)?
  let trace: Trace?
  let keepsHistory: Bool
  let costsCPU: Bool
  /// Something that arrives may arrive again much later.
  let keepsOld: Bool

  var now: Int64 = 0
  var queue = EventQueue<SimulationEvent<Core>>()
  var nodes: [SimulatedNode<Core>] = []
  /// Replicas that have something to do when nothing more happens at this instant.
  var dirty = NodeSet()
  var phase = SimulationPhase.forming
  var result = SimulationResult()
  var hash = Digest()

  // Network
  let everyone: NodeSet
  var obstacles: Obstacles
  var loss: Double
  var burst: Double
  var bandwidth: UInt64?
  var places: Places
  /// The delay of each way between two replicas; empty: all are alike.
  var routes: [DelayDistribution] = []
  /// What faults add to the links of some replicas.
  var addedDelays: [(nodes: NodeSet, delay: DelayDistribution)] = []
  /// Whether some links have delays of their own just now.
  var hasOwnDelays = false
  /// Nobody has led since the load began.
  var awaitsLeader = false
  /// Changes that last.
  var conditions: [(number: Int, condition: Condition)] = []
  var lastCondition = 0
  /// One for each way between two replicas.
  var losses: [LossProcess]
  var pipes: [StreamDirection<Core.Message>] = []
  var lastSession: UInt32 = 0

  /// Whose disks were harmed: too few to lose a quorum.
  var harmed = NodeSet()

  // One stream of randomness for each subsystem, so that a new draw in one does not reshuffle the others.
  var linkRandom: RandomSource
  var diskRandom: RandomSource
  var faultRandom: RandomSource
  var sectorRandom: RandomSource
  var memoryRandom: RandomSource
  var clientRandom: RandomSource
  let seeds: RandomSource

  // Clients
  var clients: ClientPool
  /// False: clients are at the leader and there are no sites, so they are beside whomever they ask.
  let hasPlacedClients: Bool
  // Checks
  var findings = Findings()
  var audit: Core.Audit
  var shadows: [Core] = []
  var witness: LogWitness
  var failover: FailoverTracker
  var absences = Absences()
  /// What was added last.
  var lastObstacle: Obstacle?
  var coverage = SimulatorCoverage()
  var chosenThrough: UInt64 = 0
  /// By then what was due in the window is answered or given up, however slow something is.
  var drainedBy: Int64 = .max
  /// When the last message or write arrives that began while something had it slower; what is under way is not called back.
  var lateUntil: Int64 = 0
  /// By then a run must have come to rest.
  var deadline: Int64 = .max
  /// When the last million events were over.
  private var lastLook: Int64 = -1_000_001

  public init(
    _ configuration: SimulationConfiguration, tuning: Core.Tuning, recorder: (any Recorder)? = nil,
    trace: ((String) -> Void)? = nil, keepsHistory: Bool = false
  ) {
    let environment = configuration.environment
    precondition((1...64).contains(environment.replicas), "a cluster has 1 to 64 replicas")
    precondition(
      !Core.requiresSessions || environment.link.kind == .stream, "\(Core.name) is defined over sessions, not datagrams"
    )
    self.configuration = configuration
    self.environment = environment
    self.tuning = tuning
    self.recorder = recorder
    self.trace = trace.map { Trace(write: $0) }
    self.keepsHistory = keepsHistory
    costsCPU = environment.cpu != CPUModel()
    keepsOld =
      environment.link.kind == .datagram
      && configuration.faults.faults.contains { if case .oldDuplicates = $0.fault { true } else { false } }
    let cluster = Cluster(count: environment.replicas)
    everyone = cluster.members
    obstacles = Obstacles(count: environment.replicas)
    loss = environment.link.loss
    burst = environment.link.burst
    bandwidth = environment.bandwidth
    places = Places(environment)
    hasPlacedClients = places.hasSites || environment.geography.clients != .leader
    losses = Array(repeating: .init(), count: environment.replicas * environment.replicas)
    linkRandom = RandomSource(seed: configuration.seed, stream: 1)
    diskRandom = RandomSource(seed: configuration.seed, stream: 2)
    faultRandom = RandomSource(seed: configuration.seed, stream: 3)
    sectorRandom = RandomSource(seed: configuration.seed, stream: 0x5EC7)
    memoryRandom = RandomSource(seed: configuration.seed, stream: 0x01D)
    clientRandom = RandomSource(seed: configuration.seed, stream: 0x517E)
    seeds = RandomSource(seed: configuration.seed, stream: 4)
    clients = ClientPool(configuration, keepsNotes: keepsHistory)
    audit = Core.Audit(cluster)
    witness = LogWitness(cluster: cluster, sessionLimit: environment.sessionLimit)
    failover = FailoverTracker(round: Core.round(of:))
    pipes = Array(repeating: .init(), count: environment.replicas * environment.replicas)
    result.messages = Array(repeating: .init(), count: Core.messageKinds.count)
    if clients.lanes > 1 { result.load.asked = Array(repeating: 0, count: clients.lanes) }
  }

  /// Runs to the end. Once only.
  public func run() -> SimulationResult {
    precondition(nodes.isEmpty, "a simulation runs once")
    start()
    while phase != .over, findings.isEmpty {
      if !dirty.isEmpty, queue.nextTime > now {
        endTurn()
        continue
      }
      guard let (time, event) = queue.pop() else { break }
      now = time
      result.events += 1
      if result.events.isMultiple(of: Self.stormEvents) { checkForStorm() }
      handle(event)
      if phase == .settling { settle() }
    }
    return finish()
  }

  /// So many events within a millisecond are no load but messages that breed: a million messages per replica and second are 20,000.
  private static var stormEvents: UInt64 { 1_000_000 }
  private func checkForStorm() {
    findings.expect(
      now - lastLook > 1_000_000, "LIVE", nil,
      "a million events between \(lastLook) and \(now) ns: messages breed messages")
    findings.expect(
      queue.count < Int(Self.stormEvents), "LIVE", nil, "\(queue.count) events are to come: messages breed messages")
    lastLook = now
  }

  private func start() {
    trace?.begin(configuration, protocolName: Core.name)
    for node in everyone {
      nodes.append(SimulatedNode(node, self, replicas: environment.replicas))
      shadows.append(Core(coreConfiguration(node, incarnation: 0)))
    }
    standInOrder()
    makeSectors()
    bootAll()
    for a in everyone {
      for b in everyone where a < b && environment.link.kind == .stream { openSession(a, b) }
    }
    openClientSessions()
    queue.push(.phase(.over), at: configuration.measure.patience.nanoseconds)
  }

  private func bootAll() {
    let span = environment.startWithin
    var random = RandomSource(seed: configuration.seed, stream: 0x57A7)
    for node in nodes {
      if span == .zero {
        boot(node)
      } else {
        queue.push(.restart(node.id, incarnation: 0), at: random.duration(in: .zero...span).nanoseconds)
      }
    }
  }

  func handle(_ event: SimulationEvent<Core>) {
    switch event {
    case .deliver(let message, let from, let to, let session, let bytes):
      deliver(message, from, nodes[Int(to.index)], session, bytes)
    case .timer(let node, let incarnation, let index): surface(nodes[Int(node.index)], incarnation, index)
    case .synced(let node, let write, let position):
      let node = nodes[Int(node.index)]
      if node.isStalled { return node.heldWrites.append(event) }
      if node.write.number == write { enqueue(.synced(position), at: node) }
    case .checkpointed(let node, let incarnation, let position):
      let node = nodes[Int(node.index)]
      if node.isStalled { return node.heldWrites.append(event) }
      if node.incarnation == incarnation, node.isUp, establishSectors(node, position) {
        establishCheckpoint(node, position)
      }
    case .processed(let node, let service):
      let node = nodes[Int(node.index)]
      if node.service == service { processNext(node) }
    case .resume(let node, let incarnation): resume(nodes[Int(node.index)], incarnation)
    case .restart(let node, let incarnation):
      let node = nodes[Int(node.index)]
      if node.incarnation == incarnation { restart(node) }
    case .openSession(let a, let b): openSession(a, b)
    case .sessionUp(let node, let peer, let session):
      enqueue(.sessionUp(peer, session: session), at: nodes[Int(node.index)])
    case .sessionDown(let node, let peer, let session):
      enqueue(.sessionDown(peer, session: session), at: nodes[Int(node.index)])
    case .depart(let node, let generation): depart(nodes[Int(node.index)], generation)
    case .retransmit(let from, let to, let session): retransmit(from, to, session)
    case .request(let node, let client, let attempt): request(nodes[Int(node.index)], client, attempt)
    case .answer(let client, let answer): take(answer, client)
    case .wake(let client): wake(client)
    case .arrival: arrive()
    case .fault(let index): strike(planned: index)
    case .lift(let obstacle): lift(obstacle)
    case .flap(let index): toggle(index)
    case .conditionEnds(let number): endCondition(number)
    case .diskResumes(let node):
      let node = nodes[Int(node.index)]
      if now >= node.stalledUntil { resumeDisk(of: node) }
    case .diskMends(let node, let fault): mendDisk(of: nodes[Int(node.index)], fault)
    case .groupIsDue(let node, let incarnation):
      let node = nodes[Int(node.index)]
      if node.incarnation == incarnation, node.isUp { dirty.insert(node.id) }
    case .phase(let next): reach(next)
    }
  }

  /// Nothing more happens at this instant: batches are cut and writes begin.
  private func endTurn() {
    let turn = dirty
    dirty = NodeSet()
    for id in turn {
      let node = nodes[Int(id.index)]
      guard node.isRunning else { continue }
      // What has arrived goes into the batch, not what the processor happened to come to first.
      if node.waitingRequests == 0 || node.process!.replica.hasFullBatch { carry(node) { $0.endTurn(on: node) } }
      startWriting(node)
    }
  }

  /// Lets the replica work. Nothing else may touch it meanwhile.
  func carry(_ node: SimulatedNode<Core>, _ body: (inout Replica<SimulatedNode<Core>>) -> Void) {
    node.isStepping = true
    body(&node.process!.replica)
    node.isStepping = false
    if node.process!.replica.wantsTurn { dirty.insert(node.id) }
    findings.expect(
      node.process!.replica.isBounded, "C10", node.id, "keeps more commands or sessions than its limits allow")
  }

  // MARK: A replica's inputs

  func enqueue(_ input: NodeInput<Core>, at node: SimulatedNode<Core>) {
    guard node.isUp else { return }
    if node.isPaused { return node.inbox.append(input) }
    guard costsCPU, let cost = cost(of: input, at: node) else { return process(input, at: node) }
    if case .request = input { node.waitingRequests += 1 }
    node.inbox.append(input)
    if !node.isProcessing { schedule(node, cost) }
  }

  private func schedule(_ node: SimulatedNode<Core>, _ cost: Int64) {
    node.isProcessing = true
    serve(node, until: max(now, node.busyUntil) + cost)
  }
  /// What was scheduled before is void.
  func serve(_ node: SimulatedNode<Core>, until end: Int64) {
    node.service &+= 1
    node.serviceEnds = end
    queue.push(.processed(node.id, service: node.service), at: end)
  }

  /// Processor time to take in `input`; nil for what costs none and waits for nobody.
  private func cost(of input: NodeInput<Core>, at node: SimulatedNode<Core>) -> Int64? {
    let cpu = node.cpu
    switch input {
    case .message(_, _, _, let bytes):
      return cpu.perMessageIn.nanoseconds + cpu.time(forBytes: Int(bytes))
    case .request(let client, _):
      return cpu.perMessageIn.nanoseconds + cpu.time(forBytes: clients.requestBytes(client))
    case .synced, .sessionUp, .sessionDown: return nil
    }
  }

  /// Takes the processor's time for something that is sent. It cannot work on an input meanwhile.
  func charge(_ node: SimulatedNode<Core>, _ cost: Int64) {
    node.busyUntil = max(node.busyUntil, now) + cost
    if node.isProcessing { node.interruption += cost }
  }

  private func processNext(_ node: SimulatedNode<Core>) {
    if node.interruption > 0 {
      serve(node, until: now + node.interruption)
      node.interruption = 0
      return
    }
    node.isProcessing = false
    guard let input = node.inbox.popFirst() else { return }
    if case .request = input { node.waitingRequests -= 1 }
    node.busyUntil = max(node.busyUntil, now)
    process(input, at: node)
    if let next = node.inbox.first { schedule(node, cost(of: next, at: node) ?? 0) }
    if node.waitingRequests == 0 { dirty.insert(node.id) }
  }

  private func process(_ input: NodeInput<Core>, at node: SimulatedNode<Core>) {
    switch input {
    case .message(let message, let from, let session, _):
      guard session == node.sessions[Int(from.index)] else { return }
      trace?.delivered(now, message.description, from, node.id)
      if absences.behind.contains(node.id) { noteTaken(message, at: node) }
      carry(node) { $0.handle(.receive(message, from: from), cause: 0, on: node) }
      if environment.link.kind == .datagram, result.events % Self.repeatEvery == 0 { again(message, from, at: node) }
    case .request(let client, let attempt): accept(client, attempt, at: node)
    case .synced(let position): completeWrite(node, through: position)
    case .sessionUp(let peer, let session):
      guard currentSession(node.id, peer) == session else { return }
      node.sessions[Int(peer.index)] = session
      carry(node) { $0.handle(.connected(peer), cause: 0, on: node) }
    case .sessionDown(let peer, let session):
      guard node.sessions[Int(peer.index)] == session else { return }
      node.sessions[Int(peer.index)] = 0
      node.outbox.forget(peer)
      carry(node) { $0.handle(.disconnected(peer), cause: 0, on: node) }
    }
  }

  private func surface(_ node: SimulatedNode<Core>, _ incarnation: UInt32, _ index: Int32) {
    guard node.isRunning, node.incarnation == incarnation else { return }
    switch node.clocks.surface(index, at: now) {
    case .expired(let timer): expire(timer, at: node)
    case .again(let time):
      queue.push(.timer(node.id, incarnation: incarnation, index: index), at: time, urgent: true)
    case .nothing: break
    }
  }

  private func expire(_ timer: Core.Timer, at node: SimulatedNode<Core>) {
    trace?.expired(now, timer.description, node.id)
    carry(node) { $0.handle(.timeout(timer), cause: 0, on: node) }
  }

  private func resume(_ node: SimulatedNode<Core>, _ incarnation: UInt32) {
    guard node.isUp, node.isPaused, node.incarnation == incarnation else { return }
    node.isPaused = false
    trace?.fault(now, "resume", node.id)
    noteReturn(of: node)
    // The processor goes on where it stood still.
    let pause = now - node.pausedAt
    node.busyUntil = max(node.busyUntil, node.pausedAt) + pause
    if node.isProcessing { serve(node, until: node.serviceEnds + pause) }
    while node.isRunning, let timer = node.clocks.takeExpired(at: now) { expire(timer, at: node) }
    // Timers that still run lost their queue entries while the process slept.
    for (index, time) in node.clocks.requeue() {
      queue.push(.timer(node.id, incarnation: incarnation, index: index), at: time, urgent: true)
    }
    var waiting = node.inbox
    node.inbox.removeAll()
    node.waitingRequests = 0
    if node.isProcessing, let first = waiting.popFirst() {
      if case .request = first { node.waitingRequests += 1 }
      node.inbox.append(first)
    }
    for input in waiting { enqueue(input, at: node) }
    dirty.insert(node.id)
  }
}
