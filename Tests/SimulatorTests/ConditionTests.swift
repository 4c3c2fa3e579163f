import Consensus
import Faults
import Raft
import Replication
import Testing
import Unreplicated

@testable import Simulator

/// Faults that change how fast or how well something works, as sums that anybody can do.
@Suite("Links and machines that change") struct ConditionTests {
  /// Times on the clock of the window, where the load begins with it.
  private static func window(_ seconds: Int = 1) -> Measure {
    Measure(warmUp: .zero, window: .seconds(seconds), patience: .seconds(300))
  }

  private func raft(
    _ faults: [ScheduledFault], replicas: Int = 3, load: Workload = isolated(think: .milliseconds(10)),
    window: Int = 1, samples: Samples? = nil, trace: TraceEvents? = nil,
    _ change: (inout Environment) -> Void = { _ in }
  ) -> SimulationResult {
    var environment = environment(replicas: replicas)
    change(&environment)
    let result = Simulation<Raft>(
      .init(
        environment: environment, workload: load, measure: Self.window(window), faults: FaultPlan(faults), seed: 1),
      tuning: .standard, recorder: samples, trace: trace.map { trace in { trace.add($0) } }
    ).run()
    expectOK(result)
    return result
  }
  private func commits(
    _ faults: [ScheduledFault], replicas: Int = 3, _ change: (inout Environment) -> Void = { _ in }
  ) -> [Int64] {
    let samples = Samples()
    _ = raft(faults, replicas: replicas, samples: samples) {
      // Heartbeats must not get in the way.
      $0.timing = Timing(heartbeat: .seconds(10), electionTimeout: .seconds(30)...(.seconds(60)))
      change(&$0)
    }
    #expect(samples.commits.count > 40)
    return samples.commits
  }

  // MARK: Links

  @Test("A delay on all links adds twice itself to a commit, as long as it lasts")
  func delay() {
    let during = commits([
      .init(at: .zero, .change(.delay(nil, .constant(.milliseconds(4))), for: .milliseconds(500)))
    ])
    #expect(Set(during) == [2 * millisecond, 10 * millisecond])
    // A commit and the rest take 20 ms under the fault, and 12 ms after it.
    #expect(during.filter { $0 == 10 * millisecond }.count == 25)
    #expect(Set(during.prefix(25)) == [10 * millisecond])
  }

  @Test("A slow follower is not waited for, a slow leader is, and delays add up")
  func delayOfOne() {
    func added(_ target: FaultTarget, _ time: Int) -> ScheduledFault {
      .init(at: .zero, .change(.delay(target, .constant(.milliseconds(time))), for: nil))
    }
    #expect(Set(commits([added(.follower, 4)])) == [2 * millisecond])
    #expect(Set(commits([added(.leader, 4)])) == [10 * millisecond])
    #expect(Set(commits([added(.leader, 4), added(.leader, 1)])) == [12 * millisecond])
    #expect(Set(commits([added(.follower, 4)], replicas: 2)) == [10 * millisecond])
  }

  @Test("Of several values the latest that lasts counts, and at its end the one before")
  func latest() {
    func limit(_ at: Int, _ rate: UInt64?, _ length: Int) -> ScheduledFault {
      .init(at: .milliseconds(at), .change(.bandwidth(rate), for: .milliseconds(length)))
    }
    let limited = commits([limit(0, 8_000_000, 600), limit(200, nil, 200)])
    let slow = limited[0]
    // At 8 Mbit/s a byte takes a microsecond: more than a hundred for a command and as many for its acknowledgement.
    #expect(slow > 2 * millisecond + 100_000 && slow < 2 * millisecond + 400_000)
    #expect(Set(limited) == [slow, 2 * millisecond])
    var runs = 1
    for (one, next) in zip(limited, limited.dropFirst()) where one != next { runs += 1 }
    #expect(runs == 4, "limited, not limited, limited, not limited")
  }

  @Test("Loss and the length of its bursts last as long as they are told to")
  func loss() {
    let trace = TraceEvents()
    let result = raft(
      [.init(at: .milliseconds(200), .loss(1, for: .milliseconds(50)))], load: isolated(think: .milliseconds(1)),
      trace: trace
    ) {
      $0.link.kind = .datagram
    }
    let dropped = trace.times(of: "dropped").map { $0 - result.windowStart }
    #expect(dropped.count > 1)
    #expect(dropped.allSatisfy { $0 >= 200 * millisecond && $0 < 250 * millisecond })
  }

