import Foundation
import Measurement
import Testing

@testable import Harness

@Suite("The page of a run") struct PageTests {
  /// What of a page is no XML, or is not its own; nil: nothing. Ids are unique, and every reference within the page finds one.
  private static func flaw(_ page: String) -> String? {
    var (open, ids, targets) = ([String](), [String](), [String]())
    var rest = page[...]
    while let start = rest.firstIndex(of: "<") {
      if rest[..<start].contains(">"), open.last != "style" { return "a stray > before \(rest[start...].prefix(40))" }
      guard let end = rest[start...].firstIndex(of: ">") else { return "an open tag" }
      let tag = rest[rest.index(after: start)..<end]
      rest = rest[rest.index(after: end)...]
      if tag.hasPrefix("!DOCTYPE") { continue }
      let name = tag.drop { $0 == "/" }.prefix { !$0.isWhitespace && $0 != "/" }
      if tag.hasPrefix("/") {
        guard open.popLast() == String(name) else { return "</\(name)> closes something else" }
        continue
      }
      for (key, value) in attributes(tag) {
        if key == "id" { ids.append(value) }
        if ["href", "xlink:href", "src", "data", "action", "poster", "srcset"].contains(key) {
          if value.hasPrefix("#") {
            targets.append(String(value.dropFirst()))
          } else if value.contains(":") || value.hasPrefix("/") {
            return "\(key)=\(value) is somewhere else"
          } else if key != "href" || name != "a" {
            return "\(name) loads \(value)"
          }
        }
      }
      if !tag.hasSuffix("/") { open.append(String(name)) }
    }
    if !open.isEmpty { return "open at the end: \(open)" }
    if let twice = Dictionary(grouping: ids, by: \.self).first(where: { $1.count > 1 }) {
      return "id \(twice.key) twice"
    }
    return targets.first { !ids.contains($0) }.map { "#\($0) is not there" }
  }

  private static func attributes(_ tag: Substring) -> [(key: String, value: String)] {
    var found: [(key: String, value: String)] = []
    var rest = tag.drop { !$0.isWhitespace }
    while let equals = rest.firstIndex(of: "=") {
      let key = rest[..<equals].trimmingCharacters(in: .whitespacesAndNewlines)
      let value = rest[rest.index(after: equals)...].drop { $0.isWhitespace }
      guard let quote = value.first, quote == "'" || quote == "\"" else { return [(key: "src", value: "/unquoted")] }
      let inner = value.dropFirst().prefix { $0 != quote }
      found.append((key: key, value: String(inner)))
      rest = value.dropFirst(inner.count + 2)
    }
    return found
  }

