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
    /// Nil: it strikes once.
    var repetition: Repetition?
  }

  /// Strikes after the first.
  struct Repetition: Hashable, Sendable {
    /// From each to the next.
    var every: Duration
    /// The first one included; nil: as many as begin within the window.
    var times: Int?
  }
  /// More of one entry are a mistake, or a matter for `loss`, `flap` and the like.
  private static let mostStrikes = 10_000

  private(set) var entries: [Entry]

  init(_ entries: [Entry] = []) { self.entries = entries }

  /// The first request to the leader to hand over.
  var transfer: Entry? {
    entries.first { if case .transfer = $0.fault { true } else { false } }
  }

  /// How `configurations.csv` shows it.
  var text: String { entries.isEmpty ? "none" : entries.map(\.text).joined(separator: "; ") }

  /// The faults of the trial with this seed. Everything draws from the seed alone, whatever the protocol: times from one stream for all
  /// entries, and what repetitions and `any` need beyond that from one for each.
  func plan(seed: UInt64, replicas: Int, window: Duration) -> FaultPlan {
    var random = RandomSource(seed: seed, stream: 0xA7)
    var faults: [ScheduledFault] = []
    for (index, entry) in entries.enumerated() {
      var own = RandomSource(seed: seed, stream: 0xA7_00 + UInt64(index))
      faults.append(.init(at: random.duration(in: entry.at), entry.fault.drawn(of: replicas, &own)))
      for later in entry.strikes(in: window).dropFirst() {
        faults.append(.init(at: own.duration(in: later.at), entry.fault.drawn(of: replicas, &own)))
      }
    }
    return FaultPlan(faults)
  }

  /// Every strike as an entry of its own that is not repeated.
  func strikes(in window: Duration) -> [Entry] { entries.flatMap { $0.strikes(in: window) } }

  /// What does not fit to the other inputs, and where it was written; nil: all is well.
  func contradiction(_ settings: ExperimentSettings) -> (place: String, reason: String)? {
    let time = ValueForm<Duration>.offset
    let window = settings.measure.window
    func reason(_ entry: Entry) -> String? {
      let strikes = entry.strikeCount(in: window)
      guard strikes <= Self.mostStrikes else {
        return "'every' makes it strike \(strikes) times; at most \(Self.mostStrikes)"
      }
      let last = entry.strike(strikes - 1).upperBound
      if last > window {
        return "\(time.print(last)) is after the end of measure.window, " + time.print(window)
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
      if entry.fault.drawnTargets > replicas {
        return "'any' stands \(entry.fault.drawnTargets) times, for different ones of \(replicas) replicas"
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
    let entries = strikes(in: settings.measure.window).filter(\.fault.isLossOrBurst)
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

  fileprivate var isLossOrBurst: Bool {
    switch self {
    case .change(.loss, _), .change(.burst, _): true
    default: false
    }
  }

  /// For how many of its targets any replica will do.
  var drawnTargets: Int { targets.count { $0 == .any } }
  /// The same with replicas drawn for these, each one once.
  fileprivate func drawn(of replicas: Int, _ random: inout RandomSource) -> Fault {
    guard drawnTargets > 0 else { return self }
    var left = (0..<replicas).map { NodeID($0) }
    return mapTargets { target in
      guard target == .any else { return target }
      // A protocol that stands on fewer replicas than the others has nobody more to strike.
      guard !left.isEmpty else { return .node(NodeID(replicas)) }
      return .node(left.remove(at: Int(random.below(UInt64(left.count)))))
    }
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

extension FaultSchedule.Entry {
  /// How often it strikes in a window.
  fileprivate func strikeCount(in window: Duration) -> Int {
    guard let repetition else { return 1 }
    if let times = repetition.times { return times }
    let (left, every) = ((window - at.upperBound).nanoseconds, repetition.every.nanoseconds)
    return max(1, Int((left + every - 1) / every))
  }
  /// The moments of its strike with this number, counted from 0.
  fileprivate func strike(_ number: Int) -> ClosedRange<Duration> {
    let shift = (repetition?.every ?? .zero) * number
    return at.lowerBound + shift...at.upperBound + shift
  }
  fileprivate func strikes(in window: Duration) -> [FaultSchedule.Entry] {
    guard repetition != nil else { return [self] }
    return (0..<strikeCount(in: window)).map { number in
      var strike = self
      strike.at = self.strike(number)
      strike.repetition = nil
      return strike
    }
  }
}
