import Consensus
import Faults
import Replication

/// One seed of random faults: a safety phase in which everything may go wrong, then all is healed, and the cluster must come
/// to agree and serve every client again.
public enum TortureConfiguration {
  /// The faults' span, in virtual time.
  public static let span = Duration.seconds(20)

  /// Everything is drawn from `seed`; `sessionsOnly` for protocols that are not defined over datagrams, `transfers` for those that can
  /// hand their leadership over.
  public static func make(
    seed: UInt64, replicas: Int, sessionsOnly: Bool, transfers: Bool = false
  ) -> SimulationConfiguration {
    var random = RandomSource(seed: seed, stream: 0x70_72)
    let isDatagram = !sessionsOnly && random.chance(0.5)
    let cpu = processorCosts(seed)
    let faults = RandomFaults(
      seed: seed, nodes: replicas, span: span, sessions: !isDatagram, transfers: transfers, costs: cpu != CPUModel())
    let link = LinkModel(
      kind: isDatagram ? .datagram : .stream, delay: delay(&random), loss: faults.loss, burst: faults.burst,
      duplication: isDatagram ? faults.duplication : 0, reordering: isDatagram ? faults.reordering : 0,
      reorderingSpan: .milliseconds(Int(random.below(400)) + 1), retransmission: .milliseconds(20),
      sessionTimeout: .milliseconds(300), reconnect: .milliseconds(30))
    let clients = 4 + Int(random.below(8))
    // Small limits, so that every boundary is met: windows fill, logs are compacted under slow peers, sessions expire.
    let environment = Environment(
      replicas: replicas, link: link, clientDelay: .microseconds(Int(random.below(1_000))),
      bandwidth: bandwidth(seed), cpu: cpu,
      fsync: random.chance(0.2) ? .constant(.zero) : delay(&random), groupCommit: groupCommit(seed),
      timing: Timing(
        heartbeat: .milliseconds(50), electionTimeout: .milliseconds(150)...(.milliseconds(300)),
        trustsDisconnect: random.chance(0.3)),
      shared: SharedTuning(
        leaderDisk: LeaderDisk.allCases[Int(random.below(3))], inflight: 1 + Int(random.below(8)),
        messageBytes: 200 + Int(random.below(2_000)), snapshotPieceBytes: 16 + Int(random.below(300))),
      batch: BatchPolicy(
        commands: 1 + Int(random.below(8)), bytes: 4_096, window: 1 + Int(random.below(16)),
        waiting: 1 + Int(random.below(32))),
      retained: Int(random.below(20)), snapshotEvery: random.chance(0.8) ? 5 + Int(random.below(60)) : 0,
      sessionLimit: random.chance(0.5) ? 1_000 : clients + Int(random.below(3)),
      retry: RetryPolicy(
        timeout: .milliseconds(200 + Int(random.below(800))), pause: .milliseconds(5), maximumPause: .milliseconds(100),
        abandon: .seconds(3)))
    let workload = Workload(
      arrival: arrival(seed, clients: clients, think: .milliseconds(20 + Int(random.below(80)))), sessions: clients,
      keys: 2 + Int(random.below(10)), reads: 0.3, swaps: 0.2, deletes: 0.05, payload: Int(random.below(64)))
    return SimulationConfiguration(
      environment: environment, workload: workload,
      measure: Measure(warmUp: .zero, window: span, patience: .seconds(30)), faults: faults.plan, seed: seed,
      hasSectors: faults.hasSectors, mayLoseQuorum: faults.mayLoseQuorum)
  }

  // Each part of the environment that most seeds go without has a stream of its own, so that none reshuffles the others.

  private static func processorCosts(_ seed: UInt64) -> CPUModel {
    var random = RandomSource(seed: seed, stream: 0x70_73)
    guard random.chance(0.3) else { return CPUModel() }
    return CPUModel(
      perMessageIn: .microseconds(1 + Int(random.below(50))), perMessageOut: .microseconds(Int(random.below(20))),
      perByte: .nanoseconds(Int(random.below(20))))
  }
  private static func bandwidth(_ seed: UInt64) -> UInt64? {
    var random = RandomSource(seed: seed, stream: 0x70_74)
    return random.chance(0.2) ? 5_000_000 << random.below(8) : nil
  }
  private static func groupCommit(_ seed: UInt64) -> GroupCommit {
    var random = RandomSource(seed: seed, stream: 0x70_75)
    switch random.below(6) {
    case 0: return .none
    case 1:
      let wait = random.duration(in: .microseconds(100)...(.milliseconds(5)))
      return .delay(wait, count: random.chance(0.5) ? 2 + Int(random.below(15)) : nil)
    default: return .natural
    }
  }
  private static func arrival(_ seed: UInt64, clients: Int, think: Duration) -> Workload.Arrival {
    var random = RandomSource(seed: seed, stream: 0x70_76)
    guard random.chance(0.25) else { return .closed(clients: clients, think: think) }
    let rate = Double(20 + random.below(81))
    return random.chance(0.5) ? .constant(perSecond: rate) : .poisson(perSecond: rate)
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
