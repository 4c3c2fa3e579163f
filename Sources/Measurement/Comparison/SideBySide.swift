/// Two results beside each other in the numbers that people ask for, with how well each is known and how far they are apart. For exact
/// equality in every cell see ``ResultComparison``.
public struct SideBySide: GateReport, Sendable {
  /// One number of one configuration.
  public struct Line: Sendable, Equatable {
    public var subject: Subject
    /// The swept inputs, for people.
    public var place: String
    public var metric: String
    public var base: Int
    public var head: Int
    /// 95 % intervals, where there are enough trials.
    public var baseInterval: ClosedRange<Int>?
    public var headInterval: ClosedRange<Int>?
    var isDuration: Bool

    /// How much longer, larger or more, relative to the base, in millionths; nil from zero.
    public var change: Int? { base == 0 ? nil : Int(Int128(head - base) * 1_000_000 / Int128(base)) }
    /// Nil where both are the same.
    public var isBetter: Bool? { base == head ? nil : (head < base) == isDuration }
    /// Nil if one of the intervals is not known.
    public var overlaps: Bool? {
      guard let baseInterval, let headInterval else { return nil }
      return baseInterval.overlaps(headInterval)
    }
  }

  /// In the order of configurations.
  public var lines: [Line]
  /// Configurations that only one side has.
  public var unmatched: Int
  /// What the processor took, pair by pair: only between results of one machine.
  public var cost: PairedComparison?
  /// Why there is no such comparison.
  public var costNote: String?

  /// `origins`: where the two come from, if known; times of processors are compared only on one machine.
  public init(
    base: ResultTables, head: ResultTables, origins: (Provenance?, Provenance?),
    using generator: inout some RandomNumberGenerator
  ) {
    let places = Self.places(base)
    let (before, after) = (Self.numbers(base), Self.numbers(head))
    lines = []
    for row in base.precision.isEmpty ? [] : PrecisionRow.sorted(base.precision) {
      let subject = row.subject
      guard let old = before[subject], let new = after[subject] else { continue }
      for number in old {
        guard let other = new.first(where: { $0.metric == number.metric }) else { continue }
        lines.append(
          Line(
            subject: subject, place: places[subject.configuration] ?? "", metric: number.metric, base: number.value,
            head: other.value, baseInterval: number.interval, headInterval: other.interval,
            isDuration: number.isDuration))
      }
    }
    unmatched = Set(before.keys).symmetricDifference(after.keys).count
    guard let left = origins.0, let right = origins.1 else {
      costNote = "times of processors were not compared: the results are not known to be of one machine"
      return
    }
    if let difference = left.timesDiffer(from: right) {
      costNote = "times of processors were not compared, all else was: \(difference)"
      return
    }
    cost = PairedComparison(CostRow.pairs(base.costs, head.costs), using: &generator)
    costNote =
      cost == nil
      ? "times of processors were not compared: costs are counted only with one thread"
      : "the two were not run in turns, so that a drift of the machine counts as a change; see --build"
  }

  private struct Number {
    var metric: String
    var value: Int
    var interval: ClosedRange<Int>?
    var isDuration = true
  }

  private static func numbers(_ tables: ResultTables) -> [Subject: [Number]] {
    var numbers: [Subject: [Number]] = [:]
    for row in tables.latency where row.metric == .client {
      guard let name = row.quantile == .median ? "client p50" : row.quantile == .percent(99) ? "client p99" : nil
      else { continue }
      let statistic: Statistic = row.quantile == .median ? .p50 : .p99
      numbers[row.subject, default: []].append(
        Number(metric: name, value: row.value, interval: interval(tables, row.subject, .client, statistic)))
    }
    let runs = Dictionary(grouping: tables.summary, by: \.run.subject)
    for (subject, rows) in runs {
      let rates = rows.compactMap { $0.goodputPerSecond?.millionths }
      if !rates.isEmpty {
        let mean = rates.reduce(0, +) / rates.count / 1_000_000
        numbers[subject, default: []].append(Number(metric: "goodput /s", value: mean, isDuration: false))
      }
    }
    let trials = Dictionary(grouping: tables.elections, by: \.run.subject)
    for (subject, rows) in trials where !rows.contains(where: \.isCensored) {
      let times = rows.compactMap(\.d3).sorted()
      guard !times.isEmpty else { continue }
      numbers[subject, default: []].append(
        Number(
          metric: "fail-over p50", value: times[Quantile.median.rank(of: times.count) - 1],
          interval: interval(tables, subject, .d3, .p50)))
    }
    return numbers
  }

