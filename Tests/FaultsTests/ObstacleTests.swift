import Consensus
import Faults
import Testing

@Suite("Faults of links") struct ObstacleTests {
  private let everyone = NodeSet(first: 5)
  private func node(_ number: Int) -> FaultTarget { .node(NodeID(number)) }
  private func blocking(_ fault: Fault) -> Blocking? {
    fault.blocking(among: everyone) { $0.resolved(among: everyone, leader: NodeID(2)) { _ in true } }
  }
  /// As a trace shows them.
  private func pairs(_ fault: Fault) -> Set<String> {
    Set(blocking(fault)?.pairs.map { "\($0.from)>\($0.to)" } ?? [])
  }

  @Test("Each fault blocks its directed links, and no others")
  func pairs() {
    #expect(pairs(.cut(from: NodeID(0), to: NodeID(3), for: nil)) == ["n0>n3"])
    #expect(pairs(.mute(.leader, inbound: true, for: nil)) == ["n0>n2", "n1>n2", "n3>n2", "n4>n2"])
    #expect(pairs(.mute(.leader, inbound: false, for: nil)) == ["n2>n0", "n2>n1", "n2>n3", "n2>n4"])
    #expect(
      pairs(.partialPartition([.leader], [.follower, node(4)], for: nil)) == ["n2>n0", "n0>n2", "n2>n4", "n4>n2"])
    #expect(pairs(.partition(NodeSet(first: 2), for: nil)).count == 2 * 2 * 3)
    #expect(pairs(.isolate(node(1), for: nil)).count == 2 * 4)
    #expect(pairs(.star(node(1), for: nil)).count == 4 * 3)
    #expect(pairs(.star(node(1), for: nil)).allSatisfy { !$0.contains("n1") })
    #expect(blocking(.partition(everyone, for: nil)) == nil)
    #expect(blocking(.isolate(node(7), for: nil)) == nil)
    #expect(blocking(.crash(.leader, downtime: nil)) == nil)
  }

  @Test("Who is cut off is struck, and who stays in the middle of a star is not")
  func struck() {
    #expect(blocking(.isolate(.leader, for: nil))?.struck == [NodeID(2)])
    #expect(blocking(.star(.leader, for: nil))?.struck.contains(NodeID(2)) == false)
    #expect(blocking(.flap(.pair(NodeID(0), NodeID(1)), period: .seconds(1), for: nil))?.struck.count == 2)
    #expect(blocking(.cut(from: NodeID(2), to: NodeID(0), for: nil))?.struck.isEmpty == true)
  }

  @Test("A link that is blocked for two reasons is open when both are gone, or when everything is taken back")
  func overlap() throws {
    var obstacles = Obstacles(count: 5)
    let one = obstacles.add(try #require(blocking(.cut(from: NodeID(0), to: NodeID(1), for: nil))).pairs)
    let other = obstacles.add(try #require(blocking(.isolate(node(0), for: nil))).pairs)
    let isLifted = obstacles.lift(one)
    #expect(isLifted && obstacles.blocks(from: NodeID(0), to: NodeID(1)))
    let isOtherLifted = obstacles.lift(other)
    #expect(isOtherLifted && obstacles.isEmpty)
    let third = obstacles.add(one.pairs)
    obstacles.removeAll()
    #expect(obstacles.isEmpty)
    _ = obstacles.add(one.pairs)
    let isThirdLifted = obstacles.lift(third)
    #expect(!isThirdLifted, "it was taken back, and what came after it stays")
    #expect(obstacles.blocks(from: NodeID(0), to: NodeID(1)))
  }

  @Test("Links that flap are down for half of the period first, and up at the end")
  func flapping() throws {
    var obstacles = Obstacles(count: 5)
    let pairs = try #require(blocking(.isolate(.leader, for: nil))).pairs
    let number = obstacles.flap(pairs, period: .nanoseconds(9), from: 100, for: .nanoseconds(20))
    var seen: [(at: Int64, isDown: Bool)] = []
    var time: Int64? = 100
    while let now = time, let change = obstacles.toggle(number, at: now) {
      #expect(change.isDown == obstacles.blocks(from: NodeID(2), to: NodeID(0)))
      seen.append((now, change.isDown))
      time = change.next
    }
    #expect(seen.map(\.at) == [100, 104, 109, 113, 118, 120])
    #expect(seen.map(\.isDown) == [true, false, true, false, true, false])
    #expect(obstacles.isEmpty && !obstacles.isFlapping(at: 120))
    let other = obstacles.flap(pairs, period: .nanoseconds(10), from: 200, for: nil)
    _ = obstacles.toggle(other, at: 200)
    #expect(obstacles.isFlapping(at: 1_000_000))
    obstacles.removeAll()
    let change = obstacles.toggle(other, at: 205)
    #expect(change == nil)
    #expect(!obstacles.isFlapping(at: 205) && obstacles.isEmpty)
  }

  @Test("Of conditions for one value the latest counts, and delays add up on the links that they are about")
  func conditions() {
    var changes = LinkConditions(LinkModel(delay: .constant(.zero), loss: 0.1), bandwidth: 1_000)
    let delays: [DelayDistribution] = [.constant(.milliseconds(1)), .constant(.milliseconds(2))]
    changes.add(.loss(0.5), among: everyone)
    changes.add(.delay(node(1), delays[0]), among: everyone)
    changes.add(.loss(0.2), among: everyone)
    changes.add(.burst(3), among: everyone)
    changes.add(.delay(nil, delays[1]), among: everyone)
    changes.add(.bandwidth(nil), among: everyone)
    #expect((changes.loss, changes.burst, changes.bandwidth) == (0.2, 3, nil))
    #expect(changes.addedDelays(from: NodeID(0), to: NodeID(1)) == delays)
    #expect(changes.addedDelays(from: NodeID(1), to: NodeID(0)) == delays)
    #expect(changes.addedDelays(from: NodeID(0), to: NodeID(2)) == [delays[1]])
  }

  @Test("A target is whom it names, who leads, or one of those that run and do not")
  func targets() {
    func resolved(_ target: FaultTarget, leader: NodeID? = NodeID(1)) -> NodeID? {
      target.resolved(among: everyone, leader: leader) { $0 != NodeID(2) }
    }
    #expect(resolved(.leader) == NodeID(1))
    #expect(resolved(.follower) == NodeID(0))
    #expect(resolved(.laterFollower(2)) == NodeID(3))
    #expect(resolved(.laterFollower(4)) == nil)
    #expect(resolved(.node(NodeID(2))) == NodeID(2))
    #expect(resolved(.node(NodeID(5))) == nil)
    #expect(resolved(.leader, leader: nil) == nil && resolved(.follower, leader: nil) == nil)
  }
}
