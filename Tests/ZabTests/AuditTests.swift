import Consensus
import Testing

@testable import Zab

/// A cluster whose members a test may bring into any state, and the audit that watches them.
private final class Watched: ClusterView {
  typealias Core = Zab
  let cluster: Cluster
  var servers: [Server]
  var disks: [Zab]
  private var audit: ZabAudit
  private(set) var findings = Findings()

  init(_ servers: [Server]) {
    cluster = Cluster(count: servers.count)
    self.servers = servers
    disks = servers.map(\.core)
    audit = ZabAudit(cluster)
    for node in cluster.members { audit.recovered(node, self, &findings) }
  }

  func live(_ node: NodeID) -> Zab? { servers[Int(node.index)].core }
  func durable(_ node: NodeID) -> Zab { disks[Int(node.index)] }

  /// What was found so far: the names of the invariants.
  var found: Set<String> { Set(findings.violations.map(\.invariant)) }

  /// Steps a member as its driver would, or lets `misbehave` do to it what it likes, and shows it to the audit. `reaches`: its
  /// records get to its disk.
  func step(
    _ index: Int, _ input: Input<Zab>, reaches: Bool = true,
    then misbehave: (inout Zab, inout Effects<Zab>) -> Void = { _, _ in }
  ) {
    var effects = Effects<Zab>()
    servers[index].core.step(input, into: &effects)
    misbehave(&servers[index].core, &effects)
    servers[index].core.check(&findings)
    audit.stepped(NodeID(index), input, servers[index].core, effects, self, &findings)
    guard reaches else { return }
    for record in effects.records { sync(index, record) }
    if let snapshot = effects.installed { disks[index].restore(snapshot) }
  }
  func receive(
    _ index: Int, _ message: Zab.Message, from peer: Int, reaches: Bool = true,
    then misbehave: (inout Zab, inout Effects<Zab>) -> Void = { _, _ in }
  ) {
    step(index, .receive(message, from: NodeID(peer)), reaches: reaches, then: misbehave)
  }
  func examine() { audit.examine(self, &findings) }
  func sync(_ index: Int, _ record: Zab.Record) {
    disks[index].replay(record)
    audit.synced(NodeID(index), record, self, &findings)
  }
  func recover(_ index: Int) { audit.recovered(NodeID(index), self, &findings) }

  // MARK: Shortcuts

  var nothing: Input<Zab> { .timeout(.notification) }

  /// Both decide for `leader`, whether or not it is the best.
  func elect(_ leader: Int, by follower: Int) {
    let vote = servers[leader].core.vote
    receive(leader, .vote(vote, round: servers[leader].core.round), from: follower)
    step(leader, .timeout(.finalize))
    let best = Zab.Message.vote(for: leader, 99, 1, current: 99, round: servers[follower].core.round)
    for peer in 0...2 where peer != follower { receive(follower, best, from: peer) }
    step(follower, .timeout(.finalize))
  }
  func discover(_ leader: Int, _ follower: Int) {
    receive(leader, .cepoch(promised: servers[follower].core.acceptedEpoch), from: follower)
    let epoch = servers[leader].core.acceptedEpoch
    receive(leader, .own(epochAck: servers[leader].core), from: leader)
    receive(follower, .newEpoch(epoch), from: leader)
    let core = servers[follower].core
    receive(leader, .promise(epoch, current: core.currentEpoch, core.log.outline), from: follower)
  }
  func establish(_ leader: Int, with follower: Int) {
    elect(leader, by: follower)
    discover(leader, follower)
    let (epoch, end) = (servers[leader].core.acceptedEpoch, servers[leader].core.log.last)
    receive(follower, .newLeader(epoch: epoch, end: end), from: leader)
    receive(leader, .ackNewLeader(epoch: epoch, end: end), from: leader)
    receive(leader, .ackNewLeader(epoch: epoch, end: end), from: follower)
    receive(follower, .upToDate(epoch: epoch, committed: end), from: leader)
  }
  func broadcast(_ leader: Int, to follower: Int, _ value: Int) {
    step(leader, .propose(.of(value)))
    let last = servers[leader].core.log.last
    guard let entry = servers[leader].core.entry(at: last.slot) else { return }
    receive(follower, .propose(last.slot, entry), from: leader)
    receive(leader, .ack(last), from: leader)
    receive(leader, .ack(last), from: follower)
    receive(follower, .commit(last), from: leader)
  }
}

