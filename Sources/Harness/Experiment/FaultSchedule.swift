import Consensus
import Faults
import Simulator

/// The faults of an experiment: a plan whose times may be ranges, from which every trial draws its own.
struct FaultSchedule: Hashable, Sendable {
  /// One fault and when it strikes.
  struct Entry: Hashable, Sendable {
    /// Since the start of the measured window.
    var at: ClosedRange<Duration>
    var fault: Fault
    /// As an experiment file would say it.
    var text: String
    /// Where it was written, as a message begins: `load.yaml:9`.
    var place = ""
  }

  private(set) var entries: [Entry]

  init(_ entries: [Entry] = []) { self.entries = entries }

  /// The first request to the leader to hand over.
  var transfer: Entry? {
    entries.first { if case .transfer = $0.fault { true } else { false } }
  }

  /// How `configurations.csv` shows it.
  var text: String { entries.isEmpty ? "none" : entries.map(\.text).joined(separator: "; ") }

  /// The faults of the trial with this seed. Every range draws from the seed alone, whatever the protocol.
  func plan(seed: UInt64) -> FaultPlan {
    var random = RandomSource(seed: seed, stream: 0xA7)
    return FaultPlan(entries.map { ScheduledFault(at: random.duration(in: $0.at), $0.fault) })
  }

  /// What does not fit to the other inputs, and where it was written; nil: all is well.
  func contradiction(_ settings: ExperimentSettings) -> (place: String, reason: String)? {
    let time = ValueForm<Duration>.offset
    func reason(_ entry: Entry) -> String? {
      if entry.at.upperBound > settings.measure.window {
        return "\(time.print(entry.at.upperBound)) is after the end of measure.window, "
          + time.print(settings.measure.window)
      }
      if entry.at.lowerBound < .zero - settings.measure.warmUp {
        return "\(time.print(entry.at.lowerBound)) is before the beginning of measure.warm-up, "
          + time.print(settings.measure.warmUp)
      }
      let replicas = settings.environment.replicas
      if let stranger = entry.fault.nodes.first(where: { Int($0.index) >= replicas }) {
        return "\(stranger) is not one of \(replicas) replicas; the first is n0"
      }
      if let number = entry.fault.followers.first(where: { $0 >= replicas }) {
        return "follower-\(number) is not one of the \(replicas - 1) followers of \(replicas) replicas"
      }
      if case .change(.processor, _) = entry.fault, settings.environment.cpu == CPUModel() {
        return "slow-cpu has no effect, because nothing costs processor time: cpu.per-message-in and its like are 0"
      }
      return nil
    }
    for entry in entries { if let reason = reason(entry) { return (entry.place, reason) } }
    return contradictionOfBursts(settings)
  }

  /// What of loss and bursts cannot be at the same time, at the earliest or at the latest of the times that may be drawn.
  private func contradictionOfBursts(_ settings: ExperimentSettings) -> (place: String, reason: String)? {
    let link = settings.environment.link
    for moment in [\ClosedRange<Duration>.lowerBound, \.upperBound] {
      let order = entries.indices.sorted {
        (entries[$0].at[keyPath: moment], $0) < (entries[$1].at[keyPath: moment], $1)
      }
      let changes = order.map { (at: entries[$0].at[keyPath: moment], entry: entries[$0]) }
      let ends = changes.compactMap { change in change.entry.fault.conditionLength.map { change.at + $0 } }
      for time in changes.map(\.at) + ends where time < settings.measure.window {
        var (loss, burst, place) = (link.loss, link.burst, "")
        for change in changes where change.at <= time {
          guard case .change(let condition, let length) = change.entry.fault else { continue }
          if let length, change.at + length <= time { continue }
          switch condition {
          case .loss(let probability): (loss, place) = (probability, change.entry.place)
          case .burst(let length): (burst, place) = (length, change.entry.place)
          default: break
          }
        }
        if let reason = Self.contradiction(loss: loss, burst: burst) { return (place, reason) }
      }
    }
    return nil
  }

  /// Why so much cannot be lost in bursts of this mean length; nil: it can.
  static func contradiction(loss: Double, burst: Double) -> String? {
    let most = LossProcess.most(inBurstsOf: burst)
    guard loss < 1, loss > most else { return nil }
    let percent = ValueForm<Double>.percent
    // Rounded down, so that it may be taken at its word.
    let floor = (most * 10_000).rounded(.down) / 10_000
    return
      "\(percent(loss)) cannot be lost in bursts of \(ValueForm<Double>.burst.print(burst)); at most \(percent(floor)), or 100%"
  }
}

extension Fault {
  /// How long the change lasts that it is; nil: it is none, or has no end.
  fileprivate var conditionLength: Duration? {
    if case .change(_, let length) = self { length } else { nil }
  }

  /// The replicas that it names.
  var nodes: [NodeID] {
    switch self {
    case .partition(let group, _): Array(group)
    case .cut(let from, let to, _), .flap(.pair(let from, let to), _, _): [from, to]
    default: targets.compactMap { if case .node(let id) = $0 { id } else { nil } }
    }
  }
  /// The followers beyond the first that it looks for, by number.
  var followers: [Int] { targets.compactMap { if case .laterFollower(let number) = $0 { number } else { nil } } }

  private var targets: [FaultTarget] {
    if case .partialPartition(let one, let other, _) = self { one + other } else { target.map { [$0] } ?? [] }
  }
}
