import Consensus

/// A place where replicas and clients stand: a region, a data centre.
public struct Site: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var name: String

  public init(_ name: String) { self.name = name }

  public static func < (a: Self, b: Self) -> Bool { a.name < b.name }
  public var description: String { name }
}

/// How long a message takes one way from one site to another: a matrix that need not be symmetric.
public struct SiteDistances: Hashable, Sendable {
  public struct Way: Hashable, Sendable {
    public var from: Site
    public var to: Site
    public var delay: DelayDistribution

    public init(from: Site, to: Site, _ delay: DelayDistribution) {
      self.from = from
      self.to = to
      self.delay = delay
    }
  }

  /// By `from`, then `to`; each pair once.
  public private(set) var ways: [Way] = []

  public init() {}

  /// False if this pair is known already.
  public mutating func insert(_ way: Way) -> Bool {
    guard self[way.from, way.to] == nil else { return false }
    let place = ways.firstIndex { ($0.from, $0.to) > (way.from, way.to) } ?? ways.endIndex
    ways.insert(way, at: place)
    return true
  }
  public subscript(from: Site, to: Site) -> DelayDistribution? {
    ways.first { $0.from == from && $0.to == to }?.delay
  }
}

/// Where replicas and clients stand. Without sites every replica is a place of its own.
public struct Geography: Hashable, Sendable {
  /// Where clients are.
  public enum ClientPlace: Hashable, Sendable {
    /// Where the leader is.
    case leader
    /// Where the first replica stands that does not lead.
    case follower
    /// The i-th where the i-th replica is, and so on in turn.
    case everywhere
    case site(Site)
  }

  /// The sites of the replicas in order, begun again when they are more; empty: there are none.
  public var sites: [Site]
  /// Where whoever leads when the load begins then stands; nil: wherever its place in the order puts it.
  public var leaderSite: Site?
  public var distances: SiteDistances
  public var clients: ClientPlace

  public init(
    sites: [Site] = [], leaderSite: Site? = nil, distances: SiteDistances = .init(), clients: ClientPlace = .leader
  ) {
    self.sites = sites
    self.leaderSite = leaderSite
    self.distances = distances
    self.clients = clients
  }

  /// The sites of `count` replicas, of which `leader` leads: it takes `leaderSite`, the others what is left of the list, in order.
  /// Nobody leads yet: simply in order.
  public func places(of count: Int, leader: NodeID?) -> [Site] {
    guard !sites.isEmpty else { return [] }
    var places = (0..<count).map { sites[$0 % sites.count] }
    guard let leaderSite, let leader else { return places }
    places.remove(at: places.firstIndex(of: leaderSite) ?? count - 1)
    places.insert(leaderSite, at: Int(leader.index))
    return places
  }

  /// Two of the sites in use for which no distance is given.
  public var missing: (from: Site, to: Site)? {
    for from in sites {
      for to in sites where from != to && distances[from, to] == nil { return (from, to) }
    }
    return nil
  }
}
