import Foundation
import Measurement

/// The page that shows a run's charts, each under the question that it answers, with the answer in one sentence.
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
    let givenUp = SearchesGivenUp(tables.summary).text.map { " \($0)." } ?? ""
    let experiments = charts.reduce(into: [ChartDrawer.Chart]()) { list, chart in
      if list.last?.experiment != chart.experiment { list.append(chart) }
    }
    let note = provenance.part.map { "\n<p class=\"note\">Note: \(Self.text($0)).</p>" } ?? ""
    let contents = experiments.map {
      "<li><a href=\"#\(Self.text($0.experiment))\">\(Self.text($0.question))</a></li>"
    }
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>consensus-bench</title>
      <style>
      :root { color-scheme: light dark; --ink: #333; --quiet: #5f5f5f; --paper: #fff; --link: #005a8e }
      @media (prefers-color-scheme: dark) { :root { --ink: #ddd; --quiet: #a5a5a5; --paper: #17191c; --link: #79b8e8 } }
      body { font: 16px/1.5 "DejaVu Sans", system-ui, sans-serif; max-width: 960px; margin: 2em auto; padding: 0 1em; color: var(--ink); background: var(--paper) }
      a { color: var(--link) }
      h1 { font-size: 1.5em } h2 { font-size: 1.2em; margin-top: 2.5em }
      figure { margin: 1em 0 2em } figcaption { overflow-wrap: anywhere }
      img { width: 100%; height: auto; background: #fff; border-radius: 4px }
      code { overflow-wrap: anywhere }
      .note { border-left: 4px solid #d55e00; padding-left: 0.75em }
      .quiet { color: var(--quiet); font-size: 0.85em }
      </style>
      </head>
      <body>
      <h1>consensus-bench</h1>
      <p>\(verdict)\(givenUp) Simulated in virtual time: the same seed and inputs give the same numbers on every machine.</p>\(note)
      <nav aria-label="Questions"><ul>
      \(contents.joined(separator: "\n"))
      </ul></nav>
      <main>
      \(experiments.map(section).joined(separator: "\n"))
      </main>
      <p class="quiet">commit \(Self.text(provenance.commit))\(provenance.isDirty == true ? " with changes" : "") ·
      \(Self.text(provenance.startedAt)) · <code>\(Self.text(command))</code></p>
      </body>
      </html>

      """
  }

  /// An experiment's question, and its charts.
  private func section(_ experiment: ChartDrawer.Chart) -> String {
    let figures = charts.filter { $0.experiment == experiment.experiment }.map(figure)
    return """
      <section id="\(Self.text(experiment.experiment))">
      <h2>\(Self.text(experiment.question))</h2>
      \(figures.joined(separator: "\n"))
      </section>
      """
  }

  private func figure(_ chart: ChartDrawer.Chart) -> String {
    let answer = Self.text(chart.answer ?? "")
    guard chart.isDrawn else {
      let text = "<p>\(answer.isEmpty ? ChartAnswer.nothing : answer)</p>"
      return chart.failure.map { "\(text)\n<p class=\"note\">Not drawn: \(Self.text($0))</p>" } ?? text
    }
    let description = answer.isEmpty ? Self.text("\(chart.experiment): \(chart.name)") : answer
    let links = ChartDrawer.formats.map { "<a href=\"\(chart.stem).\($0)\">\($0.uppercased())</a>" }
    return """
      <figure>
      <figcaption>\(answer)</figcaption>
      <a href="\(chart.stem).svg"><img src="\(chart.stem).svg" alt="\(description)" loading="lazy"></a>
      <p class="quiet"><code>\(Self.text(chart.experiment))</code> · \(Self.text(chart.name)) · \(links.joined(separator: " · "))</p>
      </figure>
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
