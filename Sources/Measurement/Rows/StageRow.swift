/// How long one stage of a command's way took, over all seeds of a configuration.
public struct StageRow: CSVRow {
  public var subject = Subject()
  public var stage = Stage.receivedToProposed
  public var count = 0
  public var min: Int?
  public var max: Int?
  public var sum = 0
  public var p50: Int?
  public var p99: Int?

  public init() {}
  public init(_ subject: Subject, _ stage: Stage, _ distribution: Distribution) {
    self.subject = subject
    self.stage = stage
    count = distribution.count
    min = distribution.min
    max = distribution.max
    sum = distribution.sum
    let quantiles = distribution.quantiles([.percent(50), .percent(99)])
    p50 = quantiles[0]
    p99 = quantiles[1]
  }

  public static let fileName = "stages.csv"
  public static let rowMeaning =
    "One row per configuration and stage of a command's way through its leader, from the merged histograms of all its runs."
  public static let columns: [Column<Self>] =
    Column.part(Subject.columns, of: \.subject) + [
      Column("stage", \.stage, "The stage, named by the stamps at its ends.").key,
      Column("count", \.count, "Commands that passed the stage.", .none, .higherIsBetter),
      Column("min_ns", \.min, "Exact minimum.", .nanoseconds, .lowerIsBetter),
      Column("max_ns", \.max, "Exact maximum.", .nanoseconds, .lowerIsBetter),
      Column("sum_ns", \.sum, "Exact sum.", .nanoseconds, .lowerIsBetter),
      Column("p50_ns", \.p50, "Median.", .nanoseconds, .lowerIsBetter),
      Column("p99_ns", \.p99, "99th percentile.", .nanoseconds, .lowerIsBetter),
    ]
}
