#if MUTANTS
extension Mutant {
  /// In what all protocols share: replica, journal, sessions, clients.
  static let shared = storage + clients

  private static let storage: [Mutant] = [
    .init(
      "R-61", ["raft", "multipaxos"], "a newer snapshot's pieces are added to those of an older one",
      source: "etcd #18055", ["C2"]),
    .init(
      "S-01", [], "messages that wait for the disk leave without it", source: "jepsen.etcd, --unsafe-no-fsync", ["C4"]),
    .init(
      "S-10", [], "the log is cut before the snapshot that stands for it is durable", source: "ZooKeeper #3231",
      ["C7"]),
    .init(
      "S-11", [], "compaction drops a record that the checkpoint does not stand for", source: "ZooKeeper #1156", ["C7"]),
    .init(
      "S-14", ["raft", "zab"], "a peer's snapshot is acknowledged before it is in place",
      source: "ZooKeeper #3911, #4646",
      ["C4"]),
    .init(
      "S-03", [], "a torn tail keeps the replica from starting", source: "etcd #6191, #6515, #11488", ["C7"]),
    .init(
      "S-04", [], "a damaged record is cut off, with all behind it, as if it were torn",
      source: "Alagappan et al., FAST 2018", ["C7"]),
    .init(
      "S-05", [], "after recovery the log is written over where it ended", source: "etcd #4903, #4930", ["C7"]),
    .init(
      "S-07", [], "an error of fdatasync is ignored", source: "Rebello et al., USENIX ATC 2020", ["C4"]),
    .init(
      "S-08", [], "what a full disk wrote half of is acknowledged", source: "etcd #2819; ZooKeeper #3701", ["C7"]),
    .init(
      "S-12", [], "a block is taken for good because its own checksum is right",
      source: "Ganesan et al., FAST 2017, lost and misdirected writes", ["C7"]),
    .init(
      "S-15", [], "the superblock names a checkpoint that is not synced", source: "Pillai et al., OSDI 2014",
      ["C7"]),
    // Not in Multi-Paxos: its log has an element for every slot up to the highest, and one that was never written may be any number.
    .init(
      "S-02", ["raft", "zab"], "the last record is taken although its checksum says that it is torn",
      source: "etcd #5230",
      ["C7"]),
    .init(
      "S-13", ["raft", "zab"], "checksums are looked at only where the log ends",
      source: "Ganesan et al., FAST 2017; Alagappan et al., FAST 2018", ["C7"]),
  ]

  private static let clients: [Mutant] = [
    .init("C-01", [], "a repeated command is executed again", source: "Ongaro's dissertation §6.3", ["C2", "L2"]),
    .init(
      "C-02", [], "snapshots hold no sessions", source: "Ongaro's dissertation §6.3", ["C2", "L2"]),
    .init(
      "C-03", [], "a repeated command gets the reply of the one before", source: "Ongaro's dissertation §6.3",
      ["C5", "L2"]),
    .init(
      "C-04", [], "a session is as old as its replica takes it to be", source: "Ongaro's dissertation §6.3",
      ["C2", "C5"]),
    .init(
      "C-05", [], "snapshots do not tell when a session was last used", source: "Ongaro's dissertation §6.3", ["C2"]),
    .init(
      "C-06", [], "a command that was not answered in time counts as not executed",
      source: "Jepsen, Redis-Raft 2020, aborted reads", ["C6"]),
    .init(
      "C-07", [], "a leader that steps down refuses the commands that it has proposed",
      source: "Jepsen, Redis-Raft 2020, aborted reads", ["C6"]),
    .init("C-08", [], "a command is acknowledged when it is proposed", source: "Jepsen, MongoDB 2013", ["C5"]),
    .init("C-09", [], "sessions never expire", source: "Ongaro's dissertation §6.3", ["C10", "C2"]),
    .init("C-10", [], "the queue of waiting commands has no limit", source: "Bronson et al., HotOS 2021", ["C10"]),
  ]
}
#endif
