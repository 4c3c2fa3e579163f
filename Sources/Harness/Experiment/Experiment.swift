import Consensus
import Simulator

/// An experiment file, read and checked, with its sweeps expanded.
public struct Experiment: Sendable {
  public var name: String
  /// What it answers, in one sentence.
  public var question: String
  /// Names of the scripts in `Plots` that draw it.
  public var charts: [String]
  public var points: [ExperimentPoint]
}

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
  /// Every input but the protocol, in the order of the key registry.
  public var inputs: [Input]
  public var trials: Int
  /// What one trial runs; the seed and whatever the experiment draws anew for each trial are filled in by `configuration`.
  var template: SimulationConfiguration
}
