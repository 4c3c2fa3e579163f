import Consensus
import Faults
import Replication

/// What the processor of a replica is charged. Nothing else costs processor time in the model.
public struct CPUModel: Hashable, Sendable {
  public var perMessageIn: Duration
  /// Per copy of a message that leaves.
  public var perMessageOut: Duration
  /// Per byte of a message, once when it is encoded (a broadcast once for all) and once when it is decoded.
  public var perByte: Duration

  public init(perMessageIn: Duration = .zero, perMessageOut: Duration = .zero, perByte: Duration = .zero) {
    self.perMessageIn = perMessageIn
    self.perMessageOut = perMessageOut
    self.perByte = perByte
  }

  /// Nanoseconds; a day at most.
  func time(forBytes bytes: Int) -> Int64 {
    let (product, isTooMuch) = perByte.nanoseconds.multipliedReportingOverflow(by: Int64(bytes))
    return isTooMuch ? Int64(longest) : min(product, Int64(longest))
  }
}

/// Which appends share a write to stable storage.
public enum GroupCommit: Hashable, Sendable {
  /// What is appended during a write shares the next one, which begins at once.
  case natural
  /// Every append is a write of its own.
  case none
  /// A write waits this long from when the disk is free and something is there to write, or until so many appends wait.
  case delay(Duration, count: Int?)
}

/// All that surrounds the protocols, the same for each of them in a comparison.
public struct Environment: Hashable, Sendable {
  public var replicas: Int
  /// Each replica starts at a moment of its own within this time; zero: all at one instant.
  public var startWithin = Duration.zero
  public var link: LinkModel
  public var geography: Geography
  /// One way between a client and a replica of the same place.
  public var clientDelay: Duration
  /// Bits per second that leave one replica for its peers; nil: no limit.
  public var bandwidth: UInt64?
  public var cpu: CPUModel
  /// The time of one write to stable storage.
  public var fsync: DelayDistribution
  /// The same of a replica that stands for election, whose writes are its own claims; nil: as any other.
  public var candidateFsync: DelayDistribution?
  public var groupCommit: GroupCommit
  public var timing: Timing
  public var shared: SharedTuning
  public var batch: BatchPolicy
  /// Slots kept in memory below a snapshot.
  public var retained: Int
  /// Slots between snapshots; 0: none are taken.
  public var snapshotEvery: Int
  /// Client sessions kept by the service.
  public var sessionLimit: Int
  public var retry: RetryPolicy

  public init(
    replicas: Int, link: LinkModel, geography: Geography = .init(), clientDelay: Duration = .zero,
    bandwidth: UInt64? = nil, cpu: CPUModel = .init(),
    fsync: DelayDistribution = .constant(.zero), groupCommit: GroupCommit = .natural, timing: Timing,
    shared: SharedTuning = .init(),
    batch: BatchPolicy = .init(),
    retained: Int = 1_000, snapshotEvery: Int = 10_000, sessionLimit: Int = 10_000, retry: RetryPolicy = .init()
  ) {
    self.replicas = replicas
    self.link = link
    self.geography = geography
    self.clientDelay = clientDelay
    self.bandwidth = bandwidth
    self.cpu = cpu
    self.fsync = fsync
    self.groupCommit = groupCommit
    self.timing = timing
    self.shared = shared
    self.batch = batch
    self.retained = retained
    self.snapshotEvery = snapshotEvery
    self.sessionLimit = sessionLimit
    self.retry = retry
  }
}

/// When clients ask, and what.
public struct Workload: Hashable, Sendable {
  public enum Arrival: Hashable, Sendable {
    /// Open loop: the k-th operation is due at k divided by this rate, whatever became of the others.
    case constant(perSecond: Double)
    /// Open loop: exponential gaps with this mean rate.
    case poisson(perSecond: Double)
    /// Closed loop: each client asks again `think` after it was answered.
    case closed(clients: Int, think: DelayDistribution)
    /// Nobody asks anything.
    case none

    /// Closed loop with a constant pause.
    public static func closed(clients: Int, think: Duration) -> Self {
      .closed(clients: clients, think: .constant(think))
    }
  }

  public var arrival: Arrival
  /// Sessions that open-loop operations share; an operation that finds all of them busy waits, and its latency counts that.
  public var sessions: Int
  public var keys: Int
  /// Probabilities of `get`, `cas` and `delete`; the rest is `put`.
  public var reads: Double
  public var swaps: Double
  public var deletes: Double
  /// Bytes of payload of a `put` or `cas`.
  public var payload: PayloadDistribution
  /// How likely each key is.
  public var keyChoice: KeyChoice
  /// Open loop: how the rate rises and falls.
  public var bursts: Bursts?

  public init(
    arrival: Arrival, sessions: Int = 1_024, keys: Int = 1_000, reads: Double = 0, swaps: Double = 0,
    deletes: Double = 0,
    payload: Int = 256, keyChoice: KeyChoice = .uniform, bursts: Bursts? = nil
  ) {
    self.arrival = arrival
    self.sessions = sessions
    self.keys = keys
    self.reads = reads
    self.swaps = swaps
    self.deletes = deletes
    self.payload = .constant(payload)
    self.keyChoice = keyChoice
    self.bursts = bursts
  }
}

/// How long, and what of it counts.
public struct Measure: Hashable, Sendable {
  /// Clients run, but nothing counts yet. Starts when the sessions are open.
  public var warmUp: Duration
  /// What counts. Afterwards no new operations start, and the run ends when all are answered and all replicas agree.
  public var window: Duration
  /// Ends the window earlier, after this many operations.
  public var operations: Int?
  /// The grain of the timeline.
  public var interval: Duration
  /// The longest that a run may take after its window to come to rest.
  public var patience: Duration
  /// Ends the window when a fail-over is complete: for election trials. Also when the struck leader leads on and no fault is left.
  public var stopsWhenRecovered: Bool

  public init(
    warmUp: Duration = .seconds(1), window: Duration, operations: Int? = nil, interval: Duration = .milliseconds(100),
    patience: Duration = .seconds(30), stopsWhenRecovered: Bool = false
  ) {
    self.warmUp = warmUp
    self.window = window
    self.operations = operations
    self.interval = interval
    self.patience = patience
    self.stopsWhenRecovered = stopsWhenRecovered
  }
}

/// One simulated run: with the protocol and its tuning, all that decides what happens in it.
public struct SimulationConfiguration: Hashable, Sendable {
  public var environment: Environment
  public var workload: Workload
  public var measure: Measure
  /// Times count from the start of the measured window; negative ones are in the warm-up.
  public var faults: FaultPlan
  public var seed: UInt64
  /// What clients ask, instead of what the workload would draw; nil: they draw.
  public var operations: [ScheduledOperation]?
  /// Records are written to sectors, and recovered from what a crash leaves of them. Also on if a planned fault breaks a disk.
  public var hasSectors: Bool
  /// Faults of disks strike whomever they are meant for, until no quorum is left: safety is all that can be demanded then. Otherwise so
  /// many disks stay whole that the cluster can serve again.
  public var mayLoseQuorum: Bool

  public init(
    environment: Environment, workload: Workload, measure: Measure, faults: FaultPlan = .init(), seed: UInt64,
    operations: [ScheduledOperation]? = nil, hasSectors: Bool = false, mayLoseQuorum: Bool = false
  ) {
    self.operations = operations
    self.environment = environment
    self.workload = workload
    self.measure = measure
    self.faults = faults
    self.seed = seed
    self.hasSectors = hasSectors
    self.mayLoseQuorum = mayLoseQuorum
  }
}
