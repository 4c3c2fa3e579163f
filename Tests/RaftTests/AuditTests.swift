import Consensus
import Testing

@testable import Raft

/// A cluster whose members a test may bring into any state, and the audit that watches them.
private final class Watched: ClusterView {
  typealias Core = Raft
  let cluster: Cluster
  var servers: [Server]
  var disks: [Raft]
  private var audit: RaftAudit
  private(set) var findings = Findings()

  init(_ servers: [Server]) {
    cluster = Cluster(count: servers.count)
    self.servers = servers
    disks = servers.map(\.core)
    audit = RaftAudit(cluster)
    for node in cluster.members { audit.recovered(node, self, &findings) }
  }

  func live(_ node: NodeID) -> Raft? { servers[Int(node.index)].core }
  func durable(_ node: NodeID) -> Raft { disks[Int(node.index)] }

  /// What was found so far: the names of the invariants.
  var found: Set<String> { Set(findings.violations.map(\.invariant)) }

  /// Steps a member as its driver would, or lets `misbehave` do to it what it likes, and shows it to the audit.
  func step(
    _ index: Int, _ input: Input<Raft>, then misbehave: (inout Raft, inout Effects<Raft>) -> Void = { _, _ in }
  ) {
    var effects = Effects<Raft>()
    servers[index].core.step(input, into: &effects)
    misbehave(&servers[index].core, &effects)
    servers[index].core.check(&findings)
    audit.stepped(NodeID(index), input, servers[index].core, effects, self, &findings)
    for record in effects.records { disks[index].replay(record) }
    if let snapshot = effects.installed { disks[index].restore(snapshot) }
    for record in effects.records { audit.synced(NodeID(index), record, self, &findings) }
  }
  func receive(
    _ index: Int, _ message: Raft.Message, from peer: Int,
    then misbehave: (inout Raft, inout Effects<Raft>) -> Void = { _, _ in }
  ) {
    step(index, .receive(message, from: NodeID(peer)), then: misbehave)
  }
  /// Elects a member with the votes of members that its log need not have convinced, and that their disks need not hold.
  func elect(_ index: Int, votes: [Int], areWritten: Bool = true) {
    step(index, .timeout(.election))
    let term = servers[index].core.term
    for voter in votes where areWritten {
      let vote = Raft.Record.vote(term: term, for: NodeID(index))
      servers[voter].core.replay(vote)
      sync(voter, vote)
    }
    for voter in [index] + votes { receive(index, .granted(term: term), from: voter) }
  }
  func examine() { audit.examine(self, &findings) }
  func sync(_ index: Int, _ record: Raft.Record) {
    audit.synced(NodeID(index), record, self, &findings)
  }
  func recover(_ index: Int) { audit.recovered(NodeID(index), self, &findings) }
}

@Suite("The audit fires") struct AuditTests {
  private func three(_ logs: [[UInt64]] = [[], [], []], term: UInt64 = 0) -> Watched {
    Watched(logs.enumerated().map { Server($0, of: logs.count, term: term, terms: $1) })
  }

  @Test("A cluster that does what the paper says is found in order")
  func silence() {
    let cluster = three()
    cluster.elect(0, votes: [1])
    let noop = Entry(stamp: Stamp(1), value: .noop)
    for peer in 1...2 { cluster.receive(peer, .append(term: 1, after: 0, 0, [noop]), from: 0) }
    for peer in 0...2 { cluster.receive(0, .acked(term: 1, through: 1), from: peer) }
    for peer in 1...2 { cluster.receive(peer, .beat(term: 1, after: 1, 1, commit: 1), from: 0) }
    cluster.elect(1, votes: [2])
    cluster.examine()
    #expect(cluster.findings.isEmpty, "\(cluster.findings.violations)")
  }

  @Test("R1: a leader whose votes are not on a majority of disks, and two leaders in one term")
  func electionSafety() {
    let cluster = three()
    cluster.elect(0, votes: [1])
    #expect(cluster.found.isEmpty)
    cluster.elect(2, votes: [1], areWritten: false)
    #expect(cluster.found == ["R1"])
    #expect(cluster.findings.violations.count == 2)
  }

