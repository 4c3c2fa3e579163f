import Consensus

/// Which replica a fault strikes.
public enum FaultTarget: Hashable, Sendable {
  case node(NodeID)
  /// Whoever leads at that moment; nobody, if nobody does.
  case leader
  /// The running replica with the lowest name that does not lead.
  case follower
  /// The one with the n-th lowest name of those, n from 2 on.
  case laterFollower(Int)
  /// Drawn anew for each strike, before the run: no plan has it any more.
  case any
}

extension FaultTarget {
  /// Whom it means among `everyone`; nil: nobody just now.
  public func resolved(among everyone: NodeSet, leader: NodeID?, isUp: (NodeID) -> Bool) -> NodeID? {
    func follower(_ number: Int) -> NodeID? {
      guard let leader else { return nil }
      return everyone.filter { $0 != leader && isUp($0) }.dropFirst(number - 1).first
    }
    switch self {
    case .node(let node): return everyone.contains(node) ? node : nil
    case .leader: return leader
    case .follower: return follower(1)
    case .laterFollower(let number): return follower(number)
    case .any: preconditionFailure("who is struck is drawn before the run")
    }
  }

  /// Whether it may be the leader that is struck.
  public var mayLead: Bool {
    switch self {
    case .node, .leader, .any: true
    case .follower, .laterFollower: false
    }
  }
}

/// Something that goes wrong, or right again.
public enum Fault: Hashable, Sendable {
  /// The process dies and loses what its disk had not yet got. It comes back after `downtime`, or never.
  case crash(FaultTarget, downtime: Duration?)
  /// All replicas crash at once; the i-th comes back after (i + 1) times `downtime`.
  case crashAll(downtime: Duration)
  case restart(FaultTarget)
  /// The process does nothing for a while, and then goes on as if nothing had happened.
  case pause(FaultTarget, Duration)
  /// Nothing passes between the members of `group` and the others, either way.
  case partition(NodeSet, for: Duration?)
  /// Nothing passes to or from the target.
  case isolate(FaultTarget, for: Duration?)
  /// Nothing passes from `from` to `to`; the other way is open.
  case cut(from: NodeID, to: NodeID, for: Duration?)
  /// The target's messages do not leave (`inbound` false) or do not arrive (`inbound` true).
  case mute(FaultTarget, inbound: Bool, for: Duration?)
  /// Ends every partition, cut and isolation.
  case heal
  /// Nothing passes between a replica of the one group and a replica of the other; both still reach everybody else.
  case partialPartition([FaultTarget], [FaultTarget], for: Duration?)
  /// Only the links of the target are left: all others reach it, and not each other.
  case star(FaultTarget, for: Duration?)
  /// Links go down for half of `period`, and up again for the other half, over and over.
  case flap(FlappingLinks, period: Duration, for: Duration?)
  /// Nothing that the target writes becomes durable for a while; what was under way is then, and the rest after it.
  case stallDisk(FaultTarget, Duration)
  /// The disk breaks. `for`: how long it lies or is full; the rest happens once.
  case breakDisk(FaultTarget, DiskFault, for: Duration)
  case change(Condition, for: Duration?)
  /// An operator asks the leader to hand over to the target.
  case transfer(to: FaultTarget)
  /// All sessions of the target break at once, with what is under way in them; nothing keeps them from being opened again.
  case reconnect(FaultTarget)
  /// `datagram`: a sample of all that ever reached the target reaches it once more, from whatever time, epoch and life it is.
  case oldDuplicates(FaultTarget)
}

extension Fault {
  /// The replica that it looks for; nil if it names its victims itself.
  public var target: FaultTarget? {
    switch self {
    case .crash(let target, _), .restart(let target), .pause(let target, _), .isolate(let target, _),
      .mute(let target, _, _), .star(let target, _), .flap(.target(let target), _, _), .stallDisk(let target, _),
      .breakDisk(let target, _, _), .transfer(let target), .reconnect(let target),
      .oldDuplicates(let target),
      .change(.disk(let target, _), _), .change(.processor(let target, _), _), .change(.clock(let target, _), _):
      target
    case .change(.delay(let target, _), _): target
    case .crashAll, .partition, .partialPartition, .cut, .flap, .heal, .change: nil
    }
  }
}

extension Fault {
  /// The same, but for whom it looks for.
  public func mapTargets(_ change: (FaultTarget) -> FaultTarget) -> Fault {
    switch self {
    case .crash(let target, let downtime): .crash(change(target), downtime: downtime)
    case .restart(let target): .restart(change(target))
    case .pause(let target, let length): .pause(change(target), length)
    case .isolate(let target, let length): .isolate(change(target), for: length)
    case .mute(let target, let inbound, let length): .mute(change(target), inbound: inbound, for: length)
    case .partialPartition(let one, let other, let length):
      .partialPartition(one.map(change), other.map(change), for: length)
    case .star(let target, let length): .star(change(target), for: length)
    case .flap(.target(let target), let period, let length): .flap(.target(change(target)), period: period, for: length)
    case .stallDisk(let target, let length): .stallDisk(change(target), length)
    case .breakDisk(let target, let fault, let length): .breakDisk(change(target), fault, for: length)
    case .transfer(let target): .transfer(to: change(target))
    case .reconnect(let target): .reconnect(change(target))
    case .oldDuplicates(let target): .oldDuplicates(change(target))
    case .change(.delay(let target?, let delay), let length): .change(.delay(change(target), delay), for: length)
    case .change(.disk(let target, let speed), let length): .change(.disk(change(target), speed), for: length)
    case .change(.processor(let target, let factor), let length):
      .change(.processor(change(target), factor), for: length)
    case .change(.clock(let target, let rate), let length): .change(.clock(change(target), rate), for: length)
    case .crashAll, .partition, .cut, .flap(.pair, _, _), .heal, .change: self
    }
  }
}

public struct ScheduledFault: Hashable, Sendable {
  /// Since the start of the run.
  public var at: Duration
  public var fault: Fault

  public init(at: Duration, _ fault: Fault) {
    self.at = at
    self.fault = fault
  }
}

/// Faults in the order of their times.
public struct FaultPlan: Hashable, Sendable {
  public private(set) var faults: [ScheduledFault]

  public init(_ faults: [ScheduledFault] = []) {
    self.faults = faults.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
  }
  public var isEmpty: Bool { faults.isEmpty }
}

extension Fault {
  /// From now on, or for a time, transmissions are lost with this probability.
  public static func loss(_ probability: Double, for length: Duration? = nil) -> Fault {
    .change(.loss(probability), for: length)
  }
}

/// The directed pairs between which nothing passes. A pair may be blocked for several reasons at once.
public struct Blockade: Sendable {
  private var reasons: [UInt16]
  private let count: Int

  public init(count: Int) {
    self.count = count
    reasons = Array(repeating: 0, count: count * count)
  }
  @inlinable public func blocks(from: NodeID, to: NodeID) -> Bool { reason(from, to) != 0 }
  @usableFromInline func reason(_ from: NodeID, _ to: NodeID) -> UInt16 {
    reasons[Int(from.index) * count + Int(to.index)]
  }
  public mutating func add(from: NodeID, to: NodeID) { reasons[Int(from.index) * count + Int(to.index)] += 1 }
  public mutating func remove(from: NodeID, to: NodeID) {
    let place = Int(from.index) * count + Int(to.index)
    if reasons[place] > 0 { reasons[place] -= 1 }
  }
  public mutating func removeAll() { reasons = Array(repeating: 0, count: reasons.count) }
  public var isEmpty: Bool { reasons.allSatisfy { $0 == 0 } }
}
