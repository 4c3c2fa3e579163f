import Foundation
import Measurement

/// Draws the charts of a run's folder with gnuplot.
public struct ChartDrawer {
  /// One drawn chart.
  public struct Chart: Sendable {
    public var experiment: String
    public var question: String
    public var name: String
    /// Paths below the folder that was drawn into, without the ending.
    public var stem: String
  }

  /// The folder that holds `Plots`.
  private let suite: SuiteFolder

  public init(_ suite: SuiteFolder) { self.suite = suite }

  /// gnuplot's own line about its version; nil if there is none on the PATH.
  public static func gnuplotVersion() -> String? {
    let result = try? Subprocess.run(["gnuplot", "--version"], in: "/")
    return result.flatMap { $0.status == 0 ? $0.output.trimmed : nil }
  }
  /// Says what to install if gnuplot is not there; called before any work is done.
  public static func requireGnuplot() throws(InputError) {
    if gnuplotVersion() == nil {
      throw InputError("gnuplot is not installed, and charts need it: sudo apt-get install gnuplot-nox")
    }
  }
  /// Whether the charts of `experiments` can be drawn, asked before they are run.
  public func require(_ experiments: [Experiment]) throws(InputError) {
    try Self.requireGnuplot()
    guard experiments.contains(where: { !$0.charts.isEmpty }) else {
      throw InputError("\(experiments.map(\.name).joined(separator: ", ")): names no charts to draw")
    }
    for experiment in experiments {
      for name in experiment.charts { try requireScript(name, of: experiment.name) }
    }
  }
  private func requireScript(_ name: String, of experiment: String) throws(InputError) {
    guard FileManager.default.fileExists(atPath: suite.path(Self.script(name))) else {
      throw InputError(
        "\(suite.path(Self.script(name))): there is no such chart; experiment '\(experiment)' names it")
    }
  }
  private static func script(_ name: String) -> String { "Plots/\(name).gp" }

  /// Draws what `folder`'s `run.json` lists, as SVG and PNG, into `out`, and an `index.html` that shows them.
  public func draw(_ folder: String, into out: String) throws(InputError) -> [Chart] {
    let provenance: Provenance?
    let tables: ResultTables
    do {
      tables = try ResultTables(reading: folder)
      provenance = try Provenance(reading: folder)
    } catch { throw InputError("\(error)") }
    guard let provenance else { throw InputError("\(folder)/run.json: missing; without it nothing says what to draw") }
    var charts: [Chart] = []
    let parity = Parity(tables.configurations)
    for experiment in provenance.experiments where tables.summary.contains(where: { $0.isOK(in: experiment.name) }) {
      if let breach = parity.breach(in: experiment.name) { throw InputError("\(folder): \(breach)") }
      for name in experiment.charts {
        let chart = Chart(
          experiment: experiment.name, question: experiment.question, name: name,
          stem: experiment.charts.count == 1 ? experiment.name : "\(experiment.name)-\(name)")
        for ending in ["svg", "png"] { try draw(chart, ending, from: folder, into: out) }
        charts.append(chart)
      }
    }
    guard !charts.isEmpty else { throw InputError("\(folder): holds no verified result that has a chart") }
    do throws(FileError) {
      try AtomicFile.write(IndexPage(charts, tables, provenance).html, to: out + "/index.html")
    } catch { throw InputError(error.description) }
    return charts
  }

  private func draw(_ chart: Chart, _ ending: String, from folder: String, into out: String) throws(InputError) {
    let script = Self.script(chart.name)
    try requireScript(chart.name, of: chart.experiment)
    do {
      try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    } catch { throw InputError("\(out): cannot be made: \(error.localizedDescription)") }
    let settings = [
      ("data", absolute(folder)), ("out", absolute("\(out)/\(chart.stem).\(ending)")), ("term", ending),
      ("experiment", chart.experiment),
    ]
    let assignments = settings.map { "\($0)='\($1.replacing("'", with: "''"))'" }.joined(separator: "; ")
    let result: Subprocess.Result
    do {
      result = try Subprocess.run(["gnuplot", "-e", assignments, script], in: suite.root)
    } catch { throw InputError("gnuplot cannot be run: \(error)") }
    guard result.status == 0 else {
      let reason = result.errors.split(separator: "\n").first { $0.contains(":") } ?? "it does not say why"
      throw InputError("\(script): gnuplot failed: \(reason.trimmingCharacters(in: .whitespaces))")
    }
  }

  private func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
}

extension SummaryRow {
  fileprivate func isOK(in experiment: String) -> Bool { run.subject.experiment == experiment && verdict == .ok }
}
