import Foundation
import Measurement
import Testing

@testable import Harness

@Suite("Charts and the page that shows them") struct ChartTests {
  private static let suite = SuiteFolder(root: String(Bench.folder.dropLast("/Benchmarks".count)))
  private static let provenance = Provenance.current(folder: "/", experiments: [])

  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  /// Runs an experiment briefly and draws it.
  private func draw(
    _ name: String, protocols: [String]?, operations: String, trials: Int,
    _ body: (String, [ChartDrawer.Chart]) throws -> Void
  ) throws {
    let experiment = try Experiment.load(
      name, in: Bench.folder, overrides: [("measure.operations", operations)], protocols: protocols, trials: trials,
      catalogue: Bench.catalogue)
    let outcome = ExperimentRun(.init(experiments: [experiment], seed: 1, jobs: 2)).run()
    #expect(outcome.failures.isEmpty)
    try withFolder { folder in
      try outcome.tables.write(to: folder)
      var provenance = Self.provenance
      provenance.experiments = [.init(name: name, question: experiment.question, charts: experiment.charts)]
      try provenance.write(to: folder)
      try body(folder, ChartDrawer(Self.suite).draw(folder, into: folder + "/charts"))
    }
  }

  @Test(
    "Every chart that an experiment names has a script, and a kind of answer", arguments: ExperimentTestsShipped.names)
  func named(_ name: String) throws {
    let experiment = try Experiment.load(name, in: Bench.folder, catalogue: Bench.catalogue)
    for chart in experiment.charts {
      #expect(FileManager.default.fileExists(atPath: Self.suite.path("Plots/\(chart).gp")), "\(chart)")
      #expect(ChartAnswer.sentence(chart, "nothing", ResultTables()) == ChartAnswer.nothing, "\(chart)")
    }
  }

  @Test(
    "Every chart can be drawn from one trial of one protocol", .enabled(if: ChartDrawer.gnuplotVersion() != nil),
    arguments: ExperimentTestsShipped.names)
  func thin(_ name: String) throws {
    let all = try Experiment.load(name, in: Bench.folder, catalogue: Bench.catalogue).points.map(\.variant.name)
    let one = all.contains("raft") ? "raft" : try #require(all.first)
    try draw(name, protocols: [one], operations: "60", trials: 1) { folder, charts in
      #expect(!charts.isEmpty)
      for chart in charts {
        for ending in ChartDrawer.formats {
          let file = "\(folder)/charts/\(chart.stem).\(ending)"
          let size = try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0
          #expect(size > 2_000, "\(chart.stem).\(ending)")
        }
      }
    }
  }

  @Test(
    "The page has each question once, each chart with its answer as text and as alternative text",
    .enabled(if: ChartDrawer.gnuplotVersion() != nil))
  func page() throws {
    try draw("election", protocols: nil, operations: "unlimited", trials: 4) { folder, charts in
      #expect(charts.map(\.stem) == ["election", "election-failover-box", "election-failover-parts"])
      let page = try String(contentsOfFile: folder + "/charts/index.html", encoding: .utf8)
      for chart in charts {
        let answer = try #require(chart.answer)
        #expect(answer.contains("raft") && !answer.contains("&"))
        #expect(page.contains("<figcaption>\(answer.unbroken)</figcaption>"))
        #expect(page.contains("<svg role=\"img\" aria-label=\"\(answer)\""))
        #expect(page.components(separatedBy: "<h2>\(chart.question)</h2>").count == 2)
      }
      #expect(page.contains("prefers-color-scheme: dark") && page.contains("width=device-width"))
    }
  }

  @Test(
    "A history is drawn with its change points, reasons with commas and quotes included",
    .enabled(if: ChartDrawer.gnuplotVersion() != nil))
  func history() throws {
    try withFolder { folder in
      var rows: [HistoryRow] = []
      for number in 1...3 {
        var row = HistoryRow()
        row.number = number
        row.protocolName = "raft"
        row.reason = #"one, "two", 3"#
        row.commitMedian = 1_000 * number
        rows.append(row)
      }
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try AtomicFile.write(HistoryRow.encode(rows), to: folder + "/history.csv")
      let drawer = ChartDrawer(Self.suite)
      let points = try drawer.drawHistory(folder + "/history.csv", into: folder + "/charts")
      #expect(points.map(\.number) == [2, 3] && points[0].reason == #"one, "two", 3"#)
      let picture = try String(contentsOfFile: folder + "/charts/history.svg", encoding: .utf8)
      #expect(picture.contains("3 baselines, 2 changes") && picture.contains("one‚ ”two”‚ 3"))
      #expect(ChartDrawer.sentence(points).contains("2 headline numbers changed, in 2 baselines"))
      #expect(throws: InputError.self) { try drawer.drawHistory(folder + "/none.csv", into: folder) }
    }
  }