  @Test("The length of bursts changes, and the share that is lost does not")
  func burst() {
    /// The share of the leader's messages that are lost, and how many of them in a row.
    func losses(_ faults: [ScheduledFault]) -> (share: Double, length: Double) {
      let trace = TraceEvents()
      let result = raft(faults, load: isolated(think: .milliseconds(1)), window: 20, trace: trace) {
        $0.link.kind = .datagram
        $0.timing = Timing(heartbeat: .milliseconds(5), electionTimeout: .seconds(30)...(.seconds(60)))
      }
      let leader = Int(result.leaderships[0].node.index)
      var (sent, lost, runs, wasLost) = (0, 0, 0, false)
      var pending = false
      for event in trace.all where event.from == leader && event.to == (leader + 1) % 3 {
        guard event.time >= result.windowStart, event.time < result.windowEnd else { continue }
        if event.what == "sent" {
          if pending { wasLost = false }
          (sent, pending) = (sent + 1, true)
        } else if event.what == "dropped" {
          lost += 1
          if !wasLost { runs += 1 }
          (wasLost, pending) = (true, false)
        }
      }
      return (Double(lost) / Double(sent), Double(lost) / Double(runs))
    }
    let single = losses([.init(at: .zero, .loss(0.2))])
    let long = losses([.init(at: .zero, .loss(0.2)), .init(at: .zero, .change(.burst(8), for: nil))])
    #expect(abs(single.share - 0.2) < 0.03 && abs(single.length - 1.25) < 0.1)
    #expect(abs(long.share - 0.2) < 0.05 && abs(long.length - 8) < 2)
  }

  @Test("Flapping links are down for half of each period, and up at the end")
  func flap() {
    let trace = TraceEvents()
    let result = raft(
      [
        .init(
          at: .milliseconds(100), .flap(.pair(NodeID(0), NodeID(1)), period: .milliseconds(40), for: .milliseconds(110))
        )
      ], trace: trace)
    func times(_ what: String) -> [Int64] { trace.times(of: what).map { ($0 - result.windowStart) / millisecond } }
    #expect(times("block 2 links") == [100, 140, 180])
    #expect(times("open 2 links") == [120, 160, 200])
    let lone = TraceEvents()
    let cut = raft(
      [.init(at: .milliseconds(100), .flap(.target(.leader), period: .milliseconds(40), for: .milliseconds(50)))],
      trace: lone)
    #expect(lone.times(of: "block 4 links").map { ($0 - cut.windowStart) / millisecond } == [100, 140])
    #expect(lone.times(of: "open 4 links").map { ($0 - cut.windowStart) / millisecond } == [120, 150])
  }

