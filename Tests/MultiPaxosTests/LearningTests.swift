import Consensus
import Testing

@testable import MultiPaxos

@Suite("Learning") struct LearningTests {
  private let old = ballot(1, 0)
  private let new = ballot(2, 2)

  @Test("The leader's word is about its own ballot: what was accepted in an older one may be another value")
  func watermarkOfOneBallot() {
    var server = Server(1, accepted: [.of(old, 1), .of(old, 2)])
    let outcome = server.receive(.beat(new, chosen: 2), from: 2)
    #expect(outcome.committed.isEmpty)
    #expect(outcome.ahead == [.init(message: .learnRequest(from: Slot(1)), to: NodeSet(NodeID(2)))])
    #expect(outcome.started[.learning] == .milliseconds(150))
    let values = [Entry.of(new, 7), .of(old, 2)]
    let learned = server.receive(
      .learnReply(.init(first: Slot(1), chosen: Slot(2), rest: .nothing, entries: values)), from: 2)
    #expect(learned.committed == [Slot(1), Slot(2)] && learned.values == [.of(7), .of(2)])
    #expect(learned.records.isEmpty, "a quorum has it on disk")
    #expect(learned.stopped.contains(.learning))
    #expect(
      server.core.checkpoint().contains(.accept(Slot(1), .of(old, 1), .init())),
      "what it accepted it still accepted")
    #expect(server.core.entry(at: Slot(1)) == .of(new, 7))
    server.step(.timeout(.stickiness))
    let promise = server.receive(.ask(ballot(3, 0)), from: 0).promise
    #expect(promise?.reports.first?.entry == .of(new, 7))
  }

  @Test("A value that was learned is not overwritten by a proposal of a ballot that was overtaken")
  func latecomer() {
    var server = Server(1)
    server.receive(.propose(old, 1, [.of(1)]), from: 0)
    server.receive(
      .learnReply(.init(first: Slot(1), chosen: Slot(1), rest: .nothing, entries: [.of(ballot(9, 2), 9)])), from: 2)
    #expect(server.core.chosen == Slot(1))
    let late = server.receive(.propose(ballot(3, 0), 1, [.of(3)]), from: 0)
    #expect(late.records.isEmpty && late.sent.isEmpty)
    #expect(server.core.entry(at: Slot(1))?.value == .of(9))
    let same = server.receive(.propose(ballot(9, 2), 1, [.of(9)]), from: 2)
    #expect(
      same.records == [.accept(Slot(1), .of(ballot(9, 2), 9), .init(after: Slot(1), through: Slot(1)))],
      "the chosen value gets its vote")
  }

  @Test(
    "A replica that comes back executes at once what its acceptances say is settled, and asks for no more than the rest"
  )
  func settled() {
    var server = Server(1)
    server.receive(.propose(old, 1, [.of(1)]), from: 0)
    server.receive(.propose(old, 2, [.of(2)], chosen: 1), from: 0)
    let third = server.receive(.propose(old, 3, [.of(3)], chosen: 2), from: 0)
    #expect(third.records == [.accept(Slot(3), .of(old, 3), .init(after: Slot(0), through: Slot(1)))])
    var recovered = Server(1)
    for record in server.core.checkpoint() { recovered.core.replay(record) }
    #expect(recovered.step(.start).committed == [Slot(1)])
    #expect(recovered.core.checkpoint() == server.core.checkpoint())
    // What was learned and differs from what was accepted is on other disks, not on this one.
    var learner = Server(1, accepted: [.of(old, 1)])
    learner.receive(
      .learnReply(.init(first: Slot(1), chosen: Slot(1), rest: .nothing, entries: [.of(new, 7)])), from: 2)
    let vote = learner.receive(.propose(new, 2, [.of(2)]), from: 2)
    #expect(vote.records == [.accept(Slot(2), .of(new, 2), .init(after: Slot(1), through: Slot(1)))])
  }

  /// The compaction's snapshot reaches the disk later than the acceptances after it. In between, a crash brings back what was
  /// accepted below it, and that need not be what was chosen.
  @Test("What was learned from others is not settled here, compacted or not")
  func settledAbove() {
    var server = Server(1, accepted: [.of(old, 1)])
    server.receive(.learnReply(.init(first: Slot(1), chosen: Slot(1), rest: .nothing, entries: [.of(new, 7)])), from: 2)
    server.receive(.propose(new, 2, [.of(2)]), from: 2)
    server.receive(.beat(new, chosen: 2), from: 2)
    server.step(.compacted(.through(2, new)))
    let vote = server.receive(.propose(new, 3, [.of(3)]), from: 2)
    #expect(vote.records == [.accept(Slot(3), .of(new, 3), .init(after: Slot(1), through: Slot(2)))])
    // Without the snapshot: the claim begins above what is known, and is of use once that is.
    var early = Server(1, accepted: [.of(old, 1), .of(new, 2)])
    early.core.replay(vote.records[0])
    #expect(early.step(.start).committed.isEmpty)
    #expect(early.receive(.propose(ballot(9, 0), 2, [.of(8)]), from: 0).records.isEmpty, "settled, and another value")
    let rest = early.receive(
      .learnReply(.init(first: Slot(1), chosen: Slot(1), rest: .nothing, entries: [.of(new, 7)])), from: 2)
    #expect(rest.values == [.of(7), .of(2)])
  }

  @Test("Nor is what came as a peer's snapshot: an acceptance after it may be on disk before it")
  func settledAboveSnapshot() {
    var server = Server(1, accepted: [.of(old, 1), .of(old, 2)])
    let piece = SnapshotTransfer.piece(of: .through(2, new), at: 0, limit: 100)
    #expect(server.receive(.installSnapshot(piece), from: 2).installed == Slot(2))
    let vote = server.receive(.propose(new, 3, [.of(3)]), from: 2)
    #expect(vote.records == [.accept(Slot(3), .of(new, 3), .init(after: Slot(2), through: Slot(2)))])
    // Without the snapshot, what was accepted below it is not known to be what was chosen.
    var early = Server(1, accepted: [.of(old, 1), .of(old, 2)])
    early.core.replay(vote.records[0])
    #expect(early.step(.start).committed.isEmpty)
  }

  @Test("A leader learns that its own proposals were chosen, and steps down where others were")
  func leaderLearns() {
    for value in [Value.of(2), .of(9)] {
      var leader = Server()
      leader.becomeLeader()
      leader.step(.propose(.of(2)))
      let noop = Entry(stamp: leader.core.ballot.stamp, value: .noop)
      let outcome = leader.receive(
        .learnReply(
          .init(
            first: Slot(1), chosen: Slot(2), rest: .nothing, entries: [noop, Entry(stamp: new.stamp, value: value)])),
        from: 1)
      #expect(outcome.values == [.noop, value])
      #expect((leader.core.standing == .leader) == (value == .of(2)))
    }
  }

  @Test("Any peer answers with what was chosen, in as many messages as it takes, and in any order")
  func catchUp() {
    var teacher = Server(1, accepted: (1...9).map { .of(old, $0) }, shared: SharedTuning(messageBytes: 130))
    teacher.receive(.beat(old, chosen: 8), from: 0)
    var server = Server(2)
    server.receive(.beat(old, chosen: 8), from: 0)
    #expect(server.step(.timeout(.learning)).ahead.map(\.to) == [NodeSet(NodeID(0))], "it may have been lost")
    server.step(.timeout(.learning))
    #expect(server.core.teacher == NodeID(1), "the leader did not answer: the next peer is asked")
    let replies = teacher.receive(.learnRequest(from: Slot(1)), from: 2)
    #expect(replies.sent.isEmpty && replies.records.isEmpty && replies.ahead.count == 4)
    for index in [3, 1, 1, 2] {
      #expect(server.receive(replies.ahead[index].message, from: 1).messages.isEmpty)
    }
    #expect(server.core.chosen == Slot(0) && server.core.teacher == NodeID(1))
    #expect(server.receive(replies.ahead[0].message, from: 1).committed == (1...8).map { Slot($0) })
    #expect(server.core.teacher == nil)
    let nothing = teacher.receive(.learnRequest(from: Slot(9)), from: 2)
    #expect(nothing.messages == [.learnReply(.init(first: Slot(9), chosen: Slot(8), rest: .nothing, entries: []))])
  }

  @Test("After so many messages the teacher waits to be asked, and is asked once")
  func pause() {
    let n = MultiPaxos.pages + 2
    var teacher = Server(1, accepted: (1...n).map { .of(old, $0) }, shared: SharedTuning(messageBytes: 1))
    teacher.receive(.beat(old, chosen: UInt64(n)), from: 0)
    var server = Server(2)
    server.receive(.beat(old, chosen: UInt64(n)), from: 0)
    server.step(.timeout(.learning))
    server.step(.timeout(.learning))
    let replies = teacher.receive(.learnRequest(from: Slot(1)), from: 2).messages
    #expect(replies.count == MultiPaxos.pages)
    var asked: [MultiPaxos.Message] = []
    for reply in replies + [replies[0], replies.last!] { asked += server.receive(reply, from: 1).messages }
    #expect(asked == [.learnRequest(from: Slot(UInt64(MultiPaxos.pages) + 1))])
    for reply in teacher.receive(asked[0], from: 2).messages { server.receive(reply, from: 1) }
    #expect(server.core.chosen == Slot(UInt64(n)) && server.core.teacher == nil)
  }

  @Test("A reply that begins behind a gap waits for what is in it; one that begins earlier teaches what is new")
  func gap() {
    var server = Server(1)
    let values = (2...3).map { Entry.of(old, $0) }
    server.receive(.learnReply(.init(first: Slot(2), chosen: Slot(3), rest: .nothing, entries: values)), from: 0)
    #expect(server.core.chosen == Slot(0))
    server.receive(
      .learnReply(.init(first: Slot(1), chosen: Slot(2), rest: .nothing, entries: [.of(old, 1), values[0]])), from: 0)
    #expect(server.core.chosen == Slot(3))
    let third = server.receive(
      .learnReply(.init(first: Slot(2), chosen: Slot(4), rest: .nothing, entries: values + [.of(old, 4)])), from: 0)
    #expect(third.committed == [Slot(4)])
  }

  @Test("What was learned beyond a gap is executed as soon as that closes, whatever closes it")
  func gapCloses() {
    let beyond = MultiPaxos.Message.learnReply(
      .init(first: Slot(3), chosen: Slot(3), rest: .nothing, entries: [.of(new, 3)]))
    // By a reply and this replica's own acceptance behind it: a second time the reply finds nothing left to do.
    let first = MultiPaxos.Message.learnReply(
      .init(first: Slot(1), chosen: Slot(3), rest: .follows, entries: [.of(new, 1)]))
    var server = Server(1, accepted: [nil, .of(new, 2)])
    server.receive(.beat(new, chosen: 2), from: 2)
    #expect(server.receive(beyond, from: 2).committed.isEmpty)
    #expect(server.receive(first, from: 2).values == [.of(1), .of(2), .of(3)])
    #expect(server.receive(first, from: 2).committed.isEmpty)
    // By the leader's word.
    var other = Server(1, accepted: [.of(new, 1), .of(new, 2)])
    other.receive(beyond, from: 2)
    #expect(other.receive(.beat(new, chosen: 2), from: 2).values == [.of(1), .of(2), .of(3)])
    // By acceptances: a leader that is told of another value behind them steps down.
    var leader = Server()
    leader.becomeLeader()
    leader.step(.propose(.of(8)))
    leader.receive(.learnReply(.init(first: Slot(2), chosen: Slot(2), rest: .nothing, entries: [.of(new, 9)])), from: 2)
    leader.receive(.acceptedIn(leader.core.ballot, 1), from: 1)
    #expect(leader.syncOwn(1).values == [.noop, .of(9)])
    #expect(leader.core.standing == .follower)
  }

  @Test("What was compacted is taught as a snapshot, a piece for each answer")
  func snapshot() {
    var teacher = Server(1, accepted: (1...6).map { .of(old, $0) }, shared: SharedTuning(snapshotPieceBytes: 8))
    teacher.receive(.beat(old, chosen: 6), from: 0)
    teacher.step(.compacted(.through(5, old)))
    #expect(teacher.core.entry(at: Slot(5)) == nil && teacher.core.entry(at: Slot(6)) != nil)
    var server = Server(2)
    server.receive(.beat(old, chosen: 6), from: 0)
    for _ in 0..<2 { server.step(.timeout(.learning)) }
    var piece = teacher.receive(.learnRequest(from: Slot(1)), from: 2)
    var pieces = 0
    var installed: Server.Outcome?
    while case .installSnapshot? = piece.messages.first, pieces < 10 {
      pieces += 1
      let answer = server.receive(piece.messages[0], from: 1)
      if answer.installed != nil { installed = answer }
      guard let reply = answer.messages.last else { break }
      piece = teacher.receive(reply, from: 2)
    }
    #expect(pieces == 3 && installed?.installed == Slot(5))
    #expect(server.core.chosen == Slot(5) && server.core.base == Slot(5))
    #expect(installed?.messages.contains(.learnRequest(from: Slot(6))) == true, "the rest is asked for at once")
    #expect(teacher.core.offers.allSatisfy { $0 == nil })
  }

  @Test("What was accepted beyond a snapshot stays: slots do not depend on each other")
  func beyond() {
    var server = Server(1, accepted: [.of(old, 1), nil, .of(old, 3), .of(new, 4)])
    server.core.restore(.through(3, old))
    #expect(
      server.core.checkpoint() == [
        .promise(new), .accept(Slot(4), .of(new, 4), .init(after: Slot(3), through: Slot(3))),
      ])
    server.core.restore(.through(2, old))
    #expect(server.core.base == Slot(3), "an older snapshot changes nothing")
    #expect(server.core.entry(at: Slot(3)) == nil)
  }

  @Test("A running transfer keeps its snapshot and the slots after it, until nobody fetches any more")
  func transfer() {
    var teacher = Server(1, accepted: (1...9).map { .of(old, $0) }, shared: SharedTuning(snapshotPieceBytes: 8))
    teacher.receive(.beat(old, chosen: 9), from: 0)
    teacher.step(.compacted(.through(3, old)))
    #expect(teacher.receive(.learnRequest(from: Slot(1)), from: 2).started[.offers] == .milliseconds(300))
    teacher.step(.compacted(.through(8, old)))
    #expect(teacher.core.entry(at: Slot(4)) != nil && teacher.core.entry(at: Slot(3)) == nil)
    func piece(_ outcome: Server.Outcome) -> SnapshotPiece? {
      if case .installSnapshot(let piece)? = outcome.messages.first { piece } else { nil }
    }
    let answer = MultiPaxos.Message.installSnapshotReply(.init(through: Slot(3), next: 8, isDone: false))
    #expect(piece(teacher.receive(answer, from: 2))?.offset == 8)
    #expect(teacher.receive(answer, from: 2).messages.isEmpty, "an answer that comes twice")
    // Asked again, it goes on where it was, once it is told where that is.
    let first = piece(teacher.receive(.learnRequest(from: Slot(1)), from: 2))
    #expect(first?.through == Slot(3) && first?.offset == 0)
    #expect(piece(teacher.receive(answer, from: 2))?.offset == 8)
    #expect(teacher.step(.timeout(.offers)).started[.offers] != nil)
    #expect(teacher.step(.timeout(.offers)).started[.offers] == nil)
    teacher.step(.compacted(.through(9, old)))
    #expect(teacher.core.entry(at: Slot(9)) == nil)
  }

  @Test("Slots retained below a snapshot are taught without it")
  func retained() {
    var teacher = Server(1, accepted: (1...9).map { .of(old, $0) }, retained: 4)
    teacher.receive(.beat(old, chosen: 9), from: 0)
    teacher.step(.compacted(.through(8, old)))
    #expect(teacher.core.base == Slot(8) && teacher.core.checkpoint().count == 2)
    guard case .learnReply(let reply)? = teacher.receive(.learnRequest(from: Slot(5)), from: 2).messages.first else {
      return #expect(Bool(false), "no values")
    }
    #expect(reply.entries == (5...9).map { .of(old, $0) })
  }

  @Test("A leader that must be told of a snapshot lags behind what is chosen: it steps down and takes it")
  func laggingLeader() {
    var acceptor = Server(1, accepted: (1...4).map { .of(old, $0) })
    acceptor.receive(.beat(old, chosen: 4), from: 0)
    acceptor.step(.compacted(.through(3, old)))
    let answer = acceptor.receive(.propose(ballot(3, 2), 2, [.of(2), .of(3), .of(4)]), from: 2)
    #expect(answer.sent.map(\.message) == [.acceptedIn(ballot(3, 2), 4)], "what is compacted is not voted on again")
    #expect(answer.records == [.accept(Slot(4), .of(ballot(3, 2), 4), .init(after: Slot(0), through: Slot(4)))])
    guard let piece = answer.ahead.first?.message, case .installSnapshot = piece else {
      return #expect(Bool(false), "no snapshot")
    }
    var leader = Server(2)
    leader.becomeLeader()
    leader.receive(piece, from: 1)
    #expect(leader.core.standing == .follower && leader.core.chosen == Slot(3))
  }

  @Test("Another teacher may have an older snapshot: half a snapshot is forgotten")
  func anotherTeacher() {
    func piece(_ through: UInt64, at offset: Int, last: Bool) -> MultiPaxos.Message {
      .installSnapshot(
        SnapshotPiece(through: Slot(through), stamp: old.stamp, offset: offset, bytes: [1, 2], isLast: last))
    }
    var server = Server(2)
    server.receive(.beat(old, chosen: 9), from: 0)
    server.receive(piece(9, at: 0, last: false), from: 0)
    #expect(server.receive(piece(7, at: 0, last: true), from: 1).messages.isEmpty, "not asked")
    for _ in 0..<2 { server.step(.timeout(.learning)) }
    #expect(server.core.teacher == NodeID(1))
    #expect(server.receive(piece(7, at: 0, last: true), from: 1).installed == Slot(7))
  }
}
