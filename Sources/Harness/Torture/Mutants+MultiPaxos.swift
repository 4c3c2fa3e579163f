#if MUTANTS
extension Mutant {
  static let multiPaxos: [Mutant] = [
    .init(
      "P-01", ["multipaxos"], "a promise leaves before it is on disk",
      source: "Michael et al., DISC 2017", ["P3", "C4"]),
    .init(
      "P-01b", ["multipaxos"], "an acceptance leaves before it is on disk",
      source: "Michael et al., DISC 2017", ["P3", "C4"]),
    .init(
      "P-02", ["multipaxos"],
      "a new leader proposes no-ops although its promises report values",
      source: "Paxos Made Simple §2.2", ["P5", "P1"]),
    .init(
      "P-03", ["multipaxos"],
      "a new leader takes the value that was reported last, not that of the highest ballot",
      source: "Paxos Made Simple §2.2", ["P5", "P1"]),
    .init(
      "P-05", ["multipaxos"], "a proposer uses its last ballot again",
      source: "phxpaxos #145", ["P2"]),
    .init(
      "P-06", ["multipaxos"], "an acceptance does not raise what is promised",
      source: "Brooker 2021; Cassandra, pull request 1327", ["P4", "P1"]),
    .init(
      "P-07", ["multipaxos"], "an acceptor that missed Prepare refuses the ballot's proposals",
      source: "MyPaxos #19", ["P4", "LIVE"]),
    .init(
      "P-08", ["multipaxos"], "ballots do not name their owner",
      source: "Paxos Made Simple §2.2: disjoint sets of numbers", ["P2"]),
    .init(
      "P-09", ["multipaxos"], "an acceptance that comes twice counts twice",
      source: "MultiPaxos-SMR, mutations of its specification", ["P7", "P1", "C9"]),
    .init(
      "P-09b", ["multipaxos-all-learn"], "acceptances of different ballots add up",
      source: "MultiPaxos-SMR, mutations of its specification", ["P7", "P1"]),
    .init(
      "P-10", ["multipaxos"], "a new leader puts the reported values one slot too low",
      source: "OCons, pull request 21", ["P5", "P1"]),
    .init(
      "P-12", ["multipaxos"], "a new leader leaves slots empty of which nothing was reported",
      source: "Paxos Made Live", ["LIVE"]),
    .init(
      "P-13", ["multipaxos"], "a chosen value is executed although the slot before it is open",
      source: "Paxos Made Simple §3", ["P8"]),
    .init(
      "P-14", ["multipaxos"], "a replica that lost its disk votes as soon as it is back",
      source: "Paxos Made Live; Michael et al., DISC 2017", ["P3", "C3"]),
    .init(
      "P-15", ["multipaxos"],
      "a promise reports values under the ballot promised instead of the one accepted",
      source: "Sutra, On the correctness of Egalitarian Paxos, 2020", ["P6", "P5", "P1"]),
    .init(
      "P-16", ["multipaxos"],
      "one acceptance fewer than a quorum that meets every phase-1 quorum chooses",
      source: "Howard et al., Flexible Paxos; Whittaker 2021 on DPaxos", ["P1"]),
    .init(
      "P-18", ["multipaxos"], "a candidate that is overtaken stands again at once",
      source: "Fischer, Lynch, Paterson 1985; Paxos Made Simple §2.4", ["LIVE"]),
  ]
}
#endif
