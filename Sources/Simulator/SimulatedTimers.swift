import Consensus

/// The timers of one replica. A restart moves a deadline; the queue entry that already waits is re-aimed when it surfaces.
struct SimulatedTimers<Timer: Hashable> {
  private struct Entry {
    var timer: Timer
    /// nil: stopped.
    var deadline: Int64?
    /// The earliest queue entry under way for this timer.
    var queued: Int64?
  }
  private var entries: [Entry] = []

  enum Surfaced {
    case expired(Timer)
    /// Wait again, until this time.
    case again(Int64)
    case nothing
  }

  /// The index to queue at `deadline`, or nil if an entry that surfaces early enough is under way.
  mutating func start(_ timer: Timer, deadline: Int64) -> Int32? {
    let index = index(of: timer)
    entries[index].deadline = deadline
    if let queued = entries[index].queued, queued <= deadline { return nil }
    entries[index].queued = deadline
    return Int32(index)
  }

  mutating func stop(_ timer: Timer) { entries[index(of: timer)].deadline = nil }

  /// The queue entry of `index` surfaced at `now`.
  mutating func surface(_ index: Int32, at now: Int64) -> Surfaced {
    let index = Int(index)
    guard entries[index].queued == now else { return .nothing }
    guard let deadline = entries[index].deadline else {
      entries[index].queued = nil
      return .nothing
    }
    if deadline > now {
      entries[index].queued = deadline
      return .again(deadline)
    }
    entries[index].queued = nil
    entries[index].deadline = nil
    return .expired(entries[index].timer)
  }

  /// While the process was paused its deadlines passed: whether this timer's has, and is still meant.
  mutating func takeExpired(at now: Int64) -> Timer? {
    guard
      let index = entries.indices
        .filter({ entries[$0].deadline.map { $0 <= now } ?? false })
        .min(by: { (entries[$0].deadline!, $0) < (entries[$1].deadline!, $1) })
    else { return nil }
    entries[index].deadline = nil
    return entries[index].timer
  }

  /// Timers that still run, to be queued again: entries that surfaced during a pause were lost.
  mutating func requeue() -> [(index: Int32, deadline: Int64)] {
    var running: [(index: Int32, deadline: Int64)] = []
    for index in entries.indices {
      entries[index].queued = entries[index].deadline
      if let deadline = entries[index].deadline { running.append((Int32(index), deadline)) }
    }
    return running
  }

  private mutating func index(of timer: Timer) -> Int {
    for index in entries.indices where entries[index].timer == timer { return index }
    entries.append(Entry(timer: timer, deadline: nil, queued: nil))
    return entries.count - 1
  }
}
