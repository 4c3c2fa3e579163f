/// One trial of a fail-over.
public struct ElectionRow: CSVRow {
  public var run = RunKey()
  public var verdict = Verdict.unchecked
  /// Whether the trial ended before the cluster recovered; what it did not reach is nil.
  public var isCensored = false
  public var fault = 0
  public var end = 0
  public var detection: Int?
  public var election: Int?
  public var synchronization: Int?
  public var resume: Int?
  public var d1: Int?
  public var d2: Int?
  public var d3: Int?
  public var rounds = 0
  public var splitVotes = 0
  public var candidates = 0
  public var runHash = Fingerprint()

  public init() {}

  public static let fileName = "elections.csv"
  public static let rowMeaning =
    "One row per trial of a fail-over: the first that deposed the leader it struck; if none did, the first from which that leader did not recover. No row where it led on. The four parts follow each other; a part that was not reached is empty."
  public static let columns: [Column<Self>] =
    Column.part(RunKey.columns, of: \.run) + [
      Column("verdict", \.verdict, "What checking the trial found; a number from a trial that is not `ok` is void."),
      Column(
        "censored", \.isCensored,
        "Whether the trial ended unrecovered: it belongs into a survival curve and into no average.", .none,
        .lowerIsBetter),
      Column("fault_ns", \.fault, "When the fault struck, since the start of the run.", .nanoseconds),
      Column("end_ns", \.end, "When the trial ended; a censored one took at least until then.", .nanoseconds, .follows),
      Column("detection_ns", \.detection, "From the fault to the first suspicion.", .nanoseconds, .lowerIsBetter),
      Column(
        "election_ns", \.election, "From there until a quorum had elected the leader.", .nanoseconds, .lowerIsBetter),
      Column(
        "synchronization_ns", \.synchronization,
        "From there until the leader could serve (phase 1, no-op, or new-leader acknowledged).", .nanoseconds,
        .lowerIsBetter),
      Column(
        "resume_ns", \.resume, "From there until the first command issued after the fault was committed and answered.",
        .nanoseconds, .lowerIsBetter),
      Column("d1_ns", \.d1, "From the fault to a stable leader.", .nanoseconds, .lowerIsBetter),
      Column(
        "d2_ns", \.d2,
        "From the fault until the others held the new leader's first message.",
        .nanoseconds, .lowerIsBetter),
      Column("d3_ns", \.d3, "From the fault to the first commit that a client saw.", .nanoseconds, .lowerIsBetter),
      Column("rounds", \.rounds, "Rounds of elections in which somebody claimed an epoch.", .none, .lowerIsBetter),
      Column("split_votes", \.splitVotes, "Of those, the ones that elected nobody.", .none, .lowerIsBetter),
      Column(
        "candidates", \.candidates,
        "Claims of an epoch, over all rounds; none where a leader is elected first and gets its epoch afterwards.",
        .none,
        .lowerIsBetter),
      Column(
        "run_hash", \.runHash, "Hash of all steps, messages, chosen values and replies, in order.", .none, .follows),
    ]
}
