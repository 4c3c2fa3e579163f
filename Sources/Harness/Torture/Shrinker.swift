import Consensus
import Faults
import Simulator

/// Makes a failing run small: leaves out whatever is not needed for the same invariant to fail.
///
/// Delta debugging (Zeller and Hildebrandt, IEEE TSE 2002) over faults and operations, and then simpler inputs, shorter faults and less
/// waiting between them. What is left out shifts every later draw of the seed, and with it the luck that a bug needs; so each
/// candidate has a few seeds to fail under, and more of them while what is left is more than a reader follows. A pure function of
/// the schedule: bounded by a number of runs, not by time.
public struct Shrinker {
  /// What a run came to: the invariant that broke first, and when, since the start of the window; nil: none did.
  public typealias Trial = (Schedule) -> (invariant: String, at: Duration)?

  /// The smallest run known to fail.
  public private(set) var best: Schedule
  /// Runs so far.
  public private(set) var tries = 0
  private let most: Int
  private let trial: Trial
  private let invariant: String
  private let progress: (Int) -> Void
  /// Seeds of each candidate, the known one first, and of one that leaves out much.
  private var luck = littleLuck
  private var muchLuck: UInt64 { 4 * luck }
  private static let littleLuck: UInt64 = 4
  private static let mostLuck: UInt64 = 256
  /// So many faults and operations can be read.
  private static let readable = 30

  /// Nil if `schedule` does not fail at all.
  ///
  /// - Parameters:
  ///   - most: Runs, at most.
  ///   - progress: Called after each run with their number.
  public init?(
    _ schedule: Schedule, most: Int = 10_000, progress: @escaping (Int) -> Void = { _ in }, trial: @escaping Trial
  ) {
    guard let found = trial(schedule) else { return nil }
    best = schedule
    self.most = most
    self.trial = trial
    self.progress = progress
    invariant = found.invariant
    best.invariant = found.invariant
    adopt(best, found.at)
  }

  /// Shrinks until nothing more can be left out, or the runs are used up.
  public mutating func shrink() {
    while tries < most {
      let before = best
      simplify()
      if luck > Self.littleLuck { keepPart(of: \.operations) }
      minimize(\.faults)
      minimize(\.operations)
      dropIdleClients()
      shorten()
      hurry()
      guard best == before else { continue }
      guard best.events > Self.readable, luck < Self.mostLuck else { return }
      luck *= 4
    }
  }

  // MARK: One candidate

  /// Whether `candidate` still fails alike; then it is the best.
  @discardableResult private mutating func attempt(_ candidate: Schedule, luck most: UInt64? = nil) -> Bool {
    guard candidate != best else { return false }
    var candidate = candidate
    let seed = best.seed
    for step in 0..<(most ?? luck) {
      guard tries < self.most else { return false }
      tries += 1
      progress(tries)
      candidate.seed = seed &+ step
      if let found = trial(candidate), found.invariant == invariant {
        adopt(candidate, found.at)
        return true
      }
    }
    return false
  }

  /// Without what lies behind the violation: a run ends with it.
  private mutating func adopt(_ schedule: Schedule, _ time: Duration) {
    best = schedule
    // What is found only when the run is over needs all of it.
    guard time < best.settings.measure.window else { return }
    best.faults.removeAll { $0.at > time }
    best.operations.removeAll { $0.at > time }
    best.settings.measure.window = max(.milliseconds(1), time.roundedUp)
  }

  // MARK: Delta debugging

  /// Leaves out ever smaller parts of a list, until no single item can go, or a good part of all runs is used up.
  private mutating func minimize<Item>(_ list: WritableKeyPath<Schedule, [Item]>) {
    var parts = 1
    let end = min(most, tries + most / 5)
    while !best[keyPath: list].isEmpty, tries < end {
      let count = best[keyPath: list].count
      let length = (count + parts - 1) / parts
      var isSmaller = false
      // From the end: what comes late disturbs least.
      var last = count
      while last > 0, tries < end {
        var candidate = best
        let first = max(0, last - length)
        candidate[keyPath: list].removeSubrange(first..<last)
        if attempt(candidate, luck: length > 8 ? muchLuck : luck) { isSmaller = true }
        last = min(first, best[keyPath: list].count)
      }
      if length == 1, !isSmaller { return }
      parts = isSmaller ? max(1, parts - 1) : min(parts * 2, best[keyPath: list].count)
    }
  }

  /// Leaves out all but one part of a list, if that is enough; the last is the likeliest.
  private mutating func keepPart<Item>(of list: WritableKeyPath<Schedule, [Item]>) {
    for parts in [16, 4, 2] {
      let items = best[keyPath: list]
      let length = (items.count + parts - 1) / parts
      for last in stride(from: items.count, to: 0, by: -max(1, length)) {
        var candidate = best
        candidate[keyPath: list] = Array(items[max(0, last - length)..<last])
        if attempt(candidate, luck: muchLuck) { return keepPart(of: list) }
      }
    }
  }

  // MARK: Simpler

  /// Each input to what makes a run easiest to follow, one after the other.
  private mutating func simplify() {
    for change in Self.simplifications {
      var candidate = best
      change(&candidate)
      attempt(candidate)
    }
  }

