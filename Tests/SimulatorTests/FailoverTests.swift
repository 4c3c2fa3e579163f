import Consensus
import Faults
import Raft
import Testing

@testable import Simulator

@Suite("Fail-over") struct FailoverTests {
  private func trial(
    _ tuning: Raft.Tuning, seed: UInt64, replicas: Int = 5, kind: LinkModel.Kind = .stream
  ) -> SimulationResult {
    simulate(
      .init(
        environment: environment(
          replicas: replicas, delay: .constant(.microseconds(800)), fsync: .microseconds(300), kind: kind),
        workload: Workload(arrival: .constant(perSecond: 200), sessions: 8, keys: 5, payload: 16),
        measure: Measure(warmUp: .milliseconds(300), window: .seconds(5), stopsWhenRecovered: true),
        faults: FaultPlan([.init(at: .milliseconds(103), .crash(.leader, downtime: nil))]), seed: seed),
      tuning: tuning)
  }

  @Test("From the winner's timeout to its first commit: 4δ+3W without PreVote, 2δ more with it")
  func failover() throws {
    for (tuning, delays) in [(Raft.Tuning.plain, 4), (.standard, 6)] as [(Raft.Tuning, Int64)] {
      var undisputed = 0
      var shared = 0
      for seed in 1...60 as ClosedRange<UInt64> {
        let result = trial(tuning, seed: seed)
        expectOK(result, "seed \(seed)")
        let failover = try #require(result.failovers.first)
        #expect(failover.isComplete)
        guard failover.candidates == 1, let suspected = failover.suspected, let established = failover.established,
          let resumed = failover.resumed, let elected = failover.elected
        else { continue }
        undisputed += 1
        #expect(established - suspected == delays * 800_000 + 3 * 300_000, "seed \(seed)")
        #expect(elected - suspected == (delays - 2) * 800_000 + 2 * 300_000, "seed \(seed)")
        #expect(failover.rounds == 1 && failover.splitVotes == 0)
        #expect(failover.followed == elected + 800_000, "the others hear of their leader one delay later")
        // A command that waited at the winner shares the no-op's batch and write; one that waited elsewhere is redirected.
        #expect(resumed >= established)
        if resumed == established { shared += 1 }
      }
      #expect(undisputed >= 30)
      #expect(shared >= 1, "no command ever waited at the winner")
    }
  }

  private func struck(
    _ faults: [ScheduledFault], window: Int = 4, rate: Double = 200, stops: Bool = false,
    disk: LeaderDisk = .parallelAnyMajority
  ) -> SimulationResult {
    let result = simulate(
      .init(
        environment: environment(
          replicas: 3, delay: .constant(.microseconds(800)), fsync: .microseconds(300), disk: disk),
        workload: Workload(arrival: .constant(perSecond: rate), sessions: 200, keys: 5, payload: 16),
        measure: Measure(warmUp: .milliseconds(300), window: .seconds(window), stopsWhenRecovered: stops),
        faults: FaultPlan(faults), seed: 1))
    expectOK(result)
    return result
  }
  private func stall(_ at: Int, _ length: Int) -> ScheduledFault {
    .init(at: .milliseconds(at), .stallDisk(.leader, .milliseconds(length)))
  }
  private let crash = ScheduledFault(at: .seconds(2), .crash(.leader, downtime: nil))

  @Test("A leader that leads on after a fault had no fail-over, and hides none that comes later")
  func noFailover() throws {
    for disk in [LeaderDisk.parallelAnyMajority, .parallelLeaderRequired] {
      let lone = struck([stall(1_000, 10)], disk: disk)
      #expect(lone.failovers.count == 1 && lone.failover == nil)
      let both = struck([stall(1_000, 10), crash], disk: disk)
      let failover = try #require(both.failover)
      #expect(failover.fault == both.windowStart + 2_000 * millisecond && failover.isComplete && failover.rounds > 0)
    }
    // It leads on while it is parted from one follower, but not when it is from all.
    let partial = struck([.init(at: .seconds(1), .partialPartition([.leader], [.follower], for: nil))])
    #expect(partial.failovers.count == 1 && partial.failover == nil)
    // What it sent before it was parted still commits: that is no leading on.
    let parted = try #require(struck([.init(at: .seconds(1), .isolate(.leader, for: nil))], rate: 5_000).failover)
    #expect(parted.isComplete && parted.kept == nil)
    // A short pause deposes nobody, two seconds do.
    #expect(struck([.init(at: .seconds(1), .pause(.leader, .milliseconds(20)))]).failover == nil)
    let paused = struck([.init(at: .seconds(1), .pause(.leader, .seconds(1)))]).failover
    #expect(paused?.isComplete == true)
    // Nobody is left to elect anybody: that is a fail-over, and one that never ends.
    let dead = struck([.init(at: .seconds(1), .crash(.follower, downtime: nil)), crash])
    #expect(dead.failover?.fault == dead.windowStart + 2_000 * millisecond && dead.failover?.kept == nil)
  }

