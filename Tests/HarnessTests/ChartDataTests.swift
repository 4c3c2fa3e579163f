import Foundation
import Measurement
import Testing

@testable import Harness

@Suite("Charts of whatever data", .enabled(if: ChartDrawer.gnuplotVersion() != nil)) struct ChartDataTests {
  private static let root = String(Bench.folder.dropLast("/Benchmarks".count))

  /// For each kind of values that a key can have: a key, and values that a sweep of it may have, some of which are no numbers.
  static let sweeps: [(key: String, values: [String])] = [
    ("cluster.replicas", ["3", "5", "7"]), ("cluster.sites", ["none", "VA OR CA", "VA IR"]),
    ("cluster.leader-site", ["any", "VA", "OR"]), ("link.kind", ["stream", "datagram"]),
    ("link.delay", ["1ms", "normal 1ms sd 20us", "normal 2ms sd 20us"]),
    ("link.between", ["none", "VA OR 43ms", "VA to CA 32ms, CA to VA 35ms"]),
    ("link.bandwidth", ["10Mbit/s", "1Gbit/s", "unlimited"]), ("link.loss", ["0", "1e-05", "0.02"]),
    ("link.burst", ["1", "2.5", "8"]), ("link.reordering-span", ["0s", "250us", "1ms"]),
    ("client.at", ["leader", "everywhere", "VA"]), ("disk.fsync", ["0s", "250us", "exponential 250us"]),
    ("disk.candidate-fsync", ["same", "2ms", "uniform 1ms-4ms"]),
    ("disk.group-commit", ["natural", "none", "delay 1ms count 16"]), ("disk.leader", ["first", "parallel"]),
    ("timing.election-timeout", ["150ms-300ms", "1s-2s"]), ("timing.trusts-disconnect", ["yes", "no"]),
    ("batch.bytes", ["64B", "1KiB", "1MiB"]), ("replication.retransmission", ["never", "5ms", "20ms"]),
    ("snapshot.every", ["never", "100", "1000"]), ("workload.arrival", ["constant", "poisson", "closed"]),
    ("workload.rate", ["100/s", "2000/s", "10000/s"]),
    ("workload.bursts", ["none", "2x for 100ms every 1s", "5x for 100ms every 1s"]),
    ("workload.key-choice", ["uniform", "zipf 0.99", "hot 0.01 0.9"]),
    ("workload.payload", ["64B", "uniform 512B-1KiB", "mixed 90% 100B 10% 4KiB"]),
    ("measure.operations", ["unlimited", "100", "1000"]), ("my_case", ["calm", "a bit worse than that", "100%"]),
  ]
  /// What charts need of a sweep; for all others they draw.
  private static let needs = [
    "heat-map": "two swept inputs", "latency-load": "workload.rate", "overload": "workload.bursts",
    "published-times": "published points", "published-rates": "published points",
  ]

  private static let scripts: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: root + "/Plots")) ?? []
    return files.filter {
      $0.hasSuffix(".gp") && !["groups.gp", "history.gp", "style.gp", "sweep.gp", "terminal.gp"].contains($0)
    }
    .map { String($0.dropLast(3)) }.sorted()
  }()

  /// Two trials of three configurations of two protocols that lose their leader.
  private static let tables: ResultTables? = {
    let experiment = try? Bench.experiment(
      """
      protocols: [raft, zab]
      cluster: {replicas: 3}
      workload: {arrival: constant, rate: 200/s}
      measure: {warm-up: 500ms, window: 2500ms, interval: 500ms}
      faults: [{at: 500ms, crash: leader}]
      sweep: {snapshot.retained: [1, 2, 3]}
      trials: 2
      """)
    return experiment.map { ExperimentRun(.init(experiments: [$0], seed: 1, jobs: 2)).run().tables }
  }()

  /// The tables with other values of another key in place of the swept ones.
  private func tables(_ key: String, _ values: [String]) throws -> ResultTables {
    var tables = try #require(Self.tables)
    #expect(tables.summary.allSatisfy { $0.verdict == .ok })
    tables.configurations.removeAll { $0.key == key }
    for index in tables.configurations.indices where tables.configurations[index].isSwept {
      let place = try #require(Int(tables.configurations[index].value))
      tables.configurations[index].key = key
      tables.configurations[index].value = values[(place - 1) % values.count]
    }
    return tables
  }

  private func draw(
    _ tables: ResultTables, _ charts: [String], suite: String = Self.root, isComplete: Bool = true, shard: Shard? = nil,
    _ body: (String, [ChartDrawer.Chart]) throws -> Void
  ) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try tables.write(to: folder)
    var provenance = Provenance.current(
      folder: "/", experiments: [.init(name: "probe", question: "Is it drawn?", charts: charts)])
    provenance.isComplete = isComplete
    provenance.shard = shard
    try provenance.write(to: folder)
    let drawn = try ChartDrawer(SuiteFolder(root: suite), ["svg"]).draw(folder, into: folder + "/charts")
    try body(folder + "/charts", drawn)
  }

  @Test("Every kind of values that a key can have is among the sweeps that are drawn")
  func kinds() throws {
    let forms = Set(try Self.sweeps.dropLast().map { try ExperimentKey.named($0.key).form })
    // Ranges and signs of numbers and times make no difference to a chart.
    let missing = Set(ExperimentKey.all.map(\.form)).subtracting(forms).filter {
      !$0.hasPrefix("a whole number") && !$0.hasPrefix("a duration such as") && !$0.hasPrefix("one of ")
        && !$0.hasPrefix("a time such as")
    }
    #expect(missing.isEmpty)
    var settings = try Bench.settings()
    for (key, values) in Self.sweeps.dropLast() where key != "disk.leader" {
      for value in values { try ExperimentKey.named(key).set(value, in: &settings) }
    }
  }

  @Test("Every chart draws a sweep of any kind of values, or says in one line what it needs", arguments: sweeps)
  func every(_ key: String, _ values: [String]) throws {
    try draw(try tables(key, values), Self.scripts) { folder, charts in
      #expect(charts.map(\.name) == Self.scripts)
      for chart in charts {
        guard let need = Self.needs[chart.name], !(chart.name == "latency-load" && key == need) else {
          #expect(chart.failure == nil && chart.isDrawn, "\(chart.name): \(chart.failure ?? "")")
          let size = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(chart.stem).svg")[.size] as? Int
          #expect(size ?? 0 > 2_000, "\(chart.name): \(chart.failure ?? "")")
          continue
        }
        let failure = try #require(chart.failure, "\(chart.name): \(chart.failure ?? "")")
        #expect(failure.contains("has no data for \(chart.name): it needs") && failure.contains(need))
        #expect(!failure.contains("\n"))
      }
    }
  }

  @Test(
    "Values that are no numbers, or not different ones, stand at the axis with their names, and numbers without",
    arguments: [
      ("snapshot.every", ["never", "100", "1000"], ["never", "100", "1000"], true),
      (
        "workload.bursts", ["2x for 100ms every 1s", "2x for 200ms every 1s", "none"], ["none", "2x for 200ms"], true
      ),
      ("link.bandwidth", ["10Mbit/s", "100Mbit/s", "1Gbit/s"], ["link.bandwidth (Mbit/s)", "1000"], false),
      ("link.loss", ["1e-05", "0.01", "0.02"], ["link.loss (%)"], false),
    ])
  func names(_ key: String, _ values: [String], _ shown: [String], _ isNamed: Bool) throws {
    try draw(try tables(key, values), ["latency-sweep"]) { folder, _ in
      let picture = try String(contentsOfFile: folder + "/probe.svg", encoding: .utf8)
      for text in shown { #expect(picture.contains(text), "\(text)") }
      #expect(picture.contains(">\(key) (") != isNamed)
    }
  }

  @Test(
    "A sweep of two inputs draws too, with names in either place; one of three is refused by the charts with panels")
  func panels() throws {
    var tables = try tables("workload.key-choice", ["uniform", "zipf 0.99", "hot 0.01 0.9"])
    let swept = tables.configurations.filter(\.isSwept)
    for (key, values) in [("disk.fsync", ["0s", "exponential 1ms"]), ("link.loss", ["0", "0.01"])] {
      tables.configurations.removeAll { $0.key == key }
      for (index, row) in swept.enumerated() {
        var other = row
        other.key = key
        other.value = values[index % 2]
        tables.configurations.append(other)
      }
      try draw(tables, ["latency-sweep", "goodput-sweep", "heat-map"]) { _, charts in
        let refusal = "it shows two swept inputs at most, and swept are"
        for chart in charts { #expect((chart.failure?.contains(refusal) ?? false) == (key == "link.loss"), "\(chart)") }
      }
    }
  }

  @Test("Without a sweep or faults a chart says what it needs in one line; faults that found nothing leave it blank")
  func nothing() throws {
    var tables = try #require(Self.tables)
    tables.configurations.removeAll(where: \.isSwept)
    tables.elections = []
    tables.faults = []
    let always = ["cost-bars", "latency-cdf", "stages", "timeline"]
    let struck = [
      "election-cdf", "failover-box", "failover-parts", "survival", "tolerance-map", "trade-off",
    ]
    for drawn in [always + struck, always] {
      try draw(tables, Self.scripts) { _, charts in
        let refused = charts.filter { $0.failure != nil }
        #expect(refused.allSatisfy { $0.failure?.contains("has no data for \($0.name): it needs") == true })
        #expect(Set(charts.filter { $0.failure == nil }.map(\.name)) == Set(drawn))
      }
      for index in tables.configurations.indices where tables.configurations[index].key == "faults" {
        tables.configurations[index].value = "none"
      }
    }
  }

  private func picture(_ tables: ResultTables, _ chart: String) throws -> String {
    var picture = ""
    try draw(tables, [chart]) { folder, charts in
      #expect(charts.first?.failure == nil)
      picture = try String(contentsOfFile: folder + "/probe.svg", encoding: .utf8)
    }
    return picture
  }

  @Test(
    "Distributions of different sizes share a panel; those of other values have one each, and a heading that says so")
  func distributions() throws {
    let sizes = try picture(try tables("cluster.replicas", ["3", "5", "7"]), "latency-cdf")
    for size in ["3", "5", "7"] { #expect(sizes.contains("raft, n = \(size)")) }
    #expect(!sizes.contains("cluster.replicas"))
    let losses = try picture(try tables("link.loss", ["0", "0.01", "0.02"]), "latency-cdf")
    for loss in ["0", "1", "2"] { #expect(losses.contains(">link.loss (%) = \(loss)<"), "\(loss)") }
    #expect(losses.contains("Commit latency, by link.loss"))
  }

  @Test("A heading has the experiment's name, and the kind of its links unless that is swept")
  func links() throws {
    let streams = try picture(try tables("batch.window", ["1", "2", "3"]), "latency-sweep")
    #expect(streams.contains("probe: simulated over streams; "))
    let both = try picture(try tables("link.kind", ["stream", "datagram"]), "latency-bars")
    #expect(both.contains("probe: simulated; ") && !both.contains("over streams"))
  }

  @Test("Where the interval of a point is missing, the heading says why")
  func bars() throws {
    var tables = try tables("batch.window", ["1", "2", "3"])
    let subjects = Set(tables.summary.map(\.run.subject))
    tables.intervals = subjects.map { subject in
      var row = IntervalRow()
      row.subject = subject
      (row.metric, row.statistic, row.low, row.high) = (.client, .p50, 1_000, 2_000)
      return row
    }
    #expect(try !picture(tables, "latency-sweep").contains("if trials suffice"))
    tables.intervals.removeLast()
    #expect(try picture(tables, "latency-sweep").contains("bootstrap interval, if trials suffice"))
  }

  @Test("A chart that fails leaves no file, is noted on the page, and the others are drawn")
  func failure() throws {
    let suite = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: suite) }
    try FileManager.default.createDirectory(atPath: suite, withIntermediateDirectories: true)
    let plots = URL(filePath: Self.root + "/Plots").resolvingSymlinksInPath().path
    try FileManager.default.copyItem(atPath: plots, toPath: suite + "/Plots")
    try Data("load \"Plots/style.gp\"\nplot 1\nplot real(\"never\")\n".utf8)
      .write(to: URL(filePath: suite + "/Plots/latency-cdf.gp"))
    let tables = try tables("batch.window", ["1", "2", "3"])
    try draw(tables, ["latency-sweep", "latency-cdf", "timeline"], suite: suite, isComplete: false) { folder, charts in
      #expect(charts.map(\.isDrawn) == [true, false, true])
      let failure = try #require(charts[1].failure)
      #expect(failure.contains("Plots/latency-cdf.gp: gnuplot failed") && !failure.contains("\n"))
      let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(files == ["index.html", "probe-timeline.svg", "probe.svg"])
      let page = try String(contentsOfFile: folder + "/index.html", encoding: .utf8)
      #expect(
        page.contains("Not drawn: ") && page.contains("probe-timeline.svg") && !page.contains("probe-latency-cdf"))
      #expect(page.contains("Note: the run is unfinished"))
    }
  }

  @Test("The page of a shard has its charts and no conclusions")
  func shard() throws {
    let tables = try tables("batch.window", ["1", "2", "3"])
    for shard in [nil, Shard(1, of: 2)] {
      try draw(tables, ["latency-sweep"], shard: shard) { folder, charts in
        let page = try String(contentsOfFile: folder + "/index.html", encoding: .utf8)
        #expect(page.contains("the median client latency goes") == (shard == nil))
        #expect(page.contains("<figcaption>Shard 1 of 2: merge for conclusions.</figcaption>") == (shard != nil))
        #expect(charts.map(\.isDrawn) == [true])
      }
    }
  }

  @Test(
    "One trial has no error bars where blocks cannot give them, and the caption says why; bars that are sorted say so")
  func oneTrial() throws {
    var tables = try tables("disk.leader", ["first", "parallel", "serial"])
    let several = tables
    tables.intervals = []
    tables.summary.removeAll { $0.run.trial > 0 }
    for (tables, isAlone) in [(tables, true), (several, false)] {
      try draw(tables, ["latency-bars", "outages"]) { folder, charts in
        for chart in charts {
          let picture = try String(contentsOfFile: "\(folder)/\(chart.stem).svg", encoding: .utf8)
          #expect(
            picture.contains("no error bars from one trial") == isAlone, "\(chart)")
          #expect(picture.contains("error bars: ") != isAlone, "\(chart)")
          #expect(picture.contains("shortest first") || picture.contains("shortest wait first"), "\(chart)")
        }
      }
    }
  }

  @Test("A chart names the protocols that are left out, and counts the trials that had no fail-over")
  func leftOut() throws {
    var tables = try tables("batch.window", ["1", "2", "3"])
    for index in tables.summary.indices where tables.summary[index].run.subject.protocolName == "zab" {
      tables.summary[index].verdict = index % 2 == 0 ? .void : .ok
    }
    tables.elections.removeAll { $0.run.trial == 1 }
    try draw(tables, ["latency-sweep", "election-cdf", "failover-box", "failover-parts", "survival"]) {
      folder, charts in
      for chart in charts {
        let picture = try String(contentsOfFile: "\(folder)/\(chart.stem).svg", encoding: .utf8)
        #expect(picture.contains("zab left out, 3 of 6 runs not verified"), "\(chart)")
        #expect(picture.contains("3 trials without a fail-over") == (chart.name != "latency-sweep"), "\(chart)")
      }
    }
  }
}
