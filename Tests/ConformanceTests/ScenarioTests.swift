import Consensus
import Faults
import Harness
import Replication
import Simulator
import Testing

@testable import consensus_bench

/// What is certain of the scenarios in Benchmarks/experiments/scenarios.yaml, by argument and not by measurement; the election timeout
/// T is 300 ms at most. Every run is verified, so nothing that was acknowledged is lost in any of them.
@Suite("Conformance: scenarios") struct ScenarioTests {
  static let main = replicated.filter(\.isMain)
  static func named(_ name: String) -> ProtocolVariant { replicated.first { $0.name == name }! }

  /// What a run answered, and when.
  private final class Answers: Recorder {
    var times: [Int64] = []
    func answered(due: Int64, sent: Int64, at: Int64) {}
    func censored(due: Int64, sent: Int64?, end: Int64) {}
    func completed(sinceWindowStart: Int64, latency: Int64) { times.append(sinceWindowStart) }
    func abandoned(sinceWindowStart: Int64) {}
    func committed(proposed: Int64, at: Int64) {}
    func staged(received: Int64, proposed: Int64, committed: Int64, applied: Int64, replied: Int64) {}

    /// How many fell between these moments of the window, in ms.
    func count(_ range: Range<Int64>) -> Int { times.count { range.contains($0 / 1_000_000) } }
  }
  private struct Course {
    var result: SimulationResult
    var answers: Answers
    /// Leaders after the first.
    var changes: Int { result.leaderships.count - 1 }
  }

  /// Faults strike at 1 s of a window of 7 s, and are over at 4 s.
  private func run(
    _ variant: ProtocolVariant, _ faults: [Fault], seed: UInt64, more: [ScheduledFault] = [],
    kind: LinkModel.Kind = .stream, disk: LeaderDisk = .parallelAnyMajority, trace: ((String) -> Void)? = nil
  ) -> Course {
    var environment = environment(
      5, delay: .uniform(.microseconds(200)...(.microseconds(400))), fsync: .microseconds(250), disk: disk, kind: kind)
    environment.cpu = CPUModel(perMessageIn: .microseconds(5), perMessageOut: .microseconds(2))
    environment.retry = RetryPolicy(timeout: .milliseconds(100), maximumPause: .milliseconds(20))
    let answers = Answers()
    let result = variant.simulate(
      SimulationConfiguration(
        environment: environment,
        workload: Workload(arrival: .constant(perSecond: 200), sessions: 1_024, keys: 100, payload: 16),
        measure: Measure(warmUp: .milliseconds(500), window: .seconds(7)),
        faults: FaultPlan(faults.map { .init(at: .seconds(1), $0) } + more), seed: seed),
      answers, trace, false)
    expectOK(result, "\(variant.name), seed \(seed)")
    #expect(result.faults > 0, "\(variant.name), seed \(seed): nothing was struck")
    return Course(result: result, answers: answers)
  }
  private let span = Duration.seconds(3)
  private static let seeds = 1...6 as ClosedRange<UInt64>

  @Test(
    "A minority that was cut off and comes back changes no leader: its members do not win a PreVote, or look for the leader that there is",
    arguments: ["raft", "zab"].map(named))
  func minority(variant: ProtocolVariant) {
    for seed in Self.seeds {
      let away = run(
        variant, [.isolate(.follower, for: span), .isolate(.laterFollower(2), for: span)], seed: seed)
      let together = run(
        variant,
        [
          .partialPartition(
            [.leader, .laterFollower(3), .laterFollower(4)], [.follower, .laterFollower(2)], for: span)
        ],
        seed: seed)
      for course in [away, together] {
        #expect(course.changes == 0, "seed \(seed)")
        #expect(course.answers.count(1_000..<4_000) > 590, "seed \(seed)")
      }
    }
  }

  @Test("Without PreVote a replica that was cut off returns with a higher term, and the leader has to go")
  func disruption() {
    for seed in Self.seeds {
      #expect(run(Self.named("raft-plain"), [.isolate(.follower, for: span)], seed: seed).changes > 0, "seed \(seed)")
    }
  }