  private static var simplifications: [(inout Schedule) -> Void] {
    [
      { $0.reduceReplicas() },
      { $0.hasSectors = false },
      {
        $0.settings.environment.link.loss = 0
        $0.settings.environment.link.burst = 1
      },
      { $0.settings.environment.link.reordering = 0 },
      { $0.settings.environment.link.duplication = 0 },
      { $0.settings.environment.cpu = .init() },
      { $0.settings.environment.bandwidth = nil },
      { $0.settings.environment.groupCommit = .natural },
      { $0.settings.environment.fsync = .constant(.zero) },
      { $0.settings.environment.fsync = .constant(.milliseconds(1)) },
      { $0.settings.environment.link.delay = .constant(.milliseconds(1)) },
      { $0.settings.environment.clientDelay = .zero },
      { $0.settings.environment.snapshotEvery = 0 },
      { $0.settings.environment.takesSnapshots(every: 2) },
      { $0.settings.environment.takesSnapshots(every: 5) },
      { $0.settings.environment.batch.commands = 1 },
      { $0.settings.environment.timing.trustsDisconnect = false },
      { for index in $0.operations.indices { $0.operations[index].padding = 0 } },
      { $0.round() },
    ]
  }

  /// Clients without an operation go: each opens a session all the same.
  private mutating func dropIdleClients() {
    guard best.settings.arrival == .closed else { return }
    let busy = Set(best.operations.compactMap(\.client)).sorted()
    for names in [Array(busy.prefix(1)), busy] {
      var candidate = best
      candidate.settings.clients = max(1, names.count)
      for index in candidate.operations.indices {
        let client = candidate.operations[index].client!
        candidate.operations[index].client = UInt32(names.firstIndex(of: client) ?? 0)
      }
      if attempt(candidate, luck: muchLuck) { return }
    }
  }

  // MARK: Shorter

  private mutating func shorten() {
    for index in best.faults.indices {
      for divisor in [16, 4, 2] {
        guard index < best.faults.count, let length = best.faults[index].fault.length else {
          break
        }
        var candidate = best
        let shorter = max(.milliseconds(10), length / divisor).roundedUp
        guard shorter < length else { continue }
        candidate.faults[index].fault = best.faults[index].fault.lasting(shorter)
        if attempt(candidate) { break }
      }
    }
  }

  /// Less waiting before each event, and after the last.
  private mutating func hurry() {
    var last = Duration.zero
    while tries < most, let next = best.times.first(where: { $0 > last }) {
      for share in [16, 2] {
        let gap = next - last
        guard gap > .milliseconds(20) else { break }
        var candidate = best
        let shift = (gap - gap / share).roundedDown
        candidate.shift(from: next, by: shift)
        if attempt(candidate) { break }
      }
      // The event may stand elsewhere now; the next one is behind whatever stands first behind the last one.
      last = best.times.first { $0 > last } ?? next
    }
    for share in [16, 4, 2] {
      var candidate = best
      let end = best.times.last ?? .zero
      let rest = best.settings.measure.window - end
      candidate.settings.measure.window = max(.milliseconds(1), end + rest / share).roundedUp
      if candidate.settings.measure.window < best.settings.measure.window, attempt(candidate) { break }
    }
  }
}

extension Schedule {
  /// When something happens, in order.
  fileprivate var times: [Duration] { (faults.map(\.at) + operations.map(\.at)).sorted() }

  /// Everything from `time` on, sooner.
  fileprivate mutating func shift(from time: Duration, by shift: Duration) {
    for index in faults.indices where faults[index].at >= time { faults[index].at -= shift }
    for index in operations.indices where operations[index].at >= time { operations[index].at -= shift }
    settings.measure.window = max(.milliseconds(1), settings.measure.window - shift)
  }

  /// Every time to the whole millisecond.
  fileprivate mutating func round() {
    for index in operations.indices { operations[index].at = operations[index].at.roundedDown }
    for index in faults.indices {
      faults[index].at = faults[index].at.roundedDown
      if case .crashAll(let step) = faults[index].fault { faults[index].fault = .crashAll(downtime: step.roundedUp) }
      if let length = faults[index].fault.length { faults[index].fault = faults[index].fault.lasting(length.roundedUp) }
    }
  }

  /// Three replicas show most of what more do.
  fileprivate mutating func reduceReplicas() {
    guard replicas > 3 else { return }
    settings.environment.replicas = 3
    faults.removeAll { $0.fault.nodes.contains { $0.index > 2 } }
  }
}

extension Environment {
  /// What takes a long log takes a short one then; nothing if there are no snapshots, or more of them.
  fileprivate mutating func takesSnapshots(every slots: Int) {
    guard snapshotEvery > slots else { return }
    snapshotEvery = slots
    retained = min(retained, slots)
  }
}

extension Duration {
  /// To the whole millisecond: what people read.
  fileprivate var roundedDown: Duration { .milliseconds(nanoseconds / 1_000_000) }
  fileprivate var roundedUp: Duration { .milliseconds((nanoseconds + 999_999) / 1_000_000) }
}
