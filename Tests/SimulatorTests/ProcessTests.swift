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

  /// Latencies in ms of operations that come every 100 ms to one replica whose processor needs 10 ms for each.
  private func lone(_ faults: [ScheduledFault]) -> [Double] {
    var environment = environment(replicas: 1)
    environment.cpu = CPUModel(perMessageIn: .milliseconds(10))
    let samples = Samples()
    let result = Simulation<Unreplicated>(
      .init(
        environment: environment, workload: Workload(arrival: .constant(perSecond: 10), sessions: 8, payload: 8),
        measure: Measure(warmUp: .zero, window: .seconds(1)), faults: FaultPlan(faults), seed: 1),
      tuning: .init(), recorder: samples
    ).run()
    expectOK(result)
    #expect(samples.client.count == 9)
    return samples.client.map { (Double($0) / 1e3).rounded() / 1e3 }
  }

  @Test("A pause lengthens what the processor is at by itself, however often")
  func pauses() {
    func pause(_ at: Int, _ length: Int) -> ScheduledFault {
      .init(at: .milliseconds(at), .pause(Self.node, .milliseconds(length)))
    }
    #expect(lone([]) == Array(repeating: 10, count: 9))
    #expect(lone([pause(203, 2)])[1] == 12)
    #expect(lone([pause(203, 50)])[1] == 60)
    #expect(lone([pause(202, 1), pause(204, 1), pause(206, 1), pause(209, 1)])[1] == 14)
    #expect(lone([pause(195, 7)]).prefix(3) == [10, 12, 10])
  }

  @Test("A processor that is slow for a time is as fast as before afterwards, in the middle of something too")
  func slow() {
    func slow(_ factor: Double, _ at: Int, _ length: Int) -> ScheduledFault {
      .init(at: .milliseconds(at), .change(.processor(Self.node, factor), for: .milliseconds(length)))
    }
    #expect(lone([slow(2, 195, 9)])[1] == 12)
    #expect(lone([slow(2, 205, 100)])[1] == 15)
    #expect(lone([slow(1_000_000, 195, 10)])[1] == 15)
    #expect(
      lone([slow(1_000_000, 205, 10), .init(at: .milliseconds(207), .pause(Self.node, .milliseconds(20)))])[1] == 32)
  }

  @Test("However many factors meet, nothing takes longer than a day")
  func factors() {
    let processor = (0..<60).map { _ in
      ScheduledFault(at: .milliseconds(195), .change(.processor(Self.node, 1_000_000), for: .milliseconds(10)))
    }
    #expect(lone(processor)[1] == 15)
    let quick = (0..<200).map { _ in
      ScheduledFault(at: .milliseconds(195), .change(.processor(Self.node, 0.001), for: .milliseconds(10)))
    }
    #expect(lone(quick)[1] == 0)
    #expect(slowed(1_000_000_000, by: 1e300) == 86_400_000_000_000 && slowed(0, by: 1e300) == 0)
    #expect(slowed(3, by: 2.5) == 8)
    #expect(CPUModel(perByte: .seconds(86_400)).time(forBytes: 1 << 30) == 86_400_000_000_000)
    #expect(CPUModel(perByte: .nanoseconds(3)).time(forBytes: 1_000) == 3_000)

    let disk = (0..<60).map { _ in
      ScheduledFault(at: .milliseconds(100), .change(.disk(.follower, .factor(1_000_000)), for: nil))
    }
    let result = Simulation<Raft>(
      .init(
        environment: environment(fsync: .milliseconds(1)), workload: isolated(think: .milliseconds(10)),
        measure: Measure(warmUp: .zero, window: .seconds(1), patience: .seconds(86_400)), faults: FaultPlan(disk),
        seed: 1),
      tuning: .standard
    ).run()
    #expect(result.counts.answered > 0)
  }
}
