#if MUTANTS
import Consensus

/// A bug that somebody shipped, or that a paper warns of, which can be planted.
public struct Mutant: Hashable, Sendable {
  /// Such as R-20; `planted` asks for it.
  public var id: String
  /// The protocols and variants that have it; empty: every main one.
  public var protocols: [String]
  /// What is wrong.
  public var summary: String
  /// Where it comes from.
  public var source: String
  /// The invariants that should fire, the likeliest first.
  public var invariants: [String]

  init(_ id: String, _ protocols: [String], _ summary: String, source: String, _ invariants: [String]) {
    self.id = id
    self.protocols = protocols
    self.summary = summary
    self.source = source
    self.invariants = invariants
  }

  /// No wrong answer, but none either.
  public var isLiveness: Bool { invariants == ["LIVE"] }

  public static let all = raft + multiPaxos + zab + shared

  /// They break nothing, so torture does not find them, and cost: the regression gate must. `invariants` name the columns.
  public static let regressions: [Mutant] = [
    .init(
      "G-01", ["raft"], "a follower acknowledges every AppendEntries twice", source: "one message too many per batch",
      ["messages.csv frames", "summary.csv frames_per_batch"]),
    .init(
      "G-02", [], "every write to the journal is synchronised twice", source: "a second fsync per batch",
      ["summary.csv fsyncs_per_batch"]),
    .init(
      "G-03", [], "the next batch waits until the last one is executed", source: "pipelining lost",
      ["summary.csv goodput_per_s"]),
    .init(
      "G-04", [], "the buffers of a step's effects are allocated anew for each step", source: "a slower step",
      ["costs.csv allocations"]),
  ]
}
#endif
