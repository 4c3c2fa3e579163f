import Consensus

/// Searches for an order of a history's operations that explains every reply and respects real time: linearizability (Herlihy and
/// Wing 1990), key by key, since a history is linearizable if and only if it is so for each key (Herlihy and Wing's locality;
/// Horn and Kroening 2015).
///
/// Knows nothing of logs and protocols, so that it catches what a witness built on the log could miss.
public enum LinearizabilityChecker {
  public struct Result: Hashable, Sendable {
    /// `ok`, `violated`, or `unknown` when the search was given up.
    public var verdict: Verdict
    /// Keys that were searched to an end.
    public var keys: Int
    /// Which operation of which key finds no place, or why the search was given up; nil if all is well.
    public var detail: String?
  }

  /// - Parameter budget: looks at an operation in a configuration, over all keys; past it the answer is `unknown`. A hundred million take
  ///   a second.
  public static func check(_ history: [ClientOperation], budget: Int) -> Result {
    var byKey: [UInt32: [ClientOperation]] = [:]
    for operation in history where isRelevant(operation) {
      byKey[operation.operation.key, default: []].append(operation)
    }
    var left = budget
    var result = Result(verdict: .ok, keys: 0, detail: nil)
    // Short histories first: a long one that exhausts the budget hides nothing about the others.
    for (key, operations) in byKey.sorted(by: { ($0.value.count, $0.key) < ($1.value.count, $1.key) }) {
      let search = RegisterSearch(operations)
      switch search.run(&left) {
      case .linearizable: result.keys += 1
      case .stuck(let obstacle):
        return Result(verdict: .violated, keys: result.keys, detail: "key k\(key): \(obstacle)")
      case .exhausted where result.verdict == .ok:
        result.verdict = .unknown
        result.detail =
          left > 0
          ? "key k\(key) has too many possibilities at once"
          : "gave up after \(budget) looks, at key k\(key); a larger budget may tell"
      case .exhausted: break
      }
    }
    return result
  }

  /// What did not happen explains nothing, and neither does a read that nobody saw.
  private static func isRelevant(_ operation: ClientOperation) -> Bool {
    switch operation.outcome {
    case .failed: return false
    case .ok: return operation.operation.kind != .open
    case .pending, .unknown: return operation.operation.kind != .open && operation.operation.kind != .get
    }
  }
}
