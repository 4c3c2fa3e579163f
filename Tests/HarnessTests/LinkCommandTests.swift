import Consensus
import Faults
import Foundation
import Simulator
import Synchronization
import TCPRuntime
import Testing

@testable import Harness

@Suite("What a replica is told about its links") struct LinkCommandTests {
  @Test(
    "A command is one line, and read again it is the same",
    arguments: [
      (LinkCommand.Order.cut(NodeSet(first: 2)), "7 cut n0 n1"), (.cut(NodeSet()), "7 cut none"),
      (.link(nil, to: NodeSet(NodeID(2))), "7 link n2: real"),
      (
        .link(
          ShapedLink(
            LinkModel(delay: .constant(.milliseconds(5)), loss: 0.05, burst: 4),
            adding: [.uniform(.milliseconds(1)...(.milliseconds(2)))]), to: NodeSet(first: 3)),
        "7 link n0 n1 n2: loss 0.05, burst 4, delay 5ms, delay uniform 1ms-2ms, retransmission 200ms, session-timeout 1s, "
          + "reconnect 50ms"
      ),
      (
        .link(ShapedLink(LinkModel(delay: .constant(.zero))), to: NodeSet(first: 1)),
        "7 link n0: loss 0, burst 1, retransmission 200ms, session-timeout 1s, reconnect 50ms"
      ),
    ])
  func text(_ order: LinkCommand.Order, _ text: String) throws {
    #expect(LinkCommand(number: 7, order).text == text)
    #expect(try LinkCommand(text) == LinkCommand(number: 7, order))
  }

  @Test("What is not said is as on a link that does nothing, and words may stand in any order")
  func defaults() throws {
    let link = ShapedLink(LinkModel(delay: .constant(.milliseconds(1)), loss: 0.5))
    #expect(try LinkCommand("1 link n1,n2:delay 1ms,loss 50%").order == .link(link, to: NodeSet(bits: 6)))
  }

  @Test(
    "What is wrong with a command is said in one line",
    arguments: [
      ("", "'' does not begin with a number from 1 on"), ("cut n1", "'cut n1' does not begin with a number from 1 on"),
      ("0 cut n1", "'0 cut n1' does not begin with a number from 1 on"),
      ("1", "unknown order ''; there are cut, link"), ("1 cutt n1", "unknown order 'cutt'; did you mean 'cut'?"),
      ("1 cut", "nothing is not replicas such as n0 n1"), ("1 cut n64", "n64 is not a replica, n0 to n63"),
      ("1 link n1 loss 5%", "link: a colon has to stand between the peers and what happens"),
      ("1 link n1: los 5%", "link: unknown word 'los'; did you mean 'loss'?"),
      ("1 link n1: loss 5", "link: 5 is not a probability between 0 and 1; did you mean 5%?"),
      ("1 link n1: loss 5%, loss 6%", "link: 'loss' is said twice"),
      ("1 link n1: loss 90%, burst 4", "link: 90% cannot be lost in bursts of 4; at most 80%, or 100%"),
      ("1 link n1: reconnect 0s", "link: 0s is too short; at least 1ns"),
    ])
  func refusals(_ line: String, _ message: String) {
    #expect(throws: InputError(message)) { try LinkCommand(line) }
  }

  @Test("An answer names its command, and the reason if it was refused")
  func answers() throws {
    let done = LinkAnswer(number: 12)
    let refused = LinkAnswer(number: 3, refusal: "n7 is no peer of n0")
    for answer in [done, refused] {
      #expect(LinkAnswer("12:00:00.123 clock=5 replica=n0 \(answer.text)"[...]) == answer)
    }
    #expect(LinkAnswer("12:00:00.123 clock=5 replica=n0 event=connected peer=n2"[...]) == nil)
  }

  // MARK: Who is told what

  /// What is asked changes them, which an expectation's own copy would not show.
  private final class Books {
    var links: ClusterLinks
    init(_ links: ClusterLinks) { self.links = links }
    func orders(for number: Int) -> [LinkCommand.Order] { links.orders(for: NodeID(number)) }
  }
  private static func books(_ faults: [Fault] = [], loss: Double = 0) -> Books {
    var configuration = SimulationConfiguration(
      environment: Environment(
        replicas: 3, link: LinkModel(delay: .constant(.zero), loss: loss),
        timing: Timing(heartbeat: .milliseconds(10), electionTimeout: .milliseconds(50)...(.milliseconds(100)))),
      workload: Workload(arrival: .none), measure: Measure(window: .seconds(1)), seed: 1)
    configuration.faults = FaultPlan(faults.map { ScheduledFault(at: .zero, $0) })
    return Books(ClusterLinks(configuration, replicas: 3))
  }
  private static let isolation = Fault.isolate(.node(NodeID(0)), for: nil)

