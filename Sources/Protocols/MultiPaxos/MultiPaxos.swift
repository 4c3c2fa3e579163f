import Consensus

/// Multi-Paxos: Lamport, "Paxos Made Simple" (cited below as PMS §n), with phase 1 once for all slots (§3), and van Renesse and
/// Altinbuken, "Paxos Made Moderately Complex" (PMMC), with Flexible Paxos (Howard, Malkhi, Spiegelman) and thrifty quorums as
/// options. Every replica is proposer, acceptor and learner in one.
public struct MultiPaxos: ConsensusProtocol {
  /// How replicas other than the leader come to know what was chosen.
  public enum Commit: String, Hashable, Sendable, CaseIterable {
    /// With the next Accept or heartbeat.
    case piggyback
    /// By a message of its own, at once.
    case explicit
    /// Every acceptor tells everybody (PMS §2.3, the first way): no message after phase 2.
    case allLearn = "all-learn"
  }

  /// What the protocol offers beyond the paper's core.
  public struct Tuning: Hashable, Sendable {
    public var commit: Commit
    /// Accept goes to no more peers than a quorum needs; to the others only if one of these does not answer.
    public var isThrifty: Bool
    /// Promises that let a proposer lead, and acceptances that choose a value. Every quorum of the one kind must meet every
    /// quorum of the other. Nil: as small as the other allows, or both majorities.
    public var phase1Quorum: Int?
    public var phase2Quorum: Int?
    /// A leader that hears of less than a phase-2 quorum steps down, and who hears from a leader ignores Prepare.
    public var checkQuorum: Bool
    /// Raft's election restriction, which Paxos does without: an acceptor promises nothing to a proposer whose log is behind its
    /// own. A test of the claim that the two protocols differ in nothing else.
    public var requiresUpToDate: Bool

    public init(
      commit: Commit = .piggyback, isThrifty: Bool = false, phase1Quorum: Int? = nil, phase2Quorum: Int? = nil,
      checkQuorum: Bool = true, requiresUpToDate: Bool = false
    ) {
      self.commit = commit
      self.isThrifty = isThrifty
      self.phase1Quorum = phase1Quorum
      self.phase2Quorum = phase2Quorum
      self.checkQuorum = checkQuorum
      self.requiresUpToDate = requiresUpToDate
    }
    public static let standard = Tuning()
    public static let explicit = Tuning(commit: .explicit)
    public static let allLearn = Tuning(commit: .allLearn)
    public static let thrifty = Tuning(isThrifty: true)
    public static let upToDate = Tuning(requiresUpToDate: true)
    public static func flexible(phase1: Int, phase2: Int) -> Tuning {
      Tuning(phase1Quorum: phase1, phase2Quorum: phase2)
    }

    /// The sizes of both kinds of quorum in a cluster.
    func quorums(of cluster: Cluster) -> (phase1: Int, phase2: Int) {
      let n = cluster.members.count
      let first = phase1Quorum ?? phase2Quorum.map { n + 1 - $0 } ?? cluster.majority
      let second = phase2Quorum ?? phase1Quorum.map { n + 1 - $0 } ?? cluster.majority
      return (first, second)
    }
  }

  public enum Timer: String, Hashable, Sendable, CustomStringConvertible {
    /// A follower or candidate gives up waiting.
    case election
    case heartbeat
    /// A leader asks itself whether a quorum still answers.
    case quorum
    /// The leader was heard from so recently that candidates are ignored.
    case stickiness
    /// Nobody answers what was asked of a peer: another one is asked.
    case learning
    /// Snapshots that nobody fetches are let go.
    case offers
    /// What was sent is not answered.
    case retransmission

    public var description: String { rawValue }
  }

  enum Standing { case follower, candidate, leader }

  /// Slots beyond the chosen ones that a replica takes anything for: a bound on what a peer can make it store.
  static let horizon: UInt64 = 1 << 20

  /// Messages of one promise, or of one answer to a learner, that follow each other unasked.
  static let pages = 16

  public static let name = "multipaxos"
  /// Candidates of one round compete by their ids; the highest wins, and none stands in the others' way.
  public static func round(of epoch: UInt64) -> UInt64 { Ballot(number: epoch).round }

