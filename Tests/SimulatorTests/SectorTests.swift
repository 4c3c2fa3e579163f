import Consensus
import Faults
import Raft
import Replication
import Testing

@testable import Simulator

/// Journals that are really written, broken and read back.
@Suite("Journals on sectors") struct SectorTests {
  private func run(_ fault: DiskFault, seed: UInt64) -> SimulationResult {
    let node = FaultTarget.node(NodeID(Int(seed % 3)))
    var environment = environment(fsync: .milliseconds(2))
    environment.snapshotEvery = 40
    environment.retained = 5
    return simulate(
      .init(
        environment: environment,
        workload: Workload(arrival: .closed(clients: 4, think: .milliseconds(5)), payload: 40),
        measure: Measure(warmUp: .milliseconds(100), window: .seconds(3)),
        faults: FaultPlan([
          .init(at: .milliseconds(500), .breakDisk(node, fault, for: .milliseconds(600))),
          // Soon: compaction leaves damage behind.
          .init(at: .milliseconds(520), .crash(node, downtime: .milliseconds(200))),
        ]), seed: seed))
  }

  @Test(
    "Each fault of a disk is met with its own answer, and the others serve on",
    arguments: [
      (DiskFault.tornWrite, "torn tails dropped"), (.bitRot, "damaged disks refused"),
      (.staleBlock, "stale blocks found"), (.misdirectedWrite, "misdirected writes found"),
      (.lostSync, "lost syncs found"), (.failure, "halts by EIO"), (.full, "halts by ENOSPC"),
    ])
  func faults(fault: DiskFault, met: String) {
    var total = 0
    var halted = 0
    for seed in 1...20 as ClosedRange<UInt64> {
      let result = run(fault, seed: seed)
      expectOK(result, "\(fault), seed \(seed)")
      #expect(result.isAtRest && result.halted.count <= 1)
      total += count(met, in: result)
      halted += result.halted.count
    }
    #expect(total > 0, "\(fault): never \(met)")
    // What does not break the disk's word costs nobody its place.
    #expect(fault.harms == (halted > 0))
  }

  private func lose(
    _ nodes: [Int], mayLoseQuorum: Bool = true, patience: Duration = .seconds(5), retry: RetryPolicy = .init(),
    _ more: [ScheduledFault] = []
  ) -> SimulationResult {
    var environment = environment(fsync: .milliseconds(1))
    environment.retry = retry
    return simulate(
      .init(
        environment: environment, workload: Workload(arrival: .closed(clients: 8, think: .milliseconds(1)), payload: 8),
        measure: Measure(warmUp: .milliseconds(100), window: .seconds(1), patience: patience),
        faults: FaultPlan(
          nodes.map { .init(at: .milliseconds(500), .breakDisk(.node(NodeID($0)), .failure, for: .zero)) } + more),
        seed: 1, hasSectors: true, mayLoseQuorum: mayLoseQuorum))
  }

  @Test(
    "A cluster that has lost more disks than a quorum can spare need not serve again, and the run says that and why")
  func quorumLost() {
    let result = lose([0, 1])
    expectOK(result)
    #expect(!result.isAtRest && result.isSettled && result.halted.map(\.loss) == [.failedSync, .failedSync])
    #expect(result.exemptions.map(\.demand).prefix(2) == [.recovery, .restart])
    #expect(count("quorums lost", in: result) == 1)
    #expect(!result.verification.checked.contains("final-states"))
  }

  @Test(
    "Unless a run is told otherwise, the last disks that a quorum needs are spared, and nothing but a replica is let off"
  )
  func quorumSpared() {
    let result = lose([0, 1], mayLoseQuorum: false)
    expectOK(result)
    #expect(result.isAtRest && result.halted.count == 1 && result.struck.count == 1)
    #expect(
      !result.exemptions.contains { $0.demand == .recovery } && result.exemptions.contains { $0.demand == .restart })
    let whole = lose([])
    expectOK(whole)
    #expect(whole.isAtRest && whole.exemptions.isEmpty)
  }

  @Test("A cluster that still has a quorum must serve again, whatever was lost")
  func quorumLeft() {
    // Clients that are interrupted by the last crash sleep for longer than the run's patience.
    let retry = RetryPolicy(
      timeout: .seconds(20), pause: .seconds(10), maximumPause: .seconds(10), abandon: .seconds(30))
    let result = lose([0], retry: retry, [ScheduledFault(at: .milliseconds(999), .crash(.leader, downtime: nil))])
    #expect(!result.isSettled && result.verification.violations.first?.invariant == "LIVE")
  }

  @Test("C7: a disk that is refused and has lost nothing, whatever fault was meant for it")
  func refusedForNothing() {
    var configuration = TortureConfiguration.make(seed: 1, replicas: 3, sessionsOnly: false)
    (configuration.hasSectors, configuration.faults) = (true, FaultPlan([]))
    let simulation = Simulation<Raft>(configuration, tuning: .standard)
    expectOK(simulation.run())
    let (node, other) = (simulation.nodes[0], simulation.nodes[1])
    #expect(simulation.breakDisk(of: node, .lostSync, .milliseconds(10)))
    // Whole, and another replica's: it names another identity.
    if let disk = other.sectors?.disk { node.sectors?.disk = disk }
    simulation.crash(node)
    simulation.restart(node)
    #expect(simulation.result.halted.map(\.node) == [node.id])
    #expect(simulation.findings.violations.map(\.invariant) == ["C7"])
  }

  @Test("With nothing but crashes every recovery gives the shadow, and nobody is refused")
  func healthy() {
    for seed in 1...100 as ClosedRange<UInt64> {
      var configuration = TortureConfiguration.make(seed: seed, replicas: seed % 2 == 0 ? 3 : 5, sessionsOnly: false)
      configuration.hasSectors = true
      configuration.faults = FaultPlan(
        configuration.faults.faults.filter { if case .breakDisk = $0.fault { false } else { true } })
      let result = simulate(configuration)
      expectOK(result, "seed \(seed)")
      #expect(result.halted.isEmpty)
    }
  }
}
