/// What every row refers to: a configuration, with two of its inputs repeated for the eye.
public struct Subject: Sendable, Hashable {
  public var configuration = ConfigurationID()
  public var experiment = ""
  /// The protocol variant's name.
  public var protocolName = ""

  public init() {}
  public init(configuration: ConfigurationID, experiment: String, protocolName: String) {
    self.configuration = configuration
    self.experiment = experiment
    self.protocolName = protocolName
  }

  public static let columns: [Column<Subject>] = [
    Column(
      "configuration", \.configuration, "Id of the configuration: a hash of all its inputs; see `configurations.csv`."
    )
    .key,
    Column("experiment", \.experiment, "Name of the experiment file.").label,
    Column("protocol", \.protocolName, "The protocol, or one of its variants.").label,
  ]
}

/// One run of a configuration.
public struct RunKey: Sendable, Hashable {
  public var subject = Subject()
  public var seed: UInt64 = 0
  /// From 0, within the seed.
  public var trial = 0

  public init() {}
  public init(_ subject: Subject, seed: UInt64, trial: Int = 0) {
    self.subject = subject
    self.seed = seed
    self.trial = trial
  }

  public static let columns: [Column<RunKey>] =
    Column.part(Subject.columns, of: \.subject) + [
      Column("seed", \.seed, "Seed of the run: all its randomness comes from it.").key,
      Column("trial", \.trial, "Number of the trial under this seed, from 0.").key,
    ]
}