  @Test("A partial partition parts two groups both ways, and nobody else")
  func partialPartition() {
    let trace = TraceEvents()
    let result = raft(
      [
        .init(
          at: .milliseconds(100),
          .partialPartition([.node(NodeID(0)), .node(NodeID(1))], [.node(NodeID(4))], for: .milliseconds(300)))
      ], replicas: 5, window: 2, trace: trace)
    let start = result.windowStart
    // What left before it still arrives.
    func arrivals(_ from: Int, _ to: Int) -> Int {
      trace.all.count {
        $0.what == "delivered" && $0.from == from && $0.to == to && $0.time > start + 102 * millisecond
          && $0.time <= start + 400 * millisecond
      }
    }
    for inner in [0, 1] { #expect(arrivals(inner, 4) == 0 && arrivals(4, inner) == 0) }
    let leader = Int(result.leaderships.last!.node.index)
    let reached = (0..<5).filter { arrivals(leader, $0) > 0 }
    #expect(reached.count >= 2)
    #expect(trace.times(of: "block 4 links") == [start + 100 * millisecond])
    #expect(trace.times(of: "open 4 links") == [start + 400 * millisecond])
  }

  @Test("What was healed is not opened a second time, when something else has blocked it since")
  func healed() {
    let trace = TraceEvents()
    let target = FaultTarget.node(NodeID(1))
    let result = raft(
      [
        .init(at: .milliseconds(100), .isolate(target, for: .milliseconds(400))),
        .init(at: .milliseconds(200), .heal),
        .init(at: .milliseconds(300), .isolate(target, for: .milliseconds(600))),
      ], window: 2, trace: trace)
    #expect(trace.times(of: "open 4 links").map { ($0 - result.windowStart) / millisecond } == [900])
  }

  // MARK: Disks and processors

  /// Latencies of operations that come every 100 ms to one replica whose writes take 10 ms.
  private func lone(_ faults: [ScheduledFault], _ change: (inout Environment) -> Void = { _ in }) -> [Int64] {
    var environment = environment(replicas: 1, fsync: .milliseconds(10))
    change(&environment)
    let samples = Samples()
    let result = Simulation<Unreplicated>(
      .init(
        environment: environment, workload: Workload(arrival: .constant(perSecond: 10), sessions: 8, payload: 8),
        measure: Self.window(), faults: FaultPlan(faults), seed: 1),
      tuning: .init(), recorder: samples
    ).run()
    expectOK(result)
    #expect(samples.client.count == 9 && samples.censored == 0)
    return samples.client.map { $0 / millisecond }
  }

  @Test("While a disk stalls nothing is written; what was under way is then, and the rest after it")
  func stall() {
    let node = FaultTarget.node(NodeID(0))
    #expect(lone([]) == Array(repeating: 10, count: 9))
    // The second operation comes at 200 ms. Its write is not begun before 240 ms,
    #expect(lone([.init(at: .milliseconds(195), .stallDisk(node, .milliseconds(45)))])[1] == 50)
    // or was begun, and is through when the disk is.
    #expect(lone([.init(at: .milliseconds(205), .stallDisk(node, .milliseconds(45)))])[1] == 50)
    // The longer of two stalls counts.
    let both = lone([
      .init(at: .milliseconds(195), .stallDisk(node, .milliseconds(45))),
      .init(at: .milliseconds(199), .stallDisk(node, .milliseconds(2))),
    ])
    #expect(both[1] == 50 && both[2] == 10)
  }

  @Test("A crash and the end of the faults leave no write behind in a disk that stalls")
  func stallAndCrash() {
    let result = raft(
      [
        .init(at: .milliseconds(100), .stallDisk(.leader, .seconds(5))),
        .init(at: .milliseconds(200), .crash(.leader, downtime: .milliseconds(100))),
        .init(at: .milliseconds(400), .stallDisk(.follower, .seconds(5))),
      ], load: Workload(arrival: .poisson(perSecond: 500), sessions: 64, payload: 8), window: 2
    ) {
      $0.fsync = .constant(.milliseconds(1))
      $0.shared.leaderDisk = .parallelLeaderRequired
    }
    #expect(result.isAtRest && !result.failovers.isEmpty)
  }

  @Test("A slow disk takes a multiple, or a time of its own, as long as it is slow")
  func slowDisk() {
    let node = FaultTarget.node(NodeID(0))
    func slow(_ speed: DiskSpeed, _ at: Int, for length: Int) -> ScheduledFault {
      .init(at: .milliseconds(at), .change(.disk(node, speed), for: .milliseconds(length)))
    }
    #expect(lone([slow(.factor(2.5), 150, for: 200)]).prefix(4) == [10, 25, 25, 10])
    #expect(lone([slow(.write(.constant(.milliseconds(7))), 150, for: 200)]).prefix(4) == [10, 7, 7, 10])
    // The write that begins at 300 ms has a sixth to go when one of the two ends.
    #expect(
      lone([slow(.factor(2), 150, for: 200), slow(.factor(3), 250, for: 200)]).prefix(5) == [10, 20, 55, 30, 10])
  }

  @Test("The write under way goes on at the new speed when one begins or ends")
  func changedDisk() {
    func slow(_ speed: DiskSpeed, _ at: Int, for length: Int) -> [Int64] {
      lone([.init(at: .milliseconds(at), .change(.disk(.node(NodeID(0)), speed), for: .milliseconds(length)))])
    }
    #expect(slow(.factor(2), 205, for: 40)[1] == 15)
    #expect(slow(.factor(2), 196, for: 10)[1] == 13)
    #expect(slow(.write(.constant(.milliseconds(20))), 205, for: 40)[1] == 15)
    #expect(slow(.write(.constant(.seconds(86_400))), 195, for: 10)[1] == 14, "not a millisecond's work in 5 ms")
    // What a stall holds back is through when that ends, whatever became of the speed.
    let stalled = lone([
      .init(at: .milliseconds(205), .stallDisk(.node(NodeID(0)), .milliseconds(45))),
      .init(at: .milliseconds(220), .change(.disk(.node(NodeID(0)), .factor(10)), for: .milliseconds(10))),
    ])
    #expect(stalled[1] == 50)
  }

