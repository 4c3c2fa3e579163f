#if MUTANTS
extension Mutant {
  static let zab: [Mutant] = [
    .init(
      "Z-01", ["zab"], "a follower acknowledges NEWLEADER before its history is on disk",
      source: "ZOOKEEPER-3911, -4646, -3023", ["Z10", "C4", "C3"]),
    .init(
      "Z-03", ["zab"], "NEWLEADER is sent when only the committed part of the history has been",
      source: "ZOOKEEPER-3104", ["Z12", "Z11"]),
    .init(
      "Z-04", ["zab"],
      "a follower delivers at NEWLEADER what is in its history, committed or not",
      source: "ZOOKEEPER-4394", ["Z0", "Z12", "C3"]),
    .init(
      "Z-05", ["zab"], "what is proposed while a follower gets its DIFF never reaches it",
      source: "ZOOKEEPER-4785", ["Z12", "Z14"]),
    .init(
      "Z-07", ["zab"], "TRUNC reaches the disk of a follower and not its memory",
      source: "ZOOKEEPER-5094", ["Z12", "Z14"]),
    .init(
      "Z-08", ["zab"], "DIFF follows the first piece of a SNAP as if it were all",
      source: "ZOOKEEPER-3642", ["Z12", "Z14"]),
    .init(
      "Z-09", ["zab"],
      "an election forgets in memory what is not committed, and the disk keeps it",
      source: "ZOOKEEPER-2845", ["Z12", "Z2"]),
    .init(
      "Z-10", ["zab"],
      "a follower that holds transactions of a dead epoch is not told to truncate them",
      source: "ZOOKEEPER-1154", ["Z12", "Z2"]),
    .init(
      "Z-11", ["zab"], "a follower truncates one transaction too many",
      source: "ZOOKEEPER-1156", ["Z12", "C3"]),
    .init(
      "Z-12", ["zab"], "truncation fails on disk, and the follower goes on",
      source: "ZOOKEEPER-3701", ["Z12", "Z2"]),
    .init(
      "Z-13", ["zab"], "a DIFF leaves out its first transaction",
      source: "ZOOKEEPER-2418", ["Z12", "Z9"]),
    .init(
      "Z-14", ["zab"], "the new accepted epoch is not written, and the failure is ignored",
      source: "ZOOKEEPER-2307, -4269", ["Z10", "C4"]),
    .init(
      "Z-15", ["zab"], "a restarted server derives its epoch from the end of its log",
      source: "ZOOKEEPER-582", ["Z10", "C7"]),
    .init(
      "Z-17", ["zab"],
      "COMMIT-LD carries what the follower acknowledged instead of the latest commit",
      source: "published Zab specification, issue 3", ["Z13"]),
    .init(
      "Z-18", ["zab"], "a transaction that is proposed again is appended again",
      source: "published Zab specification, issue 2", ["Z9"]),
    .init(
      "Z-19", ["zab"], "a leader is established by its own acknowledgement",
      source: "Junqueira et al., DSN 2011, phase 2; ZOOKEEPER-335", ["Z11", "Z8"]),
    .init(
      "Z-20", ["zab"],
      "votes with equal zxids are compared by server id, whatever their epochs: the order is not total",
      source: "ZOOKEEPER-1419; SandTable, ZooKeeper#1", ["LIVE"]),
    .init(
      "Z-21", ["zab"],
      "followers name another epoch in their votes than their leader does, and newcomers find no quorum",
      source: "ZOOKEEPER-1818, -1805", ["LIVE"]),
    .init(
      "Z-23", ["zab"], "a server that has a leader takes part in the election of others",
      source: "ZOOKEEPER-3537", ["Z1"]),
  ]
}
#endif
