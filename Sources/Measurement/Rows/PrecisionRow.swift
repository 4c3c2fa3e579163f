/// How many trials a configuration took, and how well its headline number is known by them.
public struct PrecisionRow: CSVRow {
  public var subject = Subject()
  public var metric = HeadlineMetric.client
  public var trials = 0
  public var budget = 0
  public var mean: Int?
  public var relativeError: FixedDecimal?
  public var target: FixedDecimal?
  public var isMet: Bool?
  public var detectableEffect: FixedDecimal?

  public init() {}
  /// `trials` of `budget` were run; what they gave is in `spread`. Nil for `isMet` where there is no target.
  public init(
    _ subject: Subject, _ metric: HeadlineMetric, _ spread: Spread, trials: Int, budget: Int, target: FixedDecimal?,
    isMet: Bool?
  ) {
    self.subject = subject
    self.metric = metric
    self.trials = trials
    self.budget = budget
    mean = spread.mean
    relativeError = spread.relativeError
    self.target = target
    self.isMet = isMet
    detectableEffect = relativeError.map(Self.detectable)
  }

  /// The smallest difference, relative to the mean, that two independent runs of this size and spread would show four times out of
  /// five in a two-sided test at 5 %: (1.959964 + 0.841621) √2 standard errors (J. Cohen, *Statistical Power Analysis for the
  /// Behavioral Sciences*, 1988).
  private static func detectable(_ error: FixedDecimal) -> FixedDecimal {
    FixedDecimal(millionths: Int((Int128(error.millionths) * 3_962_040 + 500_000) / 1_000_000))
  }

  public static let fileName = "precision.csv"
  public static let rowMeaning =
    "One row per complete configuration: the trials that it took, and how well they tell the mean of its headline number."
  public static let columns: [Column<Self>] =
    Column.part(Subject.columns, of: \.subject) + [
      Column(
        "metric", \.metric,
        "The headline number: D3 where a fail-over was measured, the mean client latency of a trial elsewhere."),
      Column("trials", \.trials, "Trials that were run and kept.", .none, .follows),
      Column("budget", \.budget, "The most that might have been run."),
      Column(
        "mean_ns", \.mean, "Mean of the headline number over the trials; empty if one of them was censored or is void.",
        .nanoseconds, .lowerIsBetter),
      Column(
        "relative_error", \.relativeError,
        "Standard error of that mean over the mean; empty with fewer than two trials, or if one was censored or is void.",
        .none, .follows),
      Column(
        "target", \.target, "The relative error at which no further trial was to be run; empty if none was asked for."),
      Column(
        "met", \.isMet, "Whether the target was met; empty without one. With a censored or void trial it never is.",
        .none,
        .higherIsBetter),
      Column(
        "detectable_effect", \.detectableEffect,
        "The smallest relative difference that two independent runs of this size would show with a power of 80 % at a level of 5 %.",
        .none, .follows),
    ]
}
