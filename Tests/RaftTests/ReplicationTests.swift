import Consensus
import Testing

@testable import Raft

@Suite("Log replication") struct ReplicationTests {
  private func leader(
    of count: Int = 3, terms: [UInt64] = [], shared: SharedTuning = .init(), retained: Int = 0
  ) -> Server {
    var server = Server(of: count, terms: terms, shared: shared, retained: retained)
    server.becomeLeader(votes: Array(1..<(count / 2 + 1)))
    return server
  }

  @Test(
    "§5.3: The leader appends the command to its log, then issues AppendEntries in parallel to each of the other servers"
  )
  func appendAndSend() {
    var server = leader(of: 5)
    let outcome = server.step(.propose(.of(7)))
    let entry = Entry(stamp: Stamp(1), value: .batch(.of(7)))
    #expect(outcome.records == [.append(Slot(2), entry)])
    #expect(outcome.ahead == [.init(message: .append(term: 1, after: 1, 1, [entry]), to: NodeSet(bits: 0b11110))])
    #expect(outcome.sent == [.init(message: .acked(term: 1, through: 2), to: NodeSet(bits: 1))])
  }

  @Test("D§10.2.1: The leader may write its disk in parallel; if it is to write first, nothing leaves before")
  func leaderDisk() {
    for mode in LeaderDisk.allCases {
      var server = leader(shared: SharedTuning(leaderDisk: mode))
      let outcome = server.step(.propose(.of(1)))
      #expect(outcome.ahead.isEmpty == (mode == .serial))
      server.receive(.acked(term: 1, through: 2), from: 1)
      let second = server.receive(.acked(term: 1, through: 2), from: 2)
      let own = server.receive(.acked(term: 1, through: 2), from: 0)
      // Both followers have it: whether that commits it is the mode's business.
      #expect(second.committed.isEmpty == (mode == .parallelLeaderRequired))
      #expect(own.committed.isEmpty == (mode != .parallelLeaderRequired))
    }
  }

  @Test(
    "§5.3: An entry is committed once it is on a majority; this also commits all preceding entries; they are applied in order"
  )
  func commit() {
    var server = leader(of: 5, terms: [1])
    for value in 1...2 { server.step(.propose(.of(value))) }
    #expect(server.receive(.acked(term: 2, through: 4), from: 0).committed.isEmpty)
    #expect(server.receive(.acked(term: 2, through: 4), from: 1).committed.isEmpty)
    #expect(server.receive(.acked(term: 2, through: 4), from: 1).committed.isEmpty, "one server counts once")
    #expect(server.receive(.acked(term: 2, through: 3), from: 2).committed == [1, 2, 3].map { Slot($0) })
    #expect(server.receive(.acked(term: 2, through: 4), from: 3).committed == [Slot(4)])
  }

