import Consensus
import DequeModule
import Faults
import Replication

/// What waits at a replica while its processor is busy or its process paused.
enum NodeInput<Core: ConsensusProtocol> {
  case message(Core.Message, from: NodeID, session: UInt32, bytes: Int32)
  case request(client: Int32, attempt: UInt32)
  case synced(UInt64)
  case sessionUp(NodeID, session: UInt32)
  case sessionDown(NodeID, session: UInt32)
}

/// One replica's machine: process, disk, timers, and its ends of the sessions with the others.
///
/// `@usableFromInline` where `Replica` calls it: other modules specialise only what public code calls, not what a witness table
/// alone leads to, and this is the way of every message.
@usableFromInline final class SimulatedNode<Core: ConsensusProtocol>: ReplicaHost {
  /// What lives and dies with an incarnation.
  final class Process {
    var replica: Replica<SimulatedNode>
    init(_ replica: consuming Replica<SimulatedNode>) { self.replica = replica }
  }

  unowned(unsafe) let simulation: Simulation<Core>
  let id: NodeID

  /// Nil while the process is down.
  var process: Process?
  /// A step or its effects are being carried out: `process` must not be touched.
  var isStepping = false
  var incarnation: UInt32 = 0
  var isUp = false
  var journal = SimulatedJournal<Core.Record>()
  /// The same on real sectors; nil: this run has none.
  var sectors: SectorJournal<Core.Record>?
  /// For good: its disk is not what it was.
  var isHalted = false
  /// The power fails in its next write, and is back after this.
  var tearsNextWrite: Duration?
  /// Down until its disk has space again.
  var lacksSpace = false
  var clocks = SimulatedTimers<Core.Timer>()
  var status = ReplicaStatus(role: .follower, epoch: 0, leader: nil, committed: Slot(0))
  /// The session with each peer as this end sees it; 0: none.
  var sessions: [UInt32]

  /// What arrived, if it may arrive again.
  var memory = MessageMemory<Core.Message>()

  var isPaused = false
  var pausedAt: Int64 = 0
  /// The processor has promised its time until then.
  var busyUntil: Int64 = 0
  /// The network card sends until then, and after that what waits in the outbox.
  var sendingUntil: Int64 = 0
  var outbox: Outbox<Core.Message>
  var inbox = Deque<NodeInput<Core>>()
  /// Client requests among `inbox`.
  var waitingRequests = 0
  var isProcessing = false
  /// When the first input of the queue is through, interruptions aside; and which of all that were scheduled counts.
  var serviceEnds: Int64 = 0
  var service: UInt32 = 0
  /// What was sent while the first input of the queue was in service: by so much later will that one be through.
  var interruption: Int64 = 0

  /// When each batch of this leadership was proposed, oldest first.
  var proposals = Deque<(batch: Batch, at: Int64)>()
  /// Clients that wait for an answer from this incarnation.
  var attended = 0
  var fsyncs: UInt64 = 0

  init(_ id: NodeID, _ simulation: Simulation<Core>, replicas: Int) {
    self.id = id
    self.simulation = simulation
    sessions = Array(repeating: 0, count: replicas)
    outbox = Outbox(replicas: replicas)
    cpu = simulation.environment.cpu
    fsync = simulation.environment.fsync
  }

  @usableFromInline var network: SimulatedNode { self }
  @usableFromInline var storage: SimulatedNode { self }
  @usableFromInline var timers: SimulatedNode { self }
  @usableFromInline var probe: SimulatedNode { self }

  /// This machine's own: faults can change them.
  var cpu: CPUModel
  /// How many times as long as in the environment the processor takes.
  var slowness = 1.0
  var fsync: DelayDistribution
  var fsyncFactor = 1.0
  /// How many times as fast its timers run.
  var clockRate = 1.0
  /// The write that was begun last; when it ends is void if its number has changed.
  var write: (number: UInt32, through: UInt64, ends: Int64) = (0, 0, 0)
  /// Nanoseconds that a write takes, on average.
  var pace: Double { Double(fsync.mean) * fsyncFactor }
  /// Until then nothing becomes durable; 0: the disk works.
  var stalledUntil: Int64 = 0
  /// Writes that would have ended while it stalls.
  var heldWrites: [SimulationEvent<Core>] = []
  var isStalled: Bool { stalledUntil > 0 }
  /// When what waits for company is written, however little it is.
  var groupDue: Int64?

