/// How well one statistic of a configuration is known.
public struct IntervalRow: CSVRow {
  public var subject = Subject()
  public var metric = IntervalMetric.client
  public var statistic = Statistic.mean
  public var value = 0
  public var low = 0
  /// Nil: it has no upper end, because too many trials never got there.
  public var high: Int?
  public var level = Quantile.percent(95)
  public var units = 0
  public var unit = UnitKind.trial

  public init() {}

  /// The intervals of a latency whose samples are all in `distribution`, drawn by `units` of it. None with too few units; none of a
  /// quantile with too few samples above it.
  public static func rows(
    _ subject: Subject, _ metric: IntervalMetric, _ distribution: Distribution, _ units: [ResamplingUnit],
    _ unit: UnitKind,
    using generator: inout some RandomNumberGenerator
  ) -> [IntervalRow] {
    rows(subject, metric, [.mean, .p50, .p99], Bootstrap(units), unit, using: &generator).map { row in
      // As in `Distribution`: a bucket stands for its highest value, and no sample lies outside the exact extremes.
      var row = row
      let (least, most) = (distribution.min ?? 0, distribution.max ?? 0)
      row.value = min(max(row.value, least), most)
      row.low = min(max(row.low, least), most)
      row.high = row.high.map { min(max($0, least), most) }
      return row
    }
  }

  /// The intervals of a time that every trial gave, or nil if it was never reached. Then there is no mean, and a quantile counts it as
  /// longer than all others.
  public static func rows(
    _ subject: Subject, _ metric: IntervalMetric, _ times: [Int?], using generator: inout some RandomNumberGenerator
  ) -> [IntervalRow] {
    let quantiles: [Statistic] = [.p50, .p90, .p99]
    let bootstrap = Bootstrap(times.map { ResamplingUnit($0 ?? .max) })
    return rows(
      subject, metric, times.contains(nil) ? quantiles : [.mean] + quantiles, bootstrap, .trial, using: &generator)
  }

  private static func rows(
    _ subject: Subject, _ metric: IntervalMetric, _ statistics: [Statistic], _ bootstrap: Bootstrap, _ unit: UnitKind,
    using generator: inout some RandomNumberGenerator
  ) -> [IntervalRow] {
    let printable = statistics.filter { statistic in
      guard let quantile = statistic.quantile else { return true }
      return bootstrap.count - quantile.rank(of: bootstrap.count) >= Distribution.samplesAbove
    }
    let intervals = bootstrap.intervals(of: printable, using: &generator)
    let values = bootstrap.values(of: printable)
    return zip(printable, zip(values, intervals)).compactMap { statistic, found in
      let (value, interval) = found
      guard value < .max else { return nil }
      var row = IntervalRow()
      row.subject = subject
      row.metric = metric
      row.statistic = statistic
      row.value = value
      row.low = interval.lowerBound
      row.high = interval.upperBound < .max ? interval.upperBound : nil
      row.units = bootstrap.units
      row.unit = unit
      return row
    }
  }

  public static let fileName = "intervals.csv"
  public static let rowMeaning =
    "One row per configuration, metric and statistic: its bootstrap interval. Where there are too few units to resample, there is no row."
  public static let columns: [Column<Self>] =
    Column.part(Subject.columns, of: \.subject) + [
      Column("metric", \.metric, "A latency, or a time of a fail-over: see the definitions above.").key,
      Column("statistic", \.statistic, "The mean, or a quantile, of all samples.").key,
      Column("value_ns", \.value, "The statistic.", .nanoseconds, .lowerIsBetter),
      Column("low_ns", \.low, "Lower end of its interval.", .nanoseconds, .follows),
      Column(
        "high_ns", \.high,
        "Upper end of its interval; empty if too many trials never got there to say how high it may be.",
        .nanoseconds, .follows),
      Column("level", \.level, "Two-sided confidence level."),
      Column("units", \.units, "How many units were resampled.", .none, .follows),
      Column("unit", \.unit, "What a unit is: a whole trial, or a block of virtual time within one."),
    ]
}
