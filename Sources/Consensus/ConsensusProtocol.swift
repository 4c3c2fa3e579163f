/// One replica of a consensus protocol: a deterministic state machine that does no I/O.
///
/// Same initial state and same inputs give the same effects, on every platform. It reads no clock, draws randomness only
/// from `Configuration.seed`, spawns no task and throws no error.
public protocol ConsensusProtocol: Sendable {
  /// One case per message of the paper.
  associatedtype Message: WireCodable
  /// One case per durable change.
  associatedtype Record: WireCodable
  associatedtype Timer: Hashable & Sendable & CustomStringConvertible
  /// The protocol's own options, with defaults from its paper. What all protocols share is in `SharedTuning`.
  associatedtype Tuning: Sendable
  /// What the paper says of the whole cluster, checked from outside.
  associatedtype Audit: ClusterAudit where Audit.Core == Self

  static var name: String { get }
  /// True: defined over FIFO sessions only; the harness refuses it on datagram links.
  static var requiresSessions: Bool { get }
  /// Whether a leader that is asked to hand over does; the harness refuses to ask one that would not.
  static var transfersLeadership: Bool { get }
  /// Indexed by `Message.tag`.
  static var messageKinds: [MessageKind] { get }
  /// Counts the layouts that messages have had: replicas with different ones do not talk.
  static var messageFormat: Int { get }
  /// Which round of elections an epoch belongs to: candidates of one round compete, and if none of them wins the vote was split.
  static func round(of epoch: UInt64) -> UInt64
  /// On how many disks a chosen value is at least: a majority, but where phases have quorums of their own.
  static func commitQuorum(of cluster: Cluster, tuning: Tuning) -> Int

  init(_ configuration: Configuration<Self>)

  /// Durable state is a fold: `restore` the checkpoint's snapshot, `replay` its records and everything after. Both are total,
  /// and both are what the live path runs (through `persist` and `install`).
  ///
  /// `restore` keeps what follows `through` if the slot there has the same stamp (Raft, Zab) or was accepted apart from it
  /// (Paxos); a snapshot that is not newer than what is held changes nothing.
  mutating func restore(_ snapshot: Snapshot)
  mutating func replay(_ record: Record)
  /// The records that rebuild this state on top of the last snapshot: nothing at or below it. `checkpoint()` of a recovered
  /// replica equals that of the one that crashed, up to what was not yet durable.
  func checkpoint() -> [Record]

  /// The only entry point at run time.
  mutating func step(_ input: Input<Self>, into effects: inout Effects<Self>)
  var status: ReplicaStatus { get }

  // What checkers and traces ask, of live replicas and of *shadows* (a core folded from only what is durable).

  /// The content this replica stands for in `slot`; nil at and below its snapshot, unless retained, and where it holds nothing.
  func entry(at slot: Slot) -> Entry?
  /// The last slot that a snapshot stands for; 0 without one.
  var base: Slot { get }
  /// Whether a replica in this state stands by what `message` promises `peer`: vote, promise, acceptance, claimed epoch. A state
  /// that has moved past the promise upholds it.
  func upholds(_ message: Message, to peer: NodeID) -> Bool
  /// Reports where this one state contradicts the paper's invariants: constant time, called after every step.
  func check(_ findings: inout Findings)
  /// The state as a trace shows it, in the paper's words: term 3, vote n1, last 8@2.
  func inspect() -> [(name: String, value: String)]
}

extension ConsensusProtocol {
  public static var messageFormat: Int { 1 }
  public static var requiresSessions: Bool { false }
  public static var transfersLeadership: Bool { false }
  public static func round(of epoch: UInt64) -> UInt64 { epoch }
  public static func commitQuorum(of cluster: Cluster, tuning: Tuning) -> Int { cluster.majority }

  /// The only way to change durable state: journals `record` and applies it by the code that recovery runs.
  @inlinable public mutating func persist(_ record: Record, _ effects: inout Effects<Self>) {
    effects.append(record)
    replay(record)
  }
  /// The only way to adopt a snapshot from a peer: replaces journal and service in one durable step, by the code that recovery
  /// runs.
  public mutating func install(_ snapshot: Snapshot, _ effects: inout Effects<Self>) {
    effects.install(snapshot)
    restore(snapshot)
  }
}

/// Everything that can happen to a replica. A host delivers an expired timer before any other input; an expiry that was
/// stopped or restarted is never delivered.
public enum Input<P: ConsensusProtocol>: Sendable {
  /// First step of this incarnation, after recovery.
  case start
  /// One slot's worth from clients. The driver sends it only while `status.role == .leader`, within the pipelining window.
  case propose(Batch)
  /// A peer's message, or (`from` == own id) one to self whose records are durable. To self is no special case: any delay, so
  /// check the epoch it carries.
  case receive(P.Message, from: NodeID)
  case timeout(P.Timer)
  /// A session opens. It is a pair of FIFO pipes: a message arrives in the session it was queued in, in order, at most once, or
  /// never. The ends may learn of a break at different times, but neither sees the next session before the end of the last. On
  /// datagram links every peer is connected once, after `.start`, for good.
  case connected(NodeID)
  case disconnected(NodeID)
  /// The driver took `snapshot`: slots up to `through` may be forgotten, but for `retained` ones and what a running transfer
  /// still needs (or a transfer slower than compaction never ends). The driver then journals the checkpoint.
  case compacted(Snapshot)
  /// An operator asks the leader to hand over; a protocol that cannot ignores it.
  case transfer(to: NodeID)
}
