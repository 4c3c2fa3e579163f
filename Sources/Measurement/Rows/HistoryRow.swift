/// A baseline that somebody accepted, and what it says of one protocol in the suite's headline numbers.
public struct HistoryRow: CSVRow {
  public var number = 0
  public var protocolName = ""
  /// ISO 8601, UTC.
  public var date = ""
  public var commit = ""
  public var toolchain = ""
  public var reason = ""
  public var change = ""
  public var commitMedian: Int?
  public var commitTail: Int?
  public var mostGoodput: FixedDecimal?
  public var failover: Int?
  public var framesPerBatch: FixedDecimal?
  public var fsyncsPerBatch: FixedDecimal?
  public var allocationsPerCommand: FixedDecimal?

  public init() {}

  /// The headline numbers of every protocol in `tables`, which became the `number`-th baseline.
  public static func rows(
    number: Int, _ tables: ResultTables, from origin: Provenance, date: String, reason: String, change: String
  ) -> [HistoryRow] {
    Set(tables.summary.map(\.run.subject.protocolName)).sorted().map { name in
      var row = HistoryRow()
      row.number = number
      row.protocolName = name
      row.date = date
      row.commit = origin.commit
      row.toolchain = origin.build.toolchain
      row.reason = reason
      row.change = change
      row.read(tables)
      return row
    }
  }

  private mutating func read(_ tables: ResultTables) {
    func isOurs(_ subject: Subject, _ experiment: String) -> Bool {
      subject.experiment == experiment && subject.protocolName == protocolName
    }
    let runs = tables.summary.filter { isOurs($0.run.subject, "commit-latency") }
    let largest = Self.largest(runs.map(\.run.subject), tables)
    func commit(_ quantile: Quantile) -> Int? {
      tables.latency.first {
        $0.subject == largest && $0.metric == .commit && $0.quantile == quantile
      }?.value
    }
    commitMedian = commit(.median)
    commitTail = commit(.percent(99))
    mostGoodput = tables.summary.filter { isOurs($0.run.subject, "load") }.compactMap(\.goodputPerSecond).max()
    let trials = tables.elections.filter { isOurs($0.run.subject, "election") }
    // A trial that never recovered took longer than any other.
    let times = trials.map { $0.d3 ?? .max }.sorted()
    if !times.isEmpty {
      let median = times[Quantile.median.rank(of: times.count) - 1]
      failover = median == .max ? nil : median
    }
    let costly = tables.summary.filter { isOurs($0.run.subject, "cost") }
    let cost = Self.largest(costly.map(\.run.subject), tables)
    framesPerBatch = costly.first { $0.run.subject == cost }?.framesPerBatch
    fsyncsPerBatch = costly.first { $0.run.subject == cost }?.fsyncsPerBatch
    let spent = tables.costs.filter { $0.run.subject == largest }
    let allocations = spent.compactMap(\.allocations)
    if allocations.count == spent.count, !spent.isEmpty {
      allocationsPerCommand = FixedDecimal(allocations.reduce(0, +), over: spent.reduce(0) { $0 + $1.commands })
    }
  }

  /// The configuration with the most replicas.
  private static func largest(_ subjects: [Subject], _ tables: ResultTables) -> Subject? {
    var sizes: [ConfigurationID: Int] = [:]
    for row in tables.configurations where row.key == "cluster.replicas" {
      sizes[row.subject.configuration] = Int(row.value)
    }
    return subjects.max { (sizes[$0.configuration] ?? 0) < (sizes[$1.configuration] ?? 0) }
  }

  public static let fileName = "history.csv"
  public static let rowMeaning =
    "One row per accepted baseline and protocol: the headline numbers over the life of the project. Numbers are empty where the baseline lacks the experiment."
  public static let columns: [Column<Self>] = [
    Column("number", \.number, "Of the baseline, from 1.").key,
    Column("protocol", \.protocolName, "The protocol, or one of its variants.").key,
    Column("date", \.date, "When it was accepted, in UTC.", .none, .fixed, .never),
    Column("commit", \.commit, "The commit that was run.", .none, .fixed, .never),
    Column("toolchain", \.toolchain, "What built it.", .none, .fixed, .never),
    Column("reason", \.reason, "Why the change was accepted, in one line.", .none, .fixed, .never),
    Column("change", \.change, "What the gate said of it.", .none, .fixed, .never),
    Column(
      "commit_p50_ns", \.commitMedian, "Median commit latency in `commit-latency`, at the most replicas.",
      .nanoseconds, .lowerIsBetter),
    Column("commit_p99_ns", \.commitTail, "Its 99th percentile.", .nanoseconds, .lowerIsBetter),
    Column(
      "most_goodput_per_s", \.mostGoodput, "The highest goodput of a run in `load`.", .perSecond, .higherIsBetter),
    Column(
      "failover_p50_ns", \.failover,
      "Median time in `election` from the crash to the first commit that a client saw; empty if most trials never got there.",
      .nanoseconds, .lowerIsBetter),
    Column(
      "frames_per_batch", \.framesPerBatch, "Messages per batch in `cost`, at the most replicas.", .none,
      .lowerIsBetter),
    Column("fsyncs_per_batch", \.fsyncsPerBatch, "Disk writes per batch, likewise.", .none, .lowerIsBetter),
    Column(
      "allocations_per_command", \.allocationsPerCommand,
      "Calls of the allocator in the runs of `commit_p50_ns`, over their commands.", .none, .lowerIsBetter, .sameBuild),
  ]
}