@Suite("The audit fires") struct AuditTests {
  private func three(_ histories: [[UInt32]] = [[], [], []], accepted: UInt32 = 0) -> Watched {
    Watched(histories.enumerated().map { Server($0, of: histories.count, accepted: accepted, history: $1) })
  }
  /// Server 0 leads epoch 1, and 1 follows; one transaction is delivered by both.
  private func established() -> Watched {
    let cluster = three()
    cluster.establish(0, with: 1)
    cluster.broadcast(0, to: 1, 7)
    #expect(cluster.found.isEmpty, "\(cluster.findings.violations)")
    return cluster
  }

  @Test("A cluster that does what the paper says is found in order")
  func silence() {
    let cluster = established()
    // Another leader takes over, and the old one follows it.
    for index in 0...2 { cluster.step(index, .timeout(.silence)) }
    for (index, timer) in [(0, Zab.Timer.quorum), (0, .quorum)] { cluster.step(index, .timeout(timer)) }
    #expect(cluster.servers[0].core.standing == .looking)
    cluster.elect(1, by: 0)
    cluster.examine()
    #expect(cluster.findings.isEmpty, "\(cluster.findings.violations)")
  }

  @Test("Z0: a COMMIT of what was never proposed, and records that no message of the phase asked for")
  func illegalMessages() {
    let commit = established()
    commit.receive(1, .commit(Zab.Position(5, 1, 5)), from: 0)
    #expect(commit.found.contains("Z0"))
    let append = established()
    append.step(1, append.nothing) { core, effects in core.persist(.append(Slot(2), .of(1, 2)), &effects) }
    #expect(append.found == ["Z0"])
    let truncate = three([[2], [2], [2]])
    truncate.step(1, truncate.nothing) { core, effects in core.persist(.truncate(after: Slot(1)), &effects) }
    #expect(truncate.found == ["Z0"])
    let epoch = three(accepted: 4)
    epoch.step(1, epoch.nothing) { core, effects in core.persist(.currentEpoch(4), &effects) }
    #expect(epoch.found == ["Z0"])
    let leader = established()
    leader.step(1, leader.nothing) { core, _ in core.leader = nil }
    #expect(leader.found == ["Z0"])
    let delivered = three([[2], [2], [2]])
    delivered.step(1, delivered.nothing) { core, _ in core.commit = Slot(4) }
    #expect(delivered.found == ["Z0"])
    let untold = established()
    untold.step(0, .propose(.of(8)))
    untold.receive(1, .propose(Slot(2), .of(1, 2, value: 8)), from: 0) { core, effects in
      core.commit(through: Slot(2), &effects)
    }
    #expect(untold.found == ["Z0"])
  }

  @Test("Z1: two servers with a quorum's promises of one epoch; a server that votes for another than it follows")
  func leadership() {
    let prospective = three()
    prospective.elect(0, by: 1)
    prospective.discover(0, 1)
    #expect(prospective.found.isEmpty)
    prospective.elect(2, by: 1)
    // Its promise of the same epoch counts twice.
    prospective.receive(2, .cepoch(promised: 0), from: 1)
    prospective.receive(2, .own(epochAck: prospective.servers[2].core), from: 2)
    prospective.receive(2, .promise(1, current: 0, [.start]), from: 1)
    #expect(prospective.found == ["Z1"])
    for index in 0...1 {
      let vote = established()
      vote.step(index, vote.nothing) { core, _ in core.vote.leader = NodeID(2) }
      #expect(vote.found == ["Z1"])
    }
  }

