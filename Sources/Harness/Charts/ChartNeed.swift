import Consensus
import Faults

/// What a chart needs of the experiment that it draws: an experiment that names one with nothing to show, or one that would mix what it
/// cannot tell apart, is refused before anything has run.
struct ChartNeed: Sendable {
  /// What must hold for every configuration besides its sweep.
  enum Demand { case strikesLeader, onlyCrashes, steadyFaults, openLoop, fewPanels, oneOverload, bringsBack }

  /// How many swept inputs it takes.
  private let inputs: ClosedRange<Int>
  /// One that is the first of these; nil: any.
  private let key: String?
  /// What shows fewer swept inputs, or more.
  private let fewer: String?
  private let more: String?
  private let demands: [Demand]

  private init(
    _ inputs: ClosedRange<Int>, of key: String? = nil, fewer: String? = nil, more: String? = nil,
    _ demands: Demand...
  ) {
    self.inputs = inputs
    self.key = key
    self.fewer = fewer
    self.more = more
    self.demands = demands
  }

  /// By the name of the chart. One that is not here needs nothing.
  static let all: [String: ChartNeed] = [
    "latency-sweep": .init(1...2, fewer: "latency-cdf"),
    "goodput-sweep": .init(1...2, fewer: "latency-cdf"),
    "latency-load": .init(1...2, of: "workload.rate", fewer: "latency-sweep"),
    "latency-bars": .init(1...1, fewer: "latency-cdf", more: "latency-sweep"),
    "latency-cdf": .init(0...12, more: "latency-sweep", .fewPanels),
    "heat-map": .init(2...2, fewer: "goodput-sweep"),
    "cost-bars": .init(0...1, of: "cluster.replicas", more: "latency-sweep"),
    "election-cdf": .init(0...0, more: "outages", .strikesLeader),
    "failover-box": .init(0...0, more: "outages", .strikesLeader),
    "failover-parts": .init(0...1, more: "outages", .strikesLeader),
    "survival": .init(0...1, more: "outages", .strikesLeader),
    "catch-up": .init(1...1, fewer: "timeline", .bringsBack),
    "timeline": .init(0...0, more: "timelines", .steadyFaults),
    "timelines": .init(1...1, fewer: "timeline", .steadyFaults),
    "outages": .init(1...1, fewer: "timeline"),
    "scenario-map": .init(1...1, fewer: "timeline"),
    "tolerance-map": .init(0...1, of: "cluster.replicas", .onlyCrashes, .openLoop),
    "stages": .init(0...1, more: "latency-sweep"),
    "overload": .init(0...1, more: "latency-sweep", .steadyFaults, .oneOverload),
    "trade-off": .init(1...1, of: "timing.election-timeout", .strikesLeader),
    "published-times": .init(1...1, of: "timing.election-timeout", .strikesLeader),
    "published-rates": .init(2...2, of: "cluster.replicas", fewer: "goodput-sweep"),
  ]

  /// What `chart` lacks in an experiment of these configurations, and the nearest fix, to be read after its name; nil: nothing.
  static func lack(_ chart: String, _ points: [ExperimentPoint]) -> String? {
    guard let need = all[chart], !points.isEmpty else { return nil }
    return need.lack(points) ?? need.demands.lazy.compactMap { $0.lack(points) }.first
  }

  private func lack(_ points: [ExperimentPoint]) -> String? {
    let values = Self.sweptValues(points)
    let swept = values.keys.sorted()
    let found = swept.isEmpty ? "nothing is swept" : "swept is \(AnswerText.list(swept))"
    if swept.count < inputs.lowerBound || (inputs.lowerBound > 0 && key.map { !swept.contains($0) } ?? false) {
      let needed = key ?? (inputs.lowerBound > 1 ? "two inputs" : "an input")
      return "needs a sweep over \(needed), and \(found)"
        + Self.fix(fewer, inputs.lowerBound > 1 ? "sweep one more" : "sweep it")
    }
    // Panels show a second input, and the axis is the one with the most values.
    if inputs.upperBound > 1 {
      guard swept.count <= inputs.upperBound else {
        return "shows two swept inputs at most, and \(found)" + Self.fix(more, "sweep fewer")
      }
      let axis = swept.max { (values[$0]?.count ?? 0, $1) < (values[$1]?.count ?? 0, $0) }
      guard let key, axis != key else { return nil }
      return "needs \(key) as the swept input with the most values, and that is \(axis ?? "none")"
        + Self.fix(fewer, "sweep fewer")
    }
    let shown = Array((key.map { [$0] } ?? swept).prefix(inputs.upperBound))
    for own in Dictionary(grouping: points, by: \.variant.name).values {
      let told = Set(own.map { point in shown.map { key in point.inputs.first { $0.key == key }?.value } })
      guard told.count == own.count else {
        return "would mix the values of \(AnswerText.list(swept.filter { !shown.contains($0) }))"
          + Self.fix(more, "sweep fewer")
      }
    }
    return nil
  }

