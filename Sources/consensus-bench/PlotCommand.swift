import ArgumentParser
import Harness
import Measurement

struct PlotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot", abstract: "Draws every chart that a run's folder has data for, and a page that shows them.")

  @Argument(help: "The folder of a run.") var folder: String
  @Option(help: "Where the charts go (default: the folder's own 'charts').") var out: String?

  func run() throws {
    try ChartDrawer.requireGnuplot()
    let isWhole = try Self.draw(folder, into: out ?? folder + "/charts", try SuiteFolder.located())
    if !isWhole { throw ExitStatus.refused }
  }

  /// Whether every chart could be drawn; says which could not.
  static func draw(_ folder: String, into out: String, _ suite: SuiteFolder) throws -> Bool {
    let endings = ChartDrawer.formats.map { ".\($0)" }.joined(separator: "  ")
    let charts = try ChartDrawer(suite).draw(folder, into: out)
    for chart in charts where chart.isDrawn { print("chart  \(out)/\(chart.stem)  \(endings)") }
    print("page   \(out)/index.html")
    for failure in charts.compactMap(\.failure) { Terminal.say("error: \(failure)") }
    if let part = (try? Provenance(reading: folder))?.part { Terminal.say("note: \(part)") }
    return charts.allSatisfy { $0.failure == nil }
  }
}
