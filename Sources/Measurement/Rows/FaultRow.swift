/// One fault that struck in a run.
public struct FaultRow: CSVRow {
  public var run = RunKey()
  /// From 0, in the order of their times.
  public var number = 0
  public var at = 0
  public var kind = ""
  public var target = ""
  public var length: Int?

  public init() {}
  public init(_ run: RunKey, number: Int, at: Int, kind: String, target: String, length: Int?) {
    self.run = run
    self.number = number
    self.at = at
    self.kind = kind
    self.target = target
    self.length = length
  }

  public static let fileName = "faults.csv"
  public static let rowMeaning = "One row per planned fault that found something to strike."
  public static let columns: [Column<Self>] =
    Column.part(RunKey.columns, of: \.run) + [
      Column("number", \.number, "Number of the fault in its run, from 0, in the order of time.").key,
      Column(
        "at_ns", \.at, "When it struck, since the start of the measured window; negative in the warm-up.", .nanoseconds),
      Column("kind", \.kind, "What it was, in the words of an experiment file."),
      Column(
        "target", \.target, "The replicas that it struck, after the role that was meant, and the value that it set.",
        .none, .follows),
      Column(
        "length_ns", \.length, "How long it lasted; empty: until another one ended it, or the window.", .nanoseconds),
    ]
}
