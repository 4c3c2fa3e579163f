import Consensus

/// What checking a run found.
public enum Verdict: String, Hashable, Sendable, CaseIterable {
  /// Everything that was to be checked was, and held.
  case ok
  case violated
  /// A search was given up.
  case unknown
  /// Something was not checked at all.
  case unchecked
  /// The cluster did nothing wrong, but the load was not the one that was asked for, or the books do not balance.
  case void
}

/// What was checked after a run, and what came of it. A number from a run that is not `ok` is void.
public struct VerificationReport: Hashable, Sendable {
  public var verdict = Verdict.unchecked
  public var violations: [Violation] = []
  /// Names of what was checked.
  public var checked: [String] = []
  /// Client operations in the history.
  public var operations = 0
  /// Keys whose history was searched.
  public var keys = 0
  /// Slots of the chosen log.
  public var slots = 0

  /// Nothing was checked.
  public init() {}
}
