import Consensus

@testable import Zab

/// One server under test, with what each step wanted done.
struct Server {
  struct Sent: Equatable {
    var message: Zab.Message
    var to: NodeSet
  }
  /// What one step wanted done.
  struct Outcome {
    var ahead: [Sent] = []
    var sent: [Sent] = []
    var records: [Zab.Record] = []
    var committed: [Slot] = []
    var rejected: [NodeID?] = []
    var started: [Zab.Timer: Duration] = [:]
    var stopped: [Zab.Timer] = []
    var resets = NodeSet()
    var installed: Slot?

    var messages: [Zab.Message] { (ahead + sent).map(\.message) }
    func messages(to peer: Int) -> [Zab.Message] {
      (ahead + sent).filter { $0.to.contains(NodeID(peer)) }.map(\.message)
    }
  }

  var core: Zab

  /// `history`: how many transactions of each epoch it has, from epoch 1 on.
  init(
    _ id: Int = 0, of count: Int = 3, tuning: Zab.Tuning = .standard, accepted: UInt32 = 0, current: UInt32? = nil,
    history: [UInt32] = [], shared: SharedTuning = .init(), retained: Int = 0, trustsDisconnect: Bool = false,
    connects: Bool = true
  ) {
    core = Zab(
      Configuration(
        id: NodeID(id), cluster: Cluster(count: count),
        timing: Timing(
          heartbeat: .milliseconds(50), electionTimeout: .milliseconds(150)...(.milliseconds(300)),
          trustsDisconnect: trustsDisconnect),
        shared: shared, tuning: tuning, retained: retained, seed: 1))
    for (index, entry) in Entry.history(history).enumerated() {
      core.replay(.append(Slot(UInt64(index + 1)), entry))
    }
    let newest = core.log.last.zxid.epoch
    core.replay(.acceptedEpoch(max(accepted, newest)))
    core.replay(.currentEpoch(current ?? newest))
    step(.start)
    if connects { for peer in 0..<count where peer != id { step(.connected(NodeID(peer))) } }
  }

  @discardableResult mutating func step(_ input: Input<Zab>) -> Outcome {
    var effects = Effects<Zab>()
    core.step(input, into: &effects)
    var outcome = Outcome()
    outcome.ahead = effects.ahead.map { Sent(message: $0.message, to: $0.to) }
    outcome.sent = effects.afterSync.map { Sent(message: $0.message, to: $0.to) }
    outcome.records = effects.records
    outcome.committed = effects.committed.map(\.slot)
    outcome.rejected = effects.rejected.map(\.hint)
    outcome.resets = effects.resets
    outcome.installed = effects.installed?.through
    for change in effects.timers {
      switch change {
      case .start(let timer, let delay): outcome.started[timer] = delay
      case .stop(let timer):
        outcome.started[timer] = nil
        outcome.stopped.append(timer)
      }
    }
    return outcome
  }
  @discardableResult mutating func receive(_ message: Zab.Message, from peer: Int) -> Outcome {
    step(.receive(message, from: NodeID(peer)))
  }

  // MARK: Shortcuts through the phases

