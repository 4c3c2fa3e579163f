import Consensus

/// Raft as in Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm (Extended Version)", cited below as §n,
/// with what Ongaro's dissertation adds: PreVote (§9.6), CheckQuorum and leader stickiness (§6.2, §4.2.3), leadership transfer
/// (§3.10), pipelining and the leader's parallel disk write (§10.2.1).
public struct Raft: ConsensusProtocol {
  /// What the protocol offers beyond the paper.
  public struct Tuning: Hashable, Sendable {
    /// A trial vote, in which nobody's term changes, precedes every candidacy.
    public var preVote: Bool
    /// A leader that does not hear from a majority steps down, and who hears from a leader ignores candidates.
    public var checkQuorum: Bool
    /// A server grants a trial vote only once its own election timer has expired: a majority must miss the leader, not one.
    public var quorumDetection: Bool

    public init(preVote: Bool, checkQuorum: Bool, quorumDetection: Bool = false) {
      precondition(preVote || !quorumDetection, "quorum detection is a rule for trial votes")
      self.preVote = preVote
      self.checkQuorum = checkQuorum
      self.quorumDetection = quorumDetection
    }
    /// What production systems run.
    public static let standard = Tuning(preVote: true, checkQuorum: true)
    /// What the paper's Figure 2 says, and nothing else.
    public static let plain = Tuning(preVote: false, checkQuorum: false)
    /// `standard`, but that a majority must miss the leader before anyone is elected, as in protocols whose servers gather to
    /// elect. An ablation: it shows how much of a fail-over's time that one rule takes.
    public static let quorumDetection = Tuning(preVote: true, checkQuorum: true, quorumDetection: true)
  }

  public enum Timer: String, Hashable, Sendable, CustomStringConvertible {
    /// A follower or candidate gives up waiting.
    case election
    case heartbeat
    /// A leader asks itself whether a majority still answers.
    case quorum
    /// The leader was heard from so recently that candidates are ignored.
    case stickiness
    /// A transfer of leadership has taken too long.
    case transfer
    /// What was sent is not acknowledged.
    case retransmission

    public var description: String { rawValue }
  }

  enum Standing { case follower, preCandidate, candidate, leader }

  public static let name = "raft"
  public static let transfersLeadership = true

  let id: NodeID
  let cluster: Cluster
  let peers: NodeSet
  let timing: Timing
  let shared: SharedTuning
  let tuning: Tuning
  let retained: UInt64
  var random: RandomSource

  // Persistent state on all servers (Figure 2).
  private(set) var term: UInt64 = 0
  private(set) var vote: NodeID?
  private(set) var log = RaftLog()

  // Volatile state on all servers.
  var standing = Standing.follower
  var leader: NodeID?
  /// `commitIndex`. What is committed is handed to the service at once, so it is `lastApplied` as well.
  var commit = Slot(0)
  /// Sessions that are open.
  var connected = NodeSet()
  /// The leader was heard from within the least election timeout.
  var isSticky = false
  var incoming = SnapshotTransfer()

  // Volatile state on candidates.
  var votes: Tally

  // Volatile state on leaders.
  /// Indexed by node: where its `nextIndex` stands.
  var progress: [Progress] = []
  /// `matchIndex`, the leader's own durable log included.
  var matched: Watermarks
  /// Heard from since the last look at the quorum; itself only through its own disk.
  var active = NodeSet()
  /// The no-op that opened this leadership.
  var opening = Slot(0)
  var transferee: NodeID?
  /// The last entry when the retransmission timer was started; nil: it does not run.
  var awaited: Slot?

  public init(_ configuration: Configuration<Raft>) {
    id = configuration.id
    cluster = configuration.cluster
    peers = configuration.cluster.members.removing(configuration.id)
    timing = configuration.timing
    shared = configuration.shared
    tuning = configuration.tuning
    retained = UInt64(max(0, configuration.retained))
    random = RandomSource(seed: configuration.seed)
    votes = Tally(of: configuration.cluster)
    matched = Watermarks(of: configuration.cluster)
  }

  // MARK: Durable state

  public mutating func restore(_ snapshot: Snapshot) {
    log.adopt(snapshot)
    if !planted("R-60") { commit = max(commit, log.base.slot) }
    // A running transfer still needs what follows its snapshot.
    var floor = log.base.slot.number - min(retained, log.base.slot.number)
    for peer in progress { if let needed = peer.snapshot?.through { floor = min(floor, needed.number) } }
    if !planted("R-45") { log.forget(through: Slot(floor)) }
  }
  public mutating func replay(_ record: Record) {
    switch record {
    case .vote(let newTerm, let candidate):
      term = newTerm
      vote = candidate
    case .append(let slot, let entry): log.put(entry, at: slot)
    }
  }
  public func checkpoint() -> [Record] {
    var records = [Record.vote(term: term, for: vote)]
    var slot = log.base.slot
    for entry in log.aboveBase {
      slot = slot.next
      records.append(.append(slot, entry))
    }
    return records
  }

  // MARK: What others may ask

  public var status: ReplicaStatus {
    let role: Role =
      switch standing {
      case .follower: .follower
      case .preCandidate, .candidate: .candidate
      case .leader: .leader
      }
    return ReplicaStatus(
      role: role, epoch: term, leader: leader, committed: commit,
      isEstablished: standing == .leader && commit >= opening)
  }
  public func entry(at slot: Slot) -> Entry? { log.entry(at: slot) }
  public var base: Slot { log.base.slot }

