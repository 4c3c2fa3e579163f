import Consensus

/// The directed pairs that one fault blocks.
public struct Obstacle: Hashable, Sendable {
  public struct Pair: Hashable, Sendable {
    public var from: NodeID
    public var to: NodeID

    public init(from: NodeID, to: NodeID) {
      self.from = from
      self.to = to
    }
  }

  public let pairs: [Pair]
  /// What was blocked before everything was last taken back is open already.
  fileprivate let era: Int
}

/// What blocks links just now, and which of them go down and up: the books that every mode keeps alike.
public struct Obstacles: Sendable {
  @usableFromInline var blockade: Blockade
  /// How often everything was taken back.
  private var era = 0
  private var flaps: [Flap] = []

  private struct Flap {
    var obstacle: Obstacle
    var down: Int64
    var up: Int64
    var until: Int64
    var isDown = false
  }

  public init(count: Int) { blockade = Blockade(count: count) }

  @inlinable public func blocks(from: NodeID, to: NodeID) -> Bool { blockade.blocks(from: from, to: to) }
  public var isEmpty: Bool { blockade.isEmpty }
  public func isFlapping(at now: Int64) -> Bool { flaps.contains { $0.obstacle.era == era && now < $0.until } }

  /// From now on these are blocked, until the obstacle is lifted or everything is taken back.
  public mutating func add(_ pairs: [Obstacle.Pair]) -> Obstacle {
    let obstacle = Obstacle(pairs: pairs, era: era)
    close(obstacle)
    return obstacle
  }
  /// False: it was taken back already.
  public mutating func lift(_ obstacle: Obstacle) -> Bool {
    guard obstacle.era == era else { return false }
    open(obstacle)
    return true
  }
  public mutating func removeAll() {
    blockade.removeAll()
    era += 1
  }

  /// A number for links that are to flap from `now` on: they go down when they are toggled first.
  public mutating func flap(_ pairs: [Obstacle.Pair], period: Duration, from now: Int64, for length: Duration?) -> Int {
    let down = period.nanoseconds / 2
    flaps.append(
      Flap(
        obstacle: Obstacle(pairs: pairs, era: era), down: down, up: period.nanoseconds - down,
        until: length.map { now + $0.nanoseconds } ?? .max))
    return flaps.count - 1
  }
  /// Takes flapping links down, or up again. `next`: when to toggle them the next time. Nil: they do not flap any more.
  public mutating func toggle(
    _ number: Int, at now: Int64
  ) -> (obstacle: Obstacle, isDown: Bool, next: Int64?)? {
    let flap = flaps[number]
    guard flap.obstacle.era == era else { return nil }
    if flap.isDown {
      open(flap.obstacle)
      guard now < flap.until else { return (flap.obstacle, false, nil) }
    } else {
      guard now < flap.until else { return nil }
      close(flap.obstacle)
    }
    flaps[number].isDown.toggle()
    return (flap.obstacle, !flap.isDown, min(flap.until, now + (flap.isDown ? flap.up : flap.down)))
  }

  private mutating func close(_ obstacle: Obstacle) {
    for pair in obstacle.pairs { blockade.add(from: pair.from, to: pair.to) }
  }
  private mutating func open(_ obstacle: Obstacle) {
    for pair in obstacle.pairs { blockade.remove(from: pair.from, to: pair.to) }
  }
}

/// What a fault that blocks links comes to, once it is decided whom it strikes.
public struct Blocking: Hashable, Sendable {
  public fileprivate(set) var pairs: [Obstacle.Pair] = []
  /// Who is cut off: a leader among them may lose its lead.
  public fileprivate(set) var struck: [NodeID] = []
  /// Nil: until everything is taken back.
  public fileprivate(set) var length: Duration?
  /// The links go down and up; nil: they stay down.
  public fileprivate(set) var period: Duration?

  fileprivate mutating func add(_ from: NodeID, _ to: NodeID) {
    if from != to { pairs.append(.init(from: from, to: to)) }
  }
  fileprivate mutating func addBoth(_ a: NodeID, _ b: NodeID) {
    add(a, b)
    add(b, a)
  }
}

extension Fault {
  /// Which links it blocks among `everyone`; nil: none, or there is nobody to strike.
  public func blocking(among everyone: NodeSet, _ resolve: (FaultTarget) -> NodeID?) -> Blocking? {
    var blocking = Blocking()
    switch self {
    case .partition(let group, let length):
      blocking.length = length
      let inside = group.intersection(everyone)
      for a in inside { for b in everyone.subtracting(group) { blocking.addBoth(a, b) } }
      blocking.struck = Array(inside)
    case .isolate(let target, let length):
      blocking.length = length
      guard let node = resolve(target) else { return nil }
      blocking.struck = [node]
      for peer in everyone { blocking.addBoth(node, peer) }
    case .cut(let from, let to, let length):
      blocking.length = length
      if everyone.contains(from), everyone.contains(to) { blocking.add(from, to) }
    case .mute(let target, let inbound, let length):
      blocking.length = length
      guard let node = resolve(target) else { return nil }
      blocking.struck = [node]
      for peer in everyone { inbound ? blocking.add(peer, node) : blocking.add(node, peer) }
    case .partialPartition(let one, let other, let length):
      blocking.length = length
      let (ones, others) = (one.compactMap(resolve), other.compactMap(resolve))
      blocking.struck = ones + others
      for a in ones { for b in others { blocking.addBoth(a, b) } }
    case .star(let target, let length):
      blocking.length = length
      guard let hub = resolve(target) else { return nil }
      blocking.struck = everyone.filter { $0 != hub }
      for a in blocking.struck { for b in blocking.struck { blocking.add(a, b) } }
    case .flap(let links, let period, let length):
      (blocking.length, blocking.period) = (length, period)
      switch links {
      case .pair(let a, let b):
        guard everyone.contains(a), everyone.contains(b) else { return nil }
        blocking.struck = [a, b]
        blocking.addBoth(a, b)
      case .target(let target):
        guard let node = resolve(target) else { return nil }
        blocking.struck = [node]
        for peer in everyone { blocking.addBoth(node, peer) }
      }
    case .crash, .crashAll, .restart, .pause, .heal, .stallDisk, .breakDisk, .change, .transfer, .reconnect,
      .oldDuplicates:
      return nil
    }
    return blocking.pairs.isEmpty ? nil : blocking
  }

  /// Whether it blocks links, opens them, or changes how they are.
  public var isOfLinks: Bool {
    switch self {
    case .partition, .partialPartition, .isolate, .cut, .mute, .star, .flap, .heal, .change(.loss, _),
      .change(.burst, _), .change(.delay, _), .change(.bandwidth, _):
      true
    case .crash, .crashAll, .restart, .pause, .stallDisk, .breakDisk, .transfer, .reconnect, .oldDuplicates,
      .change(.disk, _), .change(.processor, _), .change(.clock, _):
      false
    }
  }
}
