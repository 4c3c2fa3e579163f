import Consensus

/// What the generator of the load did in the measured window, in exact integers: material for an audit of it.
public struct GeneratedLoad: Hashable, Sendable {
  /// Operations due in the window that were begun: only these have a kind, a key and a payload.
  public var begun: UInt64 = 0
  public var gets: UInt64 = 0
  public var swaps: UInt64 = 0
  public var deletes: UInt64 = 0
  /// Bytes of payload of the rest and of the swaps.
  public var payload: UInt64 = 0
  /// Operations on the keys that are watched (``KeyChoice/watched(of:)``).
  public var watched: UInt64 = 0
  /// Operations due in the window that were for clients of each replica's place, begun or not; empty unless they come in turn.
  public var asked: [UInt64] = []
  /// Rests that a closed loop's clients began in the window, and the nanoseconds that they were to take.
  public var rests: UInt64 = 0
  public var rested: Int64 = 0

  /// Operations due in the window that found no free session.
  public var waited: UInt64 = 0
  /// Of these, the ones that found a cluster that served, and no request waiting at any replica either: with more sessions
  /// they would have been served at once, so what they waited for was the pool and not the cluster.
  public var starved: UInt64 = 0

  /// Operations in the system, from when they are due until they are answered or given up, integrated over the window:
  /// operations times nanoseconds.
  public var inSystem: Int64 = 0
  /// Of the time in the system of operations due before the window, what lay in the window.
  public var before: Int64 = 0
  /// Of the time in the system of operations due in the window, what lay after its end.
  public var beyond: Int64 = 0

  public init() {}

  mutating func note(_ operation: Operation, _ padding: UInt32, isWatched: Bool) {
    begun += 1
    payload += UInt64(padding)
    if isWatched { watched += 1 }
    switch operation.kind {
    case .get: gets += 1
    case .cas: swaps += 1
    case .delete: deletes += 1
    case .put, .open: break
    }
  }
}

/// The operations in the system, counted as they come and go, and nothing else: what becomes of a single one is not
/// known here.
struct Presence {
  private var count: Int64 = 0
  private var sum: Int64 = 0
  private var last: Int64?

  mutating func enter(at time: Int64) { change(by: 1, at: time) }
  mutating func leave(at time: Int64) { change(by: -1, at: time) }
  /// From now on the count is integrated.
  mutating func start(at time: Int64) { last = time }
  /// The integral since `start`.
  mutating func stop(at time: Int64) -> Int64 {
    change(by: 0, at: time)
    last = nil
    return sum
  }

  private mutating func change(by step: Int64, at time: Int64) {
    if let last {
      sum += count * (time - last)
      self.last = time
    }
    count += step
  }
}
