/// A distribution of durations as eight columns.
public struct LatencySummary: Sendable, Equatable {
  public var count = 0
  public var min: Int?
  public var max: Int?
  public var sum = 0
  public var p50: Int?
  public var p90: Int?
  public var p99: Int?
  public var p999: Int?

  public init() {}
  public init(_ distribution: Distribution) {
    count = distribution.count
    min = distribution.min
    max = distribution.max
    sum = distribution.sum
    let quantiles = distribution.quantiles([.percent(50), .percent(90), .percent(99), .permille(999)])
    p50 = quantiles[0]
    p90 = quantiles[1]
    p99 = quantiles[2]
    p999 = quantiles[3]
  }

  /// The columns for the durations called `name`; their names start with `prefix`.
  static func columns(_ name: String, prefix: String) -> [Column<LatencySummary>] {
    let columns: [Column<LatencySummary>] = [
      Column("count", \.count, "Samples of \(name), the right-censored ones included.", .none, .higherIsBetter),
      Column(
        "min_ns", \.min, "Exact minimum of \(name); what is censored counts as `retry.timeout` at least.", .nanoseconds,
        .lowerIsBetter),
      Column(
        "max_ns", \.max, "Exact maximum of \(name); what is censored counts as `retry.timeout` at least.", .nanoseconds,
        .lowerIsBetter),
      Column(
        "sum_ns", \.sum,
        "Exact sum of \(name), what is censored with the time waited; the mean is this over the count.", .nanoseconds,
        .lowerIsBetter),
      Column("p50_ns", \.p50, "Median of \(name).", .nanoseconds, .lowerIsBetter),
      Column("p90_ns", \.p90, "90th percentile of \(name).", .nanoseconds, .lowerIsBetter),
      Column("p99_ns", \.p99, "99th percentile of \(name).", .nanoseconds, .lowerIsBetter),
      Column("p999_ns", \.p999, "99.9th percentile of \(name).", .nanoseconds, .lowerIsBetter),
    ]
    return columns.map { Column($0, of: \.self, prefix: prefix) }
  }
}
