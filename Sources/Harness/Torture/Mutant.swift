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
}
#endif