  @Test("Z2, Z5, Z6, Z7: a server that delivers something else, in another place, with a gap, or from an older epoch")
  func delivery() {
    func deliver(_ entry: Entry, _ slot: UInt64) -> Set<String> {
      let cluster = three()
      cluster.establish(0, with: 1)
      for value in 1...3 { cluster.broadcast(0, to: 1, value) }
      #expect(cluster.found.isEmpty)
      // The third knows nothing yet.
      for counter in 1..<slot {
        cluster.step(2, cluster.nothing) { _, effects in
          effects.commit(.of(1, UInt32(counter)), at: Slot(counter))
        }
      }
      #expect(cluster.found.isEmpty)
      cluster.step(2, cluster.nothing) { _, effects in effects.commit(entry, at: Slot(slot)) }
      return cluster.found
    }
    #expect(deliver(.of(1, 3), 3).isEmpty)
    #expect(deliver(.of(1, 3), 2).isSuperset(of: ["Z2", "Z5", "Z6"]))
    #expect(deliver(.of(0, 1), 3).contains("Z7"))
  }

  @Test("Z3: something delivered that nobody broadcast")
  func integrity() {
    let cluster = established()
    for counter in 1...2 as ClosedRange<UInt32> {
      cluster.step(2, cluster.nothing) { _, effects in effects.commit(.of(1, counter), at: Slot(UInt64(counter))) }
    }
    #expect(cluster.found == ["Z3"])
  }

  @Test("Z4, Z9: histories that were delivered and differ, that agree and differ before")
  func agreement() {
    let cluster = three([[2], [0, 2], []])
    for index in 0...1 { cluster.servers[index].core.commit = Slot(1) }
    cluster.examine()
    #expect(cluster.found == ["Z4"])
    let prefix = three([[1, 1], [0, 1], []])
    for (index, entry) in [Entry.of(1, 1, value: 5), .of(2, 1)].enumerated() {
      prefix.servers[1].core.replay(.append(Slot(UInt64(index + 1)), entry))
    }
    prefix.examine()
    #expect(prefix.found == ["Z9"])
  }

  @Test(
    "Z8: a primary that has not delivered what others have of earlier epochs, and a delivery that comes too late for it"
  )
  func primaryIntegrity() {
    let behind = established()
    behind.step(1, .timeout(.silence))
    behind.elect(2, by: 1)
    behind.receive(2, .cepoch(promised: 1), from: 1)
    behind.receive(2, .own(epochAck: behind.servers[2].core), from: 2)
    // Server 1 hides what it has delivered.
    behind.receive(2, .promise(2, current: 0, [.start]), from: 1)
    behind.sync(1, .acceptedEpoch(2))
    behind.sync(1, .currentEpoch(2))
    for peer in 1...2 { behind.receive(2, .ackNewLeader(epoch: 2, end: .start), from: peer) }
    #expect(behind.found == ["Z8"])
    let late = established()
    late.step(0, .propose(.of(9)))
    late.step(1, .timeout(.silence))
    late.establish(1, with: 2)
    late.step(0, late.nothing) { core, effects in core.commit(through: Slot(2), &effects) }
    #expect(late.found.contains("Z8"))
  }

  @Test("Z9: a zxid that falls, leaves a gap, or names two prefixes; a hole in a history")
  func zxids() {
    for (slot, entry) in [(2, Entry.of(1, 3)), (3, .of(1, 3)), (2, .of(0, 1))] as [(UInt64, Entry)] {
      let cluster = established()
      cluster.receive(1, .propose(Slot(2), .of(1, 2)), from: 2) { core, effects in
        core.persist(.append(Slot(slot), entry), &effects)
      }
      #expect(cluster.found.contains("Z9"), "\(slot)")
    }
    let twice = established()
    twice.step(0, .propose(.of(8)))
    twice.receive(1, .propose(Slot(2), .of(1, 2, value: 9)), from: 0)
    #expect(twice.found == ["Z9"])
    let beyond = three()
    beyond.step(0, beyond.nothing) { core, effects in core.persist(.append(Slot(1), .of(3, 1)), &effects) }
    #expect(beyond.found == ["Z0", "Z9"])
  }

