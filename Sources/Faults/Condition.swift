import Consensus

/// How a disk differs from the others.
public enum DiskSpeed: Hashable, Sendable {
  /// Every write takes so many times as long.
  case factor(Double)
  /// Every write takes this.
  case write(DelayDistribution)
}

/// A change that lasts. While several do, the latest decides, but delays add up and factors multiply.
public enum Condition: Hashable, Sendable {
  case loss(Double)
  case burst(Double)
  /// nil: no limit.
  case bandwidth(UInt64?)
  /// What passes between the target and the other replicas takes this much longer; nil: whatever passes between replicas.
  case delay(FaultTarget?, DelayDistribution)
  case disk(FaultTarget, DiskSpeed)
  /// Everything that costs processor time costs so many times as much.
  case processor(FaultTarget, Double)
  /// Its clock runs so many times as fast: timers that are started from then on run out so much sooner.
  case clock(FaultTarget, Double)
}

extension Condition {
  /// Whom it strikes, once that is decided; nil: everybody.
  public var node: NodeID? {
    switch self {
    case .delay(.node(let node), _), .disk(.node(let node), _), .processor(.node(let node), _),
      .clock(.node(let node), _):
      node
    default: nil
    }
  }

  /// Whose leader or follower it is, is decided when it begins; nil: there is none.
  public func decided(_ resolve: (FaultTarget) -> NodeID?) -> Condition? {
    switch self {
    case .loss, .burst, .bandwidth, .delay(nil, _): self
    case .delay(let target?, let delay): resolve(target).map { .delay(.node($0), delay) }
    case .disk(let target, let speed): resolve(target).map { .disk(.node($0), speed) }
    case .processor(let target, let factor): resolve(target).map { .processor(.node($0), factor) }
    case .clock(let target, let rate): resolve(target).map { .clock(.node($0), rate) }
    }
  }
}

/// What is not as a link's model has it, while conditions last.
public struct LinkConditions: Sendable {
  public private(set) var loss: Double
  public private(set) var burst: Double
  public private(set) var bandwidth: UInt64?
  /// What comes on top, on every link of one of `nodes`.
  public private(set) var addedDelays: [(nodes: NodeSet, delay: DelayDistribution)] = []

  public init(_ link: LinkModel, bandwidth: UInt64?) {
    loss = link.loss
    burst = link.burst
    self.bandwidth = bandwidth
  }

  /// Puts a condition, whose target is decided, on top of those before it.
  public mutating func add(_ condition: Condition, among everyone: NodeSet) {
    switch condition {
    case .loss(let probability): loss = probability
    case .burst(let length): burst = length
    case .bandwidth(let limit): bandwidth = limit
    case .delay(_, let delay): addedDelays.append((condition.node.map { NodeSet($0) } ?? everyone, delay))
    case .disk, .processor, .clock: break
    }
  }

  /// What is added on the way from one replica to another.
  public func addedDelays(from: NodeID, to: NodeID) -> [DelayDistribution] {
    addedDelays.filter { $0.nodes.contains(from) || $0.nodes.contains(to) }.map(\.delay)
  }
}

/// The ends of links that go down and up.
public enum FlappingLinks: Hashable, Sendable {
  /// All links of one replica.
  case target(FaultTarget)
  /// The link between two.
  case pair(NodeID, NodeID)
}
