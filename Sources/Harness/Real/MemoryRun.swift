import Consensus
import Measurement
import MemoryRuntime
import Simulator

/// What a run came to, and what it took: of the run alone, not of checking it.
struct CostedResult {
  var result: SimulationResult
  var cost: ProcessCost
  var allocated: AllocationCount?
}

extension ProtocolVariant {
  /// Runs once in real time, all in this thread; `probe` counts allocations.
  typealias RunInMemory =
    @Sendable (
      _ configuration: SimulationConfiguration, _ recorder: (any Recorder)?, _ probe: AllocationProbe?
    ) -> CostedResult

  static func runInMemory<Core: ConsensusProtocol>(
    _ core: Core.Type, _ tuning: Core.Tuning, _ fixedReplicas: Int?
  ) -> RunInMemory {
    { configuration, recorder, probe in
      var configuration = configuration
      if let fixedReplicas { configuration.environment.replicas = fixedReplicas }
      let cluster = MemoryCluster<Core>(configuration, tuning: tuning)
      let (allocated, cost) = ProcessCost.measure { () -> AllocationCount? in
        guard let probe else {
          cluster.run()
          return nil
        }
        return probe.count { cluster.run() }.allocated
      }
      return CostedResult(result: cluster.result(recorder), cost: cost, allocated: allocated)
    }
  }
}
