import Measurement

/// What a run begins with, for people: every input, and what is allowed and seldom meant.
public struct RunHead {
  private let experiments: [Experiment]

  public init(_ experiments: [Experiment]) { self.experiments = experiments }

  public var text: String {
    let warnings = experiments.flatMap(\.warnings).map { "warning: \($0)\n" }
    return Parity(experiments.flatMap(\.points).flatMap(\.rows)).text + warnings.joined()
  }

  /// What a dry run ends with: how much there would be to do.
  public func plan(_ start: ExperimentRun.Progress, into folder: String) -> String {
    let configurations = experiments.map {
      "\($0.name): \(AnswerText.count($0.points.count, "configuration", "configurations"))"
    }
    let atMost = start.isAtMost ? "at most " : ""
    return
      (configurations + [
        "A dry run: of \(atMost)\(AnswerText.count(start.most, "trial", "trials")) nothing was run, and nothing written to \(folder)"
      ]).joined(separator: "\n")
  }
}
