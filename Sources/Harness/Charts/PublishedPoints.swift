import Foundation

/// Points of a figure that somebody else published, to be drawn over what an experiment found: `Plots/published/<experiment>.csv`,
/// whose first lines, behind a `#`, say where they are from.
struct PublishedPoints: Sendable {
  /// By the names of the columns.
  var rows: [[String: String]] = []

  /// None if there is no such file.
  init(of experiment: String, in suite: SuiteFolder?) {
    let path = suite?.path("Plots/published/\(experiment).csv") ?? ""
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return }
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
      $0.split(separator: ",").map(String.init)
    }
    guard let names = lines.first else { return }
    rows = lines.dropFirst().map { Dictionary(zip(names, $0)) { first, _ in first } }
  }

  /// The points of one curve: pairs of two numeric columns, in the file's order.
  func curve(_ name: String, of column: String, _ x: String, _ y: String) -> [(x: Double, y: Double)] {
    rows.filter { $0[column] == name }.compactMap { row in
      guard let x = row[x].flatMap(Double.init), let y = row[y].flatMap(Double.init) else { return nil }
      return (x, y)
    }
  }
}
