import Consensus
import Testing

@testable import MultiPaxos

/// A cluster whose members a test may bring into any state, and the audit that watches them.
private final class Watched: ClusterView {
  typealias Core = MultiPaxos
  typealias Misbehaviour = (inout MultiPaxos, inout Effects<MultiPaxos>) -> Void
  let cluster: Cluster
  var servers: [Server]
  var disks: [MultiPaxos]
  private var audit: MultiPaxosAudit
  private(set) var findings = Findings()

  init(_ servers: [Server]) {
    cluster = Cluster(count: servers.count)
    self.servers = servers
    disks = servers.map(\.core)
    audit = MultiPaxosAudit(cluster)
    for node in cluster.members { audit.recovered(node, self, &findings) }
    // What they hold came to their disks in the past.
    for node in cluster.members {
      for record in disks[Int(node.index)].checkpoint() { audit.synced(node, record, self, &findings) }
      audit.recovered(node, self, &findings)
    }
  }

  func live(_ node: NodeID) -> MultiPaxos? { servers[Int(node.index)].core }
  func durable(_ node: NodeID) -> MultiPaxos { disks[Int(node.index)] }

  /// What was found so far: the names of the invariants.
  var found: Set<String> { Set(findings.violations.map(\.invariant)) }

  /// Steps a member as its driver would, or lets `misbehave` do to it what it likes, and shows it to the audit.
  func step(_ index: Int, _ input: Input<MultiPaxos>, then misbehave: Misbehaviour = { _, _ in }) {
    var effects = Effects<MultiPaxos>()
    servers[index].core.step(input, into: &effects)
    misbehave(&servers[index].core, &effects)
    servers[index].core.check(&findings)
    audit.stepped(NodeID(index), input, servers[index].core, effects, self, &findings)
    for record in effects.records {
      disks[index].replay(record)
      audit.synced(NodeID(index), record, self, &findings)
    }
    if let snapshot = effects.installed { disks[index].restore(snapshot) }
  }
  func receive(
    _ index: Int, _ message: MultiPaxos.Message, from peer: Int, then misbehave: Misbehaviour = { _, _ in }
  ) {
    step(index, .receive(message, from: NodeID(peer)), then: misbehave)
  }
  /// Lets a member stand, and the voters promise and answer as they should.
  func elect(_ index: Int, promises voters: [Int]) {
    step(index, .timeout(.election))
    let own = servers[index].core.ballot
    receive(
      index, .promise(servers[index].core.promise(from: servers[index].core.chosen.next, bytes: .max)), from: index)
    for voter in voters {
      servers[voter].core.isSticky = false
      receive(voter, .ask(own, from: servers[index].core.chosen.next.number), from: index)
      let page = servers[voter].core.promise(from: servers[index].core.chosen.next, bytes: .max)
      receive(index, .promise(page), from: voter)
    }
  }
  /// The leader's proposal in `slot` reaches `acceptors`, and their answers reach it.
  func choose(_ leader: Int, _ slot: UInt64, acceptors: [Int]) {
    let core = servers[leader].core
    guard let entry = core.log.entry(at: Slot(slot)) else { return }
    for acceptor in acceptors { receive(acceptor, .propose(core.ballot, slot, [entry.value]), from: leader) }
    for acceptor in [leader] + acceptors { receive(leader, .acceptedIn(core.ballot, slot), from: acceptor) }
  }
  func examine() { audit.examine(self, &findings) }
  func sync(_ index: Int, _ record: MultiPaxos.Record) { audit.synced(NodeID(index), record, self, &findings) }
  func recover(_ index: Int) { audit.recovered(NodeID(index), self, &findings) }
}

@Suite("The audit fires") struct AuditTests {
  private func cluster(_ n: Int = 3, _ tuning: MultiPaxos.Tuning = .standard) -> Watched {
    Watched((0..<n).map { Server($0, of: n, tuning: tuning) })
  }
  /// Led by n0 in ballot 1.0, with its first no-op chosen.
  private func led(_ n: Int = 3) -> Watched {
    let cluster = cluster(n)
    cluster.elect(0, promises: Array(1...(n / 2)))
    cluster.choose(0, 1, acceptors: Array(1...(n / 2)))
    return cluster
  }
  private let first = ballot(1, 0)

  @Test("A cluster that does what the papers say is found in order")
  func silence() {
    let cluster = led()
    cluster.step(0, .propose(.of(1)))
    cluster.choose(0, 2, acceptors: [1, 2])
    cluster.step(0, .propose(.of(2)))
    cluster.choose(0, 3, acceptors: [])
    cluster.elect(1, promises: [2])
    cluster.choose(1, 1, acceptors: [2])
    cluster.choose(1, 2, acceptors: [2])
    cluster.examine()
    #expect(cluster.findings.isEmpty, "\(cluster.findings.violations)")
    #expect(cluster.servers[1].core.standing == .leader && cluster.servers[1].core.chosen == Slot(2))
  }