  @Test("A slow processor takes a multiple for everything, and only that replica's does")
  func slowProcessor() {
    func run(_ faults: [ScheduledFault]) -> Int64 {
      let set = Set(
        commits(faults) { $0.cpu = CPUModel(perMessageIn: .microseconds(10), perMessageOut: .microseconds(3)) })
      #expect(set.count == 1)
      return set.first!
    }
    // Out of the leader, into the follower, out of it, into the leader: 3 + 10 + 3 + 10.
    #expect(run([]) == 2 * millisecond + 26_000)
    #expect(run([.init(at: .zero, .change(.processor(.leader, 4), for: nil))]) == 2 * millisecond + 65_000)
    // The follower that the leader writes to first is slow, so the other one decides: it hears 3 µs later.
    #expect(run([.init(at: .zero, .change(.processor(.follower, 4), for: nil))]) == 2 * millisecond + 29_000)
  }

  // MARK: What lasts to the window's end

  /// One replica, whose write takes 10 ms, and an operation each 10 ms from 10 to 90 ms.
  private func last(_ faults: [ScheduledFault], patience: Int = 300_000) -> (latencies: [Int64], censored: Int) {
    var environment = environment(replicas: 1, fsync: .milliseconds(10))
    environment.batch.commands = 1
    environment.groupCommit = .none
    let samples = Samples()
    let result = Simulation<Unreplicated>(
      .init(
        environment: environment, workload: Workload(arrival: .constant(perSecond: 100), sessions: 9, payload: 8),
        measure: Measure(warmUp: .zero, window: .milliseconds(99), patience: .milliseconds(patience)),
        faults: FaultPlan(faults), seed: 1), tuning: .init(), recorder: samples
    ).run()
    expectOK(result)
    #expect(samples.client.count + samples.censored == 9 && Int(result.counts.unanswered) == samples.censored)
    return (samples.client.map { $0 / millisecond }, samples.censored)
  }

  @Test("What is slow to the end of the window is so for all that was due in it, and nothing of it is censored")
  func slowToTheEnd() {
    let node = FaultTarget.node(NodeID(0))
    // Each waits 20 ms longer than the one before it, far beyond the window.
    let slow = last([.init(at: .zero, .change(.disk(node, .factor(3)), for: nil))])
    #expect(slow.latencies == (0..<9).map { Int64(30 + 20 * $0) } && slow.censored == 0)
    let even = last([.init(at: .zero, .change(.disk(node, .write(.constant(.milliseconds(8)))), for: nil))])
    #expect(even.latencies == Array(repeating: 8, count: 9) && even.censored == 0)
    // Half of the patience is what it may take.
    let bounded = last([.init(at: .zero, .change(.disk(node, .factor(3)), for: nil))], patience: 200)
    #expect(bounded.latencies == [30, 50, 70, 90, 110, 130] && bounded.censored == 3)
  }

  @Test("What does not work at the end of the window censors, unless what lasts is without effect")
  func lostToTheEnd() {
    func lost(_ at: Int, _ probability: Double) -> ScheduledFault { .init(at: .milliseconds(at), .loss(probability)) }
    func censored(_ faults: [ScheduledFault]) -> (Int, Int) {
      let samples = Samples()
      _ = raft(
        faults, load: Workload(arrival: .constant(perSecond: 1_000), sessions: 64, payload: 8), samples: samples)
      return (samples.client.count, samples.censored)
    }
    #expect(censored([]) == (999, 0))
    #expect(censored([lost(990, 1)]).1 > 5)
    #expect(censored([lost(100, 0.5), lost(101, 0)]).1 == 0)
    #expect(censored([.init(at: .milliseconds(100), .change(.burst(8), for: nil))]) == (999, 0))
    #expect(censored([.init(at: .milliseconds(100), .change(.delay(nil, .constant(.zero)), for: nil))]) == (999, 0))
    let flap = ScheduledFault(at: .milliseconds(980), .flap(.target(.leader), period: .milliseconds(30), for: nil))
    #expect(censored([flap]).1 > 1)
  }

