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
  @Flag(help: "The report as JSON on standard output.") var json = false
  @Option(help: ArgumentHelp("Writes the report as JUnit XML.", valueName: "file")) var junit: String?
  @Option(help: ArgumentHelp("Writes the report as Markdown.", valueName: "file")) var markdown: String?
  @Option(help: ArgumentHelp("Makes the result the new baseline, and says why, in one line.", valueName: "reason"))
  var accept: String?
  @Option(help: "Where accepted baselines are listed (default: history.csv beside the baseline).") var history: String?

  func validate() throws {
    if history != nil, accept == nil { throw ValidationError("--history is written by --accept only") }
    if baseline.isEmpty { throw ValidationError("--baseline: names no folder") }
  }

  func run() throws {
    let report = ResultComparison.compare(baseline: baseline, found: folder)
    if case .mismatch = report.result, !json, accept == nil {
      Terminal.say("error: \(report.text.split(separator: "\n").first ?? "")")
    } else {
      print(json ? report.json : report.text, terminator: "")
    }
    if ProcessInfo.processInfo.environment["GITHUB_ACTIONS"] == "true" { print(report.annotations, terminator: "") }
    do throws(FileError) {
      if let junit { try AtomicFile.write(report.junit, to: junit) }
      if let markdown { try AtomicFile.write(report.markdown, to: markdown) }
    } catch { throw InputError(error.description) }
    if let accept { return try becomeBaseline(report, because: accept) }
    switch report.result {
    case .holds: return
    case .regression: throw ExitStatus.failed
    case .improvement: throw ExitStatus.stale
    case .mismatch: throw ExitStatus.refused
    }
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
