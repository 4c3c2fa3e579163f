/// An experiment file, read and checked, with its sweeps expanded.
public struct Experiment: Sendable {
  public var name: String
  /// What loads it again: its name, or the path of its file.
  public var source: String
  /// What it answers, in one sentence.
  public var question: String
  /// Names of the scripts in `Plots` that draw it.
  public var charts: [String]
  /// Charts that what was set leaves without data, each in one line.
  public var omittedCharts: [String] = []
  /// Every combination of the sweep's values, and for each all protocols.
  public var points: [ExperimentPoint]
}