  let id: NodeID
  let cluster: Cluster
  let peers: NodeSet
  let timing: Timing
  let shared: SharedTuning
  let tuning: Tuning
  let quorums: (phase1: Int, phase2: Int)
  private let retained: UInt64
  var random: RandomSource

  // The acceptor's stable storage.
  private(set) var promised = Ballot.zero
  private(set) var log = MultiPaxosLog()
  /// What the last acceptance says is settled.
  private(set) var settled = Settled()

  // Volatile state of every replica.
  var standing = Standing.follower
  /// The highest ballot heard of: never below `promised`.
  var ballot = Ballot.zero
  var leader: NodeID?
  /// All slots up to this one are chosen, known here, and handed to the service.
  var chosen = Slot(0)
  /// The last slot whose chosen value came from elsewhere than this replica's own acceptances.
  var learnedThrough = Slot(0)
  /// How far the owner of a ballot says that slots are chosen: to whoever accepted its proposals there.
  var announced: (ballot: Ballot, through: Slot) = (.zero, Slot(0))
  /// Sessions that are open.
  var connected = NodeSet()
  /// The leader was heard from within the least election timeout.
  var isSticky = false
  /// Who was asked for what is missing.
  var teacher: NodeID?
  /// Requests to it in a row that it did not answer in time.
  var unanswered = 0
  var incoming = SnapshotTransfer()
  /// Chosen values that came before those of earlier slots, and the slot after which the teacher waits to be asked again.
  var lessons = SlotArray<Entry>()
  var pause = Slot(0)
  /// Indexed by node: the snapshot that it is being sent.
  var offers: [Offer?]
  /// Who accepted what: a leader's own proposals, and with `allLearn` everybody's.
  var votes = SlotArray<Votes>()

  /// The last ballot that was overtaken and whose owner was told.
  var refused = Ballot.zero
  /// The last slot from which the owner of `promised` asked for what was accepted.
  var served = Slot(0)

  // Volatile state of candidates: phase 1.
  var promises: Tally
  /// Indexed by node: how much of its promise is here.
  var coverage: [Coverage] = []
  /// For each slot the report with the highest ballot.
  var reports = SlotArray<Entry>()

  // Volatile state of leaders: phase 2.
  /// Indexed by node.
  var progress: [Progress] = []
  /// Peers that are sent Accept without being asked twice: all, or as many as a quorum needs.
  var acceptors = NodeSet()
  /// The last slot proposed in.
  var last = Slot(0)
  /// Slots up to this one were proposed more than a heartbeat interval ago, and at the last heartbeat.
  var overdue = Slot(0)
  var lastAtHeartbeat = Slot(0)
  /// The last slot when the retransmission timer was started; nil: it does not run.
  var awaited: Slot?
  /// Heartbeats of this leadership so far.
  var beats: UInt64 = 0
  /// Heard from since the last look at the quorum; itself only through its own disk.
  var active = NodeSet()
  /// The last slot of what this leadership began with.
  var opening = Slot(0)

  public init(_ configuration: Configuration<MultiPaxos>) {
    id = configuration.id
    cluster = configuration.cluster
    peers = configuration.cluster.members.removing(configuration.id)
    timing = configuration.timing
    shared = configuration.shared
    tuning = configuration.tuning
    retained = UInt64(max(0, configuration.retained))
    random = RandomSource(seed: configuration.seed)
    quorums = tuning.quorums(of: cluster)
    let n = cluster.members.count
    precondition(
      (1...n).contains(quorums.phase1) && (1...n).contains(quorums.phase2) && quorums.phase1 + quorums.phase2 > n,
      "quorums of \(quorums.phase1) and \(quorums.phase2) among \(n) replicas need not meet: their sum must exceed \(n)"
    )
    promises = Tally(of: cluster, quorum: quorums.phase1)
    offers = Array(repeating: nil, count: 64 - cluster.members.bits.leadingZeroBitCount)
  }
  public static func commitQuorum(of cluster: Cluster, tuning: Tuning) -> Int { tuning.quorums(of: cluster).phase2 }

  // MARK: Durable state

