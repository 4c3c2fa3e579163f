#if MUTANTS
extension Mutant {
  /// Votes are rarer where trial votes come first, and logs differ more often where they do not.
  private static let standard = ["raft"]
  private static let plain = ["raft-plain"]

  static let raft = raftElection + raftReplication + raftSnapshots

  private static let raftElection: [Mutant] = [
    .init(
      "R-01", standard, "a vote is granted, and written only with the next record",
      source: "sofa-jraft #1241, #1243", ["C4", "R2"]),
    .init(
      "R-02", standard, "RequestVote is sent before the candidate's own vote is durable", source: "sofa-jraft #1245",
      ["C4", "R2"]),
    .init(
      "R-03", plain, "a server votes for every candidate of a term", source: "Raft §5.2", ["R2", "R1"]),
    .init("R-04", plain, "a candidate counts votes of an older term", source: "Xraft #33", ["R1"]),
    .init("R-05", plain, "two votes of one follower count twice", source: "akka-raft #45", ["R1"]),
    .init("R-06", plain, "a new candidacy keeps the votes of the last one", source: "raft-rs #83", ["R1", "LIVE"]),
    .init("R-07", standard, "a pre-candidate keeps its leader", source: "raft-rs #84", ["R12"]),
    .init("R-08", plain, "a leader votes for another candidate of its term", source: "DaosRaft #70", ["R12", "R2"]),
    .init(
      "R-09", plain, "logs are compared by their length before their last term", source: "Raft §5.4.1", ["R5", "R8"]),
    .init(
      "R-15", plain, "a server that voted for itself leads when it restarts, without an election",
      source: "openraft #607", ["R1"]),
    .init(
      "R-17", plain, "election timeouts are all the same", source: "Raft §5.2, §9.3", ["LIVE"]),
  ]

  private static let raftReplication: [Mutant] = [
    .init(
      "R-20", standard, "a leader commits an entry of an older term by counting replicas",
      source: "Raft §5.4.2, Figure 8; PySyncObj #169", ["R6", "R5"]),
    .init(
      "R-21", standard, "the search for what is committed ends at an entry of an older term", source: "RaftOS #30",
      ["LIVE"]),
    .init(
      "R-22", standard, "a follower's commit index follows its leader's back", source: "PySyncObj #166", ["C7", "R12"]),
    .init(
      "R-23", standard, "a follower commits what its leader commits, as far as its own log reaches",
      source: "WRaft #118", ["R10"]),
    .init(
      "R-24", standard, "an old AppendEntries cuts off what newer ones brought", source: "Raft, Figure 2, step 3",
      ["R9", "R11"]),
    .init(
      "R-25", standard, "a follower acknowledges its last entry, verified or not", source: "CCF #6016", ["R11"]),
    .init("R-26", standard, "an old reply lowers matchIndex", source: "RaftOS #25; PySyncObj #167", ["R11"]),
    .init(
      "R-27", standard, "an old refusal lowers nextIndex below matchIndex", source: "PySyncObj #167; WRaft #7", ["R11"]),
    .init(
      "R-28", standard, "a follower acknowledges one entry more than it has", source: "PySyncObj #167", ["R11", "C4"]),
    .init("R-30", standard, "the term of the previous entry is not compared", source: "Raft §5.3", ["R4", "R11"]),
    .init("R-31", standard, "half of the servers are a majority for commitment", source: "summerset", ["R6"]),
    .init(
      "R-34", standard, "a leader that stepped down counts acknowledgements all the same",
      source: "openraft a80579ef", ["C4", "R10"]),
    .init(
      "R-36", standard, "a leader counts itself before its disk has the entry", source: "etcd #14370", ["R11", "C3"]),
    .init(
      "R-37", standard, "the applied index moves past entries that were not handed out", source: "etcd #10063",
      ["C2"]),
    .init(
      "R-38", standard, "what a snapshot stands for is taken for a conflict", source: "openraft 71a290cd", ["R9"]),
    .init(
      "R-39", standard, "a follower that refused a probe is never probed again", source: "etcd #14633, raft #31",
      ["LIVE"]),
    .init(
      "R-44", standard, "the limit for messages on their way is not kept", source: "Ongaro's dissertation §10.2.1",
      ["C10"]),
  ]

  private static let raftSnapshots: [Mutant] = [
    .init(
      "R-45", standard, "compaction keeps what the snapshot stands for", source: "Raft §7", ["C10"]),
    .init(
      "R-55", standard, "a snapshot's term overwrites the current one", source: "WRaft #118", ["C7", "C4"]),
    .init(
      "R-56", standard, "who needs a snapshot gets an empty AppendEntries instead", source: "WRaft #118", ["LIVE"]),
    .init(
      "R-57", standard, "a snapshot that is older than the log's committed part is installed",
      source: "etcd 80615be", ["R14", "C2"]),
    .init(
      "R-60", standard, "a snapshot does not move the commit index: what it stands for is applied again",
      source: "etcd 8349efa", ["R12", "R14"]),
    .init(
      "S-09", plain, "a vote and its term are two records, the vote first", source: "Pillai et al., OSDI 2014",
      ["R2", "C7"]),
  ]
}
#endif
