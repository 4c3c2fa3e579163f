/// One point of the percentile spectrum of a configuration's latency, over all its seeds.
public struct LatencyRow: CSVRow {
  public var subject = Subject()
  public var metric = LatencyMetric.client
  public var quantile = Quantile.median
  public var value = 0
  public var countAtOrBelow = 0
  public var total = 0

  public init() {}

  /// The printable spectrum of `distribution`.
  public static func rows(_ subject: Subject, _ metric: LatencyMetric, _ distribution: Distribution) -> [LatencyRow] {
    distribution.spectrum().map { point in
      var row = LatencyRow()
      row.subject = subject
      row.metric = metric
      row.quantile = point.quantile
      row.value = point.value
      row.countAtOrBelow = point.countAtOrBelow
      row.total = distribution.count
      return row
    }
  }

  public static let fileName = "latency.csv"
  public static let rowMeaning =
    "Percentile spectrum: one row per configuration, metric and quantile, from the merged histograms of all its runs."
  public static let columns: [Column<Self>] =
    Column.part(Subject.columns, of: \.subject) + [
      Column("metric", \.metric, "Which latency: see the definitions above.").key,
      Column("quantile", \.quantile, "The quantile, between 0 and 1.").key,
      Column(
        "value_ns", \.value, "The latency that this part of the samples did not exceed.", .nanoseconds, .lowerIsBetter),
      Column(
        "count_at_or_below", \.countAtOrBelow, "Samples at or below the value's histogram bucket.", .none, .follows),
      Column("total", \.total, "All samples.", .none, .follows),
    ]
}
