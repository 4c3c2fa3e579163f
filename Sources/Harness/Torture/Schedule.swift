import Consensus
import Faults
import Simulator
import Verification

/// One run written out: every parameter, every fault and every client operation with its time, so that parts of it can be left out.
///
/// The seed that is left draws only what nobody would list: the delay of each message, the length of each write, each election timeout.
public struct Schedule: Hashable, Sendable {
  /// A protocol or variant, as `list` has it.
  public var protocolName: String
  /// The bug that is planted; only test builds have any.
  public var mutant: String?
  /// The invariant that this run breaks; nil: none is known.
  public var invariant: String?
  public var seed: UInt64
  /// Journals are on sectors.
  public var hasSectors = false
  /// Faults of disks may take the last quorum.
  public var mayLoseQuorum = false
  var settings: ExperimentSettings
  var faults: [ScheduledFault]
  var operations: [ScheduledOperation]

  /// A run of `configuration`, whose clients asked `operations`.
  public init(
    protocolName: String, mutant: String? = nil, invariant: String? = nil, _ configuration: SimulationConfiguration,
    operations: [ScheduledOperation]
  ) {
    self.protocolName = protocolName
    self.mutant = mutant
    self.invariant = invariant
    seed = configuration.seed
    hasSectors = configuration.hasSectors
    mayLoseQuorum = configuration.mayLoseQuorum
    settings = ExperimentSettings(configuration)
    faults = configuration.faults.faults
    self.operations = operations
  }

  init(protocolName: String, seed: UInt64, settings: ExperimentSettings) {
    self.protocolName = protocolName
    self.seed = seed
    self.settings = settings
    (faults, operations) = ([], [])
  }

  public var replicas: Int { settings.environment.replicas }
  /// Faults and client operations.
  public var events: Int { faults.count + operations.count }

  /// What is run.
  public var configuration: SimulationConfiguration {
    var configuration = settings.configuration(faults: FaultPlan(faults), seed: seed)
    configuration.operations = operations
    configuration.hasSectors = hasSectors
    configuration.mayLoseQuorum = mayLoseQuorum
    return configuration
  }
}

extension ExperimentSettings {
  /// The values that make `configuration`, but for faults, operations and seed.
  init(_ configuration: SimulationConfiguration) {
    self.init()
    environment = configuration.environment
    workload = configuration.workload
    workload.arrival = .none
    measure = configuration.measure
    switch configuration.workload.arrival {
    case .constant(let perSecond): (arrival, rate) = (.constant, perSecond)
    case .poisson(let perSecond): (arrival, rate) = (.poisson, perSecond)
    case .closed(let clients, let think): (arrival, self.clients, self.think) = (.closed, clients, think)
    case .none: arrival = .none
    }
  }
}
