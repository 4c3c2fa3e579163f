import Measurement

/// The tables that a run ends with, for people: one for each experiment, a line for each configuration, and under it what its charts answer.
public struct RunReport {
  private let experiments: [ReportedExperiment]
  private let tables: ResultTables
  private let shard: Shard?
  private let suite: SuiteFolder?

  /// `shard`: the part of a run that the tables are; it allows no answers. `suite` has what others published.
  public init(_ experiments: [Experiment], _ tables: ResultTables, shard: Shard? = nil, in suite: SuiteFolder? = nil) {
    self.init(experiments.map { ReportedExperiment($0) }, tables, shard: shard, in: suite)
  }
  init(_ experiments: [ReportedExperiment], _ tables: ResultTables, shard: Shard? = nil, in suite: SuiteFolder? = nil) {
    self.suite = suite
    self.experiments = experiments
    self.tables = tables
    self.shard = shard
  }

  public var text: String {
    let sections = experiments.filter { !$0.points.isEmpty }.map { experiment in
      let answers = shard == nil ? Self.answers(experiment.name, experiment.charts, tables, in: suite) : ""
      let remarks = remarks(on: experiment).map { "  \($0)\n" }.joined()
      let missed = missed(in: experiment).map { "not precise: \($0)\n" }.joined()
      return "\(experiment.name): \(experiment.question)\n\(table(of: experiment).text)" + remarks + answers + missed
    }
    let part = shard.map { "shard \($0.index) of \($0.count): merge for conclusions\n" }
    return (sections + (part.map { [$0] } ?? [])).joined(separator: "\n")
  }

  /// What `charts` say, a line for each.
  public static func answers(
    _ experiment: String, _ charts: [String], _ tables: ResultTables, in suite: SuiteFolder?
  ) -> String {
    charts.compactMap { ChartAnswer.sentence($0, experiment, tables, in: suite) }.map { "→ \($0)\n" }.joined()
  }

  /// A line for each configuration of an experiment.
  func table(of experiment: ReportedExperiment) -> TextTable {
    hasElections(experiment) ? elections(of: experiment) : load(of: experiment)
  }
  private func hasElections(_ experiment: ReportedExperiment) -> Bool {
    tables.elections.contains { $0.run.subject.experiment == experiment.name }
  }

  /// A line for each verified configuration whose trials ended before it was as precise as was asked for.
  func missed(in experiment: ReportedExperiment) -> [String] {
    let lines = experiment.points.compactMap { point -> String? in
      let subject = point.subject
      guard let row = tables.precision.first(where: { $0.subject == subject }), row.isMet == false,
        let target = row.target, isVerified(subject)
      else { return nil }
      let name = [subject.protocolName, point.sweptText].filter { !$0.isEmpty }.joined(separator: " ")
      if let least = Self.neededTrials(row) {
        return
          "\(name): a relative standard error of \(Humane.percent(row.relativeError)) is believed of \(least) trials, and "
          + "\(row.trials) were allowed"
      }
      let reached =
        row.relativeError.map { "a relative standard error of \(Humane.percent($0))" }
        ?? (row.trials > 1 ? "no mean, because trials never recovered" : "no error, which takes two trials")
      return
        "\(name): \(reached) after the \(AnswerText.count(row.trials, "trial", "trials")) that were allowed, instead of "
        + Humane.percent(target)
    }
    let more = lines.count - Self.mostMissed
    return lines.prefix(Self.mostMissed) + (more > 0 ? ["… and \(more) more"] : [])
  }
  private static let mostMissed = 10

  private func runs(_ subject: Subject) -> [SummaryRow] { tables.summary.filter { $0.run.subject == subject } }
  private func isVerified(_ subject: Subject) -> Bool { runs(subject).allSatisfy { $0.verdict == .ok } }

  /// Its row: who it is, and then `numbers`, in whose place there is nothing unless it is verified and has some.
  private func row(_ point: ReportedExperiment.Point, _ numbers: [String]?, of columns: Int) -> [String]? {
    let rows = runs(point.subject)
    guard !rows.isEmpty else { return nil }
    let known = rows.allSatisfy { $0.verdict == .ok } ? numbers : nil
    return [
      point.subject.protocolName, point.sweptText, "\(rows.count)", Self.verdict(of: rows.map(\.verdict)),
    ] + (known ?? Array(repeating: "-", count: columns))
  }

  private func load(of experiment: ReportedExperiment) -> TextTable {
    var table = TextTable([
      ("protocol", .left), ("swept", .left), ("trials", .right), ("verdict", .left), ("goodput", .right),
      ("client mean", .right), ("error", .right), ("client p50", .right), ("95 %", .right), ("p99", .right),
      ("commit p50", .right), ("p99", .right),
      ("frames/batch", .right),
      ("textbook", .right), ("fsyncs/batch", .right),
    ])
    for point in experiment.points {
      let subject = point.subject
      let rows = runs(subject)
      guard !rows.isEmpty else { continue }
      let batches = rows.reduce(0) { $0 + $1.batches }
      let frames = FixedDecimal(rows.reduce(0) { $0 + $1.frames.replication + $1.frames.notice }, over: batches)
      let fsyncs = FixedDecimal(rows.reduce(0) { $0 + $1.fsyncs }, over: batches)
      let replies = rows.reduce(0) { $0 + ($1.goodputPerSecond?.millionths ?? 0) / rows.count } / 1_000_000
      let numbers = [
        "\(Humane.count(replies))/s", mean(subject), error(subject), value(subject, .client, .median),
        interval(subject, .client),
        value(subject, .client, .percent(99)),
        value(subject, .commit, .median), value(subject, .commit, .percent(99)), Self.rounded(frames),
        Self.rounded(rows[0].framesPerBatchExpected), Self.rounded(fsyncs),
      ]
      if let row = row(point, numbers, of: numbers.count) { table.add(row) }
    }
    return table
  }

