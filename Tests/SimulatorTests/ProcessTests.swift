import Consensus
import Faults
import Raft
import Replication
import Testing
import Unreplicated

@testable import Simulator

/// Processes that die, stand still or slow down in the middle of something.
@Suite("Processes and processors") struct ProcessTests {
  private static let node = FaultTarget.node(NodeID(0))

  private func restarts(_ faults: [ScheduledFault]) -> [Int64] {
    let trace = TraceEvents()
    let result = Simulation<Raft>(
      .init(
        environment: environment(), workload: isolated(think: .milliseconds(10)),
        measure: Measure(warmUp: .zero, window: .seconds(2)), faults: FaultPlan(faults), seed: 1),
      tuning: .standard, trace: { trace.add($0) }
    ).run()
    expectOK(result)
    return trace.all.filter { $0.what == "restart" && $0.to == 0 }.map { ($0.time - result.windowStart) / millisecond }
  }

  @Test("The end of one crash is not the end of a later one")
  func restarts() {
    let crash = ScheduledFault(at: .milliseconds(300), .crash(Self.node, downtime: .milliseconds(600)))
    #expect(restarts([crash]) == [900])
    #expect(
      restarts([
        crash, .init(at: .milliseconds(500), .restart(Self.node)),
        .init(at: .milliseconds(700), .crash(Self.node, downtime: nil)),
      ]) == [500, 2_000])
    #expect(
      restarts([
        .init(at: .milliseconds(300), .crashAll(downtime: .milliseconds(600))),
        .init(at: .milliseconds(500), .restart(Self.node)),
        .init(at: .milliseconds(700), .crash(Self.node, downtime: .milliseconds(900))),
      ]) == [500, 1_600])
    #expect(
      restarts([crash, .init(at: .milliseconds(400), .crashAll(downtime: .milliseconds(100)))]) == [500])
  }
}
