import Consensus
import NIOCore

/// The timers of one replica on its event loop: a table of deadlines, and one task of the loop for the earliest. Moving a deadline
/// later costs nothing: the task finds that when it runs.
struct LoopTimers<Timer: Hashable> {
  private var entries: [(timer: Timer, deadline: Int64?)] = []
  private var task: Scheduled<Void>?
  private var taskAt = Int64.max

  /// `wake` runs on `loop` when a timer may have expired.
  mutating func start(_ timer: Timer, deadline: Int64, on loop: any EventLoop, wake: @escaping @Sendable () -> Void) {
    entries[index(of: timer)].deadline = deadline
    guard deadline < taskAt else { return }
    task?.cancel()
    taskAt = deadline
    task = loop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(deadline)), wake)
  }

  mutating func stop(_ timer: Timer) { entries[index(of: timer)].deadline = nil }

  /// The timer whose deadline passed first; it is stopped.
  mutating func takeExpired(at now: Int64) -> Timer? {
    var first: Int?
    for index in entries.indices {
      guard let deadline = entries[index].deadline, deadline <= now else { continue }
      if first == nil || deadline < entries[first!].deadline! { first = index }
    }
    guard let first else { return nil }
    entries[first].deadline = nil
    return entries[first].timer
  }

  /// The loop's task has run: another for the earliest deadline that is left.
  mutating func rearm(on loop: any EventLoop, wake: @escaping @Sendable () -> Void) {
    taskAt = .max
    task = nil
    guard let next = entries.compactMap(\.deadline).min() else { return }
    taskAt = next
    task = loop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(next)), wake)
  }

  mutating func cancel() {
    task?.cancel()
    entries = []
    task = nil
    taskAt = .max
  }

  private mutating func index(of timer: Timer) -> Int {
    for index in entries.indices where entries[index].timer == timer { return index }
    entries.append((timer, nil))
    return entries.count - 1
  }
}
