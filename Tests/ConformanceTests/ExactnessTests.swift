import Consensus
import Faults
import Foundation
import Harness
import Simulator
import Testing

/// What the textbook says of every protocol, as equalities; with random delays within one per cent.
@Suite("Conformance: counts and times") struct ExactnessTests {
  @Test("Frames and writes per batch are the textbook's", arguments: replicated)
  func steadyState(variant: ProtocolVariant) {
    for replicas in [3, 5, 7] {
      let result = steady(variant, replicas, .seconds(20))
      expectOK(result, "\(variant.name), \(replicas) replicas")
      #expect(result.slots > 2_000)
      if let expected = variant.framesPerBatch(replicas) {
        let frames = result.frames(.replication, variant) + result.frames(.notice, variant)
        #expect(frames == Int(result.slots) * expected, "\(variant.name), \(replicas) replicas")
      }
      if let expected = variant.writesPerBatch(replicas) {
        // Votes and claims are written at the start of both runs alike; what the longer one has more is batches only.
        let longer = steady(variant, replicas, .seconds(30))
        let writes = Int(longer.fsyncs.reduce(0, +)) - Int(result.fsyncs.reduce(0, +))
        #expect(writes == Int(longer.slots - result.slots) * expected, "\(variant.name), \(replicas) replicas")
      }
    }
  }
  private func steady(_ variant: ProtocolVariant, _ replicas: Int, _ window: Duration) -> SimulationResult {
    variant.simulate(
      SimulationConfiguration(
        environment: environment(replicas, fsync: .microseconds(300)), workload: isolated(.milliseconds(7)),
        measure: Measure(window: window), seed: 1),
      nil, nil, false)
  }

  @Test("An undisputed fail-over costs 4n-6 frames until the leader is established, and none to it carries a value")
  func failoverFrames() throws {
    for name in ["raft-plain", "multipaxos"] {
      let variant = try #require(replicated.first { $0.name == name })
      var undisputed = 0
      for replicas in [3, 5, 7] {
        for seed in 1...12 as ClosedRange<UInt64> {
          var sent: [(time: Int64, message: String)] = []
          let result = variant.simulate(
            SimulationConfiguration(
              environment: environment(
                replicas, delay: .constant(.microseconds(800)), fsync: .microseconds(300), kind: .datagram),
              workload: Workload(arrival: .none), measure: Measure(warmUp: .milliseconds(500), window: .seconds(3)),
              faults: FaultPlan([.init(at: .milliseconds(103), .crash(.leader, downtime: nil))]), seed: seed),
            nil,
            { line in
              guard line.contains(#""event":"sent""#) else { return }
              let time = line.dropFirst(5).prefix { $0.isNumber }
              sent.append((Int64(time) ?? -1, line))
            }, false)
          expectOK(result, "\(name), \(replicas) replicas, seed \(seed)")
          let failover = try #require(result.failovers.first)
          guard failover.candidates == 1, let from = failover.suspected, let to = failover.established,
            let winner = result.leaderships.first(where: { $0.at == failover.elected })
          else { continue }
          undisputed += 1
          let frames = sent.filter { (from...to).contains($0.time) }
          #expect(frames.count == 4 * replicas - 6, "\(name), \(replicas) replicas, seed \(seed)")
          let carriers = ["AppendEntries(", "Accept(", "LearnReply(", "InstallSnapshot("]
          let toWinner = frames.filter { $0.message.contains("\"to\":\(winner.node.index),") }
          #expect(toWinner.count == 2 * (replicas - 2))
          #expect(!toWinner.contains { frame in carriers.contains { frame.message.contains($0) } })
        }
      }
      #expect(undisputed > 12, "\(name)")
    }
  }

  @Test("Commit latency is 2δ+W with a parallel leader disk and 2δ+2W with a serial one", arguments: replicated)
  func latency(variant: ProtocolVariant) {
    for replicas in [3, 5, 7] {
      for (disk, writes) in [
        (LeaderDisk.parallelAnyMajority, 1), (.parallelLeaderRequired, 1), (.serial, 2),
      ] as [(LeaderDisk, Int64)] {
        let samples = Samples()
        let result = variant.simulate(
          SimulationConfiguration(
            environment: environment(
              replicas, delay: .constant(.microseconds(700)), fsync: .microseconds(300), disk: disk),
            workload: isolated(.milliseconds(9)), measure: Measure(window: .seconds(3)), seed: 1),
          samples, nil, false)
        expectOK(result, "\(variant.name), \(replicas) replicas, \(disk)")
        #expect(samples.commits.count > 200)
        #expect(
          Set(samples.commits) == [1_400_000 + writes * 300_000], "\(variant.name), \(replicas) replicas, \(disk)")
        #expect(samples.client == samples.commits, "the client is at the leader")
      }
    }
  }

