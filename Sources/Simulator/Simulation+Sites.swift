import Consensus
import Faults

/// Where everything stands, as small numbers: a place is a site or, without sites, a replica.
struct Places {
  /// Of each replica.
  var replicas: [Int]
  private let sites: [Site]
  /// From each place to each; empty without sites.
  private var distances: [DelayDistribution] = []
  private let link: DelayDistribution

  init(_ environment: Environment) {
    let geography = environment.geography
    var sites: [Site] = []
    for site in geography.sites + [geography.leaderSite].compactMap(\.self) where !sites.contains(site) {
      sites.append(site)
    }
    if geography.sites.isEmpty { sites = [] }
    self.sites = sites
    link = environment.link.delay
    replicas = Array(0..<environment.replicas)
    for from in sites {
      for to in sites { distances.append(from == to ? link : geography.distances[from, to] ?? link) }
    }
  }

  var hasSites: Bool { !sites.isEmpty }
  func site(of place: Int) -> Site? { hasSites ? sites[place] : nil }
  func place(of site: Site) -> Int? { sites.firstIndex(of: site) }
  func distance(_ from: Int, _ to: Int) -> DelayDistribution { hasSites ? distances[from * sites.count + to] : link }
  mutating func move(to new: [Site]) { replicas = new.map { place(of: $0) ?? 0 } }
}

extension Simulation {
  /// The replicas take their places, and each client its own, before anybody leads.
  func standInOrder() {
    let geography = environment.geography
    places.move(inOrderOf: geography, leader: nil)
    noteRoutes()
    guard hasPlacedClients else { return }
    for index in clients.clients.indices {
      let home = geography.clients == .everywhere ? NodeID(index % environment.replicas) : NodeID(0)
      clients.settle(index, at: places.replicas[Int(home.index)], asking: home)
    }
  }

  /// The load begins, or the first leader is elected after that: it takes the leader's site, whichever replica a protocol happens to
  /// elect, and the clients go where they belong. From then on everybody stays.
  func takePlaces(_ leader: SimulatedNode<Core>) {
    awaitsLeader = false
    places.move(inOrderOf: environment.geography, leader: leader.id)
    noteRoutes()
    if trace != nil, places.hasSites {
      for node in everyone {
        trace?.fault(now, "stands at \(places.site(of: places.replicas[Int(node.index)])!)", node)
      }
    }
    guard hasPlacedClients else { return }
    for index in clients.clients.indices { place(index, leader.id) }
  }

  private func place(_ index: Int, _ leader: NodeID) {
    var home = leader
    switch environment.geography.clients {
    case .leader: break
    case .follower: home = everyone.removing(leader).first { _ in true } ?? leader
    case .everywhere: home = NodeID(index % environment.replicas)
    case .site(let site):
      guard let place = places.place(of: site) else { return }
      home = NodeID(places.replicas.firstIndex(of: place) ?? Int(leader.index))
      return clients.settle(index, at: place, asking: home)
    }
    clients.settle(index, at: places.replicas[Int(home.index)], asking: home)
  }

  private func noteRoutes() {
    guard places.hasSites else { return }
    routes = []
    for from in places.replicas { routes += places.replicas.map { places.distance(from, $0) } }
    hasOwnDelays = true
  }

  /// From a client to a replica.
  func delay(ofClient client: Int, to node: NodeID) -> Int64 {
    hasPlacedClients
      ? clientDelay(clients.clients[client].place, places.replicas[Int(node.index)])
      : environment.clientDelay.nanoseconds
  }
  /// From a replica to a client.
  func delay(ofClient client: Int, from node: NodeID) -> Int64 {
    hasPlacedClients
      ? clientDelay(places.replicas[Int(node.index)], clients.clients[client].place)
      : environment.clientDelay.nanoseconds
  }
  private func clientDelay(_ from: Int, _ to: Int) -> Int64 {
    environment.clientDelay.nanoseconds + (from == to ? 0 : places.distance(from, to).sample(&clientRandom))
  }

  /// One way between two replicas.
  @inline(__always) func delay(_ from: NodeID, _ to: NodeID) -> Int64 {
    hasOwnDelays ? ownDelay(from, to) : environment.link.delay.sample(&linkRandom)
  }
  func route(_ from: NodeID, _ to: NodeID) -> DelayDistribution {
    routes.isEmpty ? environment.link.delay : routes[pipeIndex(from, to)]
  }
  private func ownDelay(_ from: NodeID, _ to: NodeID) -> Int64 {
    route(from, to).sample(&linkRandom) + addedDelay(from, to)
  }
  /// What faults add.
  func addedDelay(_ from: NodeID, _ to: NodeID) -> Int64 {
    var sum: Int64 = 0
    for (nodes, delay) in addedDelays where nodes.contains(from) || nodes.contains(to) {
      sum += delay.sample(&linkRandom)
    }
    if sum > 0 { lateUntil = max(lateUntil, now + sum) }
    return sum
  }
}

extension Places {
  fileprivate mutating func move(inOrderOf geography: Geography, leader: NodeID?) {
    if hasSites { move(to: geography.places(of: replicas.count, leader: leader)) }
  }
}