  @Test("A leader that is cut off has a successor, and does not depose it when it returns", arguments: main)
  func leaderIsolated(variant: ProtocolVariant) {
    for seed in Self.seeds {
      let course = run(variant, [.isolate(.leader, for: span)], seed: seed)
      #expect(course.changes > 0 && course.answers.count(2_500..<4_000) > 250, "\(variant.name), seed \(seed)")
      if ["raft", "zab"].contains(variant.name) { #expect(course.changes == 1, "\(variant.name), seed \(seed)") }
    }
  }

  @Test(
    "A leader whose followers cannot answer steps down within two election timeouts; Raft's Figure 2 lets it be",
    arguments: ["raft", "zab", "raft-plain"].map(named))
  func steppingDown(variant: ProtocolVariant) throws {
    for seed in Self.seeds {
      var lines: [String] = []
      let course = run(variant, [.isolate(.leader, for: span)], seed: seed) { lines.append($0) }
      let struck = try #require(course.result.struck.first)
      let leader = try #require(struck.node)
      let last = lines.last {
        $0.contains("\"event\":\"step\",\"node\":\(leader.index),\"role\":\"leader\"")
          && Self.time($0) < struck.at + 2_900_000_000
      }
      let held = Self.time(try #require(last)) - struck.at
      #expect((held > 2_000_000_000) == (variant.name == "raft-plain"), "\(variant.name), seed \(seed): \(held) ns")
      #expect(variant.name == "raft-plain" || held <= 600_000_000, "\(variant.name), seed \(seed): \(held) ns")
    }
  }
  private static func time(_ line: String) -> Int64 {
    Int64(line.dropFirst(#"{"t":"#.count).prefix { $0.isNumber }) ?? .max
  }

  @Test(
    "A leader that is heard and hears nothing: CheckQuorum ends it, and without it its heartbeats hold up everybody")
  func deafLeader() {
    for seed in Self.seeds {
      let fault = [Fault.mute(.leader, inbound: true, for: span)]
      let stuck = run(Self.named("raft-plain"), fault, seed: seed, kind: .datagram)
      #expect(stuck.answers.count(1_010..<4_000) == 0 && stuck.answers.count(4_500..<7_000) > 400, "seed \(seed)")
      let freed = run(Self.named("raft"), fault, seed: seed, kind: .datagram)
      #expect(freed.answers.count(2_500..<4_000) > 250, "seed \(seed)")
    }
  }

  @Test(
    "A follower that hears nothing, or is not heard, disturbs nobody with PreVote, nor where a quorum must look for a leader",
    arguments: ["raft", "zab"].map(named))
  func deafOrMuteFollower(variant: ProtocolVariant) {
    for seed in Self.seeds {
      for inbound in [true, false] {
        let course = run(variant, [.mute(.follower, inbound: inbound, for: span)], seed: seed)
        #expect(course.changes == 0 && course.answers.count(1_000..<4_000) > 590, "seed \(seed), inbound \(inbound)")
      }
    }
  }

  @Test("Without PreVote a follower that hears nothing deposes one leader after the other")
  func deafFollower() {
    for seed in Self.seeds {
      let fault = [Fault.mute(.follower, inbound: true, for: span)]
      #expect(run(Self.named("raft-plain"), fault, seed: seed, kind: .datagram).changes > 1, "seed \(seed)")
    }
  }

  @Test(
    "Constrained election: the only one that a majority hears lacks the last commands. Who elects by the log has no leader; Multi-Paxos may",
    arguments: ["raft", "raft-plain", "zab", "multipaxos"].map(named))
  func constrained(variant: ProtocolVariant) {
    var led = 0
    for seed in 1...20 as ClosedRange<UInt64> {
      let course = run(
        variant, [.isolate(.leader, for: span), .star(.follower, for: span)], seed: seed,
        more: [.init(at: .milliseconds(950), .partialPartition([.leader], [.follower], for: .milliseconds(3_050)))])
      // What was decided before may reach its client just after.
      let served = course.answers.count(1_010..<4_000)
      if served > 0 { led += 1 }
      #expect(course.answers.count(5_000..<7_000) > 350, "\(variant.name), seed \(seed): not back")
    }
    // In 6 of 60 seeds Multi-Paxos serves nobody in these three seconds: the other three, who cannot win, ask the hub for promises
    // one after the other, and each that it gives puts off its own turn.
    #expect(variant.name == "multipaxos" ? led > 10 : led == 0, "\(variant.name): \(led) of 20")
  }

  @Test(
    "A leader whose disk stalls is deposed, and where its disk is needed service goes on with the next; Raft's Figure 2 lets it hang",
    arguments: ["raft", "multipaxos", "zab", "raft-plain"].map(named))
  func leaderDisk(variant: ProtocolVariant) {
    let isPlain = variant.name == "raft-plain"
    for seed in Self.seeds {
      let fault = [Fault.stallDisk(.leader, span)]
      let needed = run(variant, fault, seed: seed, disk: .parallelLeaderRequired)
      #expect((needed.changes > 0) != isPlain, "\(variant.name), seed \(seed): \(needed.changes)")
      #expect(
        (needed.answers.count(2_500..<4_000) > 250) != isPlain,
        "\(variant.name), seed \(seed): \(needed.answers.count(2_500..<4_000))")
      // Where any majority of disks will do, nobody needs the leader's.
      #expect(run(variant, fault, seed: seed).answers.count(2_500..<4_000) > 250, "\(variant.name), seed \(seed)")
    }
  }

  @Test("A follower's disk that stalls changes no leader, and no client notices", arguments: main)
  func followerDisk(variant: ProtocolVariant) {
    for seed in Self.seeds {
      let course = run(variant, [.stallDisk(.follower, span)], seed: seed)
      #expect(course.changes == 0 && course.answers.count(1_000..<4_000) > 590, "\(variant.name), seed \(seed)")
    }
  }

  @Test(
    "A leader that stands still past the election timeout has a successor, and follows it when it goes on",
    arguments: main)
  func leaderPause(variant: ProtocolVariant) {
    for seed in Self.seeds {
      let course = run(variant, [.pause(.leader, span)], seed: seed)
      #expect(course.changes == 1 && course.answers.count(2_500..<4_000) > 250, "\(variant.name), seed \(seed)")
    }
  }

  @Test("Handing over before each machine of a rolling restart keeps the down-time below an election timeout")
  func rollingRestart() {
    for seed in Self.seeds {
      var faults: [ScheduledFault] = []
      for node in 0..<5 {
        let time = Duration.milliseconds(500 + 1_000 * node)
        faults.append(.init(at: time - .milliseconds(100), .transfer(to: .node(NodeID((node + 1) % 5)))))
        faults.append(.init(at: time, .crash(.node(NodeID(node)), downtime: .milliseconds(300))))
      }
      let course = run(Self.named("raft"), [], seed: seed, more: faults)
      let times = course.answers.times.filter { $0 > 0 }.sorted()
      let pause = zip(times.dropFirst(), times).map { $0.0 - $0.1 }.max() ?? .max
      #expect(pause < 150_000_000, "seed \(seed): \(pause) ns")
    }
  }

  @Test(
    "After an overload everything that waited is answered, and soon: no storm of retries outlives its cause",
    arguments: main)
  func retryStorm(variant: ProtocolVariant) {
    for seed in Self.seeds {
      let course = run(variant, [.change(.processor(.leader, 500), for: .seconds(2))], seed: seed)
      #expect(course.result.counts.timedOut > 100, "\(variant.name), seed \(seed): no overload")
      #expect(course.answers.count(4_000..<7_000) > 590, "\(variant.name), seed \(seed)")
    }
  }

  @Test(
    "Clients that repeat sooner than the cluster can serve them add nothing to the log, and all are served in turn",
    arguments: main)
  func impatient(variant: ProtocolVariant) {
    // One command a batch, one batch at a time, at least 20 ms each: twenty clients wait 400 ms, and repeat after 100.
    var environment = environment(3, fsync: .milliseconds(20))
    environment.batch = BatchPolicy(commands: 1, window: 1)
    environment.retry = RetryPolicy(timeout: .milliseconds(100), abandon: .seconds(60))
    let result = variant.simulate(
      SimulationConfiguration(
        environment: environment,
        workload: Workload(arrival: .closed(clients: 20, think: .zero), keys: 10, payload: 16),
        measure: Measure(warmUp: .seconds(2), window: .seconds(5)), seed: 1),
      Samples(), nil, false)
    expectOK(result, variant.name)
    #expect(result.counts.timedOut > 100 && result.count("repeated commands joined") > 300, "\(variant.name)")
    #expect(result.count("repeated commands suppressed") == 0, "\(variant.name)")
    #expect(result.counts.answered >= 200, "\(variant.name): \(result.counts.answered)")
  }
}
