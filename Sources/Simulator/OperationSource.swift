import Consensus
import Faults

/// What clients ask, drawn from a workload: the same seed asks the same, in virtual time and in real time.
public struct OperationSource: Sendable {
  private let workload: Workload
  private let keys: KeySampler?
  /// Operations on keys below this are counted for the audit.
  public let watchedKeys: UInt32
  private var content: RandomSource
  // Streams of their own: what is switched on here leaves everything else as it was.
  private var popularity: RandomSource
  private var sizes: RandomSource
  /// The newest value written to each key: what a `cas` hopes to find.
  private var newest: [UInt64]
  private var lastValue: UInt64 = 0

  public init(_ workload: Workload, seed: UInt64) {
    self.workload = workload
    keys = KeySampler(workload.keyChoice, count: max(1, workload.keys))
    watchedKeys = UInt32(workload.keyChoice.watched(of: max(1, workload.keys)))
    content = RandomSource(seed: seed, stream: 6)
    popularity = RandomSource(seed: seed, stream: 16)
    sizes = RandomSource(seed: seed, stream: 17)
    newest = Array(repeating: 0, count: max(1, workload.keys))
  }

  public mutating func next() -> (operation: Operation, padding: UInt32) {
    // Drawn even if another one counts: which operation it is must not depend on how keys are chosen.
    let uniform = UInt32(content.below(UInt64(newest.count)))
    let key = keys?.next(&popularity) ?? uniform
    let kind = content.unit()
    if kind < workload.reads { return (.get(key), 0) }
    if kind < workload.reads + workload.deletes { return (.delete(key), 0) }
    lastValue += 1
    let expected = newest[Int(key)]
    newest[Int(key)] = lastValue
    let padding = UInt32(workload.payload.sample(&sizes))
    if kind < workload.reads + workload.deletes + workload.swaps {
      return (.cas(key, from: expected, to: lastValue), padding)
    }
    return (.put(key, lastValue), padding)
  }
}

/// When the operations of an open loop are due.
public struct ArrivalSource: Sendable {
  private let workload: Workload
  private var random: RandomSource
  private var count: UInt64 = 0
  private var last: Double = 0
  /// Nanoseconds from which they count.
  public var start: Int64 = 0

  public init(_ workload: Workload, seed: UInt64) {
    self.workload = workload
    random = RandomSource(seed: seed, stream: 5)
  }

  /// Nanoseconds; nil: nothing is ever due of itself.
  public mutating func next() -> Int64? {
    count += 1
    switch workload.arrival {
    case .constant(let rate): return moment(of: Double(count) * 1e9 / rate)
    case .poisson(let rate):
      last += 1e9 / rate * -naturalLogarithm(1 - random.unit())
      return moment(of: last)
    case .closed, .none: return nil
    }
  }
  private func moment(of passed: Double) -> Int64 {
    start + Int64((workload.bursts?.moment(of: passed) ?? passed).rounded(.down))
  }
}