  @Test("Faults that strike a leader at one moment are one fail-over")
  func oneMoment() {
    let result = struck([.init(at: .seconds(1), .partialPartition([.leader], [.follower], for: nil)), stall(1_000, 10)])
    #expect(result.struck.count == 2 && result.failovers.count == 1 && result.failover == nil)
  }

  @Test("Later followers are counted among those that run, by name")
  func laterFollowers() {
    let result = struck([
      .init(at: .milliseconds(500), .stallDisk(.follower, .milliseconds(1))),
      .init(at: .milliseconds(600), .stallDisk(.laterFollower(2), .milliseconds(1))),
      .init(at: .seconds(1), .crash(.follower, downtime: nil)),
      .init(at: .seconds(2), .stallDisk(.laterFollower(2), .milliseconds(1))),
      .init(at: .seconds(3), .stallDisk(.follower, .milliseconds(1))),
    ])
    let nodes = result.struck.map(\.node)
    let leader = result.leaderships[0].node
    let others = (0..<3).map { NodeID($0) }.filter { $0 != leader }
    #expect(
      nodes == [others[0], others[1], others[0], others[1]], "the one that is left is the first, and there is no second"
    )
  }

  @Test("What blocks no link strikes nobody")
  func blocksNothing() {
    let all = NodeSet(first: 3)
    let result = struck([.init(at: .seconds(1), .partition(all, for: nil)), crash])
    #expect(result.failovers.count == 1 && result.failover?.isComplete == true)
  }

  @Test("The end of a fail-over that never was ends the window, unless a fault is still to come")
  func stopsWithoutFailover() {
    let lone = struck([stall(1_000, 10)], stops: true)
    #expect(lone.windowEnd - lone.windowStart >= 1_010 * millisecond)
    #expect(lone.windowEnd - lone.windowStart < 1_100 * millisecond)
    let both = struck([stall(1_000, 10), crash], stops: true)
    #expect(both.windowEnd - both.windowStart > 2_100 * millisecond && both.failover?.isComplete == true)
  }

  @Test(
    "An undisputed election costs (n-1) requests and (n-2) votes, the dead leader being asked too",
    arguments: [3, 5, 7])
  func electionFrames(replicas: Int) throws {
    var undisputed = 0
    for seed in 1...20 as ClosedRange<UInt64> {
      let result = trial(.plain, seed: seed, replicas: replicas, kind: .datagram)
      expectOK(result, "seed \(seed)")
      let failover = try #require(result.failovers.first)
      // The first election, of all, was undisputed too, and nobody stood again when the dead leader came back.
      guard failover.candidates == 1, result.leaderships.map(\.epoch) == [1, 2], count("candidacies", in: result) == 2
      else { continue }
      undisputed += 1
      let n = UInt64(replicas)
      #expect(frames(.election, of: result) == 2 * (n - 1) + (n - 1) + (n - 2))
    }
    #expect(undisputed >= 5)
  }

  @Test("Every term that elected nobody is a split vote, and counted as one")
  func splitVoteCount() throws {
    var splits = 0
    for seed in 1...80 as ClosedRange<UInt64> {
      var environment = environment(
        replicas: 5, delay: .constant(.milliseconds(1)), fsync: .microseconds(300), kind: .datagram)
      environment.timing = Timing(
        heartbeat: .milliseconds(50), electionTimeout: .milliseconds(150)...(.milliseconds(156)))
      let result = simulate(
        .init(
          environment: environment, workload: Workload(arrival: .constant(perSecond: 100), sessions: 64, payload: 8),
          measure: Measure(warmUp: .milliseconds(300), window: .seconds(10), stopsWhenRecovered: true),
          faults: FaultPlan([.init(at: .milliseconds(20), .crash(.leader, downtime: nil))]), seed: seed), tuning: .plain
      )
      expectOK(result, "seed \(seed)")
      let failover = try #require(result.failovers.first)
      let winner = try #require(result.leaderships.first { $0.at == failover.elected })
      #expect(failover.splitVotes == Int(winner.epoch - failover.epochBefore) - 1, "seed \(seed)")
      splits += failover.splitVotes
    }
    #expect(splits > 10)
  }

  /// Means in ms over crashes that are uniform in a heartbeat interval: until the first suspicion, and until the election.
  private func detection(_ tuning: Raft.Tuning) throws -> (suspected: Double, elected: Double) {
    var random = RandomSource(seed: 11)
    var sums: (suspected: Int64, elected: Int64) = (0, 0)
    let trials = 4_000
    for seed in 1...UInt64(trials) {
      let crash = Duration.milliseconds(100) + random.duration(in: .zero...(.nanoseconds(49_999_999)))
      let result = simulate(
        .init(
          environment: environment(replicas: 5, delay: .constant(.milliseconds(1))),
          workload: Workload(arrival: .none), measure: Measure(warmUp: .milliseconds(500), window: .seconds(3)),
          faults: FaultPlan([.init(at: crash, .crash(.leader, downtime: .seconds(1)))]), seed: seed), tuning: tuning)
      expectOK(result, "seed \(seed)")
      let failover = try #require(result.failovers.first)
      sums.suspected += try #require(failover.suspected) - failover.fault
      sums.elected += try #require(failover.elected) - failover.fault
    }
    let scale = Double(trials) * Double(millisecond)
    return (Double(sums.suspected) / scale, Double(sums.elected) / scale)
  }

  @Test("Detection: a crash uniform in a heartbeat interval is suspected after δ + a + (b-a)/(s+1) - h/2 on average")
  func detection() throws {
    let measured = try detection(.plain).suspected
    // δ=1, a=150, b=300, s=4, h=50.
    #expect(abs(measured - (1 + 150 + 150.0 / 5 - 25)) < 2.5, "measured \(measured) ms")
  }

  @Test("Ablation: with quorum detection the Q-th of s timers decides, after δ + a + Q(b-a)/(s+1) - h/2 on average")
  func quorumDetection() throws {
    let measured = try detection(.quorumDetection)
    #expect(abs(measured.suspected - (1 + 150 + 150.0 / 5 - 25)) < 2.5, "suspected after \(measured.suspected) ms")
    // The third timer, then a trial vote and a vote, 2δ each.
    #expect(abs(measured.elected - (1 + 150 + 3 * 150.0 / 5 - 25 + 4)) < 2.5, "elected after \(measured.elected) ms")
  }

  /// Ongaro's dissertation, chapter 9: c = s - floor(n/2) + 1 candidates within one delay split the vote.
  @Test(
    "Split votes of first rounds are within the 99.9 % interval of the closed form, over 100,000 rounds",
    arguments: [0.01, 0.1, 0.2])
  func splitVotes(share: Double) {
    let rounds = 100_000
    let width = 150_000_000.0
    let delay = Duration.nanoseconds(Int64(width * share))
    var environment = environment(replicas: 5, delay: .constant(delay), kind: .datagram)
    environment.snapshotEvery = 0
    var splits = 0
    for seed in 1...UInt64(rounds) {
      // All timers start together, one of five is dead, and logs are equal.
      let result = simulate(
        .init(
          environment: environment, workload: Workload(arrival: .none),
          measure: Measure(warmUp: .zero, window: .milliseconds(299) + delay * 2),
          faults: FaultPlan([.init(at: .zero, .crash(.node(NodeID(4)), downtime: nil))]), seed: seed), tuning: .plain)
      if result.leaderships.first?.epoch != 1 { splits += 1 }
      guard result.verification.verdict == .ok else { return expectOK(result, "seed \(seed)") }
    }
    let l = share
    let k2 = 6 * l * l * (1 - l) * (1 - l)
    let probability = k2 + 4 * l * l * l * (1 - l) + l * l * l * l
    let deviation = (probability * (1 - probability) / Double(rounds)).squareRoot()
    let measured = Double(splits) / Double(rounds)
    #expect(abs(measured - probability) < 3.2905 * deviation, "measured \(measured), expected \(probability)")
  }
}
