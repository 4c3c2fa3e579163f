import Consensus
import Faults
import Replication
import Testing

@testable import Simulator

@Suite("The verification catches what is wrong") struct SplitBrainTests {
  @Test("A protocol without majorities is caught in a partition, whatever the seed", arguments: 1...10)
  func splitBrain(seed: Int) {
    var environment = environment(fsync: .microseconds(300))
    environment.link.sessionTimeout = .milliseconds(300)
    environment.retry = RetryPolicy(timeout: .milliseconds(200))
    environment.snapshotEvery = 0
    let result = Simulation<Naive>(
      .init(
        environment: environment,
        workload: Workload(arrival: .closed(clients: 6, think: .milliseconds(3)), keys: 3, payload: 8),
        measure: Measure(warmUp: .milliseconds(100), window: .seconds(5)),
        faults: FaultPlan([.init(at: .seconds(1), .isolate(.node(NodeID(0)), for: .seconds(2)))]), seed: UInt64(seed)),
      tuning: .asIs
    ).run()
    #expect(result.verification.verdict == .violated)
    #expect(result.verification.violations.contains { ["C1", "C3"].contains($0.invariant) })
  }

  @Test("Without a fault the same protocol serves its clients: it is the partition that is caught")
  func sunnyPath() {
    let samples = Samples()
    let result = Simulation<Naive>(
      .init(
        environment: environment(fsync: .microseconds(300)),
        workload: Workload(arrival: .closed(clients: 6, think: .milliseconds(3)), keys: 3, payload: 8),
        measure: Measure(warmUp: .milliseconds(100), window: .seconds(1)), seed: 1),
      tuning: .asIs, recorder: samples
    ).run()
    #expect(result.counts.answered > 500)
    #expect(Set(samples.commits) == [2_300_000])
  }
}
