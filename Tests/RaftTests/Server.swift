import Consensus

@testable import Raft

/// One server under test, with what each step wanted done.
struct Server {
  struct Sent: Equatable {
    var message: Raft.Message
    var to: NodeSet
  }
  /// What one step wanted done.
  struct Outcome {
    var ahead: [Sent] = []
    var sent: [Sent] = []
    var records: [Raft.Record] = []
    var committed: [Slot] = []
    var rejected: [NodeID?] = []
    var started: [Raft.Timer: Duration] = [:]
    var stopped: [Raft.Timer] = []
    var installed: Slot?

    var messages: [Raft.Message] { (ahead + sent).map(\.message) }
  }

  var core: Raft

  init(
    _ id: Int = 0, of count: Int = 3, tuning: Raft.Tuning = .plain, term: UInt64 = 0, terms: [UInt64] = [],
    shared: SharedTuning = .init(), retained: Int = 0, trustsDisconnect: Bool = false, seed: UInt64 = 1
  ) {
    core = Raft(
      Configuration(
        id: NodeID(id), cluster: Cluster(count: count),
        timing: Timing(
          heartbeat: .milliseconds(50), electionTimeout: .milliseconds(150)...(.milliseconds(300)),
          trustsDisconnect: trustsDisconnect),
        shared: shared, tuning: tuning, retained: retained, seed: seed))
    core.replay(.vote(term: max(term, terms.last ?? 0), for: nil))
    for (index, term) in terms.enumerated() { core.replay(.append(Slot(UInt64(index + 1)), .of(term, index))) }
    step(.start)
    for peer in 0..<count where peer != id { step(.connected(NodeID(peer))) }
  }

  @discardableResult mutating func step(_ input: Input<Raft>) -> Outcome {
    var effects = Effects<Raft>()
    core.step(input, into: &effects)
    var outcome = Outcome()
    outcome.ahead = effects.ahead.map { Sent(message: $0.message, to: $0.to) }
    outcome.sent = effects.afterSync.map { Sent(message: $0.message, to: $0.to) }
    outcome.records = effects.records
    outcome.committed = effects.committed.map(\.slot)
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
  @discardableResult mutating func receive(_ message: Raft.Message, from peer: Int) -> Outcome {
    step(.receive(message, from: NodeID(peer)))
  }

  /// Times out, and gets votes from itself and `voters`.
  mutating func becomeLeader(votes voters: [Int] = [1]) {
    step(.timeout(.election))
    if core.standing == .preCandidate {
      for voter in voters { receive(.preVoteReply(.init(term: core.term + 1, isGranted: true)), from: voter) }
    }
    receive(.requestVoteReply(.init(term: core.term, isGranted: true)), from: Int(core.id.index))
    for voter in voters { receive(.requestVoteReply(.init(term: core.term, isGranted: true)), from: voter) }
  }

  /// The terms of its log, from the first entry that it holds.
  var terms: [UInt64] {
    (core.log.anchor.slot.number..<core.log.lastSlot.number).map { core.log.term(at: Slot($0 + 1)) ?? 0 }
  }
}

extension Entry {
  static func of(_ term: UInt64, _ value: Int = 0) -> Entry {
    Entry(stamp: Stamp(term), value: .batch(.of(value)))
  }
}
extension Batch {
  static func of(_ value: Int) -> Batch {
    Batch([Command(id: .init(client: 1, sequence: UInt64(value)), operation: .put(1, UInt64(value)))])
  }
}
extension Raft.Message {
  static func append(
    term: UInt64, after slot: UInt64, _ previousTerm: UInt64, _ entries: [Entry], commit: UInt64 = 0
  ) -> Raft.Message {
    .appendEntries(
      .init(
        term: term, previousSlot: Slot(slot), previousTerm: previousTerm, commit: Slot(commit), entries: entries))
  }
  static func beat(term: UInt64, after slot: UInt64, _ previousTerm: UInt64, commit: UInt64 = 0) -> Raft.Message {
    .heartbeat(
      .init(term: term, previousSlot: Slot(slot), previousTerm: previousTerm, commit: Slot(commit), entries: []))
  }
  static func ask(term: UInt64, last: UInt64 = 0, _ lastTerm: UInt64 = 0, transfer: Bool = false) -> Raft.Message {
    .requestVote(.init(term: term, lastSlot: Slot(last), lastTerm: lastTerm, isTransfer: transfer))
  }
  static func acked(term: UInt64, through slot: UInt64) -> Raft.Message {
    .appendEntriesReply(.success(term, through: Slot(slot)))
  }
  static func granted(term: UInt64) -> Raft.Message { .requestVoteReply(.init(term: term, isGranted: true)) }
}
extension Snapshot {
  static func through(_ slot: UInt64, term: UInt64, bytes: Int = 20) -> Snapshot {
    Snapshot(through: Slot(slot), stamp: Stamp(term), image: (0..<bytes).map { UInt8($0) })
  }
}
