import Consensus
import Faults
import Raft
import Replication
import Testing
import Unreplicated

@testable import Simulator

/// What is measured, held against sums that anybody can do.
@Suite("What is measured") struct MeasuredTests {
  @Test("Latency counts from when an operation was due, not from when a client was free to send it")
  func intendedStart() {
    var environment = environment(replicas: 1, fsync: .milliseconds(10))
    environment.batch.commands = 1
    let samples = Samples()
    let result = Simulation<Unreplicated>(
      .init(
        environment: environment, workload: Workload(arrival: .constant(perSecond: 200), sessions: 1, payload: 8),
        measure: Measure(warmUp: .zero, window: .milliseconds(103)), seed: 1),
      tuning: .init(), recorder: samples
    ).run()
    expectOK(result)
    // One is due every 5 ms, and each takes the only session for 10 ms: each waits 5 ms longer than the last.
    #expect(samples.service.count >= 9 && samples.service.allSatisfy { $0 == 10 * millisecond })
    #expect(samples.client == samples.client.indices.map { Int64(10 + 5 * $0) * millisecond })
    #expect(samples.censored == Int(result.counts.unanswered) && samples.client.count + samples.censored == 20)
    #expect(samples.unsent >= 8 && samples.unsent <= samples.censored, "most never found the session free")
  }

  @Test("What is given up counts as at least the time waited, and is no answer")
  func abandoned() {
    var environment = environment(replicas: 1, fsync: .milliseconds(1))
    environment.retry = RetryPolicy(timeout: .milliseconds(100), abandon: .milliseconds(200))
    let samples = Samples()
    let result = Simulation<Unreplicated>(
      .init(
        environment: environment, workload: Workload(arrival: .constant(perSecond: 100), sessions: 4, payload: 8),
        measure: Measure(warmUp: .zero, window: .seconds(1)),
        faults: FaultPlan([.init(at: .milliseconds(105), .crash(.node(NodeID(0)), downtime: nil))]), seed: 1),
      tuning: .init(), recorder: samples
    ).run()
    expectOK(result)
    #expect(count("operations abandoned", in: result) >= 4)
    #expect(samples.client.count + samples.censored == Int(result.counts.due))
    #expect(samples.client.count == 10, "those that were due before the crash")
    #expect(samples.censored == Int(result.counts.unanswered + result.counts.failed))
  }

  @Test("What only the end of the faults lets through is unanswered")
  func rescued() {
    let samples = Samples()
    var environment = environment(fsync: .milliseconds(1))
    environment.retry = RetryPolicy(timeout: .milliseconds(500))
    let result = simulate(
      .init(
        environment: environment, workload: Workload(arrival: .constant(perSecond: 100), sessions: 1_000, payload: 8),
        measure: Measure(warmUp: .milliseconds(200), window: .seconds(4)),
        faults: FaultPlan([
          .init(at: .seconds(1), .crash(.follower, downtime: nil)),
          .init(at: .seconds(2), .crash(.leader, downtime: nil)),
        ]), seed: 1), recorder: samples)
    expectOK(result)
    #expect(result.counts.due == 400)
    #expect((198...200).contains(samples.client.count), "two seconds with a majority, and no more")
    #expect(samples.censored == 400 - samples.client.count && Int(result.counts.unanswered) == samples.censored)
  }

  private func commitLatency(payload: Int, _ change: (inout Environment) -> Void) -> Set<Int64> {
    var environment = environment(replicas: 3)
    change(&environment)
    let samples = Samples()
    let result = simulate(
      .init(
        environment: environment, workload: isolated(think: .milliseconds(40), payload: payload),
        measure: Measure(warmUp: .milliseconds(100), window: .seconds(1)), seed: 1), recorder: samples)
    expectOK(result)
    #expect(samples.commits.count > 15)
    return Set(samples.commits)
  }

  @Test("A thousand bytes more take eight thousand bits' time on the leader's link, for the first follower of two")
  func bandwidth() throws {
    func limit(_ environment: inout Environment) { environment.bandwidth = 1_000_000_000 }
    let small = try #require(commitLatency(payload: 1_000, limit).first)
    let large = commitLatency(payload: 2_000, limit)
    #expect(large == [small + 8_000])
  }

  @Test("A thousand bytes more take a thousand times the processor's time per byte, to encode once and to decode")
  func cpuPerByte() throws {
    func cost(_ environment: inout Environment) { environment.cpu.perByte = .nanoseconds(3) }
    let small = try #require(commitLatency(payload: 1_000, cost).first)
    let large = commitLatency(payload: 2_000, cost)
    #expect(large == [small + 2 * 3_000])
  }
}
