import ArgumentParser
import Foundation
import Harness
import Measurement

/// The forms of a report.
struct ReportOptions: ParsableArguments {
  @Flag(help: "The report as JSON on standard output.") var json = false
  @Option(help: ArgumentHelp("Writes the report as JUnit XML.", valueName: "file")) var junit: String?
  @Option(help: ArgumentHelp("Writes the report as Markdown.", valueName: "file")) var markdown: String?

  /// Prints `report` unless it is `quiet`, with annotations where GitHub shows them, and writes it in the other forms that are asked for.
  func give(_ report: some GateReport, quiet: Bool = false) throws {
    if json || !quiet { print(json ? report.json : report.text, terminator: "") }
    if ProcessInfo.processInfo.environment["GITHUB_ACTIONS"] == "true" {
      // Standard output holds the document alone.
      if json { Terminal.write(report.annotations) } else { print(report.annotations, terminator: "") }
    }
    do throws(FileError) {
      if let junit { try AtomicFile.write(report.junit, to: junit) }
      if let markdown { try AtomicFile.write(report.markdown, to: markdown) }
    } catch { throw InputError(error.description) }
  }
}
