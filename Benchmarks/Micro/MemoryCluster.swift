import Consensus
import Replication

/// Bytes of a command's payload, as in environment.yaml.
let payload: UInt32 = 256

/// Replicas in one process, without a clock, a wire or a disk: messages arrive and journals are synced in the order in which they were asked
/// to, and time passes only while nobody leads.
///
/// What remains is what every real cluster has to do as well: the protocol, the interpreter of its effects, sessions and service.
final class MemoryCluster<Core: ConsensusProtocol> {
  private enum Event {
    case message(Core.Message, from: NodeID, to: NodeID)
    case synced(NodeID, through: UInt64)
    case opened(NodeID, NodeID)
    case closed(NodeID, NodeID)
  }

  private(set) var replicas: [MemoryReplica<Core>] = []
  private(set) var leader = NodeID(0)
  /// The session that its clients share.
  private(set) var session: UInt64 = 0
  private(set) var now: Int64 = 0
  private var events: [Event] = []
  private var next = 0

  /// A cluster that has a leader whom all follow, and an open session.
  init(of count: Int, tuning: Core.Tuning) {
    let cluster = Cluster(count: count)
    // As in environment.yaml.
    let timing = Timing(
      heartbeat: .milliseconds(50), electionTimeout: .milliseconds(150)...(.milliseconds(300)))
    for id in cluster.members {
      let core = Core(
        Configuration(
          id: id, cluster: cluster, timing: timing, shared: .init(), tuning: tuning, retained: 0,
          seed: UInt64(id.index) + 1))
      replicas.append(MemoryReplica(id, core, in: self))
    }
    for replica in replicas { replica.handle(.start) }
    for id in cluster.members { for peer in cluster.members where peer > id { events.append(.opened(id, peer)) } }
    settle()
    form()
    commit(Command(id: .init(client: 1, sequence: 0), operation: .open))
    session = replicas[Int(leader.index)].reply.value
    for replica in replicas { replica.applied = 0 }
  }

  private func form() {
    for _ in 0..<10_000 {
      if let elected = replicas.first(where: { $0.status.isEstablished })?.id,
        replicas.allSatisfy({ $0.status.leader == elected })
      {
        leader = elected
        return
      }
      guard let first = replicas.min(by: { $0.deadline < $1.deadline }) else { break }
      now = first.deadline
      first.expire()
      settle()
    }
    fatalError("\(Core.name): nobody leads after 10 000 timeouts")
  }

  /// Hands the leader one command, and lets everything happen that follows from it.
  @inline(__always) func commit(_ command: Command) {
    replicas[Int(leader.index)].take(command)
    settle()
  }

  /// Commits so many writes to a few keys, one after the other.
  func commit(_ count: Int) {
    for number in 1...UInt64(count) {
      let id = Command.ID(client: session, sequence: number)
      commit(Command(id: id, operation: .put(UInt32(number & 15), number), padding: payload))
    }
  }

  private func settle() {
    while next < events.count {
      let event = events[next]
      next += 1
      switch event {
      case .message(let message, let from, let to): self[to].handle(.receive(message, from: from))
      case .synced(let id, let position): self[id].synced(through: position)
      case .opened(let a, let b):
        self[a].handle(.connected(b))
        self[b].handle(.connected(a))
      case .closed(let a, let b):
        self[a].handle(.disconnected(b))
        self[b].handle(.disconnected(a))
        events.append(.opened(a, b))
      }
    }
    events.removeAll(keepingCapacity: true)
    next = 0
  }
  private subscript(id: NodeID) -> MemoryReplica<Core> { replicas[Int(id.index)] }

  // MARK: What replicas ask for

  func send(_ message: Core.Message, from id: NodeID, to peers: NodeSet) {
    for peer in peers { events.append(.message(message, from: id, to: peer)) }
  }
  func sync(_ id: NodeID, through position: UInt64) { events.append(.synced(id, through: position)) }
  /// What is under way between the two is lost.
  func reset(_ id: NodeID, _ peer: NodeID) {
    events = events[next...].filter {
      if case .message(_, let from, let to) = $0 {
        return !(NodeSet(from).union(NodeSet(to)) == NodeSet(id).union(NodeSet(peer)))
      }
      return true
    }
    next = 0
    events.append(.closed(id, peer))
  }

  /// What is wrong after `count` commands; nil if nothing is. The last may be news to followers that hear of it with the next.
  func complaint(after count: Int) -> String? {
    for replica in replicas {
      let least = replica.id == leader ? count : count - 1
      guard replica.applied >= least, replica.applied <= count else {
        return "\(replica.id) executed \(replica.applied) of \(count) commands"
      }
      if replica.refused > 0 { return "\(replica.id) refused \(replica.refused) commands" }
      for other in replicas where other.last == replica.last && other.digest != replica.digest {
        return "\(replica.id) and \(other.id) differ at slot \(replica.last)"
      }
    }
    return nil
  }
}
