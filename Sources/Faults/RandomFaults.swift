import Consensus

/// Swarm testing (Groce et al., ISSTA 2012): each seed has the *rate* of each kind of fault drawn once, most of them zero, so that some
/// runs have much of one fault and none of another.
public struct RandomFaults: Sendable {
  public var plan: FaultPlan
  public var loss: Double
  public var burst: Double
  public var duplication: Double
  public var reordering: Double
  /// Disks are sectors, and a crash tears what is not synced. Otherwise a crash keeps a prefix of it.
  public var hasSectors: Bool
  /// Disks are harmed however few are left whole, and twice as many: of such a run only safety can be demanded.
  public var mayLoseQuorum: Bool

  /// What is drawn. Each kind has a random stream of its own, so that a new one leaves the others as they were.
  enum Kind: UInt64, CaseIterable {
    case crash, blink, crashAll
    case pause, slowProcessor, clockRate
    case isolate, partition, partialPartition, star, cut, mute, flap
    case loss, burst, delay, bandwidth
    case reconnect
    case stallDisk, slowDisk
    case transfer
    case oldDuplicates
  }

  /// Faults for `nodes` replicas within `span`; all that last end with it.
  ///
  /// - Parameters:
  ///   - sessions: Links are sessions, which can break.
  ///   - transfers: The protocol can hand its leadership over.
  ///   - costs: Something costs processor time.
  public init(
    seed: UInt64, nodes: Int, span: Duration, sessions: Bool = true, transfers: Bool = false, costs: Bool = false
  ) {
    var random = RandomSource(seed: seed, stream: 0xFA17)
    loss = Self.rate(&random, upTo: 0.3)
    duplication = Self.rate(&random, upTo: 0.5)
    reordering = Self.rate(&random, upTo: 0.5)
    burst = loss > 0 && random.chance(0.3) ? 2 + Double(random.below(5)) : 1
    let kinds = Kind.allCases.filter {
      switch $0 {
      case .reconnect: sessions
      case .oldDuplicates: !sessions
      case .transfer: transfers
      case .slowProcessor: costs
      case .partialPartition, .star: nodes > 2
      default: true
      }
    }
    var faults: [ScheduledFault] = []
    for kind in kinds {
      var random = RandomSource(seed: seed, stream: 0xFA17_00 + kind.rawValue)
      guard random.chance(Self.share) else { continue }
      // The mean time between faults of this kind.
      let interval = random.duration(in: .milliseconds(400)...span / 3).nanoseconds
      var time: Int64 = 0
      while true {
        time += Int64(random.below(UInt64(2 * interval))) + 1
        let left = span.nanoseconds - time
        guard left > Self.shortest.nanoseconds else { break }
        faults.append(.init(at: .nanoseconds(time), Self.fault(kind, nodes, .nanoseconds(left), &random)))
      }
    }
    if faults.isEmpty {
      let kind = kinds[Int(random.below(UInt64(kinds.count)))]
      faults = [.init(at: span / 4, Self.fault(kind, nodes, span / 2, &random))]
    }
    hasSectors = Self.hasSectors(seed)
    mayLoseQuorum = hasSectors && Self.mayLoseQuorum(seed)
    if hasSectors { faults += Self.diskFaults(seed, nodes, span, share: Self.share * (mayLoseQuorum ? 2 : 1)) }
    plan = FaultPlan(faults)
  }

  /// How many of the kinds a seed has.
  private static var share: Double { 0.3 }
  /// A fault lasts at least so long, so that faults do not cancel out.
  private static var shortest: Duration { .milliseconds(50) }

  private static func hasSectors(_ seed: UInt64) -> Bool {
    var random = RandomSource(seed: seed, stream: 0xD15C)
    return random.chance(0.5)
  }

  private static func mayLoseQuorum(_ seed: UInt64) -> Bool {
    var random = RandomSource(seed: seed, stream: 0xD15C_4057)
    return random.chance(0.2)
  }