  @Test("Z10: epochs that fall, f.a beyond f.p, f.a on disk before the history that it stands for")
  func epochDurability() {
    let falls = three(accepted: 4)
    falls.step(0, falls.nothing) { core, _ in core.replay(.acceptedEpoch(3)) }
    #expect(falls.found == ["Z10"])
    let disk = three()
    disk.sync(1, .acceptedEpoch(4))
    #expect(disk.found.isEmpty)
    disk.sync(1, .acceptedEpoch(3))
    #expect(disk.found == ["Z10"])
    let lost = three()
    lost.sync(1, .acceptedEpoch(4))
    lost.disks[1] = Server(1).core
    lost.recover(1)
    #expect(lost.found == ["Z10"])
    let beyond = three()
    beyond.step(0, beyond.nothing) { core, _ in core.replay(.currentEpoch(3)) }
    #expect(beyond.found == ["Z10"])
    let unwritten = three()
    unwritten.step(0, unwritten.nothing) { core, _ in core.replay(.acceptedEpoch(3)) }
    #expect(unwritten.found == ["Z10"])
    let ahead = three()
    ahead.elect(0, by: 1)
    ahead.receive(1, .newEpoch(1), from: 0, reaches: false) { _, effects in
      effects.sendAhead(.promise(1, current: 0, [.start]), to: NodeID(0))
    }
    #expect(ahead.found == ["Z10"])
    // ZOOKEEPER-4643, -4646: the epoch is written first, and a crash would keep it without the history.
    let order = three([[2], [], []])
    order.elect(0, by: 1)
    order.discover(0, 1)
    #expect(order.found.isEmpty)
    order.sync(1, .currentEpoch(2))
    #expect(order.found == ["Z10"])
  }

  @Test("Z11: a leader that is established, proposes, commits or says NEWLEADER and UPTODATE too early")
  func activation() {
    let few = three()
    few.elect(0, by: 1)
    few.discover(0, 1)
    few.receive(0, .ackNewLeader(epoch: 1, end: .start), from: 0)
    // Its follower has nothing on disk.
    few.receive(0, .ackNewLeader(epoch: 1, end: .start), from: 1)
    #expect(few.found == ["Z11"])
    let memory = established()
    memory.step(0, memory.nothing) { core, _ in core.leaderAcks = Tally(of: core.cluster) }
    #expect(memory.found == ["Z11"])
    for message in [
      Zab.Message.propose(Slot(1), .of(1, 1)), .commit(Zab.Position(1, 1, 1)), .upToDate(epoch: 1, committed: .start),
    ] {
      let early = three()
      early.elect(0, by: 1)
      early.discover(0, 1)
      early.step(0, early.nothing) { _, effects in effects.sendAhead(message, to: NodeID(1)) }
      #expect(early.found.contains("Z11"), "\(message)")
    }
    let unpromised = three()
    unpromised.elect(0, by: 1)
    unpromised.step(0, unpromised.nothing) { _, effects in
      effects.sendAhead(.newLeader(epoch: 1, end: .start), to: NodeID(1))
    }
    #expect(unpromised.found == ["Z11"])
  }