  @Test("§5.4.2: Only log entries from the leader's current term are committed by counting replicas (Figure 8)")
  func figureEight() {
    var server = Server(of: 5, term: 3, terms: [1, 2])
    server.becomeLeader(votes: [1, 2])
    #expect(server.core.term == 4)
    for peer in 0...2 { #expect(server.receive(.acked(term: 4, through: 2), from: peer).committed.isEmpty) }
    for peer in 0...1 { #expect(server.receive(.acked(term: 4, through: 3), from: peer).committed.isEmpty) }
    #expect(server.receive(.acked(term: 4, through: 3), from: 2).committed == [1, 2, 3].map { Slot($0) })
  }

  @Test("Acknowledgements of an older leadership, of a refusal or of what is not in the log count for nothing")
  func strangeAcknowledgements() {
    var server = leader(of: 3)
    #expect(server.receive(.acked(term: 0, through: 1), from: 1).committed.isEmpty)
    #expect(server.receive(.acked(term: 1, through: 99), from: 1).committed.isEmpty)
    #expect(server.receive(.acked(term: 1, through: 99), from: 0).committed.isEmpty || server.core.commit == Slot(0))
    #expect(server.receive(.acked(term: 1, through: 1), from: 2).committed == [Slot(1)])
    server.receive(.acked(term: 1, through: 0), from: 2)
    #expect(server.core.matched[NodeID(2)] == Slot(1), "an old reply takes nothing back")
  }

  @Test("§5.3: Once a follower learns that a log entry is committed, it applies it; never more than it has verified")
  func followerCommit() {
    var server = Server(1, terms: [1, 1, 1])
    let unverified = server.receive(.append(term: 2, after: 1, 1, [.of(2)], commit: 3), from: 0)
    #expect(unverified.committed == [Slot(1), Slot(2)])
    #expect(server.terms == [1, 2])
    #expect(server.receive(.beat(term: 2, after: 2, 2, commit: 9), from: 0).committed.isEmpty)
    #expect(server.receive(.append(term: 2, after: 2, 2, [.of(2)], commit: 9), from: 0).committed == [Slot(3)])
    #expect(server.receive(.beat(term: 2, after: 3, 2, commit: 1), from: 0).committed.isEmpty)
    #expect(server.core.commit == Slot(3))
  }

  @Test("§5.3: If the follower does not find an entry with the same index and term, then it refuses the new entries")
  func refuse() {
    var server = Server(1, terms: [1, 1, 2])
    let beyond = server.receive(.append(term: 5, after: 7, 5, [.of(5)]), from: 0)
    #expect(beyond.messages == [.appendEntriesReply(.refusal(5, of: Slot(7), hint: .init(slot: Slot(3), term: 2)))])
    let other = server.receive(.append(term: 5, after: 3, 1, [.of(5)]), from: 0)
    #expect(other.messages == [.appendEntriesReply(.refusal(5, of: Slot(3), hint: .init(slot: Slot(2), term: 1)))])
    #expect(beyond.records.isEmpty || beyond.records == [.vote(term: 5, for: nil)])
    #expect(server.terms == [1, 1, 2])
  }

  @Test(
    "§5.3: Conflicting entries in follower logs are overwritten; what agrees stays, even if the message is an old one")
  func overwrite() {
    var server = Server(1, terms: [1, 1, 2, 2])
    server.receive(.append(term: 3, after: 2, 1, [.of(3, 1), .of(3, 2)]), from: 0)
    #expect(server.terms == [1, 1, 3, 3])
    server.receive(.append(term: 3, after: 4, 3, [.of(3, 3)]), from: 0)
    let old = server.receive(.append(term: 3, after: 2, 1, [.of(3, 1)]), from: 0)
    #expect(old.records.isEmpty && server.terms == [1, 1, 3, 3, 3])
    #expect(old.messages == [.acked(term: 3, through: 3)], "only what this message verified is acknowledged")
  }

  /// The followers (a) to (f) of Figure 7, under the leader of term 8.
  @Test(
    "§5.3: The leader finds the latest entry where the two logs agree and sends all of its entries after that point (Figure 7)"
  )
  func figureSeven() {
    let followers: [[UInt64]] = [
      [1, 1, 1, 4, 4, 5, 5, 6, 6], [1, 1, 1, 4], [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
      [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7], [1, 1, 1, 4, 4, 4, 4], [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
    ]
    let own: [UInt64] = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6]
    for (index, terms) in followers.enumerated() {
      var leader = Server(0, term: 7, terms: own)
      leader.becomeLeader(votes: [2])
      var follower = Server(1, term: 7, terms: terms)
      var queue = [Raft.Message.append(term: 8, after: 10, 6, [Entry(stamp: Stamp(8), value: .noop)])]
      var requests = 0
      while !queue.isEmpty {
        requests += 1
        let replies = follower.receive(queue.removeFirst(), from: 0).sent
        for reply in replies { queue += leader.receive(reply.message, from: 1).ahead.map(\.message) }
      }
      #expect(follower.terms == own + [8], "follower (\("abcdef".map(String.init)[index]))")
      // At most one request for each conflicting term, one that finds agreement and one that brings the rest.
      #expect(requests <= 3, "\(requests) requests for follower \(index)")
      #expect(
        leader.terms == own + [8], "Leader Append-Only: a leader never overwrites or deletes entries in its own log")
    }
  }

  @Test("§5.3: One AppendEntries is required for each term with conflicting entries, rather than one per entry")
  func backtracking() {
    let long = (1...40 as ClosedRange<UInt64>).flatMap { term in Array(repeating: term * 2, count: 25) }
    let conflicting = (1...40 as ClosedRange<UInt64>).flatMap { term in Array(repeating: term * 2 + 1, count: 25) }
    var leader = Server(0, term: 90, terms: [1] + long)
    leader.becomeLeader(votes: [2])
    var follower = Server(1, term: 90, terms: [1] + conflicting)
    var queue = leader.step(.timeout(.heartbeat)).ahead.map(\.message)
    var requests = 0
    while let message = queue.popLast() {
      requests += 1
      for reply in follower.receive(message, from: 0).sent {
        queue += leader.receive(reply.message, from: 1).ahead.map(\.message)
      }
    }
    #expect(follower.terms.prefix(1_001) == leader.terms.prefix(1_001))
    #expect(requests <= 45)
  }

  @Test("D§10.2.1: Requests follow each other without waiting, within a bounded window that acknowledgements reopen")
  func window() {
    var server = leader(of: 3, shared: SharedTuning(inflight: 3))
    var sent = 0
    for value in 1...10 { sent += server.step(.propose(.of(value))).ahead.count }
    #expect(sent == 2, "the no-op is on its way as well")
    let reopened = server.receive(.acked(term: 1, through: 2), from: 1)
    let slots = reopened.ahead.flatMap { sent in
      if case .appendEntries(let request) = sent.message { request.entries.count } else { 0 }
    }
    #expect(slots.reduce(0, +) == 8, "everything that waited leaves together")
    #expect(reopened.ahead.allSatisfy { $0.to == NodeSet(NodeID(1)) })
  }

  @Test("A message holds no more bytes of entries than it may, and at least one entry")
  func messageBytes() {
    var server = leader(of: 3, shared: SharedTuning(inflight: 1, messageBytes: 200))
    for value in 1...10 { server.step(.propose(.of(value))) }
    guard case .appendEntries(let request)? = server.receive(.acked(term: 1, through: 1), from: 1).ahead.first?.message
    else { return #expect(Bool(false), "nothing was sent") }
    #expect(request.entries.count > 1)
    #expect(request.entries.reduce(0) { $0 + $1.byteCount } <= 200)
    var tight = leader(of: 3, shared: SharedTuning(inflight: 1, messageBytes: 1))
    for value in 1...3 { tight.step(.propose(.of(value))) }
    #expect(!tight.receive(.acked(term: 1, through: 1), from: 1).ahead.isEmpty)
  }

  @Test("What was lost on the way is found by the next heartbeat and sent again")
  func loss() {
    var server = leader(of: 3)
    server.receive(.acked(term: 1, through: 1), from: 1)
    server.step(.propose(.of(1)))
    let beat = server.step(.timeout(.heartbeat))
    #expect(beat.ahead.contains { $0.message == .beat(term: 1, after: 2, 1) })
    let refusal = Raft.Message.heartbeatReply(.refusal(1, of: Slot(2), hint: .init(slot: Slot(1), term: 1)))
    let again = server.receive(refusal, from: 1)
    guard case .appendEntries(let request)? = again.ahead.first?.message else {
      return #expect(Bool(false), "nothing was sent again")
    }
    #expect(request.previousSlot == Slot(1) && request.entries.count == 1)
    #expect(server.receive(refusal, from: 1).ahead.isEmpty, "the same refusal twice asks for nothing more")
  }

  @Test("A session that opens finds the peer where it was left; while it is closed nothing is sent")
  func sessions() {
    var server = leader(of: 3)
    for peer in 0...2 { server.receive(.acked(term: 1, through: 1), from: peer) }
    server.step(.disconnected(NodeID(1)))
    let proposed = server.step(.propose(.of(1)))
    #expect(proposed.ahead.map(\.to) == [NodeSet(NodeID(2))])
    let resumed = server.step(.connected(NodeID(1)))
    guard case .appendEntries(let request)? = resumed.ahead.first?.message else {
      return #expect(Bool(false), "nothing was sent")
    }
    #expect(request.previousSlot == Slot(1) && request.entries.count == 1)
  }

  @Test("Who does not lead rejects for certain, and says who does")
  func reject() {
    var server = Server(1)
    #expect(server.step(.propose(.of(1))).rejected == [nil])
    server.receive(.beat(term: 1, after: 0, 0), from: 2)
    let outcome = server.step(.propose(.of(1)))
    #expect(outcome.rejected == [NodeID(2)] && outcome.records.isEmpty)
  }
}