  /// What is damaged is found by the next recovery: a crash follows.
  private static func diskFaults(
    _ seed: UInt64, _ nodes: Int, _ span: Duration, share: Double
  ) -> [ScheduledFault] {
    var faults: [ScheduledFault] = []
    for (index, kind) in DiskFault.allCases.enumerated() {
      var random = RandomSource(seed: seed, stream: 0xD15C_00 + UInt64(index))
      guard random.chance(share) else { continue }
      for _ in 0...random.below(4) {
        let at = random.duration(in: .milliseconds(500)...(span - shortest * 2))
        let node = FaultTarget.node(NodeID(Int(random.below(UInt64(nodes)))))
        let length = length(&random, span - at - shortest)
        faults.append(.init(at: at, .breakDisk(node, kind, for: kind.lasts ? length : .zero)))
        guard kind.harms, kind != .failure else { continue }
        // Before a lie ends: an honest sync would make up for it.
        let after = kind == .lostSync ? length - .milliseconds(1) : random.duration(in: .zero...length)
        let downtime = random.duration(in: shortest...(.milliseconds(500)))
        faults.append(.init(at: at + after, .crash(node, downtime: min(downtime, span - at - after))))
      }
    }
    return faults
  }

  private static func rate(_ random: inout RandomSource, upTo most: Double) -> Double {
    random.chance(0.5) ? 0 : most * random.unit() * random.unit()
  }

  private static func length(_ random: inout RandomSource, _ left: Duration) -> Duration {
    min(left, random.duration(in: shortest...(.seconds(4))))
  }

  private static func fault(_ kind: Kind, _ nodes: Int, _ left: Duration, _ random: inout RandomSource) -> Fault {
    let node = NodeID(Int(random.below(UInt64(nodes))))
    let other = NodeID((Int(node.index) + 1 + Int(random.below(UInt64(nodes - 1)))) % nodes)
    let target: FaultTarget = random.chance(0.4) ? .leader : .node(node)
    let length = length(&random, left)
    switch kind {
    case .crash: return .crash(target, downtime: length)
    case .blink: return .crash(.follower, downtime: random.duration(in: .milliseconds(1)...(.milliseconds(20))))
    case .crashAll:
      // In whole nanoseconds, as everything is.
      let step = Duration.nanoseconds(left.nanoseconds / Int64(nodes + 1))
      return .crashAll(downtime: min(step, random.duration(in: .milliseconds(1)...(.milliseconds(300)))))
    case .pause: return .pause(target, length)
    case .slowProcessor: return .change(.processor(target, Double(2 + random.below(30))), for: length)
    case .clockRate: return .change(.clock(target, Double(50 + random.below(101)) / 100), for: length)
    case .isolate: return .isolate(target, for: length)
    case .partition:
      let group = 1 + random.below((1 << UInt64(nodes)) - 2)
      return .partition(NodeSet(bits: group), for: length)
    case .partialPartition: return .partialPartition([target], [.node(other)], for: length)
    case .star: return .star(target, for: length)
    case .cut: return .cut(from: node, to: other, for: length)
    case .mute: return .mute(target, inbound: random.chance(0.5), for: length)
    case .flap:
      let period = random.duration(in: .milliseconds(20)...(.seconds(1)))
      return .flap(random.chance(0.5) ? .target(target) : .pair(node, other), period: period, for: length)
    case .loss: return .loss(Double(1 + random.below(50)) / 100, for: length)
    // At most a half is lost, which any burst allows.
    case .burst: return .change(.burst(Double(2 + random.below(9))), for: length)
    case .delay: return .change(.delay(random.chance(0.5) ? target : nil, delay(&random)), for: length)
    case .bandwidth: return .change(.bandwidth(64_000 << random.below(8)), for: length)
    case .reconnect: return .reconnect(target)
    case .oldDuplicates: return .oldDuplicates(target)
    case .stallDisk: return .stallDisk(target, length)
    case .slowDisk:
      let speed: DiskSpeed = random.chance(0.5) ? .factor(Double(2 + random.below(50))) : .write(delay(&random))
      return .change(.disk(target, speed), for: length)
    case .transfer: return .transfer(to: random.chance(0.5) ? .follower : .node(node))
    }
  }

  /// Up to several election timeouts.
  private static func delay(_ random: inout RandomSource) -> DelayDistribution {
    let mean = random.duration(in: .milliseconds(1)...(.milliseconds(500)))
    return random.chance(0.5) ? .constant(mean) : .exponential(mean: mean, shift: .zero)
  }
}
