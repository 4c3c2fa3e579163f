import Consensus
import Faults
import Replication
import Simulator
import Testing

@testable import Zab

/// Numbers that nobody here chose: equalities with constant delays.
@Suite("Closed forms") struct ClosedFormTests {
  private static let variants = [Zab.Tuning.standard, .zooKeeper]

  @Test("Steady state: exactly 2(n-1) replication frames and n-1 notices per batch", arguments: [3, 5, 7])
  func framesPerBatch(replicas: Int) {
    for (disk, tuning) in LeaderDisk.allCases.flatMap({ disk in Self.variants.map { (disk, $0) } }) {
      let result = simulate(
        .init(
          environment: environment(replicas: replicas, fsync: .microseconds(300), disk: disk),
          workload: isolated(think: .milliseconds(7)), measure: Measure(window: .seconds(10)), seed: 1),
        tuning: tuning)
      expectOK(result)
      #expect(result.slots > 1_000)
      let peers = UInt64(replicas - 1)
      #expect(frames("PROPOSE", of: result) == result.slots * peers, "\(disk)")
      #expect(frames("ACK", of: result) == result.slots * peers, "\(disk)")
      #expect(frames(.replication, of: result) == result.slots * 2 * peers, "\(disk)")
      #expect(frames(.notice, of: result) == result.slots * peers, "\(disk)")
      #expect(frames(.heartbeat, of: result) > 0)
    }
  }

  @Test("Pipelined and batched, it is still 3(n-1) frames per batch", arguments: [3, 5])
  func framesPerBatchUnderLoad(replicas: Int) {
    let result = simulate(
      .init(
        environment: environment(replicas: replicas, fsync: .microseconds(300)),
        workload: Workload(arrival: .poisson(perSecond: 20_000), sessions: 256, payload: 64),
        measure: Measure(warmUp: .milliseconds(100), window: .seconds(1)), seed: 2))
    expectOK(result)
    #expect(result.commands > 15_000)
    #expect(
      frames(.replication, of: result) + frames(.notice, of: result) == result.slots * 3 * UInt64(replicas - 1))
  }

  @Test("Commit latency is 2δ+W with a parallel leader disk and 2δ+2W with a serial one", arguments: [3, 5, 7])
  func commitLatency(replicas: Int) {
    for (disk, writes) in [
      (LeaderDisk.parallelAnyMajority, 1), (.parallelLeaderRequired, 1), (.serial, 2),
    ] as [(LeaderDisk, Int64)] {
      let samples = Samples()
      let result = simulate(
        .init(
          environment: environment(
            replicas: replicas, delay: .constant(.microseconds(700)), fsync: .microseconds(300), disk: disk),
          workload: isolated(think: .milliseconds(11)), measure: Measure(window: .seconds(10)), seed: 3),
        recorder: samples)
      expectOK(result)
      #expect(samples.commits.count > 500)
      #expect(Set(samples.commits) == [2 * 700_000 + writes * 300_000], "\(disk)")
      #expect(Set(samples.client) == Set(samples.commits), "the client is at the leader's site")
    }
  }

  @Test("One write per replica and batch, and a follower delivers δ after its leader", arguments: [3, 5])
  func writesAndDelivery(replicas: Int) throws {
    var deliveries: [String: [Int64]] = [:]
    let result = simulate(
      .init(
        environment: environment(replicas: replicas, delay: .constant(.microseconds(700)), fsync: .microseconds(300)),
        workload: isolated(think: .milliseconds(11)), measure: Measure(warmUp: .zero, window: .seconds(1)), seed: 4),
      trace: { line in
        let step = Step(line)
        guard let step, let committed = step["committed"], committed > 0 else { return }
        deliveries["\(committed) \(step.node)"] = (deliveries["\(committed) \(step.node)"] ?? []) + [step.time]
      })
    expectOK(result)
    let leader = try #require(result.leaderships.first).node.index
    // f.p and f.a are a write each, and every transaction one.
    #expect(result.fsyncs == Array(repeating: result.slots + 2, count: replicas))
    for slot in 1...result.slots {
      let atLeader = try #require(deliveries["\(slot) \(leader)"]?.first)
      for node in 0..<replicas where node != Int(leader) {
        #expect(deliveries["\(slot) \(node)"]?.first == atLeader + 700_000)
      }
    }
  }
}

/// One step line of a trace.
struct Step {
  var time: Int64
  var node: Int
  private let line: String

  init?(_ line: String) {
    guard line.contains(#""event":"step""#) else { return nil }
    self.line = line
    time = 0
    node = 0
    time = Int64(self["t"] ?? 0)
    node = Int(self["node"] ?? 0)
  }
  var role: String { text("role") }
  func text(_ name: String) -> String {
    line.components("\"\(name)\":\"").last.map { String($0.prefix { $0 != "\"" }) } ?? ""
  }
  subscript(name: String) -> UInt64? {
    let parts = line.components("\"\(name)\":")
    return parts.count < 2 ? nil : UInt64(parts[1].prefix { $0.isNumber })
  }
}
extension String {
  /// The parts around the first `separator`.
  fileprivate func components(_ separator: String) -> [Substring] {
    guard let range = firstRange(of: separator) else { return [self[...]] }
    return [self[..<range.lowerBound], self[range.upperBound...]]
  }
}