  public mutating func restore(_ snapshot: Snapshot) {
    log.adopt(snapshot)
    // Values below a peer's snapshot are not known to be the chosen ones. Of what was executed here a tail is kept, and what a
    // running transfer needs after its snapshot.
    var floor = log.base.number - min(retained, log.base.number)
    for offer in offers { if let offer { floor = min(floor, offer.snapshot.through.number) } }
    log.forget(through: log.base > chosen ? log.base : Slot(floor))
    // What follows may be on disk before a peer's snapshot is.
    if log.base > chosen { learnedThrough = log.base }
    chosen = max(chosen, log.base)
    votes.remove(through: chosen)
    reports.remove(through: chosen)
    lessons.remove(through: chosen)
  }
  public mutating func replay(_ record: Record) {
    switch record {
    case .promise(let new): promised = new
    case .accept(let slot, let entry, let news):
      if !planted("P-06") { promised = max(promised, Ballot(entry.stamp)) }
      log.accept(entry, at: slot)
      settled = news
    }
    ballot = max(ballot, promised)
  }
  public func checkpoint() -> [Record] {
    var records = [Record.promise(promised)]
    let after = max(settled.after, log.base)
    let settled = Settled(after: after, through: max(settled.through, after))
    var slot = log.base.next
    while let last = log.accepted.last, slot <= last {
      if let entry = log.accepted[slot] { records.append(.accept(slot, entry, settled)) }
      slot = slot.next
    }
    return records
  }

  // MARK: What others may ask

  public var status: ReplicaStatus {
    let role: Role =
      switch standing {
      case .follower: .follower
      case .candidate: .candidate
      case .leader: .leader
      }
    return ReplicaStatus(
      role: role, epoch: ballot.number, leader: leader, committed: chosen,
      isEstablished: standing == .leader && chosen >= opening)
  }
  public func entry(at slot: Slot) -> Entry? { log.entry(at: slot) }
  public var base: Slot { log.base }

  // MARK: Steps

  public mutating func step(_ input: Input<MultiPaxos>, into effects: inout Effects<MultiPaxos>) {
    switch input {
    case .start:
      if planted("P-14") { (promised, ballot, log) = (.zero, .zero, MultiPaxosLog()) }
      awaitLeader(&effects)
      advance(&effects)
    case .propose(let batch): propose(batch, &effects)
    case .receive(let message, let peer): receive(message, from: peer, &effects)
    case .timeout(let timer): expire(timer, &effects)
    case .connected(let peer):
      connected.insert(peer)
      if standing == .leader { resume(peer, &effects) }
    case .disconnected(let peer):
      connected.remove(peer)
      if standing == .leader { lose(peer, &effects) }
      if peer == leader, timing.trustsDisconnect { doubtLeader(&effects) }
    case .compacted(let snapshot): restore(snapshot)
    // Hand-over is in none of the papers.
    case .transfer: break
    }
    if let interval = shared.retransmission { awaitAcceptances(interval, &effects) }
  }

  private mutating func expire(_ timer: Timer, _ effects: inout Effects<MultiPaxos>) {
    switch timer {
    case .election: if standing != .leader { campaign(&effects) }
    case .heartbeat: if standing == .leader { sendHeartbeats(&effects) } else { prepareAgain(&effects) }
    case .quorum: if standing == .leader { checkQuorum(&effects) }
    case .stickiness: isSticky = false
    case .learning: askAnother(&effects)
    case .offers: dropOffers(&effects)
    case .retransmission: retransmit(&effects)
    }
  }

  private mutating func receive(
    _ message: Message, from peer: NodeID, _ effects: inout Effects<MultiPaxos>
  ) {
    guard cluster.members.contains(peer) else { return }
    switch message {
    case .prepare(let request): answer(request, from: peer, &effects)
    case .promise(let reply): take(reply, from: peer, &effects)
    case .nack(let refused, let higher): abandon(refused, for: higher, &effects)
    case .accept(let request): accept(request, from: peer, &effects)
    case .accepted(let reply): count(reply, from: peer, &effects)
    case .chosen(let mark): if admit(mark.ballot, from: peer, &effects) { note(mark, &effects) }
    case .heartbeat(let beat): answer(beat, from: peer, &effects)
    case .heartbeatReply(let beat): hear(beat, from: peer, &effects)
    case .learnRequest(let slot): teach(peer, from: slot, &effects)
    case .learnReply(let reply): learn(reply, from: peer, &effects)
    case .installSnapshot(let piece): take(piece, from: peer, &effects)
    case .installSnapshotReply(let reply): take(reply, from: peer, &effects)
    }
  }