  @Test(
    "Mean commit latency under random delays over 100,000 isolated commands is within 1 % of its integral",
    arguments: replicated)
  func randomDelays(variant: ProtocolVariant) {
    let forms: [(replicas: Int, mean: Double, delay: DelayDistribution)] = [
      (3, 1.25, .exponential(mean: .milliseconds(1), shift: .zero)),
      (5, 1.4378, .exponential(mean: .milliseconds(1), shift: .zero)),
      (3, 1.7667, .uniform(.microseconds(500)...(.microseconds(1_500)))),
      (5, 1.8726, .uniform(.microseconds(500)...(.microseconds(1_500)))),
    ]
    for form in forms {
      let samples = Samples()
      var environment = environment(form.replicas, delay: form.delay)
      // Heartbeats and elections must not get between two commands.
      environment.timing = Timing(heartbeat: .seconds(1), electionTimeout: .seconds(3)...(.seconds(6)))
      environment.snapshotEvery = 10_000
      let result = variant.simulate(
        SimulationConfiguration(
          environment: environment, workload: isolated(.milliseconds(20)),
          measure: Measure(warmUp: .zero, window: .seconds(100_000), operations: 100_000, patience: .seconds(60)),
          seed: 5),
        samples, nil, false)
      expectOK(result, "\(variant.name), \(form.replicas) replicas")
      #expect(samples.commits.count >= 99_999)
      let mean = samples.commits.reduce(0.0) { $0 + Double($1) / 1e6 } / Double(samples.commits.count)
      #expect(
        abs(Self.integral(form.delay, asked: form.replicas - 1, needed: form.replicas / 2) / form.mean - 1) < 1e-4)
      // A thrifty leader waits for everyone whom it asks.
      let asked = variant.name.hasSuffix("thrifty") ? form.replicas / 2 : form.replicas - 1
      let expected = Self.integral(form.delay, asked: asked, needed: form.replicas / 2)
      #expect(abs(mean / expected - 1) < 0.01, "\(variant.name), \(form.replicas) replicas: \(mean) ms")
    }
  }

  /// ms: the integral over t of P(fewer than `needed` of `asked` round trips took at most t), by the midpoint rule.
  static func integral(_ delay: DelayDistribution, asked: Int, needed: Int) -> Double {
    func roundTrip(_ t: Double) -> Double {
      switch delay {
      case .exponential: 1 - exp(-t) * (1 + t)
      // The sum of two uniform variates from 0.5 to 1.5.
      case .uniform: t < 1 ? 0 : t < 2 ? (t - 1) * (t - 1) / 2 : t < 3 ? 1 - (3 - t) * (3 - t) / 2 : 1
      default: .nan
      }
    }
    let step = 0.0005
    return stride(from: step / 2, to: 40, by: step).reduce(0) { sum, t in
      let f = roundTrip(t)
      var few = 0.0
      var choose = 1.0
      for j in 0..<needed {
        few += choose * pow(f, Double(j)) * pow(1 - f, Double(asked - j))
        choose *= Double(asked - j) / Double(j + 1)
      }
      return sum + few * step
    }
  }
}