  @Test("R2: two votes in one term on one disk")
  func voteOnce() {
    let cluster = three()
    cluster.sync(1, .vote(term: 3, for: nil))
    cluster.sync(1, .vote(term: 3, for: NodeID(0)))
    #expect(cluster.found.isEmpty)
    cluster.sync(1, .vote(term: 3, for: NodeID(2)))
    #expect(cluster.found == ["R2"])
  }

  @Test("C7: a term that falls, in memory or on disk")
  func monotone() {
    let cluster = three(term: 4)
    cluster.step(0, .timeout(.heartbeat)) { core, _ in core.replay(.vote(term: 3, for: nil)) }
    #expect(cluster.found == ["C7"])
    let disk = three(term: 4)
    disk.sync(1, .vote(term: 5, for: nil))
    disk.recover(1)
    #expect(disk.found == ["C7"])
    let commit = three([[1], [1], [1]])
    commit.receive(1, .beat(term: 1, after: 1, 1, commit: 1), from: 0) { core, _ in core.commit = Slot(0) }
    #expect(commit.found.isEmpty)
    let back = three([[1], [1], [1]])
    back.elect(0, votes: [1])
    for peer in 0...1 { back.receive(0, .acked(term: 2, through: 2), from: peer) }
    back.step(0, .timeout(.heartbeat)) { core, _ in core.commit = Slot(0) }
    #expect(back.found == ["C7"])
  }

  @Test("R3, R9: a leader that overwrites its own log")
  func appendOnly() {
    let cluster = three()
    cluster.elect(0, votes: [1])
    cluster.step(0, .timeout(.heartbeat)) { core, effects in core.persist(.append(Slot(1), .of(1)), &effects) }
    #expect(cluster.found.isSuperset(of: ["R3", "R9", "R4"]))
  }

  @Test("R4: one position that names two prefixes, found when it is appended and when logs are compared")
  func logMatching() {
    let cluster = three()
    cluster.receive(1, .append(term: 1, after: 0, 0, [.of(1, 1)]), from: 0)
    cluster.receive(2, .append(term: 1, after: 0, 0, [.of(1, 1)]), from: 0)
    #expect(cluster.found.isEmpty)
    cluster.receive(1, .append(term: 1, after: 1, 1, [.of(1, 2)]), from: 0)
    cluster.receive(2, .append(term: 1, after: 1, 1, [.of(1, 3)]), from: 0)
    #expect(cluster.found == ["R4"])
    let whole = three([[1, 1], [2, 1], []])
    whole.examine()
    #expect(whole.found == ["R4"])
  }

  @Test("R4: an entry behind a hole")
  func hole() {
    let cluster = three()
    cluster.step(1, .timeout(.heartbeat)) { core, effects in core.persist(.append(Slot(3), .of(0)), &effects) }
    #expect(cluster.found == ["R4"])
  }

  @Test("R5: a leader without what an earlier leader committed")
  func completeness() {
    let cluster = three()
    cluster.elect(0, votes: [1])
    cluster.receive(1, .append(term: 1, after: 0, 0, [Entry(stamp: Stamp(1), value: .noop)]), from: 0)
    for peer in 0...1 { cluster.receive(0, .acked(term: 1, through: 1), from: peer) }
    #expect(cluster.found.isEmpty)
    cluster.step(2, .timeout(.election))
    cluster.elect(2, votes: [1])
    #expect(cluster.found == ["R5"])
  }

  @Test("R6: a leader that commits without a majority, or counts an entry of an older term")
  func commitRule() {
    let few = three()
    few.elect(0, votes: [1])
    few.receive(0, .acked(term: 1, through: 1), from: 0) { core, effects in core.commit(through: Slot(1), &effects) }
    #expect(few.found == ["R6"])
    let old = three([[1, 2], [1, 2], [1]])
    old.elect(0, votes: [1])
    for peer in 0...1 { old.receive(0, .acked(term: 3, through: 2), from: peer) }
    #expect(old.found.isEmpty)
    old.receive(0, .acked(term: 3, through: 2), from: 2) { core, effects in core.commit(through: Slot(2), &effects) }
    #expect(old.found == ["R6"])
  }

  @Test("R7: something committed that is on a minority of disks")
  func quorumLog() {
    let cluster = three([[1], [1], [1]])
    for index in 0...1 { cluster.disks[index] = Server(index).core }
    cluster.servers[2].core.commit = Slot(1)
    cluster.examine()
    #expect(cluster.found == ["R7"])
  }