  @Test("An experiment of which nothing is verified has its question on the page, no picture, and says so")
  func unverified() {
    let chart = ChartDrawer.Chart(
      experiment: "lost", question: "Is 1 < 2 & \"so\"?", name: "latency-cdf",
      answer: ChartAnswer.sentence("latency-cdf", "lost", ResultTables()), stem: "lost", isDrawn: false)
    var provenance = Self.provenance
    provenance.experiments = [.init(name: chart.experiment, question: chart.question, charts: [chart.name])]
    let page = IndexPage([chart], ResultTables(), provenance).html
    #expect(page.contains("Is 1 &lt; 2 &amp; &quot;so&quot;?") && page.contains("<p>\(ChartAnswer.nothing)</p>"))
    #expect(!page.contains("<figure") && !page.contains("<svg"))
  }
}

@Suite("Faults in the results") struct FaultRowTests {
  @Test("Each fault that struck is a row with its time in the window, whom it struck and how long")
  func rows() throws {
    let experiment = try Bench.experiment(
      """
      protocols: [raft]
      cluster: {replicas: 3}
      workload: {arrival: constant, rate: 50/s, sessions: 64}
      measure: {warm-up: 500ms, window: 3s}
      faults:
        - {at: 1s, crash: n2, for: 500ms}
        - {at: 1.2s, crash: n2}
        - {at: -100ms, pause: leader, for: 10ms}
        - {at: 2s, partition: [n0, n1], for: 100ms}
        - {at: 2.5s, loss: 1%}
      """)
    let rows = FaultRow.sorted(ExperimentRun(.init(experiments: [experiment], seed: 7)).run().tables.faults)
    #expect(rows.map(\.kind) == ["pause", "crash", "partition", "loss"], "whoever is down cannot crash")
    #expect(rows.map(\.at) == [-100_000_000, 1_000_000_000, 2_000_000_000, 2_500_000_000])
    #expect(rows.map(\.number) == [0, 1, 2, 3])
    #expect(rows[1].target == "n2" && rows[2].target == "n0 n1" && rows[3].target == "0.01")
    #expect(["leader n0", "leader n1", "leader n2"].contains(rows[0].target))
    #expect(rows.map(\.length) == [10_000_000, 500_000_000, 100_000_000, nil])
  }

  @Test("A fault is called in the results what an experiment file calls it")
  func words() throws {
    let values = [
      "crash": "n0", "crash-all": "1s", "restart": "n0", "pause": "n0", "partition": "n0", "isolate": "n0",
      "cut": "n0 n1", "mute-inbound": "n0", "mute-outbound": "n0", "heal": "all", "loss": "1%",
      "burst": "8", "delay": "5ms", "bandwidth": "1Mbit/s", "partial-partition": "leader | n1", "flap": "leader 200ms",
      "disk-stall": "n0", "slow-disk": "n0 10x", "slow-cpu": "n0 2x", "transfer": "n0", "star": "n0",
      "torn-write": "n0", "bit-rot": "n0", "stale-block": "n0", "misdirected-write": "n0", "lost-sync": "n0",
      "io-error": "n0", "disk-full": "n0", "clock-rate": "n0 2x", "reconnect": "n0", "old-duplicates": "n0",
    ]
    for form in FaultForm.all {
      let value = try #require(values[form.name], "\(form.name)")
      let length = ["pause", "disk-stall", "torn-write", "lost-sync", "disk-full"].contains(form.name) ? "1s" : nil
      #expect(try form.entry(value, at: "0s", for: length).fault.word == form.name)
    }
  }

  @Test("Changes of leaders count as unprovoked only before the first fault, and calm ends with it")
  func calm() throws {
    let lines = """
      protocols: [raft]
      workload: {arrival: constant, rate: 50/s, sessions: 64}
      measure: {warm-up: 500ms, window: 3s}
      """
    let quiet = try #require(
      ExperimentRun(.init(experiments: [Bench.experiment(lines)], seed: 7)).run().tables.summary.first)
    let struck = try #require(
      ExperimentRun(.init(experiments: [Bench.experiment(lines + "\nfaults: [{at: 1s, crash: leader}]")], seed: 7))
        .run().tables.summary.first)
    #expect(quiet.leaderChanges == 0 && quiet.unprovokedLeaderChanges == 0)
    #expect(struck.leaderChanges > 0 && struck.unprovokedLeaderChanges == 0)
    #expect(quiet.calm - struck.calm == 2_000_000_000)
  }
}