  @Test(
    "A message that left while links were slow may take its time, a write is as fast as its disk, and neither violates liveness"
  )
  func slowToTheVeryEnd() {
    let length = Duration.milliseconds(100)
    for (change, isLate) in [
      (Condition.disk(.follower, .write(.constant(.seconds(60)))), false), (.disk(.follower, .factor(60_000)), false),
      (.delay(.follower, .constant(.seconds(60))), true),
    ] {
      let result = Simulation<Raft>(
        .init(
          environment: environment(fsync: .milliseconds(1)),
          workload: Workload(arrival: .constant(perSecond: 100), sessions: 64, payload: 8),
          measure: Measure(warmUp: .zero, window: .seconds(2), patience: .seconds(30)),
          faults: FaultPlan([.init(at: .seconds(1), .change(change, for: length))]), seed: 1), tuning: .standard
      ).run()
      expectOK(result, "\(change)")
      #expect((result.end - result.windowEnd > 30_000 * millisecond) == isLate, "\(change)")
    }
  }

  // MARK: Group commit

  @Test("Four appends of one instant share a write, or do not, or wait for company, as the policy says")
  func groupCommit() {
    func latencies(_ policy: GroupCommit) -> [Int64] {
      var environment = environment(replicas: 1, fsync: .milliseconds(10))
      environment.batch.commands = 1
      environment.groupCommit = policy
      let samples = Samples()
      let result = Simulation<Unreplicated>(
        .init(
          environment: environment,
          workload: Workload(arrival: .closed(clients: 4, think: .milliseconds(100)), payload: 8),
          measure: Measure(warmUp: .zero, window: .milliseconds(120)), seed: 1),
        tuning: .init(), recorder: samples
      ).run()
      expectOK(result)
      return samples.client.map { $0 / millisecond }
    }
    #expect(latencies(.natural) == [10, 10, 10, 10])
    #expect(latencies(.none) == [10, 20, 30, 40])
    #expect(latencies(.delay(.milliseconds(5), count: nil)) == [15, 15, 15, 15])
    #expect(latencies(.delay(.milliseconds(5), count: 5)) == [15, 15, 15, 15])
    #expect(latencies(.delay(.milliseconds(5), count: 4)) == [10, 10, 10, 10])
  }

  // MARK: Hand-over

  @Test("A leader that is asked hands over, in three round trips and without an election timeout")
  func transfer() throws {
    let result = raft(
      [.init(at: .milliseconds(300), .transfer(to: .follower))],
      load: Workload(arrival: .constant(perSecond: 500), sessions: 64, payload: 8))
    let failover = try #require(result.failovers.first)
    #expect(result.failovers.count == 1 && failover.isHandOver && failover.isComplete)
    let old = try #require(result.leaderships.first?.node)
    let heir = try #require(result.leaderships.last?.node)
    #expect(failover.struck == old && heir == (old == NodeID(0) ? NodeID(1) : NodeID(0)))
    #expect(failover.splitVotes == 0 && failover.candidates == 1)
    // TimeoutNow and a round of votes; then a round of the new leader's first entry, which the old leader hears half-way.
    #expect(failover.elected.map { $0 - failover.fault } == 3 * millisecond + catchUp(failover))
    #expect(failover.followed.map { $0 - failover.elected! } == 1 * millisecond)
    #expect(failover.established.map { $0 - failover.elected! } == 2 * millisecond)
    #expect(result.counts.answered == result.counts.due)
  }
  /// The heir may lack what was on its way when the leader was asked.
  private func catchUp(_ failover: Failover) -> Int64 { failover.suspected! - failover.fault - millisecond }

  @Test("Nobody is asked to hand over to itself, or where nobody leads")
  func idleTransfer() {
    let leader = raft([]).leaderships[0].node
    let result = raft([.init(at: .milliseconds(300), .transfer(to: .node(leader)))])
    #expect(result.failovers.isEmpty && result.leaderships.count == 1)
  }
}