  @Test("R8: a log that is up-to-date and lacks what another committed")
  func moreUpToDate() {
    let cluster = three([[1, 1], [2], [1, 1]])
    cluster.servers[0].core.commit = Slot(2)
    cluster.examine()
    #expect(cluster.found.contains("R8"))
  }

  @Test("R9: a follower that truncates what is committed, or what does not conflict")
  func truncation() {
    let committed = three([[1, 1], [1, 1], [1, 1]])
    committed.elect(0, votes: [1])
    for peer in 0...1 { committed.receive(0, .acked(term: 2, through: 3), from: peer) }
    committed.receive(1, .append(term: 2, after: 2, 1, [Entry(stamp: Stamp(2), value: .noop)], commit: 2), from: 0)
    #expect(committed.found.isEmpty)
    committed.receive(1, .append(term: 3, after: 1, 1, [.of(3)]), from: 2)
    #expect(committed.found == ["R9"])
    let same = three([[1, 1], [1, 1], []])
    same.step(1, .timeout(.heartbeat)) { core, effects in core.persist(.append(Slot(2), .of(1, 1)), &effects) }
    #expect(same.found.contains("R9"))
  }

  @Test("R10: a follower that commits beyond what its leader said and this message verified")
  func followerCommit() {
    let cluster = three([[1, 1], [1, 1], [1, 1]])
    cluster.receive(1, .beat(term: 1, after: 1, 1, commit: 2), from: 0) { core, effects in
      core.commit(through: Slot(2), &effects)
    }
    #expect(cluster.found == ["R10"])
  }

  @Test("R11: a leader that counts what is not on its peer's disk, or keeps its books wrong")
  func bookkeeping() {
    let cluster = three()
    cluster.elect(0, votes: [1])
    cluster.receive(1, .append(term: 1, after: 0, 0, [Entry(stamp: Stamp(1), value: .noop)]), from: 0)
    cluster.receive(0, .acked(term: 1, through: 1), from: 1)
    #expect(cluster.found.isEmpty)
    cluster.receive(2, .beat(term: 1, after: 0, 0), from: 0)
    cluster.receive(0, .acked(term: 1, through: 1), from: 2)
    #expect(cluster.found == ["R11"])
    let falling = three()
    falling.elect(0, votes: [1])
    falling.receive(1, .append(term: 1, after: 0, 0, [Entry(stamp: Stamp(1), value: .noop)]), from: 0)
    falling.receive(0, .acked(term: 1, through: 1), from: 1)
    falling.receive(0, .acked(term: 1, through: 1), from: 1) { core, _ in core.matched = Watermarks(of: core.cluster) }
    #expect(falling.found == ["R11"])
    let books = three()
    books.elect(0, votes: [1])
    books.step(0, .timeout(.heartbeat)) { core, _ in core.progress[1].probe(from: Slot(9)) }
    #expect(books.found == ["R11"])
  }

  @Test("R12: a leader without its own vote, a log newer than its term, a commit beyond the log")
  func basics() {
    let vote = three()
    vote.elect(0, votes: [1])
    vote.step(0, .timeout(.heartbeat)) { core, _ in core.replay(.vote(term: 1, for: NodeID(2))) }
    #expect(vote.found == ["R12"])
    let term = three()
    term.step(0, .timeout(.heartbeat)) { core, effects in core.persist(.append(Slot(1), .of(7)), &effects) }
    #expect(term.found == ["R12"])
    let commit = three()
    commit.servers[0].core.commit = Slot(4)
    commit.step(0, .timeout(.heartbeat))
    #expect(commit.found.contains("R12"))
  }

  @Test("R14: a snapshot that takes back what is committed, or a suffix that stays though it belongs to another prefix")
  func snapshots() {
    let back = three([[1, 1], [1, 1], [1, 1]])
    back.elect(0, votes: [1])
    for peer in 0...1 { back.receive(0, .acked(term: 2, through: 3), from: peer) }
    back.step(0, .timeout(.stickiness)) { core, effects in core.install(.through(2, term: 1), &effects) }
    #expect(back.found.contains("R14"))
    let suffix = three([[1, 1, 1], [], []])
    suffix.step(0, .timeout(.stickiness)) { core, effects in
      core.install(.through(2, term: 2), &effects)
      core.persist(.append(Slot(3), .of(2)), &effects)
    }
    #expect(suffix.found.contains("R14"))
  }
}
