import Measurement

/// What is said of two commits: their exact results, where their traces part, and how much longer one takes.
public struct BuildReport: GateReport, Sendable {
  public var exact: ComparisonReport
  /// Where the first run parts that is not the same on both sides, and the arguments that repeat it.
  public var parting: (run: String, parting: TraceParting)?
  /// Nil: nothing was timed.
  public var cost: PairedComparison?

  public init(exact: ComparisonReport, parting: (run: String, parting: TraceParting)?, cost: PairedComparison?) {
    self.exact = exact
    self.parting = parting
    self.cost = cost
  }

  public var text: String {
    exact.text + (parting.map { "run \($0.run)\n\($0.parting.text)" } ?? "")
      + (cost.map { "CPU time: \($0.text)\n" } ?? "")
  }

  public var markdown: String {
    exact.markdown + (parting.map { "\n`run \($0.run)`\n\n```\n\($0.parting.text)```\n" } ?? "")
      + (cost.map { "\nCPU time: \($0.text)\n" } ?? "")
  }

  public var document: [String: Any] {
    var document: [String: Any] = ["exact": exact.document]
    document["cpu"] = cost?.document
    document["run"] = parting?.run
    document["parting"] = parting?.parting.document
    return document
  }

  public var cases: [GateCase] { exact.cases + (cost.map { [$0.gateCase] } ?? []) }
}
