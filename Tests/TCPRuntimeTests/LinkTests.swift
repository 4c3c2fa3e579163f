import Consensus
import Faults
import Raft
import Testing
import Verification

@testable import TCPRuntime

@Suite("Modelled links on sockets", .serialized)
struct LinkTests {
  private func drain(_ shaper: inout LinkShaper, _ outcome: LinkShaper.Outcome) -> (bodies: [[UInt8]], times: [Int64]) {
    var outcome = outcome
    var (bodies, times): ([[UInt8]], [Int64]) = ([], [])
    while case .wait(let time) = outcome {
      outcome = shaper.advance(to: time) {
        bodies.append($0)
        times.append(time)
      }
    }
    return (bodies, times)
  }

  @Test("Frames arrive in order and each once, whatever is lost, and losses cost a retransmission's time")
  func order() {
    for seed in 0..<50 as Range<UInt64> {
      let model = LinkModel(
        delay: .uniform(.milliseconds(1)...(.milliseconds(9))), loss: 0.2, sessionTimeout: .seconds(3600))
      var shaper = LinkShaper(ShapedLink(model), seed: seed)
      var outcome = LinkShaper.Outcome.nothing
      for number in 0..<100 as Range<UInt8> {
        let next = shaper.send([number], at: Int64(number) * 1000)
        if next != .nothing { outcome = next }
      }
      let (bodies, times) = drain(&shaper, outcome)
      #expect(bodies == (0..<100).map { [UInt8($0)] })
      #expect(times == times.sorted())
      #expect(times.last! > 200_000_000, "something of a hundred was lost, and waited for its retransmission")
      #expect(shaper.bytes == 0)
    }
  }

  @Test("What does not pass within the session's patience breaks it")
  func patience() {
    var shaper = LinkShaper(ShapedLink(LinkModel(delay: .constant(.zero))), seed: 1)
    shaper.isCut = true
    guard case .wait(let time) = shaper.send([1], at: 0) else { return #expect(Bool(false), "it waits") }
    var outcome = LinkShaper.Outcome.wait(until: time)
    while case .wait(let time) = outcome { outcome = shaper.advance(to: time) { _ in } }
    #expect(outcome == .breaksSession)
  }

  @Test("Delays add up, and without any a frame that is not lost has arrived when it leaves")
  func delays() {
    let slow = ShapedLink(
      LinkModel(delay: .constant(.zero)), adding: [.constant(.milliseconds(2)), .constant(.milliseconds(3))])
    #expect(!slow.isTransparent && slow.delays.count == 2)
    var shaper = LinkShaper(slow, seed: 1)
    #expect(shaper.send([1], at: 7) == .wait(until: 5_000_007))
    let quick = ShapedLink(LinkModel(delay: .constant(.zero)), adding: [.constant(.zero)])
    #expect(quick.isTransparent && quick.delays.isEmpty)
    shaper = LinkShaper(quick, seed: 1)
    #expect(shaper.send([1], at: 7) == .wait(until: 7))
  }

  @Test("A link's delay is paid twice for each commit")
  func delay() async throws {
    let cluster = LoopbackCluster<Raft>(.standard)
    cluster.link = LinkModel(delay: .constant(.milliseconds(10)))
    try await cluster.start()
    _ = try await cluster.leader()
    let client = cluster.client(1)
    try await client.start()
    #expect(try await eventually { try await client.progress() >= 20 })
    let result = try await client.finish()
    try await cluster.stop()
    #expect(result.latencies.allSatisfy { $0 >= 20_000_000 })
  }

  @Test("A model that does nothing just now leaves a session as it is without one")
  func transparent() async throws {
    let cluster = LoopbackCluster<Raft>(.standard)
    cluster.link = LinkModel(delay: .constant(.zero), sessionTimeout: .milliseconds(500))
    try await cluster.start()
    let leader = try await cluster.leader()
    let peers = Cluster(count: 3).members.removing(leader.id)
    #expect(try await leader.shapers() == 0)
    try await leader.shape(ShapedLink(LinkModel(delay: .constant(.milliseconds(1)))), to: peers)
    #expect(try await leader.shapers() == 2)
    try await leader.shape(nil, to: peers)
    #expect(try await eventually { try await leader.shapers() == 0 })
    try await cluster.stop()
  }

  @Test(
    "One way is cut by its sender: its peer's frames arrive until the session breaks, of which the peer hears later")
  func oneWay() async throws {
    let cluster = LoopbackCluster<Raft>(.standard)
    cluster.link = LinkModel(
      delay: .constant(.zero), retransmission: .milliseconds(50), sessionTimeout: .milliseconds(300))
    try await cluster.start()
    let leader = try await cluster.leader()
    let peer = try #require(cluster.members.first { $0.id != leader.id })
    let began = ContinuousClock.now
    try await leader.cut(off: NodeSet(peer.id))
    func says(_ id: NodeID, _ other: NodeID) -> String { "replica=\(id) event=disconnected peer=\(other)" }
    #expect(try await eventually { cluster.lines.contain(says(leader.id, peer.id)) })
    #expect(!cluster.lines.contain(says(peer.id, leader.id)))
    #expect(try await eventually { cluster.lines.contain(says(peer.id, leader.id)) })
    // 50, 100 ms and no third retry within 300 ms; then the peer's own patience.
    #expect(ContinuousClock.now - began >= .milliseconds(450))
    #expect(cluster.lines.all.filter { $0.contains("event=connected") }.count == 6)
    try await leader.cut(off: NodeSet())
    #expect(try await eventually { cluster.lines.all.filter { $0.contains("event=connected") }.count >= 8 })
    try await cluster.stop()
  }

  @Test("A leader that is cut off is replaced, comes back, and nothing is lost")
  func partition() async throws {
    let cluster = LoopbackCluster<Raft>(.standard)
    try await cluster.start()
    let client = cluster.client(4)
    try await client.start()
    #expect(try await eventually { try await client.progress() >= 100 })
    let old = try await cluster.leader()
    for member in cluster.members where member.id != old.id { try await member.cut(off: NodeSet(old.id)) }
    try await old.cut(off: Cluster(count: 3).members.removing(old.id))
    #expect(
      try await eventually {
        for member in cluster.members where member.id != old.id {
          if try await member.statusNow().status?.role == .leader { return true }
        }
        return false
      })
    let during = try await client.progress()
    #expect(try await eventually { try await client.progress() >= during + 100 })
    for member in cluster.members { try await member.cut(off: NodeSet()) }
    #expect(
      try await eventually {
        let status = try await old.statusNow().status
        return status?.role == .follower && status?.leader != nil && status?.leader != old.id
      })
    let result = try await client.finish()
    try await cluster.stop()
    let check = verdict(result)
    #expect(check.verdict == .ok, "\(check.detail ?? "")")
  }
}

extension TCPReplica {
  /// Sessions in which something is done to frames.
  fileprivate func shapers() async throws -> Int {
    try await loop.submit { [self] in connections.values.count { $0.shaper != nil } }.get()
  }
}
