import Dispatch
import Foundation
import Measurement
import Synchronization

/// Draws the charts of a run's folder with gnuplot.
public struct ChartDrawer: Sendable {
  /// One chart of an experiment.
  public struct Chart: Sendable {
    public var experiment: String
    public var question: String
    public var name: String
    /// What it says, in one sentence computed from the data; nil: nobody wrote how.
    public var answer: String?
    /// Paths below the folder that was drawn into, without the ending.
    public var stem: String
    /// False where no run of the experiment is verified.
    public var isDrawn = true
    /// Why it could not be drawn, in one line; nil: nothing failed.
    public var failure: String?
  }

  /// The formats of every chart, by their endings.
  public static let formats = ["svg", "png", "pdf"]

  /// The folder that holds `Plots`.
  private let suite: SuiteFolder

  /// Those that are drawn; the page links to all.
  private let endings: [String]

  public init(_ suite: SuiteFolder) { self.init(suite, Self.formats) }
  init(_ suite: SuiteFolder, _ endings: [String]) {
    self.suite = suite
    self.endings = endings
  }

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
    guard experiments.contains(where: { !$0.charts.isEmpty || !$0.omittedCharts.isEmpty }) else {
      throw InputError("\(experiments.map(\.name).joined(separator: ", ")): names no charts to draw")
    }
  }
  /// Whether there are the charts that `experiments` name, drawn or not.
  public func requireScripts(of experiments: [Experiment]) throws(InputError) {
    for experiment in experiments {
      for name in experiment.charts { try requireScript(name, of: experiment.name) }
    }
  }
  private func requireScript(_ name: String, of experiment: String) throws(InputError) {
    guard FileManager.default.fileExists(atPath: suite.path(Self.script(name))) else {
      let hint = NearestName.hint(
        for: name, among: scripts, otherwise: "; there are \(scripts.joined(separator: ", "))")
      throw InputError("experiment '\(experiment)': unknown chart '\(excerpt(name))'\(hint)")
    }
  }
  /// The charts in `Plots`, which are the scripts that begin by naming an experiment to draw.
  private var scripts: [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: suite.path("Plots"))) ?? []
    return files.filter { $0.hasSuffix(".gp") }.sorted().map { String($0.dropLast(3)) }.filter { name in
      let text = FileManager.default.contents(atPath: suite.path(Self.script(name))).map {
        String(decoding: $0, as: UTF8.self)
      }
      return text?.contains("if (!exists(\"experiment\"))") == true
    }
  }
  private static func script(_ name: String) -> String { "Plots/\(name).gp" }

  /// Draws what `folder`'s `run.json` lists into `out`, in every format, and an `index.html` that shows it. A chart that cannot be
  /// drawn costs none of the others.
  public func draw(_ folder: String, into out: String) throws(InputError) -> [Chart] {
    let provenance: Provenance?
    let tables: ResultTables
    do {
      tables = try ResultTables(reading: folder)
      provenance = try Provenance(reading: folder)
    } catch { throw InputError("\(error)") }
    guard let provenance else { throw InputError("\(folder)/run.json: missing; without it nothing says what to draw") }
    do {
      try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    } catch { throw InputError("\(out): cannot be made: \(error.localizedDescription)") }
    var charts = try charts(of: provenance, tables, folder)
    guard charts.contains(where: \.isDrawn) else {
      throw InputError("\(folder): holds no verified result that has a chart")
    }
    try draw(&charts, tables, into: out)
    var pictures: [String: String] = [:]
    for chart in charts where chart.isDrawn {
      pictures[chart.stem] = FileManager.default.contents(atPath: "\(out)/\(chart.stem).svg").map {
        String(decoding: $0, as: UTF8.self)
      }
    }
    let defaults = try? Experiment.defaults(in: suite.benchmarks)
    let page = IndexPage(charts, tables, provenance, pictures: pictures, defaults: defaults ?? [:])
    do throws(FileError) { try AtomicFile.write(page.html, to: out + "/index.html") } catch {
      throw InputError(error.description)
    }
    return charts
  }

  private func charts(
    of provenance: Provenance, _ tables: ResultTables, _ folder: String
  ) throws(InputError) -> [Chart] {
    var charts: [Chart] = []
    let parity = Parity(tables.configurations)
    for experiment in provenance.experiments {
      let isVerified = !AnswerData(experiment.name, tables).points.isEmpty
      if isVerified, let breach = parity.breach(in: experiment.name) { throw InputError("\(folder): \(breach)") }
      for (index, name) in experiment.charts.enumerated() {
        try requireScript(name, of: experiment.name)
        charts.append(
          Chart(
            experiment: experiment.name, question: experiment.question, name: name,
            answer: provenance.shard.map { "Shard \($0.index) of \($0.count): merge for conclusions." }
              ?? ChartAnswer.sentence(name, experiment.name, tables, in: suite),
            stem: index == 0 ? experiment.name : "\(experiment.name)-\(name)", isDrawn: isVerified))
      }
    }
    return charts
  }

  /// A script reads the files of its experiment alone, and several are drawn at once.
  private func draw(_ charts: inout [Chart], _ tables: ResultTables, into out: String) throws(InputError) {
    let scratch = FileManager.default.temporaryDirectory.appending(path: "consensus-bench-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    do throws(FileError) {
      for name in Set(charts.map(\.experiment)) { try tables.of(name).write(to: "\(scratch)/\(name)") }
    } catch { throw InputError(error.description) }
    let planned = charts
    let work = planned.indices.filter { planned[$0].isDrawn }.flatMap { index in endings.map { (index, $0) } }
    let failures = Mutex<[Int: String]>([:])
    DispatchQueue.concurrentPerform(iterations: work.count) { number in
      let (index, ending) = work[number]
      let chart = planned[index]
      do throws(InputError) {
        try draw(chart, ending, from: "\(scratch)/\(chart.experiment)", into: out)
      } catch { failures.withLock { $0[index] = $0[index] ?? error.description } }
    }
    for (index, reason) in failures.withLock({ $0 }) {
      charts[index].isDrawn = false
      charts[index].failure = reason
    }
  }

  /// Under another name until it is whole: what fails leaves nothing behind.
  func draw(_ chart: Chart, _ ending: String, from folder: String, into out: String) throws(InputError) {
    let script = Self.script(chart.name)
    let file = absolute("\(out)/\(chart.stem).\(ending)")
    let unfinished = file + ".part"
    defer { try? FileManager.default.removeItem(atPath: unfinished) }
    let settings = [
      ("data", absolute(folder)), ("out", unfinished), ("term", ending), ("experiment", chart.experiment),
    ]
    let assignments = settings.map { "\($0)='\($1.replacing("'", with: "''"))'" }.joined(separator: "; ")
    let result: Subprocess.Result
    do {
      result = try Subprocess.run(["gnuplot", "-e", assignments, script], in: suite.root)
    } catch { throw InputError("gnuplot cannot be run: \(error)") }
    guard result.status == 0 else { throw InputError(Self.reason(result.errors, chart, script)) }
    guard rename(unfinished, file) == 0 else { throw InputError("\(file): cannot be written") }
  }

  /// A script says itself what data it is not for; else gnuplot's complaint.
  private static func reason(_ errors: String, _ chart: Chart, _ script: String) -> String {
    let lines = errors.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    let refusal = "refused: "
    if let line = lines.first(where: { $0.hasPrefix(refusal) }) {
      return "experiment '\(chart.experiment)' has no data for \(chart.name): \(line.dropFirst(refusal.count))"
    }
    let complaint = lines.first { $0.contains(": ") && !$0.contains("warning:") } ?? "it does not say why"
    return "experiment '\(chart.experiment)': \(script): gnuplot failed: \(complaint)"
  }

  private func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
}

extension ResultTables {
  /// The rows of one experiment.
  func of(_ experiment: String) -> ResultTables {
    var tables = self
    tables.configurations.removeAll { $0.subject.experiment != experiment }
    tables.summary.removeAll { $0.run.subject.experiment != experiment }
    tables.latency.removeAll { $0.subject.experiment != experiment }
    tables.stages.removeAll { $0.subject.experiment != experiment }
    tables.timeline.removeAll { $0.run.subject.experiment != experiment }
    tables.elections.removeAll { $0.run.subject.experiment != experiment }
    tables.faults.removeAll { $0.run.subject.experiment != experiment }
    tables.messages.removeAll { $0.run.subject.experiment != experiment }
    tables.intervals.removeAll { $0.subject.experiment != experiment }
    tables.precision.removeAll { $0.subject.experiment != experiment }
    tables.costs.removeAll { $0.run.subject.experiment != experiment }
    return tables
  }
}
