/// What the generator of the load did in the measured window, beside what it was to do.
public struct GeneratorSummary: Sendable, Equatable {
  public var due = 0
  public var dueExpected: FixedDecimal?
  public var begun = 0
  public var gets = ObservedShare()
  public var swaps = ObservedShare()
  public var deletes = ObservedShare()
  public var watchedKeys = 0
  public var watched = ObservedShare()
  public var payload = 0
  public var payloadMean: FixedDecimal?
  public var payloadMeanExpected: FixedDecimal?
  public var rests = 0
  public var rested = 0
  public var restMean: Int?
  public var restMeanExpected: Int?
  public var waited = 0
  public var starved = 0
  public var inSystem = 0
  public var residence = 0

  public init() {}

  public static let columns: [Column<Self>] =
    [
      Column("due", \.due, "Operations due in the window.", .none, .follows),
      Column(
        "due_expected", \.dueExpected,
        "Rate of the arrival process times the window, bursts as they fall; empty in a closed loop.", .none, .follows),
      Column(
        "begun", \.begun, "Of `due`, the ones that were begun: only these have a kind, a key and a payload.", .none,
        .follows),
    ]
    + ObservedShare.columns("gets", "that get", of: \.gets) + ObservedShare.columns("swaps", "that swap", of: \.swaps)
    + ObservedShare.columns("deletes", "that delete", of: \.deletes) + [
      Column(
        "watched_keys", \.watchedKeys,
        "How many of the most popular keys the next columns count: the hot ones, otherwise a tenth.", .none, .follows)
    ] + ObservedShare.columns("watched", "on these keys", of: \.watched)
    + [
      Column("payload_bytes", \.payload, "Payload of all puts and swaps begun.", .bytes, .follows),
      Column("payload_mean_bytes", \.payloadMean, "Its mean, rounded.", .bytes, .follows),
      Column("payload_mean_expected_bytes", \.payloadMeanExpected, "What the configuration says.", .bytes, .follows),
      Column("rests", \.rests, "Rests that clients of a closed loop began in the window.", .none, .follows),
      Column("rest_sum_ns", \.rested, "The time that these were to take.", .nanoseconds, .follows),
      Column("rest_mean_ns", \.restMean, "Its mean, rounded down.", .nanoseconds, .follows),
      Column(
        "rest_mean_expected_ns", \.restMeanExpected, "What the configuration says; empty in an open loop.",
        .nanoseconds, .follows),
      Column("waited", \.waited, "Operations due in the window that found no free session.", .none, .lowerIsBetter),
      Column(
        "starved", \.starved,
        "Of these, the ones that found a cluster that served and no request waiting at any replica: it was the pool that kept them.",
        .none,
        .lowerIsBetter),
      Column(
        "in_system_ns", \.inSystem,
        "Operations due and not yet answered or given up, integrated over the window as they come and go: operations times "
          + "ns.", .nanoseconds, .lowerIsBetter),
      Column(
        "residence_ns", \.residence,
        "The same from single operations: `client_sum_ns`, without what lay after the window, with what operations due "
          + "before it spent in it. Little's law: equal.", .nanoseconds, .lowerIsBetter),
    ]
}

/// How many of all operations begun were of one sort, and how many were to be.
public struct ObservedShare: Sendable, Equatable {
  public var count = 0
  public var share: FixedDecimal?
  public var expected: FixedDecimal?

  public init() {}

  static func columns(
    _ name: String, _ sort: String, of path: any WritableKeyPath<GeneratorSummary, ObservedShare> & Sendable
  ) -> [Column<GeneratorSummary>] {
    let columns: [Column<ObservedShare>] = [
      Column("", \.count, "Of `begun`, the ones \(sort).", .none, .follows),
      Column("_share", \.share, "`\(name)` over `begun`, rounded.", .none, .follows),
      Column("_share_expected", \.expected, "What the configuration says.", .none, .follows),
    ]
    return Column.part(columns, of: path, prefix: name)
  }
}
