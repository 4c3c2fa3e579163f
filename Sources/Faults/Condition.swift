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

/// The ends of links that go down and up.
public enum FlappingLinks: Hashable, Sendable {
  /// All links of one replica.
  case target(FaultTarget)
  /// The link between two.
  case pair(NodeID, NodeID)
}
