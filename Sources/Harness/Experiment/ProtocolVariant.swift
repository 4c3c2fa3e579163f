import Consensus
import Simulator

/// A protocol with its options, as an experiment file names it: the one place where a concrete protocol meets generic code.
public struct ProtocolVariant: Sendable {
  /// Runs one simulation of this protocol.
  public typealias Simulate =
    @Sendable (
      _ configuration: SimulationConfiguration, _ recorder: (any Recorder)?, _ trace: ((String) -> Void)?,
      _ keepsHistory: Bool
    ) -> SimulationResult

  public let name: String
  /// One sentence for `list`.
  public let summary: String
  /// The form in which its protocol is compared with others; every other variant asks a question about one protocol.
  public let isMain: Bool
  public let requiresSessions: Bool
  public let transfersLeadership: Bool
  /// Indexed by message tag.
  public let messageKinds: [MessageKind]
  /// A protocol without peers runs on this many replicas, whatever the environment says.
  public let fixedReplicas: Int?
  /// The textbook's frames per batch for a cluster size, commit notices included; nil where it gives none.
  public let framesPerBatch: @Sendable (_ replicas: Int) -> Int?
  /// The textbook's writes to stable storage per batch, all replicas together, without group commit.
  public let writesPerBatch: @Sendable (_ replicas: Int) -> Int?
  public let simulate: Simulate
  /// Which round of elections an epoch belongs to.
  let round: @Sendable (UInt64) -> UInt64
  let host: Host
  let runInMemory: RunInMemory

  public init<Core: ConsensusProtocol>(
    _ name: String, _ core: Core.Type, tuning: Core.Tuning, summary: String, isMain: Bool = false,
    fixedReplicas: Int? = nil,
    framesPerBatch: @escaping @Sendable (_ replicas: Int) -> Int?,
    writesPerBatch: @escaping @Sendable (_ replicas: Int) -> Int?
  ) {
    self.name = name
    self.summary = summary
    self.isMain = isMain
    self.fixedReplicas = fixedReplicas
    self.framesPerBatch = framesPerBatch
    self.writesPerBatch = writesPerBatch
    requiresSessions = Core.requiresSessions
    transfersLeadership = Core.transfersLeadership
    messageKinds = Core.messageKinds
    round = { Core.round(of: $0) }
    host = Self.host(Core.self, tuning)
    runInMemory = Self.runInMemory(Core.self, tuning, fixedReplicas)
    simulate = { configuration, recorder, trace, keepsHistory in
      var configuration = configuration
      if let fixedReplicas { configuration.environment.replicas = fixedReplicas }
      return Simulation<Core>(
        configuration, tuning: tuning, recorder: recorder, trace: trace, keepsHistory: keepsHistory
      ).run()
    }
  }
}
