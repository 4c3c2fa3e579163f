import Consensus
import Faults
import Raft
import Testing

@testable import Simulator

@Suite("Starting, and a candidate's own writes") struct StartTests {
  private func cluster(startWithin: Duration) -> (result: SimulationResult, starts: [Int64]) {
    var environment = environment(
      replicas: 5, electionTimeout: .milliseconds(150)...(.milliseconds(150)))
    environment.startWithin = startWithin
    let events = TraceEvents()
    let result = Simulation<Raft>(
      .init(
        environment: environment, workload: Workload(arrival: .constant(perSecond: 100), payload: 8),
        measure: Measure(window: .seconds(1), patience: .seconds(5)), seed: 3),
      tuning: .plain, trace: { events.add($0) }
    ).run()
    return (result, events.times(of: "restart"))
  }

  @Test("Replicas start within the span, each at its moment; without it timers that are all alike never elect anybody")
  func startWithin() {
    let together = cluster(startWithin: .zero)
    #expect(!together.result.hasFormed && together.starts.isEmpty)
    let apart = cluster(startWithin: .milliseconds(100))
    expectOK(apart.result)
    #expect(apart.result.hasFormed && apart.result.counts.answered > 90)
    #expect(apart.starts.count == 5 && Set(apart.starts).count == 5)
    #expect(apart.starts.allSatisfy { (0...100 * millisecond).contains($0) })
  }

  @Test("A candidate writes its own vote in a time of its own, unless a fault says how long its disk takes")
  func candidateWrite() throws {
    for (fault, write) in [(nil, 1), (DiskSpeed.write(.constant(.milliseconds(9))), 9)] as [(DiskSpeed?, Int64)] {
      var undisputed = 0
      for seed in 1...40 as ClosedRange<UInt64> {
        var environment = environment(replicas: 3, fsync: .milliseconds(5))
        environment.candidateFsync = .constant(.milliseconds(1))
        var faults: [ScheduledFault] = [.init(at: .milliseconds(103), .crash(.leader, downtime: nil))]
        if let fault {
          for node in 0..<3 {
            faults.append(.init(at: .milliseconds(100), .change(.disk(.node(NodeID(node)), fault), for: nil)))
          }
        }
        let result = simulate(
          .init(
            environment: environment, workload: Workload(arrival: .none),
            measure: Measure(warmUp: .milliseconds(300), window: .seconds(2)), faults: FaultPlan(faults), seed: seed),
          tuning: .plain)
        expectOK(result, "seed \(seed)")
        let failover = try #require(result.failovers.first)
        guard failover.candidates == 1, let suspected = failover.suspected, let elected = failover.elected else {
          continue
        }
        undisputed += 1
        // Its own write, the request, the voter's write, and its answer.
        #expect(elected - suspected == (write + 1 + (fault == nil ? 5 : 9) + 1) * millisecond, "seed \(seed)")
      }
      #expect(undisputed > 10)
    }
  }
}
