import Consensus
import Faults
import Raft
import Replication
import Testing

@testable import Simulator

/// A check that cannot fire is none. What one protocol's audit holds is shown in its own tests; here is what is common to all.
@Suite("The simulator's own checks fire") struct ChecksFireTests {
  private func naive(
    _ tuning: Naive.Tuning, _ faults: [ScheduledFault] = [], patience: Duration = .seconds(5), seed: UInt64 = 1
  ) -> SimulationResult {
    var environment = environment(fsync: .milliseconds(1))
    environment.link.sessionTimeout = .milliseconds(300)
    environment.link.retransmission = .milliseconds(50)
    environment.snapshotEvery = 0
    return Simulation<Naive>(
      .init(
        environment: environment, workload: Workload(arrival: .closed(clients: 4, think: .milliseconds(2)), payload: 8),
        measure: Measure(warmUp: .milliseconds(100), window: .seconds(3), patience: patience),
        faults: FaultPlan(faults), seed: seed),
      tuning: tuning
    ).run()
  }

  @Test("C4: an acknowledgement that leaves before its record is on disk")
  func acknowledgementBeforeDisk() {
    let result = naive(.hasty)
    #expect(result.verification.violations.first?.invariant == "C4")
    #expect(naive(.asIs).verification.violations.allSatisfy { $0.invariant != "C4" })
  }

  @Test("C9: a message that has an effect whenever it comes, and not one that has it once")
  func again() {
    let link = environment(fsync: .milliseconds(1))
    let simulation = Simulation<Naive>(
      .init(
        environment: link, workload: Workload(arrival: .closed(clients: 1, think: .milliseconds(20)), payload: 8),
        measure: Measure(warmUp: .zero, window: .milliseconds(200)), seed: 1), tuning: .asIs)
    _ = simulation.run()
    var found: Bool { simulation.findings.violations.contains { $0.invariant == "C9" } }
    let node = simulation.nodes[1]
    simulation.again(.copied(Slot(1)), NodeID(0), at: node)
    #expect(!found)
    simulation.again(.copy(slot: Slot(1), Entry(stamp: Stamp(1), value: .noop)), NodeID(0), at: node)
    #expect(found)
  }

  @Test("C7: a recovery that gives another state than its records add up to")
  func recovery() {
    let crashes = (1...4).map {
      ScheduledFault(at: .milliseconds(500 * $0), .crash(.node(NodeID(2)), downtime: .milliseconds(50)))
    }
    let found = (1...30).map { naive(.forgetful, crashes, seed: $0).verification.violations.first?.invariant }
    #expect(found.contains("C7"))
  }

  @Test(
    "Nothing of a session is delivered before it begins or after it ended, though sessions break with messages on their way"
  )
  func sessions() {
    for seed in 1...5 as ClosedRange<UInt64> {
      let result = naive(
        .asIs, [.init(at: .milliseconds(500), .cut(from: NodeID(1), to: NodeID(0), for: .seconds(1)))],
        patience: .seconds(2), seed: seed)
      #expect(count("sessions broken", in: result) > 0)
      #expect(result.verification.violations.allSatisfy { $0.invariant != "SESSION" })
    }
  }

  @Test("LIVE: a cluster that does not come to rest within its patience")
  func liveness() {
    var environment = environment(fsync: .milliseconds(1))
    // Clients that are interrupted by the last crash sleep for longer than the run's patience.
    environment.retry = RetryPolicy(
      timeout: .seconds(20), pause: .seconds(10), maximumPause: .seconds(10), abandon: .seconds(30))
    let result = simulate(
      .init(
        environment: environment, workload: Workload(arrival: .closed(clients: 8, think: .milliseconds(1)), payload: 8),
        measure: Measure(warmUp: .milliseconds(100), window: .seconds(1), patience: .seconds(5)),
        faults: FaultPlan([.init(at: .milliseconds(999), .crash(.leader, downtime: nil))]), seed: 1))
    #expect(result.verification.violations.first?.invariant == "LIVE")
    #expect(!result.isAtRest && result.verification.verdict == .violated)
  }
}
