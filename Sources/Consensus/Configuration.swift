/// Failure detection. The same for every protocol in a comparison, or elections cannot be compared.
public struct Timing: Hashable, Sendable {
  /// The interval at which an idle leader shows that it lives.
  public var heartbeat: Duration
  /// Lower bound: silence after which a leader may be doubted. Upper bound: after which it is replaced.
  public var electionTimeout: ClosedRange<Duration>
  /// Whether `.disconnected(leader)` counts as silence (ZooKeeper) or only missing heartbeats do. One knob for all.
  public var trustsDisconnect: Bool

  public init(heartbeat: Duration, electionTimeout: ClosedRange<Duration>, trustsDisconnect: Bool = false) {
    self.heartbeat = heartbeat
    self.electionTimeout = electionTimeout
    self.trustsDisconnect = trustsDisconnect
  }
}

/// Whose durable copies commit, and whether the leader writes before it sends.
public enum LeaderDisk: String, Hashable, Sendable, CaseIterable {
  /// The leader writes while its peers do; any majority of durable copies commits, with the leader's among them or not.
  case parallelAnyMajority = "parallel-any-majority"
  /// As above, but the leader's own durable copy must be one of the majority.
  case parallelLeaderRequired = "parallel-leader-required"
  /// The leader's write is durable before its message leaves.
  case serial
}

/// The knobs that all protocols share: equal in every comparison.
public struct SharedTuning: Hashable, Sendable {
  public var leaderDisk: LeaderDisk
  /// Messages with values that may be on their way to one peer unacknowledged.
  public var inflight: Int
  /// Bytes of values in one message, at most; one value always fits.
  public var messageBytes: Int
  /// Bytes of one piece of a snapshot.
  public var snapshotPieceBytes: Int
  /// A leader sends again what was not acknowledged in this time; nil: only the next heartbeat finds what was lost. For datagrams:
  /// a host that keeps order leaves it out.
  public var retransmission: Duration?

  public init(
    leaderDisk: LeaderDisk = .parallelAnyMajority, inflight: Int = 256, messageBytes: Int = 1 << 20,
    snapshotPieceBytes: Int = 1 << 16, retransmission: Duration? = nil
  ) {
    self.leaderDisk = leaderDisk
    self.inflight = inflight
    self.messageBytes = messageBytes
    self.snapshotPieceBytes = snapshotPieceBytes
    self.retransmission = retransmission
  }
}

/// What one replica is started with.
public struct Configuration<P: ConsensusProtocol>: Sendable {
  public var id: NodeID
  public var cluster: Cluster
  public var timing: Timing
  public var shared: SharedTuning
  public var tuning: P.Tuning
  /// Slots kept in memory below a snapshot, for slow peers; never journaled. One knob for all.
  public var retained: Int
  /// Differs per run, node *and incarnation*: a restart must not redraw the same timeouts.
  public var seed: UInt64

  public init(
    id: NodeID, cluster: Cluster, timing: Timing, shared: SharedTuning, tuning: P.Tuning, retained: Int, seed: UInt64
  ) {
    self.id = id
    self.cluster = cluster
    self.timing = timing
    self.shared = shared
    self.tuning = tuning
    self.retained = retained
    self.seed = seed
  }
}