  /// Elected with the votes of `voters`, none of whom has sent CEPOCH.
  @discardableResult mutating func win(votes voters: [Int] = [1]) -> Outcome {
    for voter in voters { receive(.vote(core.vote, round: core.round), from: voter) }
    return step(.timeout(.finalize))
  }
  /// Elected, and a quorum has promised the epoch.
  @discardableResult mutating func prepare(followers: [Int] = [1], promised: UInt32? = nil) -> Outcome {
    win(votes: followers)
    for peer in followers { receive(.cepoch(promised: promised ?? core.acceptedEpoch), from: peer) }
    receive(.own(epochAck: core), from: Int(core.id.index))
    var outcome = Outcome()
    for peer in followers { outcome = receive(.promise(core), from: peer) }
    return outcome
  }
  /// Established by the acknowledgements of a quorum.
  @discardableResult mutating func establish(followers: [Int] = [1], promised: UInt32? = nil) -> Outcome {
    prepare(followers: followers, promised: promised)
    let end = core.log.last
    receive(.ackNewLeader(epoch: core.acceptedEpoch, end: end), from: Int(core.id.index))
    var outcome = Outcome()
    for peer in followers { outcome = receive(.ackNewLeader(epoch: core.acceptedEpoch, end: end), from: peer) }
    return outcome
  }
  /// Follows `leader`, whose election a quorum agreed on.
  @discardableResult mutating func follow(_ leader: Int) -> Outcome {
    let vote = Zab.Vote(leader: NodeID(leader), zxid: Zab.Zxid(epoch: 99, counter: 1), peerEpoch: 99)
    for voter in 0..<core.cluster.members.count where voter != Int(core.id.index) {
      receive(.vote(vote, round: core.round), from: voter)
    }
    return step(.timeout(.finalize))
  }
  /// Follows `leader`, has promised it `epoch`, and then has been told that its history is the leader's.
  mutating func join(_ leader: Int, epoch: UInt32) {
    follow(leader)
    receive(.newEpoch(epoch), from: leader)
    receive(.newLeader(epoch: epoch, end: core.log.last), from: leader)
    receive(.upToDate(epoch: epoch, committed: core.log.last), from: leader)
  }
}

extension Entry {
  static func of(_ epoch: UInt32, _ counter: UInt32, value: Int? = nil) -> Entry {
    Entry(
      stamp: Zab.Zxid(epoch: epoch, counter: counter).stamp,
      value: .batch(.of(value ?? Int(epoch) * 100 + Int(counter))))
  }
  /// A history with that many transactions of each epoch, from epoch 1 on.
  static func history(_ counts: [UInt32]) -> [Entry] {
    var entries: [Entry] = []
    for (index, count) in counts.enumerated() {
      for counter in 0..<count { entries.append(.of(UInt32(index + 1), counter + 1)) }
    }
    return entries
  }
}
extension Batch {
  static func of(_ value: Int) -> Batch {
    Batch([Command(id: .init(client: 1, sequence: UInt64(value)), operation: .put(1, UInt64(value)))])
  }
}
extension Zab.Position {
  init(_ slot: UInt64, _ epoch: UInt32, _ counter: UInt32) {
    self.init(slot: Slot(slot), zxid: Zab.Zxid(epoch: epoch, counter: counter))
  }
}
extension Zab.Message {
  static func vote(_ vote: Zab.Vote, round: UInt64, _ standing: Zab.Standing = .looking) -> Zab.Message {
    .notification(.init(vote: vote, round: round, standing: standing))
  }
  static func vote(
    for leader: Int, _ epoch: UInt32, _ counter: UInt32, current: UInt32, round: UInt64,
    _ standing: Zab.Standing = .looking
  ) -> Zab.Message {
    .vote(
      Zab.Vote(leader: NodeID(leader), zxid: Zab.Zxid(epoch: epoch, counter: counter), peerEpoch: current),
      round: round, standing)
  }
  /// A follower with the leader's own history promises its epoch.
  static func promise(_ leader: Zab, counts: Bool = true) -> Zab.Message {
    .ackEpoch(
      .init(
        epoch: leader.acceptedEpoch, counts: counts, currentEpoch: leader.currentEpoch, outline: leader.log.outline))
  }
  /// A follower with another history does.
  static func promise(_ epoch: UInt32, current: UInt32, _ outline: [Zab.Position], counts: Bool = true) -> Zab.Message {
    .ackEpoch(.init(epoch: epoch, counts: counts, currentEpoch: current, outline: outline))
  }
  static func own(epochAck core: Zab) -> Zab.Message {
    .ackEpoch(
      .init(epoch: core.acceptedEpoch, counts: true, currentEpoch: core.currentEpoch, outline: [core.log.last]))
  }
}
extension Snapshot {
  static func through(_ slot: UInt64, _ epoch: UInt32, _ counter: UInt32, bytes: Int = 20) -> Snapshot {
    Snapshot(
      through: Slot(slot), stamp: Zab.Zxid(epoch: epoch, counter: counter).stamp,
      image: (0..<bytes).map { UInt8($0) })
  }
}