  private static func interval(
    _ tables: ResultTables, _ subject: Subject, _ metric: IntervalMetric, _ statistic: Statistic
  ) -> ClosedRange<Int>? {
    let row = tables.intervals.first { $0.subject == subject && $0.metric == metric && $0.statistic == statistic }
    return row.flatMap { row in row.high.map { row.low...$0 } }
  }

  private static func places(_ tables: ResultTables) -> [ConfigurationID: String] {
    var places: [ConfigurationID: [String]] = [:]
    for row in ConfigurationRow.sorted(tables.configurations) where row.isSwept && row.key != "faults" {
      places[row.subject.configuration, default: []].append("\(row.key)=\(row.value)")
    }
    return places.mapValues { $0.joined(separator: " ") }
  }

  public var result: GateResult {
    let differing = lines.compactMap(\.isBetter)
    return differing.isEmpty ? .holds : differing.contains(false) ? .regression : .improvement
  }

  private var headline: String {
    let count = lines.count { $0.isBetter != nil }
    return count == 0
      ? "All \(lines.count) numbers are the same on both sides." : "\(count) of \(lines.count) numbers differ:"
  }
  private var notes: [String] {
    let alone = unmatched > 0 ? ["\(unmatched) configurations are on one side only"] : []
    return alone + (costNote.map { [$0] } ?? [])
  }
  private static let columns: [(heading: String, alignment: TextTable.Alignment)] = [
    ("experiment", .left), ("protocol", .left), ("inputs", .left), ("number", .left), ("base", .right),
    ("head", .right), ("change", .right), ("95 % intervals", .left),
  ]
  /// A row for each number that differs.
  private var cells: [[String]] {
    lines.filter { $0.isBetter != nil }.map { line in
      [
        line.subject.experiment, line.subject.protocolName, line.place, line.metric, Self.shown(line.base, line),
        Self.shown(line.head, line), Self.percent(line.change),
        line.overlaps.map { $0 ? "overlap" : "apart" } ?? "too few trials",
      ]
    }
  }

  /// A table of what differs, or one line if nothing does.
  public var text: String {
    var texts = [headline]
    if result != .holds {
      var table = TextTable(Self.columns)
      for row in cells { table.add(row) }
      texts.append(table.text)
    }
    if let cost { texts.append("CPU time: \(cost.text)") }
    texts += notes.map { "Note: \($0)." }
    return texts.joined(separator: "\n") + "\n"
  }

  public var markdown: String {
    var lines = ["### Two results: \(result.name)", "", headline]
    if result != .holds {
      lines += ["", MarkdownTable.row(Self.columns.map(\.heading)), MarkdownTable.row(Self.columns.map { _ in "---" })]
      lines += cells.map { MarkdownTable.row($0) }
    }
    if let cost { lines += ["", "CPU time: \(cost.text)"] }
    lines += notes.flatMap { ["", "Note: \($0)."] }
    return lines.joined(separator: "\n") + "\n"
  }

  public var document: [String: Any] {
    var document: [String: Any] = ["result": result.name, "numbers": lines.count, "notes": notes]
    document["cpu"] = cost?.document
    document["differences"] = lines.filter { $0.isBetter != nil }.map { line -> [String: Any] in
      [
        "experiment": line.subject.experiment, "protocol": line.subject.protocolName, "inputs": line.place,
        "number": line.metric, "base": line.base, "head": line.head,
        "direction": line.isBetter == true ? "better" : "worse",
      ]
    }
    return document
  }

  /// One for each number that differs. Processor time is not judged where the two did not run in turns.
  public var cases: [GateCase] {
    let differing = lines.compactMap { line in
      line.isBetter.map { isBetter in
        let subject = "\(line.subject.experiment) \(line.subject.protocolName) \(line.place)"
        return GateCase(
          "\(subject) \(line.metric)", isBetter ? .improved("better") : .failed("worse"),
          "\(Self.shown(line.base, line)) -> \(Self.shown(line.head, line)) (\(Self.percent(line.change)))")
      }
    }
    return differing.isEmpty ? [GateCase("two results", .passed, headline)] : differing
  }

  private static func shown(_ value: Int, _ line: Line) -> String {
    line.isDuration ? Humane.duration(value) : Humane.count(value)
  }
  private static func percent(_ change: Int?) -> String {
    guard let change else { return "-" }
    return "\(change < 0 ? "-" : "+")\(Humane.percent(FixedDecimal(millionths: abs(change))))"
  }
}