  var isRunning: Bool { isUp && !isPaused }

  // MARK: Executing

  @usableFromInline func repeated(_ command: Command.ID, isProposed: Bool) {
    simulation.repeated(command, isProposed: isProposed, at: self)
  }

  @usableFromInline func proposed(_ batch: Batch) {
    proposals.append((batch, simulation.now))
    if attended > 0 { simulation.proposed(batch, at: self) }
  }

  @usableFromInline func committed(_ entry: Entry, at slot: Slot, isOwn: Bool) {
    simulation.chosen(entry, slot, at: self)
    guard isOwn, case .batch(let batch) = entry.value else { return }
    while let first = proposals.popFirst() {
      guard first.batch === batch else { continue }
      simulation.recordCommit(proposed: first.at, by: self)
      break
    }
  }

  @usableFromInline func executed(_ command: Command.ID, _ outcome: ExecutionOutcome) {
    if attended > 0 { simulation.executed(command, outcome, at: self) }
  }

  @usableFromInline func finished(_ slot: Slot, _ entry: Entry, digest: UInt64) {
    simulation.finished(slot, digest: digest, at: self)
  }

  @usableFromInline func installed(through slot: Slot, digest: UInt64) {
    simulation.installed(through: slot, digest: digest, at: self)
  }

  @usableFromInline func refused(_ command: Command.ID, hint: NodeID?) {
    simulation.refused(command, hint: hint, at: self)
  }

  @usableFromInline func broken(_ reason: String) { simulation.findings.report("C2", id, reason) }

  @usableFromInline func statusChanged(from old: ReplicaStatus, to new: ReplicaStatus) {
    status = new
    simulation.statusChanged(at: self, from: old, to: new)
  }
}

// MARK: The seams

extension SimulatedNode: Transport {
  @usableFromInline typealias Message = Core.Message

  @usableFromInline func send(_ message: Core.Message, to peers: NodeSet, cause: StepID) {
    simulation.transmit(message, from: self, to: peers)
  }
  @usableFromInline func reset(_ peer: NodeID) { simulation.resetSession(id, peer) }
}

extension SimulatedNode: Journal {
  @usableFromInline typealias Record = Core.Record

  @usableFromInline func append(_ record: Core.Record) { journal.append(.record(record)) }
  @usableFromInline func submit() { simulation.dirty.insert(id) }
  @usableFromInline func cut(_ checkpoint: Checkpoint<Core.Record>, waits: Bool) {
    journal.append(.cut(checkpoint, waits: waits))
    simulation.dirty.insert(id)
  }
}

extension SimulatedNode: TimerService {
  @usableFromInline typealias Timer = Core.Timer

  @usableFromInline func start(_ timer: Core.Timer, after delay: Duration) {
    var length = max(0, delay.nanoseconds)
    if clockRate != 1 { length = slowed(length, by: 1 / clockRate) }
    let deadline = simulation.now + length
    guard let index = clocks.start(timer, deadline: deadline) else { return }
    simulation.queue.push(.timer(id, incarnation: incarnation, index: index), at: deadline, urgent: true)
  }
  @usableFromInline func stop(_ timer: Core.Timer) { clocks.stop(timer) }
}

extension SimulatedNode: Probe {
  @usableFromInline func stepped(
    _ input: Input<Core>, step: StepID, cause: StepID, core: borrowing Core, effects: borrowing Effects<Core>
  ) -> Bool {
    simulation.stepped(self, input, core, effects)
    return simulation.findings.isEmpty
  }
  @usableFromInline func left(_ message: Core.Message, to peers: NodeSet, cause: StepID) {
    simulation.left(message, to: peers, at: self)
  }
}
