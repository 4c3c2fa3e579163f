import Consensus

/// Zab as in Junqueira, Reed and Serafini, "Zab: High-performance broadcast for primary-backup systems" (DSN 2011), cited below
/// as §n, with what ZooKeeper adds: Fast Leader Election as phase 0, synchronisation by DIFF, TRUNC and SNAP, and the leader's
/// and followers' watch over each other.
public struct Zab: ConsensusProtocol {
  /// Whose times are used. Nil is what all protocols share, so that elections can be compared.
  public struct Tuning: Hashable, Sendable {
    /// ZooKeeper's `initLimit` and `syncLimit`, in ticks; a tick is two heartbeats, as a leader pings twice per tick.
    public struct Limits: Hashable, Sendable {
      /// Ticks that connecting and synchronising may take without a sign of life.
      public var initial: Int
      /// Ticks of silence after which leader and follower give each other up.
      public var sync: Int

      public init(initial: Int, sync: Int) {
        self.initial = initial
        self.sync = sync
      }
    }

    /// How long a quorum of equal votes waits for a better one. Nil: a heartbeat interval.
    public var finalizeWait: Duration?
    /// The first and the longest interval at which a vote is sent again. Nil: from a heartbeat interval to the longest election
    /// timeout.
    public var notificationInterval: ClosedRange<Duration>?
    /// Nil: the shared election timeout.
    public var limits: Limits?

    public init(
      finalizeWait: Duration? = nil, notificationInterval: ClosedRange<Duration>? = nil, limits: Limits? = nil
    ) {
      self.finalizeWait = finalizeWait
      self.notificationInterval = notificationInterval
      self.limits = limits
    }
    /// All times from the shared failure detector.
    public static let standard = Tuning()
    /// The constants of ZooKeeper's FastLeaderElection, and the limits of its sample configuration.
    public static let zooKeeper = Tuning(
      finalizeWait: .milliseconds(200), notificationInterval: .milliseconds(200)...(.seconds(60)),
      limits: Limits(initial: 10, sync: 5))
  }

  public enum Timer: String, Hashable, Sendable, CustomStringConvertible {
    /// A vote is sent again.
    case notification
    /// No better vote came while a quorum agreed.
    case finalize
    /// A follower has not heard its leader.
    case silence
    case ping
    /// A leader asks itself whether a quorum still answers.
    case quorum

    public var description: String { rawValue }
  }

  /// ZooKeeper's server states.
  public enum Standing: UInt8, Hashable, Sendable { case looking, following, leading }
  /// §IV.A: the phases; phase 0 is the election.
  enum Phase: UInt8, Sendable { case election, discovery, synchronization, broadcast }

  public static let name = "zab"
  public static let requiresSessions = true

  let id: NodeID
  let cluster: Cluster
  let peers: NodeSet
  let timing: Timing
  let shared: SharedTuning
  let tuning: Tuning
  private let retained: UInt64
  private var random: RandomSource

  // Persistent state (Table I).
  /// f.p.
  private(set) var acceptedEpoch: UInt32 = 0
  /// f.a.
  private(set) var currentEpoch: UInt32 = 0
  /// h_f.
  private(set) var log = ZabLog()

  // Volatile state on all servers.
  var standing = Standing.looking
  var phase = Phase.election
  var leader: NodeID?
  /// What is committed is delivered at once.
  var commit = Slot(0)
  /// Sessions that are open.
  var connected = NodeSet()

  // Phase 0.
  /// The vote; outside an election the one that it ended with.
  var vote: Vote
  /// ZooKeeper's logical clock.
  var round: UInt64 = 0
  /// Indexed by node: votes of this round, and votes of those who were not looking.
  var received: [Notification?]
  var outside: [Notification?]
  var isFinalizing = false
  var notificationInterval = Duration.zero

  // Followers.
  /// NEWLEADER is acknowledged in this session.
  var hasAcknowledgedLeader = false
  var incoming = SnapshotTransfer()

