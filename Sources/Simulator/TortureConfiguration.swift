import Consensus
import Faults
import Replication

/// One seed of random faults: a safety phase in which everything may go wrong, then all is healed, and the cluster must come
/// to agree and serve every client again.
public enum TortureConfiguration {
  /// The faults' span, in virtual time.
  public static let span = Duration.seconds(20)

  /// Everything is drawn from `seed`; `sessionsOnly` for protocols that are not defined over datagrams.
  public static func make(seed: UInt64, replicas: Int, sessionsOnly: Bool) -> SimulationConfiguration {
    var random = RandomSource(seed: seed, stream: 0x70_72)
    let faults = RandomFaults(seed: seed, nodes: replicas, span: span)
    let isDatagram = !sessionsOnly && random.chance(0.5)
    let link = LinkModel(
      kind: isDatagram ? .datagram : .stream, delay: delay(&random), loss: faults.loss,
      duplication: isDatagram ? faults.duplication : 0, reordering: isDatagram ? faults.reordering : 0,
      reorderingSpan: .milliseconds(Int(random.below(400)) + 1), retransmission: .milliseconds(20),
      sessionTimeout: .milliseconds(300), reconnect: .milliseconds(30))
    let clients = 4 + Int(random.below(8))
    // Small limits, so that every boundary is met: windows fill, logs are compacted under slow peers, sessions expire.
    let environment = Environment(
      replicas: replicas, link: link, clientDelay: .microseconds(Int(random.below(1_000))),
      fsync: random.chance(0.2) ? .constant(.zero) : delay(&random),
      timing: Timing(
        heartbeat: .milliseconds(50), electionTimeout: .milliseconds(150)...(.milliseconds(300)),
        trustsDisconnect: random.chance(0.3)),
      shared: SharedTuning(
        leaderDisk: LeaderDisk.allCases[Int(random.below(3))], inflight: 1 + Int(random.below(8)),
        messageBytes: 200 + Int(random.below(2_000)), snapshotPieceBytes: 64 + Int(random.below(400))),
      batch: BatchPolicy(
        commands: 1 + Int(random.below(8)), bytes: 4_096, window: 1 + Int(random.below(16)),
        waiting: 1 + Int(random.below(32))),
      retained: Int(random.below(20)), snapshotEvery: random.chance(0.8) ? 5 + Int(random.below(60)) : 0,
      sessionLimit: random.chance(0.8) ? 1_000 : clients + Int(random.below(4)),
      retry: RetryPolicy(
        timeout: .milliseconds(200 + Int(random.below(800))), pause: .milliseconds(5), maximumPause: .milliseconds(100),
        abandon: .seconds(3)))
    let workload = Workload(
      arrival: .closed(clients: clients, think: .milliseconds(20 + Int(random.below(80)))),
      keys: 2 + Int(random.below(10)), reads: 0.3, swaps: 0.2, deletes: 0.05, payload: Int(random.below(64)))
    return SimulationConfiguration(
      environment: environment, workload: workload,
      measure: Measure(warmUp: .zero, window: span, patience: .seconds(30)), faults: faults.plan, seed: seed)
  }

  private static func delay(_ random: inout RandomSource) -> DelayDistribution {
    let mean = Duration.microseconds(100 + Int(random.below(6_000)))
    switch random.below(3) {
    case 0: return .constant(mean)
    case 1: return .uniform((mean / 2)...(mean * 3 / 2))
    default: return .exponential(mean: mean, shift: .zero)
    }
  }
}
