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
