import Consensus
import Faults
import Replication
import Testing

@testable import Simulator
@testable import Zab

@Suite("A majority suffices") struct MajorityTests {
  /// One server stays dead. The second promises the leader's epoch just as its channel breaks, so that the promise is on its disk and
  /// its ACK-E lost; asked again it cannot count. Somebody must begin a later epoch.
  @Test("A promise whose acknowledgement was lost does not keep the last two servers from ever having a leader")
  func lostAcknowledgement() {
    for seed in 1...2 as ClosedRange<UInt64> {
      for cut in stride(from: 285, to: 325, by: 1) {
        var environment = environment(delay: .constant(.milliseconds(5)), fsync: .milliseconds(10))
        environment.retry = RetryPolicy(timeout: .milliseconds(500))
        environment.link.retransmission = .milliseconds(10)
        environment.link.sessionTimeout = .milliseconds(30)
        environment.link.reconnect = .milliseconds(10)
        let result = simulate(
          .init(
            environment: environment,
            workload: Workload(arrival: .closed(clients: 4, think: .milliseconds(5)), keys: 4, payload: 16),
            measure: Measure(warmUp: .zero, window: .seconds(6)),
            faults: FaultPlan([
              .init(at: .milliseconds(10), .crash(.node(NodeID(0)), downtime: nil)),
              .init(at: .milliseconds(200), .crash(.node(NodeID(2)), downtime: .milliseconds(20))),
              .init(at: .milliseconds(cut), .partition(NodeSet(NodeID(1)), for: .milliseconds(40))),
            ]), seed: seed))
        expectOK(result, "seed \(seed), cut at \(cut) ms")
        #expect(result.counts.answeredInWindow > 150, "seed \(seed), cut at \(cut) ms")
      }
    }
  }
}
