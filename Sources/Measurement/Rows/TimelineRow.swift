/// What completed in one interval of a run's virtual time.
public struct TimelineRow: CSVRow {
  public var run = RunKey()
  public var start = 0
  public var interval = 0
  public var completed = 0
  public var failed = 0
  public var latencySum = 0
  public var latencyMax = 0

  public init() {}

  /// All intervals of `timeline`, the empty ones included.
  public static func rows(_ run: RunKey, _ timeline: Timeline) -> [TimelineRow] {
    timeline.intervals.map { interval in
      var row = TimelineRow()
      row.run = run
      row.start = interval.start
      row.interval = timeline.interval
      row.completed = interval.completed
      row.failed = interval.failed
      row.latencySum = interval.latencySum
      row.latencyMax = interval.latencyMax
      return row
    }
  }

  public static let fileName = "timeline.csv"
  public static let rowMeaning = "One row per interval of a run, intervals in which nothing completed included."
  public static let columns: [Column<Self>] =
    Column.part(RunKey.columns, of: \.run) + [
      Column(
        "interval_start_ns", \.start, "Start of the interval since the start of the measured window.", .nanoseconds
      ).key,
      Column("interval_ns", \.interval, "Length of the interval.", .nanoseconds),
      Column("completed", \.completed, "Operations answered in it.", .none, .follows),
      Column("failed", \.failed, "Operations that failed or were given up in it.", .none, .follows),
      Column(
        "latency_sum_ns", \.latencySum, "Exact sum of the answered operations' client latency.", .nanoseconds, .follows),
      Column("latency_max_ns", \.latencyMax, "The longest of them; 0 if none.", .nanoseconds, .follows),
    ]
}