  @Test(
    "Of a chart its names are made its own, and what nobody needs is left out: empty groups, scripts as tooltips, marks where the same one is"
  )
  func inline() throws {
    let file = """
      <?xml version="1.0"?>
      <svg viewBox="0 0 9 9">
      <title>Gnuplot</title>
      <g fill="none">
      </g>
      <g id="plot" ><title>column("x") > 0 ? 1 : NaN</title>
      \t<use xlink:href='#mark' transform='translate(1,2)' color='red'/>
      \t<use xlink:href='#mark' transform='translate(1,2)' color='red'/>
      \t<use xlink:href='#mark' transform='translate(1,2)' color='blue'/>
      </g>
      </svg>
      """
    #expect(
      InlineChart(file, named: "a", answer: "1 < \"2\"")?.svg == """
        <svg role="img" aria-label="1 &lt; &quot;2&quot;" viewBox="0 0 9 9">

        <g id="a.plot" >
        \t<use xlink:href='#a.mark' transform='translate(1,2)' color='red'/>
        \t<use xlink:href='#a.mark' transform='translate(1,2)' color='blue'/>
        </g>
        </svg>
        """)
    #expect(InlineChart("gnuplot failed", named: "a", answer: "") == nil)
  }

  private static func run(_ lines: String) throws -> (experiment: Experiment, tables: ResultTables) {
    let experiment = try Bench.experiment(lines)
    return (experiment, ExperimentRun(.init(experiments: [experiment], seed: 1, jobs: 2)).run().tables)
  }
  private static let lines = """
    protocols: [raft, unreplicated]
    charts: [latency-sweep, latency-bars]
    workload: {arrival: constant, rate: 200/s}
    measure: {warm-up: 200ms, window: 1s}
    sweep: {link.delay: [100us, 2ms]}
    trials: 2
    """
  private static func provenance(_ experiment: Experiment) -> Provenance {
    var provenance = Provenance.current(
      folder: "/", commandLine: ["/usr/bin/consensus-bench", "run", "it's"],
      experiments: [.init(name: experiment.name, question: "Is 1 < 2 & \"so\"?", charts: experiment.charts)])
    provenance.plan = .init([experiment], seed: 1, profile: "qu{ick_")
    return provenance
  }

  @Test(
    "It is well-formed, names everything once, and refers to nothing but itself and the files of its charts",
    .enabled(if: ChartDrawer.gnuplotVersion() != nil))
  func wellFormed() throws {
    let (experiment, tables) = try Self.run(Self.lines)
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try tables.write(to: folder)
    try Self.provenance(experiment).write(to: folder)
    let suite = SuiteFolder(root: String(Bench.folder.dropLast("/Benchmarks".count)))
    #expect(try ChartDrawer(suite, ["svg"]).draw(folder, into: folder).allSatisfy(\.isDrawn))
    let page = try String(contentsOfFile: folder + "/index.html", encoding: .utf8)
    #expect(Self.flaw(page) == nil)
    #expect(page.components(separatedBy: "<svg role=\"img\"").count == 3)
    #expect(page.contains("id='probe.gpPt1'") && page.contains("id='probe-latency-bars.gpPt1'"))
    #expect(!page.contains("<?xml") && !page.contains("url(#gp") && !page.contains("<script"))
    #expect(page.contains("<h2>Is 1 &lt; 2 &amp; &quot;so&quot;?</h2>"))
    #expect(page.contains("<pre>consensus-bench run 'it'\\''s'</pre>"))
  }

  @Test(
    "The check of pages finds what is open, named twice, missing or loaded",
    arguments: [
      "<p><b></p></b>", "<p>", "<p id=\"a\"></p><p id='a'></p>", "<a href=\"#b\"></a>", "<img src=\"x.svg\" />",
      "<a href=\"https://example.org\"></a>", "<use xlink:href='x.svg#a' />", "<p>a > b</p>", "<p class=x></p>",
    ])
  func flaws(_ page: String) {
    #expect(Self.flaw(page) != nil)
    #expect(Self.flaw("<!DOCTYPE html><p id=\"a\">b<br /><a href=\"#a\">c</a></p>") == nil)
  }

  @Test("Its tables have the terminal's cells, with the units of their columns in the headings")
  func table() throws {
    let (experiment, tables) = try Self.run(Self.lines)
    let note = Provenance.ExperimentNote(
      name: experiment.name, question: experiment.question, charts: experiment.charts)
    let fromFiles = ReportedExperiment(note, tables)
    let table = RunReport([experiment], tables).table(of: fromFiles)
    #expect(table.rows.count == experiment.points.count)
    let terminal = RunReport([experiment], tables).table(of: ReportedExperiment(experiment))
    #expect(RunReport([experiment], tables).text.contains(terminal.text))
    #expect(Set(terminal.rows) == Set(table.rows) && terminal.headings == table.headings)
    let html = HTMLTable(table, "probe").html
    for (column, heading) in table.headings.enumerated() where table.alignments[column] == .right {
      let united = UnitColumn(heading, table.rows.map { $0[column] })
      #expect(html.contains(">\(united.heading.escaped)</th>"))
      for cell in united.cells { #expect(html.contains("<td class=\"n\">\(cell.escaped)</td>")) }
    }
  }

  @Test(
    "A column has the unit of most of its cells, and no digit is lost or added",
    arguments: [
      (["675 µs", "690 µs", "-"], "p50 (µs)", ["675", "690", "-"]),
      (["1.23 ms", "12.0 ms", "675 µs", "2.50 s"], "p50 (ms)", ["1.23", "12.0", "0.675", "2 500"]),
      (["165–173 ms", "980 µs–1.02 ms", "165 ms–"], "p50 (ms)", ["165–173", "0.980–1.02", "165–"]),
      (["0 ns", "12 ns"], "p50 (ns)", ["0", "12"]), (["12 345/s", "999/s"], "p50 (1/s)", ["12 345", "999"]),
      (["1.20 %", "0.30 %"], "p50 (%)", ["1.20", "0.30"]), (["-", "-"], "p50", ["-", "-"]),
      (["3", "4"], "p50", ["3", "4"]), (["1.20 %", "1.30 %, not 1.00 %"], "p50", ["1.20 %", "1.30 %, not 1.00 %"]),
      (["1.20 %", "3 ms"], "p50", ["1.20 %", "3 ms"]),
    ])
  func units(_ cells: [String], _ heading: String, _ expected: [String]) {
    let column = UnitColumn("p50", cells)
    #expect(column.heading == heading && column.cells == expected)
  }

  @Test("It tells what is swept, what is not the default, and that protocols met the same inputs")
  func inputs() throws {
    let (experiment, tables) = try Self.run(
      Self.lines + "\nfaults: [{at: 1s, crash: follower}]")
    let inputs = ExperimentInputs(
      experiment.name, tables, defaults: try Experiment.defaults(in: Bench.folder))
    let rows = inputs.table.rows
    #expect(rows.contains { $0[0...2] == ["link.delay", "swept", "100us, 2ms"] && $0[3].hasPrefix("normal ") })
    #expect(rows.contains { $0[0...2] == ["workload.rate", "fixed", "200/s"] && $0[3] == "1000/s" })
    #expect(rows.contains { $0[0] == "cluster.replicas" && $0[2] == "1 (unreplicated), 5 (raft)" })
    #expect(rows.contains { $0[0] == "faults" && $0[2].contains("crash follower") })
    #expect(!rows.contains { $0[0] == "batch.window" })
    #expect(
      inputs.parity == "Parity: 2 combinations of inputs of raft alone; 2 combinations of inputs of unreplicated alone."
    )
  }

  @Test(
    "A run that is void is named with its reason and the command that shows it again; limitations follow from the data")
  func void() throws {
    var (experiment, tables) = try Self.run(Self.lines)
    let whole = ResultNotes(tables, Self.provenance(experiment))
    #expect(whole.void.isEmpty && whole.verdict == "All \(tables.summary.count) runs were verified.")
    let index = try #require(
      tables.summary.firstIndex { $0.run.subject == experiment.points.first?.subject && $0.run.trial == 1 })
    tables.summary[index].verdict = .void
    var provenance = Self.provenance(experiment)
    provenance.commandLine += ["--environment", "wan", "--set=link.loss=1%"]
    provenance.isDirty = true
    let notes = ResultNotes(tables, provenance)
    #expect(notes.verdict.hasPrefix("1 of \(tables.summary.count) runs are void and left out."))
    let run = try #require(notes.void.first)
    #expect(
      notes.void.count == 1 && run.name == "probe raft link.delay=100us, trial 1" && run.reason.hasPrefix("void: "))
    #expect(
      run.command
        == "consensus-bench run probe --protocol raft --seed 1 --trial 1 --profile 'qu{ick_' --environment wan "
        + "--set link.loss=1% --set link.delay=100us")
    let page = IndexPage([], tables, provenance).html
    #expect(
      Self.flaw(page) == nil && page.contains("<tr class=\"void\"><th scope=\"row\">raft</th><td>link.delay=100us</td>")
    )
    #expect(notes.limitations.contains { $0.contains("The checkout had changes") })
    #expect(!whole.limitations.contains { $0.contains("no client was served") })
    tables.elections = [ElectionRow()]
    tables.elections[0].verdict = .ok
    tables.elections[0].isCensored = true
    #expect(ResultNotes(tables, provenance).limitations.contains { $0.hasPrefix("In 1 of 1 fail-over no client") })
  }

  @Test(
    "Where the numbers are real the page says on which machine, and where they are simulated that it does not matter")
  func origin() throws {
    var (experiment, tables) = try Self.run(Self.lines)
    var provenance = Self.provenance(experiment)
    #expect(ResultNotes(tables, provenance).origin.hasPrefix("Simulated in virtual time"))
    for index in tables.configurations.indices { tables.configurations[index].mode = .tcp }
    let notes = ResultNotes(tables, provenance)
    #expect(notes.origin.contains(provenance.host.processor) && !notes.origin.contains("Simulated"))
    #expect(
      !notes.limitations.contains { $0.contains("simulator") }
        && notes.limitations[0].contains("Measured on one machine"))
    provenance.commandLine += ["--cluster", "cluster.yaml"]
    let outside = ResultNotes(tables, provenance)
    #expect(
      outside.origin.contains("a cluster that others run") && outside.limitations[0].contains("seen from outside"))
  }

  @Test("The citation has balanced braces, no author, the commit and the year of the run")
  func citation() throws {
    let (experiment, _) = try Self.run(Self.lines)
    var provenance = Self.provenance(experiment)
    provenance.commit = "0123456789abcdef"
    provenance.startedAt = "2031-02-03T04:05:06Z"
    let text = Citation(provenance, modes: [.sim]).bibTeX
    var depth = 0
    for character in text {
      depth += character == "{" ? 1 : character == "}" ? -1 : 0
      #expect(depth >= 0)
    }
    #expect(depth == 0 && text.hasPrefix("@misc{consensus-bench-2031-02-03-0123456,"))
    #expect(text.contains("year = {2031}") && text.contains("commit 0123456789abcdef") && !text.contains("author"))
    #expect(text.contains("profile quick\\_") && !text.contains("http"))
  }
}
