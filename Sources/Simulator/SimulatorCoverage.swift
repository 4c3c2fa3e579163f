/// What the simulator did to a run, counted. A torture run in which one of these stays 0 has not tested it.
struct SimulatorCoverage {
  var crashes = 0
  var tailsLost = 0
  var pauses = 0
  var partitions = 0
  /// Changes of links and machines, stalls, reconnections and hand-overs.
  var conditions = 0
  var dropped = 0
  var duplicates = 0
  var retransmissions = 0
  var sessionsBroken = 0
  var compactions = 0
  var snapshotsInstalled = 0
  var redirects = 0
  var interrupted = 0
  var timeouts = 0
  var repeated = 0
  var expired = 0
  var abandoned = 0

  /// `sessionsOnly`: without what can only happen to datagrams.
  func list(sessionsOnly: Bool) -> [(name: String, count: Int)] {
    [
      ("crashes", crashes), ("unsynced tails lost", tailsLost), ("pauses", pauses), ("partitions", partitions),
    ] + (sessionsOnly ? [] : [("datagrams dropped", dropped), ("datagrams duplicated", duplicates)]) + [
      ("segments retransmitted", retransmissions),
      ("sessions broken", sessionsBroken), ("compactions", compactions), ("snapshots installed", snapshotsInstalled),
      ("clients redirected", redirects), ("clients interrupted", interrupted), ("attempts timed out", timeouts),
      ("repeated commands suppressed", repeated), ("sessions expired", expired), ("operations abandoned", abandoned),
    ]
  }
}
