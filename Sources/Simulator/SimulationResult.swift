import Consensus
import Faults
import Verification

/// An election that somebody won.
public struct Leadership: Hashable, Sendable {
  public var node: NodeID
  public var epoch: UInt64
  /// Nanoseconds of virtual time.
  public var at: Int64

  public init(node: NodeID, epoch: UInt64, at: Int64) {
    self.node = node
    self.epoch = epoch
    self.at = at
  }
}

/// A planned fault that had something to strike.
public struct StruckFault: Hashable, Sendable {
  public var fault: Fault
  /// Who was meant by its target; nil: it has none.
  public var node: NodeID?
  /// Nanoseconds of virtual time.
  public var at: Int64

  public init(_ fault: Fault, node: NodeID?, at: Int64) {
    self.fault = fault
    self.node = node
    self.at = at
  }
}

/// A replica that will not run again, because its disk is not what it was.
public struct HaltedReplica: Hashable, Sendable, CustomStringConvertible {
  public var node: NodeID
  public var loss: DiskLoss
  /// Where, and what.
  public var detail: String
  /// Nanoseconds of virtual time.
  public var at: Int64

  public init(_ node: NodeID, _ loss: DiskLoss, _ detail: String, at: Int64) {
    self.node = node
    self.loss = loss
    self.detail = detail
    self.at = at
  }
  public var description: String { "replica \(node) refused: \(loss), \(detail)" }
}

/// Frames and bytes of one kind of message over a whole run. A frame is one copy to one other replica.
public struct MessageCount: Hashable, Sendable {
  public var frames: UInt64 = 0
  public var bytes: UInt64 = 0

  public init() {}
}

/// What happened between a fault and the first answer after it. Times are nanoseconds of virtual time; nil: it never came to that.
public struct Failover: Hashable, Sendable {
  public var fault: Int64
  /// The leader that the fault struck, and its epoch.
  public var struck: NodeID
  public var epochBefore: UInt64
  /// It was asked to go: it lives, and follows like all others.
  public var isHandOver: Bool
  /// A survivor first doubted the leader; if none did, the leader itself when it was back; the fault's own time if they had before.
  public var suspected: Int64?
  /// The leader under whom clients were served again was elected by a quorum.
  public var elected: Int64?
  /// It may serve: its first slot is committed.
  public var established: Int64?
  /// All running replicas follow it.
  public var followed: Int64?
  /// The first operation that began after the fault was answered.
  public var resumed: Int64?
  /// The struck leader committed something that it had proposed after the fault, in its old epoch, and nobody has claimed another since.
  public var kept: Int64?
  /// Distinct rounds of elections in which somebody stood.
  public var rounds: Int = 0
  /// Of those, the ones that elected nobody.
  public var splitVotes: Int = 0
  /// Candidacies, over all rounds.
  public var candidates: Int = 0

  public init(fault: Int64, struck: NodeID, epochBefore: UInt64, isHandOver: Bool = false) {
    self.isHandOver = isHandOver
    self.fault = fault
    self.struck = struck
    self.epochBefore = epochBefore
  }
  public var isComplete: Bool {
    suspected != nil && elected != nil && established != nil && followed != nil && resumed != nil
  }
}

/// All that is known after a run, in exact integers. Latencies went to the `Recorder` as they came.
public struct SimulationResult: Sendable {
  public var verification = VerificationReport()
  /// The cluster came to serve; otherwise nothing was measured.
  public var hasFormed = false
  /// After the faults were taken back, all replicas came to agree and all clients were served.
  public var isAtRest = true
  /// Faults that struck, by what they came to: a crash of all counts once for each.
  public var faults = 0
  /// The planned ones among them, in order.
  public var struck: [StruckFault] = []
  /// Replicas that refuse to run, in the order of their halts. Unless faults of disks are unbounded, too few to keep the others from
  /// coming to rest.
  public var halted: [HaltedReplica] = []
  /// Everything that was not demanded of the run, each once.
  public var exemptions: [Exemption] = []
  /// Indexed by message tag.
  public var messages: [MessageCount] = []
  /// Slots chosen, no-ops included: the "batches" of every cost per batch.
  public var slots: UInt64 = 0
  /// Of these, batches of client commands, and the commands in them.
  public var batches: UInt64 = 0
  public var commands: UInt64 = 0
  /// Writes to stable storage, by replica.
  public var fsyncs: [UInt64] = []
  /// Every election won, in order.
  public var leaderships: [Leadership] = []
  public var failovers: [Failover] = []
  /// Of replicas that were away through planned faults, in the order of their return. Only of simulations.
  public var catchUps: [CatchUp] = []
  /// The fail-over to report, as it was at the window's end: the first that deposed the leader it struck; if none did, the first from
  /// which that leader never recovered. Nil if every leader that was struck went on to lead.
  public var failover: Failover? {
    func isReached(_ time: Int64?) -> Bool { time.map { $0 <= windowEnd } ?? false }
    return failovers.first { isReached($0.elected) } ?? failovers.first { !isReached($0.kept) }
  }
  public var counts = OperationCounts()
  public var load = GeneratedLoad()
  /// Simulator events handled.
  public var events: UInt64 = 0
  /// Covers every step with its time and the replica's status after it, kind, size and addressees of every message, every chosen value
  /// and every reply: equal runs have equal hashes.
  public var hash: UInt64 = 0
  /// Virtual nanoseconds at the end, and the measured window.
  public var end: Int64 = 0
  public var windowStart: Int64 = 0
  public var windowEnd: Int64 = 0
  /// What happened, by name, in a fixed order: from the protocol's audit and from the simulator.
  public var coverage: [(name: String, count: Int)] = []
  public var history: [ClientOperation] = []
  /// What clients drew to ask: as `SimulationConfiguration.operations` it is the same run. Kept with the history.
  public var operations: [ScheduledOperation] = []

  /// Of nothing yet.
  public init() {}
}

/// Operations that were due in the measured window.
public struct OperationCounts: Hashable, Sendable {
  public var due: UInt64 = 0
  public var answered: UInt64 = 0
  /// Answered within the window, whenever they were due: the throughput.
  public var answeredInWindow: UInt64 = 0
  /// For certain not executed.
  public var failed: UInt64 = 0
  /// Never answered, fate unknown.
  public var unanswered: UInt64 = 0
  /// Operations with at least one attempt that timed out.
  public var timedOut: UInt64 = 0
  /// The longest that one of them waited for a free session after it was due, in nanoseconds.
  public var longestWait: Int64 = 0

  public init() {}
}

/// Takes measurements while a run goes on. Times are nanoseconds of virtual time.
public protocol Recorder: AnyObject {
  /// An operation due in the window was answered: due -> sent -> answered.
  func answered(due: Int64, sent: Int64, at: Int64)
  /// An operation due in the window was not answered by the end: it would have taken longer. `sent` is nil if it never began.
  func censored(due: Int64, sent: Int64?, end: Int64)
  /// Any answer in the window or out of it, for the timeline (relative to the window's start).
  func completed(sinceWindowStart: Int64, latency: Int64)
  /// Any operation given up in the window or out of it, for the timeline.
  func abandoned(sinceWindowStart: Int64)
  /// A batch proposed in the window was chosen, as its leader knows: commit latency.
  func committed(proposed: Int64, at: Int64)
  /// The stages of one command that was received and answered by one leader within the window.
  func staged(received: Int64, proposed: Int64, committed: Int64, applied: Int64, replied: Int64)
}
