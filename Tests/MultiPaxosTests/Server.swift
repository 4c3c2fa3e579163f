import Consensus

@testable import MultiPaxos

/// One replica under test, with what each step wanted done.
struct Server {
  struct Sent: Equatable {
    var message: MultiPaxos.Message
    var to: NodeSet
  }
  /// What one step wanted done.
  struct Outcome {
    var ahead: [Sent] = []
    var sent: [Sent] = []
    var records: [MultiPaxos.Record] = []
    var committed: [Slot] = []
    var values: [Value] = []
    var rejected: [NodeID?] = []
    var started: [MultiPaxos.Timer: Duration] = [:]
    var stopped: [MultiPaxos.Timer] = []
    var installed: Slot?

    var messages: [MultiPaxos.Message] { (ahead + sent).map(\.message) }
    /// The Accepts to peers, by slot and value.
    var accepts: [MultiPaxos.Accept] {
      messages.compactMap { if case .accept(let accept) = $0 { accept } else { nil } }
    }
    var promise: MultiPaxos.Promise? {
      for case .promise(let promise) in messages { return promise }
      return nil
    }
  }

  var core: MultiPaxos

  /// Has accepted `accepted` in the slots from 1 on, nil being a hole, and then promised `promised`.
  init(
    _ id: Int = 0, of count: Int = 3, tuning: MultiPaxos.Tuning = .standard, promised: Ballot = .zero,
    accepted: [Entry?] = [], shared: SharedTuning = .init(), retained: Int = 0, trustsDisconnect: Bool = false,
    seed: UInt64 = 1
  ) {
    core = MultiPaxos(
      Configuration(
        id: NodeID(id), cluster: Cluster(count: count),
        timing: Timing(
          heartbeat: .milliseconds(50), electionTimeout: .milliseconds(150)...(.milliseconds(300)),
          trustsDisconnect: trustsDisconnect),
        shared: shared, tuning: tuning, retained: retained, seed: seed))
    for (index, entry) in accepted.enumerated() {
      if let entry { core.replay(.accept(Slot(UInt64(index + 1)), entry, .init())) }
    }
    if promised > core.promised { core.replay(.promise(promised)) }
    step(.start)
    for peer in 0..<count where peer != id { step(.connected(NodeID(peer))) }
  }

  @discardableResult mutating func step(_ input: Input<MultiPaxos>) -> Outcome {
    var effects = Effects<MultiPaxos>()
    core.step(input, into: &effects)
    var outcome = Outcome()
    outcome.ahead = effects.ahead.map { Sent(message: $0.message, to: $0.to) }
    outcome.sent = effects.afterSync.map { Sent(message: $0.message, to: $0.to) }
    outcome.records = effects.records
    outcome.committed = effects.committed.map(\.slot)
    outcome.values = effects.committed.map(\.entry.value)
    outcome.rejected = effects.rejected.map(\.hint)
    outcome.installed = effects.installed?.through
    for change in effects.timers {
      switch change {
      case .start(let timer, let delay): outcome.started[timer] = delay
      case .stop(let timer): outcome.stopped.append(timer)
      }
    }
    return outcome
  }
  @discardableResult mutating func receive(_ message: MultiPaxos.Message, from peer: Int) -> Outcome {
    step(.receive(message, from: NodeID(peer)))
  }

  /// Times out, and is promised its ballot by itself and by `voters`, who accepted nothing.
  @discardableResult mutating func becomeLeader(promises voters: [Int] = [1]) -> Outcome {
    var outcome = step(.timeout(.election))
    if let own = outcome.promise { outcome = receive(.promise(own), from: Int(core.id.index)) }
    for voter in voters { outcome = receive(.promised(core.ballot, from: core.chosen.next), from: voter) }
    return outcome
  }
  /// Its own acceptances, as they come back through its disk.
  @discardableResult mutating func syncOwn(_ slot: UInt64) -> Outcome {
    receive(.acceptedIn(core.ballot, slot), from: Int(core.id.index))
  }
}

/// The ballot of `node` in `round`.
func ballot(_ round: UInt64, _ node: Int) -> Ballot { Ballot(round: round, node: NodeID(node)) }

extension Entry {
  static func of(_ ballot: Ballot, _ value: Int) -> Entry { Entry(stamp: ballot.stamp, value: .of(value)) }
}
extension Value {
  static func of(_ value: Int) -> Value { .batch(.of(value)) }
}
extension Batch {
  static func of(_ value: Int) -> Batch {
    Batch([Command(id: .init(client: 1, sequence: UInt64(value)), operation: .put(1, UInt64(value)))])
  }
}
extension MultiPaxos.Message {
  static func ask(_ ballot: Ballot, from slot: UInt64 = 1, last: UInt64 = 0, _ lastBallot: Ballot = .zero) -> Self {
    .prepare(.init(ballot: ballot, from: Slot(slot), lastSlot: Slot(last), lastBallot: lastBallot))
  }
  /// A whole promise, with reports for the slots given.
  static func promised(
    _ ballot: Ballot, from first: Slot, _ reports: [UInt64: Entry] = [:], chosen: UInt64 = 0
  ) -> Self {
    let sorted = reports.sorted { $0.key < $1.key }
    return .promise(
      .init(
        ballot: ballot, compacted: Slot(0), first: first, through: Slot(max(sorted.last?.key ?? 0, first.number - 1)),
        rest: .nothing, chosen: Slot(chosen), reports: sorted.map { .init(slot: Slot($0.key), entry: $0.value) }))
  }
  static func propose(_ ballot: Ballot, _ slot: UInt64, _ values: [Value], chosen: UInt64 = 0) -> Self {
    .accept(.init(ballot: ballot, first: Slot(slot), chosen: Slot(chosen), values: values))
  }
  static func acceptedIn(_ ballot: Ballot, _ slot: UInt64, through last: UInt64? = nil) -> Self {
    .accepted(.init(ballot: ballot, first: Slot(slot), last: Slot(last ?? slot)))
  }
  static func beat(_ ballot: Ballot, _ number: UInt64 = 0, chosen: UInt64 = 0) -> Self {
    .heartbeat(.init(mark: .init(ballot: ballot, chosen: Slot(chosen)), number: number))
  }
  static func beaten(_ ballot: Ballot, _ number: UInt64 = 0, chosen: UInt64 = 0) -> Self {
    .heartbeatReply(.init(mark: .init(ballot: ballot, chosen: Slot(chosen)), number: number))
  }
}
extension Snapshot {
  static func through(_ slot: UInt64, _ ballot: Ballot, bytes: Int = 20) -> Snapshot {
    Snapshot(through: Slot(slot), stamp: ballot.stamp, image: (0..<bytes).map { UInt8($0) })
  }
}
