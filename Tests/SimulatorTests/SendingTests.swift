import Consensus
import Faults
import Raft
import Replication
import Testing

@testable import Simulator

/// What a network card of limited speed has not sent is still in the sender's hands.
@Suite("Sending") struct SendingTests {
  /// Leaders stay, and nothing but the load is sent.
  private func run(
    _ faults: [ScheduledFault], load: Workload, replicas: Int = 3, window: Duration = .seconds(1),
    samples: Samples? = nil, trace: TraceEvents? = nil, _ change: (inout Environment) -> Void = { _ in }
  ) -> SimulationResult {
    var environment = environment(
      replicas: replicas, heartbeat: .seconds(10), electionTimeout: .seconds(30)...(.seconds(60)))
    environment.link.sessionTimeout = .seconds(60)
    environment.retry.timeout = .seconds(60)
    environment.retry.abandon = .seconds(60)
    change(&environment)
    let result = Simulation<Raft>(
      .init(
        environment: environment, workload: load,
        measure: Measure(warmUp: .zero, window: window, patience: .seconds(300)), faults: FaultPlan(faults), seed: 1),
      tuning: .standard, recorder: samples, trace: trace.map { trace in { trace.add($0) } }
    ).run()
    expectOK(result)
    return result
  }
  private static func limit(_ at: Int, _ rate: UInt64?, for length: Int? = nil) -> ScheduledFault {
    .init(at: .milliseconds(at), .change(.bandwidth(rate), for: length.map { .milliseconds($0) }))
  }

  @Test("What is being sent when a limit begins or ends goes on at the new one")
  func changes() {
    func commits(_ faults: [ScheduledFault]) -> [Int64] {
      let samples = Samples()
      _ = run(faults, load: isolated(think: .milliseconds(10)), samples: samples)
      #expect(samples.commits.count > 40 && samples.commits.dropFirst().allSatisfy { $0 == 2 * millisecond })
      return samples.commits
    }
    // The first operation comes at 10 ms. At 80 kbit/s its hundred bytes and more would take the card more than 10 ms;
    // at 15 ms nothing holds them any more, nor their acknowledgement.
    #expect(commits([Self.limit(0, 80_000, for: 15)]).first == 7 * millisecond)
    #expect(commits([Self.limit(0, 80_000), Self.limit(15, nil)]).first == 7 * millisecond)
    #expect(commits([Self.limit(0, 1_000, for: 15)]).first == 7 * millisecond)
    // Half of its bits at one speed and half at twice that: three quarters of the time.
    let frame = result(of: 40_000)
    #expect(frame.slow == 2 * frame.fast)
    let half = Int(frame.slow / 2 / millisecond)
    let mixed = run(first: [Self.limit(0, 40_000, for: 10 + half), Self.limit(10 + half, 80_000)])
    let expected = Int64(half) * millisecond + (frame.slow - Int64(half) * millisecond) / 2
    #expect(abs(mixed - expected) <= 2)
  }
  /// How long the first message of the leader takes its card at this speed, and at twice that.
  private func result(of rate: UInt64) -> (slow: Int64, fast: Int64) {
    (run(first: [Self.limit(0, rate)]), run(first: [Self.limit(0, 2 * rate)]))
  }
  private func run(first faults: [ScheduledFault]) -> Int64 {
    let trace = TraceEvents()
    let result = run(faults, load: isolated(think: .milliseconds(10)), trace: trace)
    let arrival = trace.all.first { $0.what == "delivered" && $0.time > result.windowStart + 11 * millisecond }
    return (arrival?.time ?? 0) - result.windowStart - 11 * millisecond
  }

  @Test("A limit does not outlive its end, whatever waited", arguments: [LinkModel.Kind.stream, .datagram])
  func end(_ kind: LinkModel.Kind) {
    let trace = TraceEvents()
    let result = run(
      [Self.limit(100, 10_000, for: 400)],
      load: Workload(arrival: .constant(perSecond: 500), sessions: 2_000, payload: 8), trace: trace
    ) { $0.link.kind = kind }
    let end = result.windowStart + 500 * millisecond
    let leader = Int(result.leaderships[0].node.index)
    var late = 0
    for peer in 0..<3 where peer != leader {
      let transits = trace.transits(from: leader, to: peer)
      for (sent, delay) in transits where sent < end {
        if delay > 2 * millisecond { late += 1 }
        #expect(sent + delay <= end + 2 * millisecond)
      }
      #expect(transits.allSatisfy { $0.sent < end || $0.delay == millisecond })
    }
    #expect(late > 100 && result.counts.unanswered == 0)
  }

  @Test("A limit that lasts to the end of the window does not outlive it")
  func healed() {
    let load = Workload(arrival: .constant(perSecond: 500), sessions: 2_000, payload: 8)
    let result = run([Self.limit(100, 1_000)], load: load)
    #expect(result.isAtRest)
  }

