/// What the check of a run found.
public enum Verdict: String, CSVWord, Sendable {
  /// Everything that was to be checked was, and held.
  case ok
  case violated
  /// A search was given up.
  case unknown
  /// Something was not checked at all.
  case unchecked
  /// Nothing was violated, but the generator did not drive the run as its inputs say, or the books do not balance.
  case void
}

/// Where a row comes from; rows of two modes never share a chart.
public enum RunMode: String, CSVWord, Sendable {
  /// Virtual time: reproducible to the byte.
  case sim
  /// Real time, one process.
  case memory
  /// Real time, one process per replica, real disks.
  case tcp
}

/// Which latency a spectrum shows.
public enum LatencyMetric: String, CSVWord, Sendable {
  /// Intended start, as the arrival process drew it, to reply.
  case client
  /// Actual send to reply.
  case service
  /// Proposed to quorum-durable, as the leader knows it.
  case commit
}

/// A part of a command's way through its leader.
public enum Stage: String, CSVWord, Sendable {
  case receivedToProposed = "received_to_proposed"
  case proposedToCommitted = "proposed_to_committed"
  case committedToApplied = "committed_to_applied"
  case appliedToReplied = "applied_to_replied"
}

/// What an interval is about: a latency, or a time of a fail-over.
public enum IntervalMetric: String, CSVWord, Sendable {
  case client
  case commit
  case d1
  case d2
  case d3
}

/// What is taken of many samples.
public enum Statistic: String, CSVWord, Sendable {
  case mean
  case p50
  case p90
  case p99

  /// Nil: the mean.
  public var quantile: Quantile? {
    switch self {
    case .mean: nil
    case .p50: .median
    case .p90: .percent(90)
    case .p99: .percent(99)
    }
  }
}

/// What a bootstrap draws.
public enum UnitKind: String, CSVWord, Sendable {
  /// Whole trials, which share nothing but their inputs.
  case trial
  /// Parts of a trial, long enough to know little of each other.
  case block
}

/// The number whose precision decides how many trials are run.
public enum HeadlineMetric: String, CSVWord, Sendable {
  /// From the fault to the first commit that a client saw.
  case d3
  /// The mean client latency of a trial.
  case client
}