  /// Draws a new election timeout.
  mutating func awaitLeader(_ effects: inout Effects<MultiPaxos>) {
    effects.start(.election, after: random.duration(in: timing.electionTimeout))
  }

  /// Gives up standing or leading. A leader has no election timer and starts one.
  mutating func stepDown(_ effects: inout Effects<MultiPaxos>) {
    if standing != .follower { effects.stop(.heartbeat) }
    if standing == .leader {
      progress = []
      acceptors = NodeSet()
      effects.stop(.quorum)
      awaitLeader(&effects)
    }
    leader = nil
    standing = .follower
    reports.removeAll()
    if tuning.commit != .allLearn { votes.removeAll() }
  }

  // MARK: Learning (PMS §2.3)

  /// Hands over what is chosen without a gap: a replica executes the commands "in order" and only once "it knows all preceding
  /// ones" (PMS §3). A lesson that waited for the gap to close goes on where this replica's own acceptances end.
  mutating func advance(_ effects: inout Effects<MultiPaxos>) {
    let before = chosen
    if planted("P-13"), let entry = log.entry(at: chosen.next.next), isChosen(entry, at: chosen.next.next) {
      chosen = chosen.next.next
      effects.commit(entry, at: chosen)
    }
    // What a leader has not proposed again yet it will: until then nothing behind it counts.
    while standing != .leader || chosen < last || last >= opening {
      if let entry = log.entry(at: chosen.next), isChosen(entry, at: chosen.next) {
        chosen = chosen.next
        effects.commit(entry, at: chosen)
      } else if !lessons.isEmpty, let entry = lessons[chosen.next] {
        // A leader whose own proposals were chosen goes on: only the acceptances were lost, and their acceptors compact. One that
        // is told of other values was overtaken.
        if standing == .leader, chosen == last || log.entry(at: chosen.next)?.value != entry.value {
          stepDown(&effects)
        }
        learn(entry, &effects)
      } else {
        break
      }
    }
    if chosen > before {
      votes.remove(through: chosen)
      if !lessons.isEmpty { lessons.remove(through: chosen) }
    }
  }

  /// The next slot's value is chosen, says somebody who knows.
  mutating func learn(_ entry: Entry, _ effects: inout Effects<MultiPaxos>) {
    let slot = chosen.next
    if !log.learn(entry, at: slot) { learnedThrough = slot }
    chosen = slot
    votes.remove(through: slot)
    effects.commit(log.entry(at: slot) ?? entry, at: slot)
  }

  private func isChosen(_ entry: Entry, at slot: Slot) -> Bool {
    if settled.contains(slot) { return true }
    if let votes = votes[slot], votes.ballot.stamp == entry.stamp, hasQuorum(votes) { return true }
    // The leader's word is about its own proposals: what was accepted in an older ballot may be another value.
    return slot <= announced.through && entry.stamp == announced.ballot.stamp
  }
  /// "A value is chosen when a majority of the acceptors have accepted" one proposal with it (PMS §2.2): of one ballot.
  func hasQuorum(_ votes: Votes) -> Bool {
    votes.acceptors.count >= (planted("P-16") ? quorums.phase2 - 1 : quorums.phase2)
      && (shared.leaderDisk != .parallelLeaderRequired || votes.acceptors.contains(votes.ballot.node))
  }
}

/// Who accepted the proposal of one ballot in one slot.
struct Votes: Sendable {
  var ballot: Ballot
  var acceptors = NodeSet()
}

/// A snapshot on its way to a peer.
struct Offer: Sendable {
  var snapshot: Snapshot
  /// Bytes of it that the peer has.
  var offset = 0
  /// The peer was heard from since somebody last asked.
  var isActive = true
}