  private static func fix(_ chart: String?, _ otherwise: String) -> String {
    chart.map { "; draw \($0), or \(otherwise)" } ?? "; \(otherwise)"
  }

  /// As the charts see it: of a sweep over faults, the names of its cases.
  private static func sweptValues(_ points: [ExperimentPoint]) -> [String: Set<String>] {
    var values: [String: Set<String>] = [:]
    for input in points.flatMap(\.inputs)
    where input.isSwept && input.value != "unused" && input.key != ExperimentPoint.faultsKey {
      values[input.key, default: []].insert(input.value)
    }
    return values
  }
}

extension ChartNeed.Demand {
  fileprivate func lack(_ points: [ExperimentPoint]) -> String? {
    switch self {
    case .strikesLeader:
      let isMet = points.allSatisfy { $0.faults.entries.contains { $0.fault.mayStrikeLeader } }
      return isMet ? nil : "needs a fault that strikes the leader; add one, such as faults: [{at: 1s, crash: leader}]"
    case .onlyCrashes:
      return points.lazy.compactMap(Self.lackOfCrashes).first
    case .steadyFaults:
      let time = ValueForm<ClosedRange<Duration>>.moments
      for point in points {
        let interval = point.template.measure.interval
        for entry in point.faults.entries where entry.at.upperBound - entry.at.lowerBound > interval {
          return
            "needs faults at the same times in each trial, and \(time.print(entry.at)) is longer than measure.interval, "
            + "\(ValueForm<Duration>.duration.print(interval)); give one time"
        }
      }
      return nil
    case .fewPanels:
      let places = Set(points.map { $0.inputs.filter { $0.isSwept && !curves.contains($0.key) } })
      return places.count <= mostPanels
        ? nil
        : "shows \(mostPanels) combinations of swept values at most, and there are \(places.count); draw latency-sweep, or "
          + "sweep fewer"
    case .oneOverload:
      let overloads = points.map { point in
        Overload(Dictionary(point.inputs.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }))
      }
      let isMet = Set(overloads).count == 1 && overloads.first != .some(nil)
      return isMet
        ? nil
        : "needs one burst for all, with calm before and after it in the window; set workload.bursts, such as "
          + "0.4x for 1500ms every 2s"
    case .bringsBack:
      let isMet = points.allSatisfy { $0.faults.entries.contains { $0.fault.bringsBack } }
      return isMet
        ? nil : "needs a replica that is away for a time; add one, such as faults: [{at: 1s, crash: follower, for: 1s}]"
    case .openLoop:
      let isMet = points.allSatisfy(\.isOpenLoop)
      return isMet ? nil : "needs operations that come at a rate; set workload.arrival to constant or poisson"
    }
  }

  /// What the curves of one panel differ in.
  private var curves: [String] { ["cluster.replicas", ExperimentPoint.faultsKey] }
  private var mostPanels: Int { 12 }

  /// It counts every fault as one more leader that failed, and what is answered from a second after it on.
  private static func lackOfCrashes(_ point: ExperimentPoint) -> String? {
    let entries = point.faults.strikes(in: point.template.measure.window).sorted { $0.at.lowerBound < $1.at.lowerBound }
    let isMet = !entries.isEmpty && entries.allSatisfy { $0.fault == .crash(.leader, downtime: nil) }
    guard isMet else {
      return "needs crashes of the leader for good and no other faults, such as faults: [{at: 1s, crash: leader}]"
    }
    let (least, time) = (.seconds(1) + point.template.measure.interval, ValueForm<Duration>.offset)
    for (entry, next) in zip(entries, entries.dropFirst()) where next.at.lowerBound - entry.at.upperBound < least {
      return "needs failures at least \(time.print(least)) apart, and those at \(time.print(entry.at.upperBound)) and "
        + "\(time.print(next.at.lowerBound)) are not; give them more time"
    }
    return nil
  }
}

extension Fault {
  /// Whether one replica is away for its length, or back through it.
  fileprivate var bringsBack: Bool {
    switch self {
    case .crash, .pause, .isolate, .mute: length != nil
    case .restart: true
    default: false
    }
  }

  /// Whether a leader may be among those that it stops or cuts off, or is asked to leave: only then is a fail-over timed.
  fileprivate var mayStrikeLeader: Bool {
    switch self {
    case .crash(let target, _), .reconnect(let target), .pause(let target, _), .isolate(let target, _),
      .mute(let target, _, _), .breakDisk(let target, _, _),
      .stallDisk(let target, _), .flap(.target(let target), _, _):
      target.mayLead
    case .star(let target, _): target != .leader
    case .partialPartition(let one, let other, _): (one + other).contains(where: \.mayLead)
    case .crashAll, .partition, .flap(.pair, _, _), .transfer: true
    case .restart, .cut, .heal, .change, .oldDuplicates: false
    }
  }
}
