import Consensus
import Measurement
import Simulator

/// One configuration of an experiment: what one id in the CSV files stands for.
public struct ExperimentPoint: Sendable {
  /// An input as `configurations.csv` shows it.
  public struct Input: Hashable, Sendable {
    /// The path of the key, as in an experiment file.
    public var key: String
    /// Its value, with unit.
    public var value: String
    public var isSwept: Bool
  }

  public var experiment: String
  public var variant: ProtocolVariant
  /// How it is run.
  public var mode = RunMode.sim
  /// Every input but the protocol, in the order of the key registry; the cases of sweeps over faults, and all faults, are the last, and then the
  /// running cluster, if it is one.
  public var inputs: [Input]
  /// As many as are run; with a `precision`, the most.
  public var trials: Int
  /// The relative standard error of the headline number at which no further trial is run.
  public var precision: FixedDecimal?
  /// What one trial runs; the seed and whatever the experiment draws anew for each trial are filled in by `configuration`.
  var template: SimulationConfiguration
  /// What happens to the replicas.
  var faults = FaultSchedule()
  /// The running cluster that it is run on; nil: on one of its own.
  var cluster: NodeFile?

  /// Replicas that take part.
  public var replicas: Int { variant.fixedReplicas ?? template.environment.replicas }
  /// Whether operations come at a rate of their own.
  var isOpenLoop: Bool {
    switch template.workload.arrival {
    case .constant, .poisson: true
    case .closed, .none: false
    }
  }
  /// What the rows of this configuration refer to. Equal inputs in two experiments are two configurations.
  public var subject: Subject {
    var identity = [(key: "experiment", value: experiment), (key: "protocol", value: variant.name)]
    if mode != .sim { identity.append((key: "mode", value: mode.rawValue)) }
    return Subject(
      configuration: ConfigurationID(of: identity + pairs), experiment: experiment, protocolName: variant.name)
  }
  /// Hash of all inputs but the protocol: equal where protocols may be compared.
  public var fingerprint: Fingerprint { Fingerprint(of: pairs) }
  private var pairs: [(key: String, value: String)] { inputs.map { (key: $0.key, value: $0.value) } }

  /// Whether the other values leave the input at `path` without effect.
  public func ignores(_ path: String) -> Bool { inputs.contains { $0.key == path && $0.value == "unused" } }

  /// What leaves the input at `path` without effect, such as `workload.arrival closed`.
  public func obstacle(to path: String) -> String? {
    guard let key = try? ExperimentKey.named(path) else { return nil }
    return key.obstacle(inputs, in: mode)
  }

  /// The swept inputs, as `--set` takes them; the case of a sweep over faults stands for these.
  public var sweptAssignments: [String] {
    inputs.filter { $0.isSwept && $0.key != Self.faultsKey }.map { "\($0.key)=\($0.value)" }
  }
  /// The same in one line for people, shares in percent; empty if nothing is swept.
  public var sweptText: String { Self.sweptText(inputs) }
  static func sweptText(_ inputs: [Input]) -> String {
    inputs.filter { $0.isSwept && $0.key != Self.faultsKey }.map { input in
      let share = Self.shares.contains(input.key) ? Double(input.value).map(ValueForm<Double>.percent) : nil
      return "\(input.key)=\(share ?? input.value)"
    }.joined(separator: " ")
  }
  /// The inputs that are probabilities.
  private static let shares = Set(
    ExperimentKey.all.filter { $0.form == ValueForm<Double>.probability.name }.map(\.path))

  /// The input that says what goes wrong.
  static let faultsKey = "faults"
  /// The input that says which running cluster it is; only of such.
  static let clusterKey = "cluster"

  /// This configuration's part of `configurations.csv`.
  public var rows: [ConfigurationRow] {
    let (subject, fingerprint) = (subject, fingerprint)
    return inputs.map {
      ConfigurationRow(
        subject, mode: mode, fingerprint: fingerprint, key: $0.key, value: $0.value, isSwept: $0.isSwept)
    }
  }

  /// What the `trial`-th trial runs. Its seed follows from `seed` and the number alone, so that all protocols and all points
  /// of a sweep meet the same luck; from it come the times of the faults.
  public func configuration(seed: UInt64, trial: Int) -> SimulationConfiguration {
    var configuration = template
    configuration.seed = Self.seed(ofTrial: trial, seed: seed)
    configuration.faults = faults.plan(
      seed: configuration.seed, replicas: replicas, window: template.measure.window)
    return configuration
  }

  /// The seed of one trial of a run that was given `seed`.
  public static func seed(ofTrial trial: Int, seed: UInt64) -> UInt64 {
    var random = RandomSource(seed: seed, stream: UInt64(bitPattern: Int64(trial)))
    return random.next()
  }
}
