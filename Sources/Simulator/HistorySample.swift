import Verification

/// The search for a linearization as a second opinion, where the log itself has been the witness.
public enum HistorySample {
  /// The search costs more per operation than the run itself, and the log has told all already: as many keys as hold this many
  /// operations, from key 0 on.
  private static let operations = 20_000
  /// A second of work at most.
  private static let budget = 100_000_000

  /// Searches a part of `history`, whose operations are about keys below `keys`.
  public static func check(_ history: [ClientOperation], keys: Int) -> LinearizabilityChecker.Result {
    LinearizabilityChecker.check(sample(history, keys: keys), budget: budget)
  }

  private static func sample(_ history: [ClientOperation], keys count: Int) -> [ClientOperation] {
    guard history.count > operations else { return history }
    var counts = Array(repeating: 0, count: max(1, count))
    for operation in history { counts[Int(operation.operation.key)] += 1 }
    var keys = 0
    var total = 0
    while keys < counts.count, total < operations {
      total += counts[keys]
      keys += 1
    }
    let sample = history.filter { $0.operation.key < UInt32(keys) }
    return sample.count > 2 * operations ? beginning(of: sample) : sample
  }

  /// One hot key can hold most of a history. What began first is a history as well: what had not returned by then has no
  /// answer yet.
  private static func beginning(of history: [ClientOperation]) -> [ClientOperation] {
    let end = history[operations].invoked
    return history.prefix { $0.invoked < end }.map { operation in
      guard let returned = operation.returned, returned >= end else { return operation }
      var operation = operation
      operation.returned = nil
      operation.outcome = .unknown
      return operation
    }
  }
}
