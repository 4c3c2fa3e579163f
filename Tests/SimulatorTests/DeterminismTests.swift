import Consensus
import Faults
import Raft
import Testing

@testable import Simulator

@Suite("Determinism") struct DeterminismTests {
  private static func torture(_ seed: UInt64, tuning: Raft.Tuning = .standard) -> SimulationResult {
    simulate(
      TortureConfiguration.make(seed: seed, replicas: seed % 2 == 0 ? 3 : 5, sessionsOnly: false), tuning: tuning)
  }

  @Test("The same seed gives the same run, event for event")
  func twice() {
    for seed in 1...5 as ClosedRange<UInt64> {
      var traces: [[String]] = [[], []]
      var hashes: [UInt64] = []
      for index in 0..<2 {
        let configuration = TortureConfiguration.make(seed: seed, replicas: 3, sessionsOnly: false)
        hashes.append(
          Simulation<Raft>(configuration, tuning: .standard, trace: { traces[index].append($0) }).run().hash)
      }
      #expect(hashes[0] == hashes[1])
      #expect(traces[0] == traces[1])
      #expect(traces[0].count > 1_000)
    }
  }

  @Test("Different seeds give different runs")
  func seeds() {
    #expect(Set((1...8).map { Self.torture($0).hash }).count == 8)
  }

  @Test("A trace changes nothing")
  func traceIsPassive() {
    let configuration = TortureConfiguration.make(seed: 3, replicas: 3, sessionsOnly: false)
    let traced = Simulation<Raft>(configuration, tuning: .standard, trace: { _ in }).run()
    #expect(traced.hash == simulate(configuration).hash)
  }
}

@Suite("Torture") struct TortureTests {
  @Test("Random faults: no violation, and every seed lives again after healing", arguments: ["standard", "plain"])
  func seeds(tuning: String) {
    var coverage: [String: Int] = [:]
    for seed in 1...150 as ClosedRange<UInt64> {
      let configuration = TortureConfiguration.make(seed: seed, replicas: seed % 2 == 0 ? 3 : 5, sessionsOnly: false)
      let result = simulate(configuration, tuning: tuning == "plain" ? .plain : .standard)
      expectOK(result, "seed \(seed) of \(tuning)")
      #expect(result.isSettled, "seed \(seed)")
      for (name, count) in result.coverage { coverage[name, default: 0] += count }
    }
    // What cannot happen in the plain variant is named by it alone.
    for (name, count) in coverage where tuning == "standard" { #expect(count > 0, "no seed ever saw: \(name)") }
  }
}