  @Test("Loss does not let more through a link than it carries without")
  func loss() {
    func answered(_ loss: Double) -> UInt64 {
      let load = Workload(arrival: .closed(clients: 200, think: .zero), payload: 256)
      let result = run([], load: load, replicas: 2, window: .seconds(5)) {
        $0.link.loss = loss
        $0.link.retransmission = .milliseconds(20)
        $0.bandwidth = 1_000_000
        $0.batch.commands = 1
      }
      return result.counts.answered
    }
    let clean = answered(0)
    #expect(clean > 1_500 && clean < 1_000_000 * 5 / (256 * 8))
    for loss in [0.01, 0.05] { #expect(answered(loss) < clean) }
  }

  @Test("What is sent again takes the card's time again")
  func retransmission() {
    let trace = TraceEvents()
    // Everything is lost for 100 ms. The one copy of the first operation, which comes at 10 ms, is sent again 200 ms
    // after it left, at 1 kB per ms.
    let result = run(
      [.init(at: .zero, .loss(1, for: .milliseconds(100)))],
      load: isolated(think: .milliseconds(10), payload: 10_000), replicas: 2, window: .milliseconds(500), trace: trace
    ) { $0.bandwidth = 8_000_000 }
    let lost = trace.times(of: "dropped")
    let leader = Int(result.leaderships[0].node.index)
    let transits = trace.transits(from: leader, to: 1 - leader).filter { $0.sent > result.windowStart }
    #expect(lost.count == 1)
    // Ten thousand bytes and the command's own take 10 ms and a bit, twice, and between them the wait.
    let first = transits[0].delay - 201 * millisecond
    #expect(first > 20 * millisecond && first < 21 * millisecond)
    #expect(transits[1].delay == first / 2 + millisecond)
  }

  @Test(
    "What has not left when its sender crashes, is muted or cut off never arrives",
    arguments: [
      Fault.crash(.leader, downtime: nil), .mute(.leader, inbound: false, for: nil), .isolate(.leader, for: nil),
      .loss(1),
    ], [LinkModel.Kind.stream, .datagram])
  func gone(_ fault: Fault, _ kind: LinkModel.Kind) {
    let trace = TraceEvents()
    let result = run(
      [.init(at: .milliseconds(500), fault)],
      load: Workload(arrival: .constant(perSecond: 1_000), sessions: 2_000, payload: 256),
      window: .seconds(2), trace: trace
    ) {
      $0.link.kind = kind
      $0.bandwidth = 1_000_000
    }
    let leader = Int(result.leaderships[0].node.index)
    let struck = result.windowStart + 500 * millisecond
    let sent = trace.all.count { $0.what == "sent" && $0.from == leader && $0.time <= struck }
    let arrived = trace.all.count { $0.what == "delivered" && $0.from == leader && $0.time <= struck }
    #expect(sent > arrived + 50, "much waits")
    // What the card's own ring holds still leaves, within a millisecond; the way takes another.
    #expect(
      !trace.all.contains {
        $0.what == "delivered" && $0.from == leader && $0.time > struck + 2 * millisecond && $0.time < result.windowEnd
      })
  }

  @Test("More than 64 MiB that wait end the session, or are lost", arguments: [LinkModel.Kind.stream, .datagram])
  func bound(_ kind: LinkModel.Kind) {
    let result = run(
      [Self.limit(100, 1_000_000, for: 300)],
      load: Workload(arrival: .closed(clients: 1_200, think: .milliseconds(50)), payload: 64 << 10)
    ) {
      $0.link.kind = kind
      $0.batch.commands = 1
      $0.batch.window = 2_000
      $0.shared.inflight = 5_000
    }
    #expect(count(kind == .stream ? "sessions broken" : "datagrams dropped", in: result) > 0)
  }

  @Test("A lost segment goes before what is new, and what is begun before both; a session takes its own along")
  func outbox() {
    var outbox = Outbox<Int>(replicas: 3)
    func item(_ message: Int?, to peer: Int) -> Outbox<Int>.Item {
      .init(message: message, to: NodeID(peer), session: 1, bytes: 10, ready: 0)
    }
    func drain(_ outbox: Outbox<Int>) -> [Int?] {
      var (outbox, order) = (outbox, [Int?]())
      while !outbox.isEmpty { order.append(outbox.removeFirst().message) }
      return order
    }
    for (message, peer) in [(1, 1), (2, 2), (3, 1), (4, 2)] { outbox.append(item(message, to: peer)) }
    outbox.service = (80, 0)
    outbox.append(item(nil, to: 2))
    outbox.append(item(nil, to: 1))
    #expect(drain(outbox) == [1, nil, nil, 2, 3, 4])
    #expect(outbox.bytes(to: NodeID(1)) == 30 && outbox.bytes(to: NodeID(2)) == 30)
    var lone = outbox
    lone.forget(NodeID(1))
    #expect(drain(lone) == [1, nil, 2, 4])
    #expect(lone.bytes(to: NodeID(1)) == 10 && lone.bytes(to: NodeID(2)) == 30)
    lone.forget(NodeID(2))
    #expect(drain(lone) == [1] && lone.bytes(to: NodeID(2)) == 0)
    lone.removeAll()
    #expect(lone.isEmpty && lone.bytes(to: NodeID(1)) == 0)
  }
}
