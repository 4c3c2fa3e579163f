import Consensus

/// The number of a step; the causal name of everything that step caused. Only probes and traces read it.
public typealias StepID = UInt64

/// Carries messages between replicas that have a session.
public protocol Transport<Message>: AnyObject {
  associatedtype Message: WireCodable
  /// To peers without a session: dropped. Encoded once for all. A session whose queue passes its byte limit is ended.
  func send(_ message: Message, to peers: NodeSet, cause: StepID)
  /// Ends the session with `peer`; another is opened in time.
  func reset(_ peer: NodeID)
}

/// One ordered, append-only journal with group commit.
///
/// Every append and cut takes the next position; when all up to p are durable the host calls
/// `Replica.journalSynced(through: p)`, never from inside a call. After an I/O error it never reports again: the host halts the
/// replica and closes its sessions, which is all its peers and its protocol ever learn.
public protocol Journal<Record>: AnyObject {
  associatedtype Record: WireCodable
  /// Takes `record` into the write buffer at once.
  func append(_ record: Record)
  /// The step is over: what is buffered may be written now, joined to whatever is waiting.
  func submit()
  /// From here on `checkpoint` stands for everything appended before. Later appends go to a new segment at once; the checkpoint
  /// is written beside them and takes effect by one rename; until then recovery reads the old checkpoint and both segments.
  /// `waits`: its position is not durable before that (a snapshot from a peer); otherwise it is durable with what was
  /// appended before it (compaction).
  func cut(_ checkpoint: Checkpoint<Record>, waits: Bool)
  /// More waits to be durable than should: the host takes no more from clients until it reports again.
  var isOverBound: Bool { get }
}

extension Journal {
  public var isOverBound: Bool { false }
}

/// What recovery starts from; snapshot and records are one unit and cannot disagree.
public struct Checkpoint<Record: WireCodable>: Hashable, Sendable {
  public var snapshot: Snapshot?
  public var records: [Record]

  public init(snapshot: Snapshot? = nil, records: [Record] = []) {
    self.snapshot = snapshot
    self.records = records
  }
  public var byteCount: Int { (snapshot?.image.count ?? 0) + records.reduce(0) { $0 + $1.byteCount } }
}

/// Runs the timers of one replica.
public protocol TimerService<Timer>: AnyObject {
  associatedtype Timer: Hashable
  /// Starting a running timer moves its deadline: constant time, no allocation.
  func start(_ timer: Timer, after delay: Duration)
  func stop(_ timer: Timer)
}

/// Sees every step, with its cause. Stages, message counters and the checkers live behind it; no protocol knows of it.
public protocol Probe<Core>: AnyObject {
  associatedtype Core: ConsensusProtocol
  /// `core` took `input` and wants `effects`, which nobody has carried out yet. False: nor may anybody, since a check has failed.
  func stepped(
    _ input: Input<Core>, step: StepID, cause: StepID, core: borrowing Core, effects: borrowing Effects<Core>
  ) -> Bool
  /// A message leaves for `peers`, whose sessions are open.
  func left(_ message: Core.Message, to peers: NodeSet, cause: StepID)
}

/// Everything around one replica: what the simulator and the TCP runtime each provide in their own way.
public protocol ReplicaHost<Core>: AnyObject {
  associatedtype Core: ConsensusProtocol
  associatedtype Network: Transport<Core.Message>
  associatedtype Storage: Journal<Core.Record>
  associatedtype Timers: TimerService<Core.Timer>
  associatedtype Watch: Probe<Core>
  var network: Network { get }
  var storage: Storage { get }
  var timers: Timers { get }
  var probe: Watch { get }

  /// A command arrived that this replica holds already. `isProposed`: it was handed to the protocol before.
  func repeated(_ command: Command.ID, isProposed: Bool)
  /// A batch is handed to the protocol.
  func proposed(_ batch: Batch)
  /// `entry` was chosen and is about to be executed; `isOwn`: this replica proposed it in its present leadership.
  func committed(_ entry: Entry, at slot: Slot, isOwn: Bool)
  /// A command of a chosen batch was executed, or found executed or expired. Called on every replica; the host answers only the
  /// clients it holds.
  func executed(_ command: Command.ID, _ outcome: ExecutionOutcome)
  /// All commands of `slot` were executed; the digest covers everything executed so far.
  func finished(_ slot: Slot, _ entry: Entry, digest: UInt64)
  /// A peer's snapshot replaced the service's state.
  func installed(through slot: Slot, digest: UInt64)
  /// The command will not be proposed here: definite, nothing was appended. `hint`: who may lead.
  func refused(_ command: Command.ID, hint: NodeID?)
  /// The core or a peer broke an invariant that this replica stands on: it cannot go on, and its host ends it.
  func broken(_ reason: String)
  func statusChanged(from old: ReplicaStatus, to new: ReplicaStatus)
}