  private func elections(of experiment: ReportedExperiment) -> TextTable {
    var table = TextTable([
      ("protocol", .left), ("swept", .left), ("trials", .right), ("verdict", .left), ("fail-overs", .right),
      ("censored", .right),
      ("detection p50", .right), ("election p50", .right), ("D1 p50", .right), ("D2 p50", .right), ("p90", .right),
      ("D3 p50", .right), ("95 %", .right), ("D3 mean", .right), ("error", .right), ("split votes in all", .right),
    ])
    for point in experiment.points {
      let rows = tables.elections.filter { $0.run.subject == point.subject }
      let numbers = [
        "\(rows.count)", "\(rows.count { $0.isCensored })", Self.quantile(.median, rows.map(\.detection)),
        Self.quantile(.median, rows.map(\.election)), Self.quantile(.median, rows.map(\.d1)),
        Self.quantile(.median, rows.map(\.d2)), Self.quantile(.percent(90), rows.map(\.d2)),
        Self.quantile(.median, rows.map(\.d3)), interval(point.subject, .d3), mean(point.subject), error(point.subject),
        "\(rows.reduce(0) { $0 + $1.splitVotes })",
      ]
      if let row = row(point, rows.isEmpty ? nil : numbers, of: numbers.count) { table.add(row) }
    }
    return table
  }

  private func value(_ subject: Subject, _ metric: LatencyMetric, _ quantile: Quantile) -> String {
    Humane.duration(
      tables.latency.first { $0.subject == subject && $0.metric == metric && $0.quantile == quantile }?.value)
  }

  /// That of the median.
  private func interval(_ subject: Subject, _ metric: IntervalMetric) -> String {
    let row = tables.intervals.first { $0.subject == subject && $0.metric == metric && $0.statistic == .p50 }
    return row.map { Humane.interval($0.low, $0.high) } ?? "-"
  }

  /// What the columns do not say by themselves.
  func remarks(on experiment: ReportedExperiment) -> [String] {
    let runs = tables.summary.filter { $0.run.subject.experiment == experiment.name }
    let sizes = experiment.points.map { point in tables.elections.count { $0.run.subject == point.subject } }
    let fewest = sizes.filter { $0 > 0 }.min() ?? 0
    let needed = [Quantile.median, .percent(90)].map { Self.leastTrials(for: $0) }
    let isThin = hasElections(experiment) && fewest < needed[1]
    return [
      SearchesGivenUp(runs).text.map { "\($0)." },
      isThin
        ? "Of fewer than \(needed[0]) fail-overs no median is given, and of fewer than \(needed[1]) no p90." : nil,
    ].compactMap(\.self)
  }

  /// The mean of the headline number.
  private func mean(_ subject: Subject) -> String {
    Humane.duration(tables.precision.first { $0.subject == subject }?.mean)
  }

  /// The relative error of that mean; where a target was missed, that, or how many trials it takes to believe that it was met.
  private func error(_ subject: Subject) -> String {
    guard let row = tables.precision.first(where: { $0.subject == subject }) else { return "-" }
    let error = Humane.percent(row.relativeError)
    guard row.isMet == false, let target = row.target else { return error }
    return error + (Self.neededTrials(row).map { ", of fewer than \($0) trials" } ?? ", not \(Humane.percent(target))")
  }

  /// How many trials it would have taken to believe that the target was met; nil: it was not, or it is.
  private static func neededTrials(_ row: PrecisionRow) -> Int? {
    let least = PointProgress.least(row.metric)
    guard row.trials < least, let target = row.target, let error = row.relativeError else { return nil }
    return error <= target ? least : nil
  }

  /// The fewest values of which that many lie above a quantile.
  private static func leastTrials(for quantile: Quantile) -> Int {
    var count = 1
    while count - quantile.rank(of: count) < Distribution.samplesAbove { count += 1 }
    return count
  }

  /// Of all values, those that were never reached being the longest; `-` if too few are above it.
  private static func quantile(_ quantile: Quantile, _ values: [Int?]) -> String {
    let rank = quantile.rank(of: values.count)
    let sorted = values.map { $0 ?? .max }.sorted()
    guard values.count - rank >= Distribution.samplesAbove, sorted[rank - 1] < .max else { return "-" }
    return Humane.duration(sorted[rank - 1])
  }

  private static func rounded(_ value: FixedDecimal?) -> String {
    guard let value else { return "-" }
    let hundredths = (value.millionths + 5_000) / 10_000
    let fraction = hundredths % 100
    return "\(hundredths / 100)" + (fraction == 0 ? "" : fraction < 10 ? ".0\(fraction)" : ".\(fraction)")
  }

  /// How many are not `ok`, each by its own word, the worst first.
  private static func verdict(of verdicts: [Verdict]) -> String {
    let words = [Verdict.violated, .unchecked, .void, .unknown].compactMap { word in
      let count = verdicts.count { $0 == word }
      return count == 0 ? nil : "\(count) \(word.rawValue)"
    }
    return words.isEmpty ? "ok" : words.joined(separator: ", ")
  }
}
