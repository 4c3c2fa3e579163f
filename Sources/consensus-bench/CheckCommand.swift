import ArgumentParser
import Foundation
import Harness
import Measurement

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "The regression gate: compares a result with a baseline, number by number.",
    discussion: """
      Simulated results are exact, so any difference is one of behaviour. Exit codes: 0 equal, 1 a regression, \
      2 not comparable, 4 only improvements: accept them. With --accept the result becomes the baseline, whatever differs, and the \
      history of baselines gets a row for each protocol with the reason: both belong into the commit that changes the numbers.
      """)

  @Argument(help: "The folder of a run.") var folder: String
  @Option(help: "The folder of the run to compare with.") var baseline: String
  @OptionGroup var output: ReportOptions
  @Option(help: ArgumentHelp("Makes the result the new baseline, and says why, in one line.", valueName: "reason"))
  var accept: String?
  @Option(help: "Where accepted baselines are listed (default: history.csv beside the baseline).") var history: String?

  func validate() throws {
    if history != nil, accept == nil { throw ValidationError("--history is written by --accept only") }
    if baseline.isEmpty { throw ValidationError("--baseline: names no folder") }
  }

  func run() throws {
    let report = ResultComparison.compare(baseline: baseline, found: folder)
    // What is refused stands on standard error, in one line.
    var isRefused = false
    if case .mismatch = report.result, accept == nil { isRefused = true }
    if isRefused { Terminal.say("error: \(report.headline)") }
    try output.give(report, quiet: isRefused)
    if let accept { return try becomeBaseline(report, because: accept) }
    if let status = ExitStatus(of: report.result) { throw status }
  }

  private func becomeBaseline(_ report: ComparisonReport, because reason: String) throws {
    let beside = URL(fileURLWithPath: baseline).deletingLastPathComponent().appending(path: HistoryRow.fileName).path
    do throws(FileError) {
      let number = try BaselineAcceptance.accept(
        folder, as: baseline, history: history ?? beside, reason: reason, report: report)
      Terminal.say("accepted: \(baseline) is baseline \(number), because: \(reason)")
    } catch { throw InputError(error.description) }
  }
}