  // Leaders. What says that somebody follows may come before the election has ended here, so it is kept in all states.
  /// Indexed by node: the CEPOCH that came in this session and was not yet answered.
  var claims: [UInt32?]
  /// The highest f.p that was ever heard of.
  var highestPromise: UInt32 = 0
  /// e' is chosen, and NEWEPOCH is on its way.
  var hasChosenEpoch = false
  /// Indexed by node.
  var progress: [Progress]
  /// Who sent CEPOCH, ACK-E and ACK-LD in this leadership.
  var followers: Tally
  var epochAcks: Tally
  var leaderAcks: Tally
  /// The end of I, the initial history of this epoch.
  var initialEnd = Slot(0)
  /// What each server has acknowledged in this epoch, the leader's own disk included.
  var matched: Watermarks
  /// Looks at the quorum since this leader last heard itself, through its disk.
  var ownSilence = 0
  /// Looks at the quorum in this leadership.
  var looks = 0

  public init(_ configuration: Configuration<Zab>) {
    id = configuration.id
    cluster = configuration.cluster
    peers = configuration.cluster.members.removing(configuration.id)
    timing = configuration.timing
    shared = configuration.shared
    tuning = configuration.tuning
    retained = UInt64(max(0, configuration.retained))
    random = RandomSource(seed: configuration.seed)
    vote = Vote(leader: configuration.id, zxid: .zero, peerEpoch: 0)
    let size = 64 - configuration.cluster.members.bits.leadingZeroBitCount
    received = Array(repeating: nil, count: size)
    outside = received
    claims = Array(repeating: nil, count: size)
    progress = Array(repeating: Progress(inflight: configuration.shared.inflight), count: size)
    followers = Tally(of: configuration.cluster)
    epochAcks = followers
    leaderAcks = followers
    matched = Watermarks(of: configuration.cluster)
  }

  // MARK: Durable state

  public mutating func restore(_ snapshot: Snapshot) {
    log.adopt(snapshot)
    commit = max(commit, log.base.slot)
    // What a running synchronisation still needs stays.
    var floor = log.base.slot.number - min(retained, log.base.slot.number)
    for peer in peers where progress[Int(peer.index)].isSynchronizing {
      let state = progress[Int(peer.index)]
      floor = min(floor, state.snapshot?.through.number ?? (state.next.number - 1))
    }
    log.forget(through: Slot(floor))
  }
  public mutating func replay(_ record: Record) {
    switch record {
    case .acceptedEpoch(let epoch): acceptedEpoch = epoch
    case .currentEpoch(let epoch): currentEpoch = epoch
    case .append(let slot, let entry): log.put(entry, at: slot)
    case .truncate(let slot):
      if planted("Z-07"), standing == .following { return }
      log.truncate(after: slot)
    }
  }
  public func checkpoint() -> [Record] {
    var records = [Record.acceptedEpoch(acceptedEpoch)]
    var slot = log.base.slot
    for entry in log.aboveBase {
      slot = slot.next
      records.append(.append(slot, entry))
    }
    // Last, as on the way there: f.a never names a history that is not there yet.
    records.append(.currentEpoch(currentEpoch))
    return records
  }

  // MARK: What others may ask

  /// The epoch is f.p: a leader's own from the moment that it has chosen one. Until then it is establishing, under an epoch of others.
  public var status: ReplicaStatus {
    let role: Role =
      switch standing {
      case .looking: .candidate
      case .following: .follower
      case .leading: phase == .broadcast ? .leader : .establishing
      }
    return ReplicaStatus(
      role: role, epoch: UInt64(acceptedEpoch), leader: leader, committed: commit,
      isEstablished: standing == .leading && phase == .broadcast)
  }
  public func entry(at slot: Slot) -> Entry? { log.entry(at: slot) }
  public var base: Slot { log.base.slot }

  // MARK: Steps

  public mutating func step(_ input: Input<Zab>, into effects: inout Effects<Zab>) {
    switch input {
    case .start:
      if planted("Z-15") { acceptedEpoch = log.last.zxid.epoch }
      lookForLeader(&effects)
    case .propose(let batch): propose(batch, &effects)
    case .receive(let message, let peer):
      if cluster.members.contains(peer) { receive(message, from: peer, &effects) }
    case .timeout(let timer): expire(timer, &effects)
    case .connected(let peer): open(peer, &effects)
    case .disconnected(let peer): close(peer, &effects)
    case .compacted(let snapshot): restore(snapshot)
    case .transfer: break
    }
  }