  // MARK: Steps

  public mutating func step(_ input: Input<Raft>, into effects: inout Effects<Raft>) {
    switch input {
    case .start: if planted("R-15"), vote == id { lead(&effects) } else { awaitLeader(&effects) }
    case .propose(let batch): propose(batch, &effects)
    case .receive(let message, let peer): receive(message, from: peer, &effects)
    case .timeout(let timer): expire(timer, &effects)
    case .connected(let peer):
      connected.insert(peer)
      if standing == .leader { resume(peer, &effects) }
    case .disconnected(let peer):
      connected.remove(peer)
      if standing == .leader { retreat(peer) }
      if peer == leader, timing.trustsDisconnect { doubtLeader(&effects) }
    case .compacted(let snapshot): restore(snapshot)
    case .transfer(let target): transfer(to: target, &effects)
    }
    if let interval = shared.retransmission { awaitReplies(interval, &effects) }
  }

  private mutating func expire(_ timer: Timer, _ effects: inout Effects<Raft>) {
    switch timer {
    case .election: if standing != .leader { campaign(&effects) }
    case .heartbeat: if standing == .leader { sendHeartbeats(&effects) }
    case .quorum: if standing == .leader { checkQuorum(&effects) }
    case .stickiness: isSticky = false
    case .transfer: transferee = nil
    case .retransmission: retransmit(&effects)
    }
  }

  private mutating func receive(_ message: Message, from peer: NodeID, _ effects: inout Effects<Raft>) {
    guard cluster.members.contains(peer), admit(message, from: peer, &effects) else { return }
    switch message {
    case .preVote(let request): answerTrial(request, from: peer, &effects)
    case .preVoteReply(let reply): count(trial: reply, from: peer, &effects)
    case .requestVote(let request): answer(request, from: peer, &effects)
    case .requestVoteReply(let reply): count(reply, from: peer, &effects)
    case .appendEntries(let request): append(request, from: peer, isHeartbeat: false, &effects)
    case .heartbeat(let request): append(request, from: peer, isHeartbeat: true, &effects)
    case .appendEntriesReply(let reply), .heartbeatReply(let reply): take(reply, from: peer, &effects)
    case .installSnapshot(let sender, let piece): take(piece, term: sender, from: peer, &effects)
    case .installSnapshotReply(let reply): take(reply, from: peer, &effects)
    case .timeoutNow(let sender): if sender == term, peer == leader { stand(isTransfer: true, &effects) }
    }
  }

  /// "If RPC request or response contains term T > currentTerm: set currentTerm = T, convert to follower" (Figure 2). False if the
  /// message is to be ignored.
  private mutating func admit(_ message: Message, from peer: NodeID, _ effects: inout Effects<Raft>) -> Bool {
    guard message.term > term else { return true }
    switch message {
    case .preVote: return true
    case .preVoteReply(let reply) where reply.isGranted: return true
    case .requestVote(let request):
      if !request.isTransfer, isLoyal { return false }
      // Its vote, if it gets one, is recorded together with the term.
      follow(term: request.term, vote: mayVote(for: request) ? peer : nil, &effects)
    default: follow(term: message.term, vote: nil, &effects)
    }
    return true
  }

  /// Whether a candidate is to be ignored because this server has a leader or is one (§6; dissertation §4.2.3).
  var isLoyal: Bool { tuning.checkQuorum && (standing == .leader || (isSticky && leader != nil)) }

  /// Moves to a newer term as a follower. A running election timer runs on: a candidate or follower that is overtaken must not
  /// gain time by it. A leader has none and starts one.
  mutating func follow(term newTerm: UInt64, vote candidate: NodeID?, _ effects: inout Effects<Raft>) {
    if planted("R-01"), candidate != nil {
      replay(.vote(term: newTerm, for: candidate))
    } else if planted("S-09") {
      persist(.vote(term: term, for: candidate), &effects)
      persist(.vote(term: newTerm, for: candidate), &effects)
    } else {
      persist(.vote(term: newTerm, for: candidate), &effects)
    }
    leader = nil
    // The next leader may offer an older snapshot than the last one did.
    incoming = SnapshotTransfer()
    stepDown(&effects)
  }

  mutating func stepDown(_ effects: inout Effects<Raft>) {
    if standing == .leader {
      leader = nil
      if !planted("R-34") { progress = [] }
      transferee = nil
      effects.stop(.heartbeat)
      effects.stop(.quorum)
      effects.stop(.transfer)
      awaitLeader(&effects)
    }
    standing = .follower
  }

  /// Draws a new election timeout.
  mutating func awaitLeader(_ effects: inout Effects<Raft>) {
    let timeout = planted("R-17") ? timing.electionTimeout.lowerBound : random.duration(in: timing.electionTimeout)
    effects.start(.election, after: timeout)
  }

  mutating func commit(through slot: Slot, _ effects: inout Effects<Raft>) {
    while commit < slot, let entry = log.entry(at: commit.next) {
      commit = commit.next
      if planted("R-37"), effects.committed.count == 4 { continue }
      effects.commit(entry, at: commit)
    }
  }
}
