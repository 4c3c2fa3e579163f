import Consensus

/// Swarm testing (Groce et al., ISSTA 2012): each seed draws the *rate* of each fault once, many of them zero, so that some runs
/// have much of one fault and none of another.
public struct RandomFaults: Sendable {
  public var plan: FaultPlan
  public var loss: Double
  public var duplication: Double
  public var reordering: Double

  /// Faults for `nodes` replicas within `span`, which end healed: every replica is back and every link open at its end.
  public init(seed: UInt64, nodes: Int, span: Duration) {
    var random = RandomSource(seed: seed, stream: 0xFA17)
    loss = Self.rate(&random, upTo: 0.3)
    duplication = Self.rate(&random, upTo: 0.5)
    reordering = Self.rate(&random, upTo: 0.5)
    // Mean time between faults of one kind, drawn per kind. A kind is off in half of the seeds.
    let kinds = 8
    let intervals = (0..<kinds).map { _ -> Int64? in
      random.chance(0.5) ? nil : random.duration(in: .milliseconds(400)...span / 3).nanoseconds
    }
    var faults: [ScheduledFault] = []
    for kind in 0..<kinds {
      guard let interval = intervals[kind] else { continue }
      var time: Int64 = 0
      while true {
        time += Int64(random.below(UInt64(2 * interval))) + 1
        guard time < span.nanoseconds else { break }
        let left = Duration.nanoseconds(span.nanoseconds - time)
        faults.append(.init(at: .nanoseconds(time), Self.fault(kind, nodes, left, &random)))
      }
    }
    if faults.isEmpty {
      faults = [.init(at: span / 4, Self.fault(Int(random.below(UInt64(kinds))), nodes, span / 2, &random))]
    }
    plan = FaultPlan(faults)
  }

  private static func rate(_ random: inout RandomSource, upTo most: Double) -> Double {
    random.chance(0.5) ? 0 : most * random.unit() * random.unit()
  }

  /// A fault lasts a minimum time, so that faults do not cancel out.
  private static func length(_ random: inout RandomSource, _ left: Duration) -> Duration {
    min(left, random.duration(in: .milliseconds(50)...(.seconds(4))))
  }

  private static func fault(_ kind: Int, _ nodes: Int, _ left: Duration, _ random: inout RandomSource) -> Fault {
    let node = NodeID(Int(random.below(UInt64(nodes))))
    let target: FaultTarget = random.chance(0.4) ? .leader : .node(node)
    let length = length(&random, left)
    switch kind {
    case 0: return .crash(target, downtime: length)
    case 1:
      return .crashAll(downtime: min(left / (nodes + 1), random.duration(in: .milliseconds(1)...(.milliseconds(300)))))
    case 2: return .pause(target, length)
    case 3: return .isolate(target, for: length)
    case 4:
      let group = 1 + random.below((1 << UInt64(nodes)) - 2)
      return .partition(NodeSet(bits: group), for: length)
    case 5:
      let other = NodeID((Int(node.index) + 1 + Int(random.below(UInt64(nodes - 1)))) % nodes)
      return .cut(from: node, to: other, for: length)
    case 6: return .mute(target, inbound: random.chance(0.5), for: length)
    default: return .crash(.follower, downtime: min(left, random.duration(in: .milliseconds(1)...(.milliseconds(20)))))
    }
  }
}