  @Test("P1: something executed that no quorum accepted, or a second value chosen, or another value held")
  func agreement() {
    let early = cluster()
    early.elect(0, promises: [1])
    early.step(0, .timeout(.heartbeat)) { core, effects in
      core.chosen = Slot(1)
      effects.commit(core.log.entry(at: Slot(1))!, at: Slot(1))
    }
    #expect(early.found == ["P1"])
    let twice = led()
    twice.sync(1, .accept(Slot(1), .of(ballot(5, 2), 9), .init()))
    twice.sync(2, .accept(Slot(1), .of(ballot(5, 2), 9), .init()))
    #expect(twice.found == ["P1"])
    let held = led()
    held.servers[0].core.replay(.accept(Slot(1), .of(first, 8), .init()))
    held.examine()
    #expect(held.found == ["P1"])
  }

  @Test("P2: two values of one ballot in one slot, or a ballot that is used again after a restart, or is another's")
  func oneValue() {
    let values = led()
    values.step(0, .propose(.of(1)))
    values.step(0, .timeout(.heartbeat)) { _, effects in
      effects.sendAhead(.propose(ballot(1, 0), 2, [.of(2)]), to: NodeID(1))
    }
    #expect(values.found == ["P2"])
    let ballots = led()
    ballots.servers[0] = Server(0)
    ballots.step(0, .timeout(.election))
    #expect(ballots.found.contains("P2"))
    let others = cluster()
    others.step(0, .timeout(.election)) { core, _ in core.ballot = ballot(2, 1) }
    #expect(others.found.contains("P2"))
  }

  @Test("P3: a promise that falls, in memory, on disk or over a restart, or leaves before it is on disk")
  func promises() {
    let memory = cluster()
    memory.receive(1, .ask(ballot(4, 2)), from: 2)
    memory.step(1, .timeout(.stickiness)) { core, _ in core.replay(.promise(ballot(3, 0))) }
    #expect(memory.found == ["P3"])
    let disk = cluster()
    disk.receive(1, .ask(ballot(4, 2)), from: 2)
    disk.sync(1, .promise(ballot(3, 0)))
    #expect(disk.found == ["P3"])
    let restart = cluster()
    restart.receive(1, .ask(ballot(4, 2)), from: 2)
    restart.disks[1] = Server(1).core
    restart.recover(1)
    #expect(restart.found == ["P3"])
    let unheard = cluster()
    unheard.receive(1, .ask(ballot(4, 2)), from: 2)
    unheard.step(1, .timeout(.stickiness)) { core, _ in core.ballot = ballot(3, 2) }
    #expect(unheard.found == ["P3"])
    for message in [MultiPaxos.Message.promised(ballot(4, 2), from: Slot(1)), .acceptedIn(ballot(4, 2), 1)] {
      let ahead = cluster()
      ahead.step(1, .timeout(.stickiness)) { _, effects in effects.sendAhead(message, to: NodeID(2)) }
      #expect(ahead.found == ["P3"])
    }
  }

  @Test(
    "P4: an acceptance below a promise, in a step or on disk; an entry newer than the promise; a proposal refused for nothing"
  )
  func belowPromise() {
    let cluster = cluster()
    cluster.receive(1, .ask(ballot(4, 2)), from: 2)
    cluster.step(1, .timeout(.stickiness)) { core, effects in
      core.persist(.accept(Slot(1), .of(ballot(3, 0), 1), .init()), &effects)
    }
    #expect(cluster.found == ["P4"])
    let state = self.cluster()
    state.receive(1, .propose(ballot(4, 2), 1, [.noop]), from: 2)
    state.step(1, .timeout(.stickiness)) { core, _ in core.replay(.promise(ballot(3, 2))) }
    #expect(state.found == ["P3", "P4"])
    let deaf = self.cluster()
    deaf.receive(1, .propose(ballot(4, 2), 1, [.noop]), from: 2) { core, effects in
      core = Server(1).core
      effects.removeAll()
    }
    #expect(deaf.found == ["P4"])
  }

  @Test("P5: a proposal of something else than the report with the highest ballot")
  func selection() {
    for wrong in [Value.of(1), .of(7), .noop] {
      let accepted: [[Entry?]] = [[], [.of(ballot(1, 1), 1)], [.of(ballot(2, 2), 2)], [], []]
      let cluster = Watched((0..<5).map { Server($0, of: 5, accepted: accepted[$0]) })
      cluster.elect(0, promises: [1])
      cluster.elect(0, promises: [1])
      cluster.elect(0, promises: [1])
      let own = cluster.servers[0].core.ballot
      cluster.receive(2, .ask(own), from: 0)
      let page = cluster.servers[2].core.promise(from: Slot(1), bytes: .max)
      cluster.receive(0, .promise(page), from: 2) { core, effects in
        core.promises = Tally(of: Cluster(count: 5))
        for node in 0...2 { core.promises.add(NodeID(node)) }
        core.standing = .leader
        effects = Effects()
        core.persist(.accept(Slot(1), Entry(stamp: own.stamp, value: wrong), .init()), &effects)
      }
      #expect(cluster.found.contains("P5"), "\(wrong)")
    }
  }

