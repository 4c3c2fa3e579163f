import ArgumentParser
import Foundation
import Harness
import Measurement

struct PlotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot", abstract: "Draws every chart that a run's folder has data for, and a page that shows them.",
    discussion: """
      Of a history of accepted baselines, such as Results/history.csv, it draws the headline numbers, and marks and lists those that a \
      baseline changed.
      """)

  @Argument(help: "The folder of a run, or a history.csv.") var folder: String
  @Option(help: "Where the charts go (default: 'charts' in the folder, or beside the file).") var out: String?

  func run() throws {
    try ChartDrawer.requireGnuplot()
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), !isFolder.boolValue {
      return try drawHistory()
    }
    let isWhole = try Self.draw(folder, into: out ?? folder + "/charts", try SuiteFolder.located())
    if !isWhole { throw ExitStatus.refused }
  }

  private func drawHistory() throws {
    let beside = URL(fileURLWithPath: folder).deletingLastPathComponent().appending(path: "charts").path
    let out = out ?? beside
    let points = try ChartDrawer(try SuiteFolder.located()).drawHistory(folder, into: out)
    var table = TextTable([
      ("baseline", .right), ("protocol", .left), ("number", .left), ("before", .right), ("after", .right), ("", .left),
      ("reason", .left),
    ])
    for point in points {
      table.add([
        "\(point.number)", point.protocolName, point.metric, point.before, point.after, point.direction, point.reason,
      ])
    }
    if !points.isEmpty { print(table.text, terminator: "") }
    print(ChartDrawer.sentence(points))
    print("chart  \(out)/history  \(ChartDrawer.formats.map { ".\($0)" }.joined(separator: "  "))")
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