  private mutating func expire(_ timer: Timer, _ effects: inout Effects<Zab>) {
    switch timer {
    case .notification: if standing == .looking { repeatVote(&effects) }
    case .finalize: if standing == .looking, isFinalizing { endElection(vote, &effects) }
    case .silence: if standing == .following { lookForLeader(&effects) }
    case .ping: if standing == .leading { sendPings(&effects) }
    case .quorum: if standing == .leading { checkQuorum(&effects) }
    }
  }

  private mutating func receive(_ message: Message, from peer: NodeID, _ effects: inout Effects<Zab>) {
    switch message {
    case .notification(let notification): take(notification, from: peer, &effects)
    case .cepoch(let promised): takeClaim(promised, from: peer, &effects)
    case .ackEpoch, .diffReceived, .snapshotReceived, .ackNewLeader, .ack, .pong:
      if standing == .leading { receiveAsLeader(message, from: peer, &effects) }
    case .newEpoch, .diff, .truncate, .snapshot, .newLeader, .upToDate, .propose, .commit, .ping:
      if standing == .following, peer == leader { receiveAsFollower(message, &effects) }
    }
  }

  private mutating func receiveAsLeader(_ message: Message, from peer: NodeID, _ effects: inout Effects<Zab>) {
    if peer == id { ownSilence = 0 } else { progress[Int(peer.index)].silence = 0 }
    switch message {
    case .ackEpoch(let ack): takeEpochAck(ack, from: peer, &effects)
    case .diffReceived(let epoch, let through):
      if epoch == acceptedEpoch { takeDiffReceived(through, from: peer, &effects) }
    case .snapshotReceived(let receipt):
      if receipt.epoch == acceptedEpoch { takeReceipt(receipt, from: peer, &effects) }
    case .ackNewLeader(let epoch, let end):
      if epoch == acceptedEpoch { takeLeaderAck(through: end, from: peer, &effects) }
    case .ack(let position): takeAck(position, from: peer, &effects)
    default: break
    }
  }

  private mutating func receiveAsFollower(_ message: Message, _ effects: inout Effects<Zab>) {
    awaitLeader(&effects)
    switch message {
    case .newEpoch(let epoch): promise(epoch, &effects)
    case .diff(let diff): if isSynchronizing(in: diff.epoch) { append(diff, &effects) }
    case .truncate(let epoch, let position): if isSynchronizing(in: epoch) { truncate(after: position, &effects) }
    case .snapshot(let epoch, let piece): if isSynchronizing(in: epoch) { take(piece, &effects) }
    case .newLeader(let epoch, let end): if isSynchronizing(in: epoch) { acknowledgeLeader(end, &effects) }
    case .upToDate(let epoch, let committed): if epoch == acceptedEpoch { activate(committed, &effects) }
    case .propose(let slot, let entry): accept(entry, at: slot, &effects)
    case .commit(let position): deliver(through: position, &effects)
    case .ping(let epoch): answerPing(epoch, &effects)
    default: break
    }
  }

  // MARK: Sessions

  private mutating func open(_ peer: NodeID, _ effects: inout Effects<Zab>) {
    connected.insert(peer)
    switch standing {
    case .looking: effects.send(.notification(notification), to: peer)
    case .following: if peer == leader { beginDiscovery(&effects) }
    case .leading: break
    }
  }
  /// A closed channel takes its messages with it, and the next one is a new channel (§III.B): whoever was synchronised over it
  /// starts again.
  private mutating func close(_ peer: NodeID, _ effects: inout Effects<Zab>) {
    connected.remove(peer)
    claims[Int(peer.index)] = nil
    progress[Int(peer.index)].leave()
    guard standing == .following, peer == leader else { return }
    if timing.trustsDisconnect { lookForLeader(&effects) } else { leaveBroadcast() }
  }

  // MARK: Times

  /// ZooKeeper's `tickTime`: its leaders ping twice per tick.
  var tick: Duration { timing.heartbeat * 2 }

  /// The leader was heard: its silence begins anew.
  mutating func awaitLeader(_ effects: inout Effects<Zab>) {
    guard let limits = tuning.limits else {
      return effects.start(.silence, after: random.duration(in: timing.electionTimeout))
    }
    effects.start(.silence, after: tick * (phase == .broadcast ? limits.sync : limits.initial))
  }

  mutating func commit(through slot: Slot, _ effects: inout Effects<Zab>) {
    while commit < slot, let entry = log.entry(at: commit.next) {
      commit = commit.next
      effects.commit(entry, at: commit)
    }
  }
}
