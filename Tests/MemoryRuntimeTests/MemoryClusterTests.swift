import Consensus
import Faults
import MemoryRuntime
import MultiPaxos
import Raft
import Replication
import Simulator
import Testing
import Unreplicated
import Zab

@Suite("A cluster in memory") struct MemoryClusterTests {
  static func configuration(
    replicas: Int = 3, arrival: Workload.Arrival = .closed(clients: 8, think: .zero), operations: Int? = 500,
    snapshotEvery: Int = 0, sessionLimit: Int = 10_000
  ) -> SimulationConfiguration {
    SimulationConfiguration(
      environment: Environment(
        replicas: replicas, link: LinkModel(delay: .constant(.zero)),
        timing: Timing(heartbeat: .milliseconds(10), electionTimeout: .milliseconds(40)...(.milliseconds(80))),
        snapshotEvery: snapshotEvery, sessionLimit: sessionLimit),
      workload: Workload(arrival: arrival, sessions: 64, keys: 10, reads: 0.3, swaps: 0.2, deletes: 0.1),
      // A busy machine may stop this process for longer than a short window: where operations are counted, they end it.
      measure: Measure(
        warmUp: .milliseconds(20), window: operations == nil ? .milliseconds(300) : .seconds(60), operations: operations
      ),
      seed: 7)
  }

  /// Counts what a run reports.
  final class Counter: Recorder {
    var answered = 0
    var censored = 0
    var committed = 0
    var shortest = Int64.max
    func answered(due: Int64, sent: Int64, at: Int64) {
      answered += 1
      shortest = min(shortest, at - sent, sent - due)
    }
    func censored(due: Int64, sent: Int64?, end: Int64) { censored += 1 }
    func completed(sinceWindowStart: Int64, latency: Int64) {}
    func abandoned(sinceWindowStart: Int64) {}
    func committed(proposed: Int64, at: Int64) { committed += 1 }
    func staged(received: Int64, proposed: Int64, committed: Int64, applied: Int64, replied: Int64) {}
  }

  func run<Core: ConsensusProtocol>(
    _ core: Core.Type, _ tuning: Core.Tuning, _ configuration: SimulationConfiguration, _ counter: Counter? = nil
  ) -> SimulationResult {
    let cluster = MemoryCluster<Core>(configuration, tuning: tuning)
    cluster.run()
    return cluster.result(counter)
  }
  func expectSound(_ result: SimulationResult, _ name: String) {
    #expect(result.verification.verdict == .ok, "\(name): \(result.verification.violations)")
    #expect(result.isAtRest, "\(name)")
    #expect(result.verification.checked.contains("final-states"), "\(name)")
    #expect(result.verification.checked.contains("linearizability"), "\(name)")
    #expect(!result.leaderships.isEmpty, "\(name)")
  }

  @Test("Every protocol serves a closed loop, and its log proves the history")
  func closedLoop() {
    let configuration = Self.configuration()
    for (name, result) in [
      ("raft", run(Raft.self, .standard, configuration)), ("zab", run(Zab.self, .standard, configuration)),
      ("multipaxos", run(MultiPaxos.self, .standard, configuration)),
      ("unreplicated", run(Unreplicated.self, .init(), Self.configuration(replicas: 1))),
    ] {
      expectSound(result, name)
      #expect(result.counts.answered > 0 && result.counts.answered == result.counts.due, "\(name)")
      #expect(result.commands >= UInt64(result.history.count), "\(name)")
    }
  }

  @Test("An open loop begins what is due, whatever the cluster does, and the books balance")
  func openLoop() {
    let counter = Counter()
    let result = run(
      Raft.self, .standard, Self.configuration(arrival: .constant(perSecond: 2_000), operations: nil), counter)
    expectSound(result, "raft")
    #expect((599...601).contains(result.counts.due))
    #expect(counter.answered == Int(result.counts.answered))
    #expect(counter.shortest >= 0)
    #expect(counter.committed > 0)
  }

  @Test("Snapshots and sessions that expire change nothing about the verdict")
  func snapshots() {
    expectSound(run(MultiPaxos.self, .standard, Self.configuration(snapshotEvery: 20)), "multipaxos")
    let crowded = run(
      Zab.self, .standard, Self.configuration(arrival: .closed(clients: 4, think: .zero), sessionLimit: 4))
    expectSound(crowded, "zab")
  }

  @Test("A cluster that cannot elect anybody forms no cluster, and its run counts for nothing")
  func neverForms() {
    var configuration = Self.configuration()
    configuration.environment.timing = Timing(
      heartbeat: .seconds(10), electionTimeout: .seconds(20)...(.seconds(30)))
    configuration.measure.patience = .milliseconds(50)
    let result = run(Raft.self, .standard, configuration)
    #expect(!result.hasFormed)
    #expect(result.verification.verdict == .unchecked)
  }
}