  @Test("Nobody is told anything of links to which nothing ever happens")
  func silence() {
    let books = Self.books([.crash(.leader, downtime: nil)])
    #expect(!books.links.areModelled)
    for number in 0..<3 { #expect(books.orders(for: number).isEmpty) }
  }

  @Test("A cut is an order to its sender alone, and is given once, and again to another process")
  func cuts() throws {
    let books = Self.books([Self.isolation])
    let base = ShapedLink(LinkModel(delay: .constant(.zero)))
    #expect(books.orders(for: 0) == [.link(base, to: NodeSet(bits: 6))])
    for number in 0..<3 { _ = books.orders(for: number) }
    let cut = books.links.obstacles.add([.init(from: NodeID(0), to: NodeID(1))])
    #expect(books.orders(for: 0) == [.cut(NodeSet(NodeID(1)))])
    #expect(books.orders(for: 0).isEmpty && books.orders(for: 1).isEmpty)
    books.links.forget(NodeID(0))
    #expect(books.orders(for: 0) == [.link(base, to: NodeSet(bits: 6)), .cut(NodeSet(NodeID(1)))])
    _ = books.links.obstacles.lift(cut)
    #expect(books.orders(for: 0) == [.cut(NodeSet())])
  }

  @Test("Conditions lie on top of what is asked of all links, and are taken back; what heals loses nothing")
  func conditions() {
    let books = Self.books(loss: 0.1)
    func link(_ loss: Double, _ delays: [DelayDistribution] = []) -> ShapedLink {
      ShapedLink(LinkModel(delay: .constant(.zero), loss: loss), adding: delays)
    }
    #expect(books.orders(for: 1) == [.link(link(0.1), to: NodeSet(bits: 5))])
    let loss = books.links.begin(.loss(0.5))
    let slow = DelayDistribution.constant(.milliseconds(5))
    _ = books.links.begin(.delay(.node(NodeID(2)), slow))
    #expect(
      books.orders(for: 1) == [
        .link(link(0.5), to: NodeSet(NodeID(0))), .link(link(0.5, [slow]), to: NodeSet(NodeID(2))),
      ])
    books.links.end(loss)
    #expect(
      books.orders(for: 1) == [
        .link(link(0.1), to: NodeSet(NodeID(0))), .link(link(0.1, [slow]), to: NodeSet(NodeID(2))),
      ])
    books.links.heal()
    #expect(books.orders(for: 1) == [.link(link(0), to: NodeSet(bits: 5))])
  }

  // MARK: In a cluster

  /// What three replicas of this process say.
  private final class Lines: Sendable {
    private let lines = Mutex<[[String]]>(Array(repeating: [], count: 3))

    func add(_ line: String, of id: Int) { lines.withLock { $0[id].append(line) } }
    /// The last that one of them said of its part.
    func status(_ id: Int) -> LoggedStatus? {
      lines.withLock { $0[id] }.reversed().lazy
        .compactMap { LoggedStatus("clock=0 \($0)"[...], of: NodeID(id)) }.first
    }
    func leader(after epoch: UInt64 = 0) -> LoggedStatus? {
      (0..<3).compactMap { status($0) }.first { $0.role == .leader && $0.isEstablished && $0.epoch > epoch }
    }
  }

  @Test("A leader that is cut off by command is replaced; when that is over, it follows")
  func partition() async throws {
    let lines = Lines()
    let ports = try FreePorts.take(3)
    let file = try NodeFile(
      """
      cluster: links
      protocol: raft
      replicas: [\(ports.map { "\"127.0.0.1:\($0)\"" }.joined(separator: ", "))]
      journal: memory
      timing: {heartbeat: 20ms, election-timeout: 200ms-400ms}
      """, file: "c.yaml", defaults: NodeFileTests.defaults, catalogue: Bench.catalogue)
    try await onThread {
      let replicas = try (0..<3).map { id in try file.replica(id, log: { lines.add($0, of: id) }) }
      defer { for replica in replicas { _ = replica.stop() } }
      for replica in replicas { _ = try replica.start() }
      let first = try waitFor("a leader") { lines.leader() }
      let old = Int(first.node.index)
      let others = (0..<3).filter { $0 != old }
      #expect(
        replicas[old].obey("1 cut n\(old)") == LinkAnswer(number: 1, refusal: "n\(old) is no peer of n\(old)").text)
      #expect(
        replicas[old].obey("cut n1")
          == LinkAnswer(number: 0, refusal: "'cut n1' does not begin with a number from 1 on").text)
      #expect(replicas[old].obey("2 cut n\(others[0]) n\(others[1])") == LinkAnswer(number: 2).text)
      for other in others { #expect(replicas[other].obey("1 cut n\(old)") == LinkAnswer(number: 1).text) }
      let second = try waitFor("another leader") {
        lines.leader(after: first.epoch).flatMap { $0.node == first.node ? nil : $0 }
      }
      for replica in replicas { #expect(replica.obey("3 cut none") == LinkAnswer(number: 3).text) }
      _ = try waitFor("the old leader follows") { () -> Bool? in
        let status = lines.status(old)
        return status?.role == .follower && (status?.epoch ?? 0) >= second.epoch ? true : nil
      }
    }
  }

  private struct Waited: Error { let what: String }
  private func waitFor<Value>(_ what: String, _ look: () -> Value?) throws -> Value {
    let end = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < end {
      if let found = look() { return found }
      usleep(5_000)
    }
    throw Waited(what: what)
  }
  /// On a thread that may be blocked: what hosts wait for needs those that tests run on.
  private func onThread(_ body: @escaping @Sendable () throws -> Void) async throws {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(with: Result { try body() }) }
    }
  }
}