  @Test("Z12: a history with a hole, a dead branch, another end, in memory alone, or that takes back what is delivered")
  func completeness() {
    for (history, end) in [
      ([2], Zab.Position(3, 1, 3)), ([4], Zab.Position(3, 1, 3)), ([1, 2], Zab.Position(3, 2, 2)),
    ]
      as [([UInt32], Zab.Position)]
    {
      let cluster = Watched([Server(0, history: [3]), Server(1, current: 0, history: history), Server(2)])
      cluster.elect(0, by: 1)
      cluster.discover(0, 1)
      #expect(cluster.found.isEmpty)
      cluster.step(1, cluster.nothing) { core, effects in
        effects.send(.ackNewLeader(epoch: core.acceptedEpoch, end: end), to: NodeID(0))
      }
      #expect(cluster.found == ["Z12"], "\(history)")
    }
    for message in [
      Zab.Message.newLeader(epoch: 2, end: .start),
      .diff(Zab.Diff(epoch: 2, previous: .start, entries: [.of(1, 2)])), .propose(Slot(9), .of(2, 9)),
    ] {
      let cluster = Watched([Server(0, history: [3]), Server(1, history: [3]), Server(2)])
      cluster.elect(0, by: 1)
      cluster.discover(0, 1)
      #expect(cluster.found.isEmpty)
      cluster.step(0, cluster.nothing) { _, effects in effects.sendAhead(message, to: NodeID(1)) }
      #expect(cluster.found.contains("Z12"), "\(message)")
    }
    for message in [
      Zab.Message.newLeader(epoch: 2, end: .start), .diff(Zab.Diff(epoch: 2, previous: .start, entries: [])),
    ] {
      let cluster = Watched([Server(0, history: [3]), Server(1, history: [3]), Server(2)])
      cluster.elect(0, by: 1)
      cluster.discover(0, 1)
      cluster.receive(1, message, from: 0)
      #expect(cluster.found == ["Z12", "Z14"], "\(message)")
    }
    let memory = established()
    memory.step(1, memory.nothing) { core, _ in core.replay(.append(Slot(2), .of(1, 2))) }
    #expect(memory.found == ["Z12"])
    let much = Watched([Server(0, history: [3]), Server(1, history: [3]), Server(2)])
    much.elect(0, by: 1)
    much.discover(0, 1)
    much.receive(1, .truncate(epoch: 2, after: Zab.Position(2, 1, 2)), from: 0) { core, effects in
      core.persist(.truncate(after: Slot(1)), &effects)
    }
    #expect(much.found == ["Z12"])
    let back = established()
    back.receive(1, .truncate(epoch: 1, after: .start), from: 0) { core, effects in
      core.persist(.truncate(after: Slot(0)), &effects)
      core.commit = Slot(0)
    }
    #expect(back.found.contains("Z12"))
    let snapshot = established()
    snapshot.step(2, snapshot.nothing) { core, effects in core.install(.through(4, 1, 4), &effects) }
    #expect(snapshot.found.contains("Z12"))
  }

  @Test("Z13: a proposal that somebody will never get, an UPTODATE that is not the latest, more sent than there is")
  func broadcastSet() {
    let forgotten = established()
    forgotten.receive(0, .cepoch(promised: 0), from: 2)
    forgotten.receive(0, .promise(1, current: 0, [.start]), from: 2)
    #expect(forgotten.found.isEmpty)
    forgotten.step(0, .propose(.of(8))) { core, effects in core.progress[2].leave() }
    // The message was sent; the next one will not be.
    forgotten.step(0, .propose(.of(9)))
    #expect(forgotten.found == ["Z13"])
    let old = established()
    old.step(0, old.nothing) { _, effects in
      effects.sendAhead(.upToDate(epoch: 1, committed: .start), to: NodeID(1))
    }
    #expect(old.found == ["Z13"])
    let more = established()
    more.step(0, more.nothing) { core, _ in core.progress[1].open(at: Slot(9)) }
    #expect(more.found == ["Z13"])
  }

  @Test("Z14: a channel that ends and is used on, a gap in one that is first in, first out")
  func channels() {
    let follower = established()
    follower.step(1, .disconnected(NodeID(0))) { core, _ in core.phase = .broadcast }
    #expect(follower.found == ["Z14"])
    let leader = established()
    leader.step(0, .disconnected(NodeID(1))) { core, _ in core.progress[1].enter() }
    #expect(leader.found == ["Z14"])
    let gap = established()
    gap.receive(1, .propose(Slot(3), .of(1, 3)), from: 0)
    #expect(gap.found == ["Z14"])
  }

  @Test("C7: a commit that falls")
  func monotone() {
    let cluster = established()
    cluster.step(1, cluster.nothing) { core, _ in core.commit = Slot(0) }
    #expect(cluster.found == ["C7"])
  }
}
