import Consensus
import Faults
import Simulator
import TCPRuntime

/// What happens to the links of a real cluster just now, and what each replica has been told of it: what becomes of a frame is decided
/// by who sends it.
struct ClusterLinks {
  private struct Told: Hashable {
    var cut = NodeSet()
    var links: [ShapedLink?]
  }

  private let everyone: NodeSet
  private var base: LinkModel
  /// False: nothing ever happens to links, and nobody is told anything.
  let areModelled: Bool
  var obstacles: Obstacles
  private var conditions: [(number: Int, condition: Condition)] = []
  private var lastCondition = 0
  private var told: [Told]

  init(_ configuration: SimulationConfiguration, replicas: Int) {
    everyone = NodeSet(first: replicas)
    base = configuration.environment.link
    areModelled =
      !ShapedLink(base).isTransparent || configuration.faults.faults.contains { $0.fault.isOfLinks }
    obstacles = Obstacles(count: replicas)
    told = Array(repeating: Told(links: Array(repeating: nil, count: replicas)), count: replicas)
  }

  /// A condition, whose target is decided, begins; its number is needed to end it.
  mutating func begin(_ condition: Condition) -> Int {
    lastCondition += 1
    conditions.append((lastCondition, condition))
    return lastCondition
  }
  mutating func end(_ number: Int) { conditions.removeAll { $0.number == number } }

  /// Everything is taken back, and nothing is lost any more.
  mutating func heal() {
    obstacles.removeAll()
    conditions = []
    base.loss = 0
  }

  /// Another process is in its place, and knows nothing.
  mutating func forget(_ node: NodeID) {
    told[Int(node.index)] = Told(links: Array(repeating: nil, count: everyone.count))
  }

  /// What `node` has to be told now; it counts as told.
  mutating func orders(for node: NodeID) -> [LinkCommand.Order] {
    guard areModelled else { return [] }
    var new = told[Int(node.index)]
    new.cut = NodeSet()
    for peer in everyone where obstacles.blocks(from: node, to: peer) { new.cut.insert(peer) }
    for peer in everyone where peer != node { new.links[Int(peer.index)] = link(from: node, to: peer) }
    let old = told[Int(node.index)]
    told[Int(node.index)] = new
    var orders: [LinkCommand.Order] = []
    var left = everyone.filter { new.links[Int($0.index)] != old.links[Int($0.index)] }
    while let first = left.first {
      let link = new.links[Int(first.index)]
      var alike = NodeSet()
      for peer in left where new.links[Int(peer.index)] == link { alike.insert(peer) }
      left.removeAll { alike.contains($0) }
      orders.append(.link(link, to: alike))
    }
    if new.cut != old.cut { orders.append(.cut(new.cut)) }
    return orders
  }

  private func link(from: NodeID, to: NodeID) -> ShapedLink {
    var changes = LinkConditions(base, bandwidth: nil)
    for (_, condition) in conditions { changes.add(condition, among: everyone) }
    var model = base
    (model.loss, model.burst) = (changes.loss, changes.burst)
    return ShapedLink(model, adding: changes.addedDelays(from: from, to: to))
  }
}
