import Foundation
import Measurement

/// The page that shows a run's charts, each under the question that it answers.
struct IndexPage {
  private let charts: [ChartDrawer.Chart]
  private let tables: ResultTables
  private let provenance: Provenance

  init(_ charts: [ChartDrawer.Chart], _ tables: ResultTables, _ provenance: Provenance) {
    self.charts = charts
    self.tables = tables
    self.provenance = provenance
  }

  var html: String {
    let void = tables.summary.count { $0.verdict != .ok }
    let verdict =
      void == 0
      ? "All \(tables.summary.count) runs were verified."
      : "\(void) of \(tables.summary.count) runs are void and left out."
    let sections = charts.map { chart in
      """
      <section>
      <h2>\(Self.text(chart.question))</h2>
      <a href="\(chart.stem).svg"><img src="\(chart.stem).svg" alt="\(Self.text(chart.experiment)): \(Self.text(chart.name))"></a>
      <p class="quiet">experiment <code>\(Self.text(chart.experiment))</code> · <a href="\(chart.stem).svg">SVG</a> · <a href="\(chart.stem).png">PNG</a></p>
      </section>
      """
    }
    return """
      <!doctype html>
      <html lang="en">
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>consensus-bench</title>
      <style>
      body { font: 16px/1.5 "DejaVu Sans", system-ui, sans-serif; max-width: 960px; margin: 2em auto; padding: 0 1em; color: #333 }
      h1 { font-size: 1.5em } h2 { font-size: 1.15em; margin-top: 2.5em }
      img { width: 100%; height: auto }
      .quiet { color: #666; font-size: 0.85em }
      </style>
      <h1>consensus-bench</h1>
      <p>\(verdict) Simulated in virtual time: the same seed and inputs give the same numbers on every machine.</p>
      \(sections.joined(separator: "\n"))
      <p class="quiet">commit \(Self.text(provenance.commit))\(provenance.isDirty == true ? " with changes" : "") ·
      \(Self.text(provenance.startedAt)) · <code>\(Self.text(command))</code></p>
      </html>

      """
  }

  /// The command line with the program's name instead of its path.
  private var command: String {
    let words = provenance.commandLine
    return ([words.first.map { URL(fileURLWithPath: $0).lastPathComponent } ?? ""] + words.dropFirst())
      .joined(separator: " ")
  }

  private static func text(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
}
