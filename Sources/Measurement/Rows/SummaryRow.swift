/// What one run of one configuration gave.
public struct SummaryRow: CSVRow {
  public var run = RunKey()
  public var verdict = Verdict.unchecked
  /// Names of what was checked, separated by spaces.
  public var checked = ""
  public var violations = 0
  /// Client operations begun in the whole run, warm-up included: the history that the verdict is about.
  public var historyLength = 0

  /// Length of the measured window in ns.
  public var window = 0
  public var offeredPerSecond: FixedDecimal?
  public var goodputPerSecond: FixedDecimal?
  public var replies = 0
  public var failed = 0
  public var timedOut = 0
  public var unanswered = 0
  /// The latest start of an operation after its intended one, in ns.
  public var generatorLagMax = 0

  public var client = LatencySummary()
  public var service = LatencySummary()
  public var commit = LatencySummary()

  public var batches = 0
  public var commands = 0
  public var frames = PurposeCounts()
  public var bytes = PurposeCounts()
  public var framesPerBatch: FixedDecimal?
  public var framesPerBatchExpected: FixedDecimal?
  public var fsyncs = 0
  public var fsyncsPerBatch: FixedDecimal?
  public var fsyncsPerBatchExpected: FixedDecimal?

  public var leaderChanges = 0
  /// Of these, the ones before any fault struck, and for how long none had, in ns.
  public var unprovokedLeaderChanges = 0
  public var calm = 0
  public var events = 0
  public var runHash = Fingerprint()
  public var generator = GeneratorSummary()

  public init() {}

  public static let fileName = "summary.csv"
  public static let rowMeaning =
    "One row per configuration, seed and trial; latencies and replies are of the measured window, frames, batches and fsyncs of the whole run."
  public static let columns: [Column<Self>] =
    Column.part(RunKey.columns, of: \.run) + checks + load
    + Column.part(LatencySummary.columns("client latency (intended start to reply)", prefix: "client_"), of: \.client)
    + Column.part(LatencySummary.columns("service time (actual send to reply)", prefix: "service_"), of: \.service)
    + Column.part(
      LatencySummary.columns("commit latency (proposed to known quorum-durable)", prefix: "commit_"), of: \.commit)
    + costs + course + Column.part(GeneratorSummary.columns, of: \.generator)

  private static let checks: [Column<Self>] = [
    Column("verdict", \.verdict, "What checking the run found; a number from a run that is not `ok` is void."),
    Column("checked", \.checked, "What was checked, names separated by spaces."),
    Column("violations", \.violations, "Violations found; the run stops at the first few.", .none, .lowerIsBetter),
    Column(
      "history_length", \.historyLength, "Client operations in the checked history, which is that of the whole run.",
      .none, .follows),
  ]
  private static let load: [Column<Self>] = [
    Column("window_ns", \.window, "Length of the measured window, after warm-up.", .nanoseconds),
    Column(
      "offered_per_s", \.offeredPerSecond, "Operations per second as offered; empty in a closed loop.", .perSecond),
    Column("goodput_per_s", \.goodputPerSecond, "Replies in the window over its length.", .perSecond, .higherIsBetter),
    Column("replies", \.replies, "Operations due in the window that were answered.", .none, .higherIsBetter),
    Column("failed", \.failed, "Operations that definitely did not happen.", .none, .lowerIsBetter),
    Column("timed_out", \.timedOut, "Operations answered after an attempt had timed out.", .none, .lowerIsBetter),
    Column(
      "unanswered", \.unanswered,
      "Operations given up by their client or still open when the run ended: their fate is unknown.", .none,
      .lowerIsBetter),
    Column(
      "generator_lag_max_ns", \.generatorLagMax,
      "The longest that an operation waited for a free session after its intended start.", .nanoseconds,
      .lowerIsBetter),
  ]
  private static let costs: [Column<Self>] =
    [
      Column("batches", \.batches, "Slots chosen in the whole run, no-ops included.", .none, .follows),
      Column("commands", \.commands, "Commands in them.", .none, .higherIsBetter),
    ]
    + Column.part(PurposeCounts.columns("Frames between two replicas", .none, prefix: "frames_"), of: \.frames)
    + Column.part(PurposeCounts.columns("Bytes of frames", .bytes, prefix: "bytes_"), of: \.bytes) + [
      Column(
        "frames_per_batch", \.framesPerBatch, "`frames_replication` and `frames_notice` over `batches`, rounded.",
        .none, .lowerIsBetter),
      Column(
        "frames_per_batch_expected", \.framesPerBatchExpected,
        "The textbook's count for this protocol and cluster size; empty where it gives none."),
      Column("fsyncs", \.fsyncs, "Disk synchronisations, on all replicas together.", .none, .lowerIsBetter),
      Column("fsyncs_per_batch", \.fsyncsPerBatch, "`fsyncs` over `batches`, rounded.", .none, .lowerIsBetter),
      Column(
        "fsyncs_per_batch_expected", \.fsyncsPerBatchExpected,
        "The textbook's count without group commit; empty where it gives none."),
    ]
  private static let course: [Column<Self>] = [
    Column("leader_changes", \.leaderChanges, "New leaders after the first.", .none, .lowerIsBetter),
    Column(
      "leader_changes_unprovoked", \.unprovokedLeaderChanges,
      "Of these, the ones within `calm_ns`: nobody had failed.", .none, .lowerIsBetter),
    Column(
      "calm_ns", \.calm, "From the first leader's election to the first fault that struck, or the end of the window.",
      .nanoseconds, .follows),
    Column("events", \.events, "Events that the simulator executed.", .none, .follows),
    Column("run_hash", \.runHash, "Hash of all steps, messages, chosen values and replies, in order.", .none, .follows),
  ]
}
