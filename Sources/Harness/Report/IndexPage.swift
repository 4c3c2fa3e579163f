import Foundation
import Measurement

/// The page of a run, which needs nothing but itself: each question with its answers, charts, table and inputs; what was checked; what it
/// cannot say; how to cite and how to repeat it. It is HTML and XML at once.
struct IndexPage {
  private let charts: [ChartDrawer.Chart]
  private let tables: ResultTables
  private let provenance: Provenance
  private let pictures: [String: String]
  private let defaults: [String: String]
  private let notes: ResultNotes

  /// `pictures`: gnuplot's SVG by the stem of the chart. `defaults`: the default environment by key.
  init(
    _ charts: [ChartDrawer.Chart], _ tables: ResultTables, _ provenance: Provenance,
    pictures: [String: String] = [:], defaults: [String: String] = [:]
  ) {
    self.charts = charts
    self.tables = tables
    self.provenance = provenance
    self.pictures = pictures
    self.defaults = defaults
    notes = ResultNotes(tables, provenance)
  }

  var html: String {
    let experiments = provenance.experiments
    let contents = experiments.map { "<li><a href=\"#\($0.name.escaped)\">\($0.question.escaped)</a></li>" }
    return """
      <!DOCTYPE html>
      <html lang="en" xmlns="http://www.w3.org/1999/xhtml">
      <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>consensus-bench: \(experiments.count == 1 ? experiments[0].name.escaped : "results")</title>
      <style>
      \(Self.style)
      </style>
      </head>
      <body>
      <header>
      <h1>consensus-bench</h1>
      <p>\(notes.verdict.escaped) \(notes.origin.escaped)</p>
      \(provenance.part.map { "<p class=\"note\">Note: \($0.escaped).</p>" } ?? "")
      <p class="quiet">Commit \(provenance.commit.escaped)\(provenance.isDirty == true ? " with changes" : ""),
      \(provenance.startedAt.escaped). <a class="files" href="#about">Checks, limitations, citation, how to repeat it</a></p>
      </header>
      <nav aria-label="Questions"><ul>
      \(contents.joined(separator: "\n"))
      </ul></nav>
      <main>
      \(experiments.map(section).joined(separator: "\n"))
      \(about)
      </main>
      </body>
      </html>

      """
  }

  /// An experiment's question, its charts, its table and its inputs.
  private func section(_ experiment: Provenance.ExperimentNote) -> String {
    let own = tables.of(experiment.name)
    let reported = ReportedExperiment(experiment, own)
    let report = RunReport([reported], own, shard: provenance.shard)
    let inputs = ExperimentInputs(experiment.name, own, defaults: defaults)
    let remarks = report.remarks(on: reported) + report.missed(in: reported).map { "Not precise: \($0)." }
    let numbers =
      own.summary.isEmpty
      ? "<p>There are no results of it.</p>"
      : """
      \(HTMLTable(report.table(of: reported), "Results of \(experiment.name), by configuration").html)
      \(Self.list(remarks))
      \(HTMLTable(inputs.table, "Inputs that are swept, or not the default environment's", isProse: true).html)
      <p class="quiet">\(inputs.parity.escaped)</p>
      """
    return """
      <section id="\(experiment.name.escaped)">
      <h2>\(experiment.question.escaped)</h2>
      \(charts.filter { $0.experiment == experiment.name }.map(figure).joined(separator: "\n"))
      \(numbers)
      </section>
      """
  }

  private func figure(_ chart: ChartDrawer.Chart) -> String {
    let answer = (chart.answer ?? "").unbroken.escaped
    guard chart.isDrawn else {
      let text = "<p>\(answer.isEmpty ? ChartAnswer.nothing : answer)</p>"
      return chart.failure.map { "\(text)\n<p class=\"note\">Not drawn: \($0.escaped)</p>" } ?? text
    }
    let name = chart.answer ?? "\(chart.experiment): \(chart.name)"
    let picture = pictures[chart.stem].flatMap { InlineChart($0, named: chart.stem, answer: name) }
    let links = ChartDrawer.formats.map { "<a href=\"\(chart.stem).\($0)\" download=\"\">\($0.uppercased())</a>" }
    return """
      <figure>
      <figcaption>\(answer)</figcaption>
      <div class="chart">\(picture?.svg ?? "")</div>
      <p class="quiet files"><code>\(chart.experiment.escaped)</code> · \(chart.name.escaped) · \(links.joined(separator: " · "))</p>
      </figure>
      """
  }

  /// What holds for all experiments.
  private var about: String {
    let citation = Citation(provenance, modes: notes.modes)
    let void = notes.void
    let listed = void.prefix(Self.mostVoid).map { run in
      "<li>\(run.name.escaped): \(run.reason.escaped)<br /><code>\(run.command.escaped)</code></li>"
    }
    let more = void.count > listed.count ? "<p>… and \(Humane.count(void.count - listed.count)) more.</p>" : ""
    return """
      <section id="about">
      <h2>What was checked</h2>
      <p>\(notes.verdict.escaped)</p>
      \(listed.isEmpty ? "" : "<ul>\n\(listed.joined(separator: "\n"))\n</ul>")\(more)
      \(HTMLTable(notes.checks, "Checks, and the verified runs that had them", isProse: true).html)
      <h2>Limitations</h2>
      \(Self.list(notes.limitations))
      <h2>How to repeat it</h2>
      <p>At commit <code>\(provenance.commit.escaped)</code>:</p>
      <pre>\(citation.commands.joined(separator: "\n").escaped)</pre>
      <h2>How to cite it</h2>
      <pre>\(citation.bibTeX.escaped)</pre>
      </section>
      """
  }
  private static let mostVoid = 20

  private static func list(_ items: [String]) -> String {
    items.isEmpty ? "" : "<ul>\n\(items.map { "<li>\($0.escaped)</li>" }.joined(separator: "\n"))\n</ul>"
  }
}
