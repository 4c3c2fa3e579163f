/// How one replica that a planned fault had kept away came back to what it had missed.
public struct CatchUpRow: CSVRow {
  public var run = RunKey()
  /// The number of the fault in `faults.csv`.
  public var fault = 0
  public var node = ""
  public var away = 0
  public var returned = 0
  public var behind = 0
  public var caughtUp: Int?
  public var bytes: Int?
  public var synchronizationBytes: Int?

  public init() {}

  public static let fileName = "catch-ups.csv"
  public static let rowMeaning =
    "One row per replica that a planned `crash`, `pause`, `isolate`, `mute-inbound` or `mute-outbound` had kept away, and that was back within the window. Only of simulations."
  public static let columns: [Column<Self>] =
    Column.part(RunKey.columns, of: \.run) + [
      Column("fault", \.fault, "Number of the fault in `faults.csv`.").key,
      Column("node", \.node, "The replica.", .none, .follows),
      Column("away_ns", \.away, "From the fault until it was back.", .nanoseconds),
      Column("returned_ns", \.returned, "When it was back, since the start of the measured window.", .nanoseconds),
      Column(
        "behind_slots", \.behind, "Slots that had been chosen by then and that it had not executed.", .none, .follows),
      Column(
        "caught_up_ns", \.caughtUp,
        "From its return until it had executed these; empty: not before it was struck again, or the window's end.",
        .nanoseconds, .lowerIsBetter),
      Column("bytes", \.bytes, "Of all messages from its peers that it took in meanwhile.", .bytes, .lowerIsBetter),
      Column(
        "bytes_synchronization", \.synchronizationBytes,
        "Of these, of messages whose purpose is to bring a replica up to date.", .bytes, .lowerIsBetter),
    ]
}