  @Test("P5: a proposal of something else than was chosen, whatever the promises report")
  func safeAt() {
    let cluster = led()
    cluster.step(0, .propose(.of(1)))
    cluster.choose(0, 2, acceptors: [1])
    cluster.step(2, .timeout(.election))
    let own = cluster.servers[2].core.ballot
    cluster.receive(2, .promised(own, from: Slot(1)), from: 2)
    cluster.servers[1].core.isSticky = false
    cluster.receive(1, .ask(own), from: 2)
    #expect(cluster.found.isEmpty)
    // Server 1 hides what it accepted.
    cluster.receive(2, .promised(own, from: Slot(1)), from: 1)
    cluster.step(2, .propose(.of(3)))
    #expect(cluster.found == ["P5"])
  }

  @Test("P6: a promise that is silent about what was accepted, ends too early or begins too late")
  func completeness() {
    typealias Change = (inout MultiPaxos.Promise) -> Void
    let changes: [Change] = [
      { $0.reports.removeFirst() }, { $0.reports.removeLast() }, { $0.reports = [] },
      { $0.through = Slot(2) }, { $0.first = Slot(2) }, { $0.compacted = Slot(2) },
      { $0.reports[1].entry.stamp = Stamp(1) }, { $0.reports[1].entry.stamp = ballot(2, 2).stamp },
    ]
    for (number, change) in changes.enumerated() {
      let cluster = Watched((0..<3).map { Server($0, accepted: $0 == 1 ? (1...3).map { .of(first, $0) } : []) })
      cluster.receive(1, .ask(ballot(2, 2)), from: 2) { core, effects in
        var page = core.promise(from: Slot(1), bytes: .max)
        change(&page)
        effects = Effects()
        core.persist(.promise(ballot(2, 2)), &effects)
        effects.send(.promise(page), to: NodeID(2))
      }
      #expect(cluster.found == ["P6"], "change \(number)")
    }
  }

  @Test("P7: a promise or an acceptance counted that is on nobody's disk, or a leader without a quorum of promises")
  func identity() {
    let promise = cluster()
    promise.step(0, .timeout(.election))
    promise.receive(0, .promised(ballot(1, 0), from: Slot(1)), from: 0)
    #expect(promise.found.isEmpty)
    promise.receive(0, .promised(ballot(1, 0), from: Slot(1)), from: 2)
    #expect(promise.found == ["P7"])
    let few = cluster()
    few.step(0, .timeout(.election)) { core, effects in core.lead(&effects) }
    #expect(few.found.contains("P7"))
    let acceptance = led()
    acceptance.step(0, .propose(.of(1)))
    acceptance.receive(0, .acceptedIn(first, 2), from: 0)
    #expect(acceptance.found.isEmpty)
    acceptance.receive(0, .acceptedIn(first, 2), from: 2)
    #expect(acceptance.found.contains("P7"))
    let twice = led(5)
    twice.step(0, .propose(.of(1)))
    twice.receive(0, .acceptedIn(first, 2), from: 0) { core, _ in
      core.votes.update(Slot(2)) { $0.acceptors.insert(NodeID(4)) }
    }
    #expect(twice.found == ["P7"])
  }

  @Test("P8: a slot executed before the one below it, or a snapshot beyond what is executed")
  func holes() {
    let cluster = led()
    cluster.step(0, .propose(.of(1)))
    cluster.step(0, .propose(.of(2)))
    cluster.choose(0, 3, acceptors: [1])
    #expect(cluster.found.isEmpty && cluster.servers[0].core.chosen == Slot(1))
    cluster.step(0, .timeout(.heartbeat)) { core, effects in
      core.chosen = Slot(3)
      effects.commit(core.log.entry(at: Slot(3))!, at: Slot(3))
    }
    #expect(cluster.found == ["P8"])
    let base = led()
    base.step(1, .timeout(.stickiness)) { core, effects in
      core.install(.through(5, ballot(1, 0)), &effects)
      core.chosen = Slot(2)
    }
    #expect(base.found == ["P8"])
  }

  @Test("P9: two leaders with one ballot, one leader twice, or one with another's ballot")
  func leaders() {
    let other = led()
    other.elect(1, promises: [2])
    other.step(1, .timeout(.heartbeat)) { core, _ in core.ballot = ballot(1, 0) }
    #expect(other.found.contains("P9"))
    let twice = led()
    twice.step(0, .timeout(.heartbeat)) { core, _ in core.standing = .follower }
    twice.step(0, .timeout(.heartbeat)) { core, _ in core.standing = .leader }
    #expect(twice.found.contains("P9"))
    let itself = cluster()
    itself.step(0, .timeout(.stickiness)) { core, _ in core.leader = NodeID(0) }
    #expect(itself.found == ["P9"])
  }
}
