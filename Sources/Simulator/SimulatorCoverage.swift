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
  /// Of these, and not counted there, the ones that a fault kept back.
  var oldDuplicates = 0
  var retransmissions = 0
  var sessionsBroken = 0
  var compactions = 0
  var snapshotsInstalled = 0
  var redirects = 0
  var interrupted = 0
  var timeouts = 0
  /// Repetitions that found their command still held where they arrived, and joined it.
  var joined = 0
  var repeated = 0
  var expired = 0
  var abandoned = 0
  /// Faults that struck a disk.
  var brokenDisks = 0
  /// Batches that a crash interrupted and recovery dropped, in whole or in part.
  var tornTails = 0
  /// Recoveries that found synced bytes damaged.
  var refused = 0
  var staleFound = 0
  var misdirectedFound = 0
  /// Recoveries that found less than a lying disk had promised.
  var lostSyncsFound = 0
  var failedDisks = 0
  var fullDisks = 0
  /// Copies of the superblock that were written again.
  var mended = 0
  var tornSectors = 0
  /// Checks of durability that counted a replica whose disk was lost.
  var excused = 0
  /// Runs in which more disks were lost than both kinds of quorum can do without.
  var quorumsLost = 0

  /// `sessionsOnly`: without what can only happen to datagrams; `hasSectors`: with what can only happen on sectors.
  func list(sessionsOnly: Bool, hasSectors: Bool) -> [(name: String, count: Int)] {
    [
      ("crashes", crashes), ("unsynced tails lost", tailsLost), ("pauses", pauses), ("partitions", partitions),
    ]
      + (sessionsOnly
        ? []
        : [("datagrams dropped", dropped), ("datagrams duplicated", duplicates), ("old duplicates", oldDuplicates)]) + [
        ("segments retransmitted", retransmissions),
        ("sessions broken", sessionsBroken), ("compactions", compactions), ("snapshots installed", snapshotsInstalled),
        ("clients redirected", redirects), ("clients interrupted", interrupted), ("attempts timed out", timeouts),
        ("repeated commands joined", joined), ("repeated commands suppressed", repeated), ("sessions expired", expired),
        ("operations abandoned", abandoned),
      ]
      + (hasSectors
        ? [
          ("torn tails dropped", tornTails), ("sectors torn", tornSectors), ("damaged disks refused", refused),
          ("stale blocks found", staleFound), ("misdirected writes found", misdirectedFound),
          ("lost syncs found", lostSyncsFound), ("halts by EIO", failedDisks), ("halts by ENOSPC", fullDisks),
          ("superblocks mended", mended), ("lost disks excused", excused),
          ("quorums lost", quorumsLost),
        ] : [])
  }
}
