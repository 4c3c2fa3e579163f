import Consensus
import Faults
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
