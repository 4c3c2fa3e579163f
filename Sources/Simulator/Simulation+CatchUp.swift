import Consensus
import Faults

/// How one replica came back to what it had missed: a planned fault had crashed, paused or cut it off, and that ended.
public struct CatchUp: Hashable, Sendable {
  /// Which of ``SimulationResult/struck`` it was.
  public var fault: Int
  public var node: NodeID
  /// When it was back, in nanoseconds of virtual time.
  public var back: Int64
  /// The slots that had been chosen by then and that it had not executed.
  public var behind: UInt64
  /// When it had executed these; nil: not before it was struck again, or the end.
  public var done: Int64?
  /// Of all messages that it took in between, and of those among them that are there to bring somebody up to date.
  public var bytes: UInt64 = 0
  public var synchronizationBytes: UInt64 = 0

  public init(fault: Int, node: NodeID, back: Int64, behind: UInt64) {
    self.fault = fault
    self.node = node
    self.back = back
    self.behind = behind
  }
}

/// Who is away, and who is back and behind.
struct Absences {
  /// Those who are away, through which fault, and for the links behind which obstacle.
  private var away: [(node: NodeID, fault: Int, obstacle: Obstacle?)] = []
  /// Those who lack something that had been chosen when they were back: through which slot, and which number of the list they have.
  private var open: [(node: NodeID, goal: UInt64, index: Int)] = []
  /// The same: to be asked with every message.
  private(set) var behind = NodeSet()
  private(set) var list: [CatchUp] = []

  mutating func left(_ node: NodeID, _ fault: Int, _ obstacle: Obstacle?) {
    away.removeAll { $0.node == node }
    away.append((node, fault, obstacle))
    giveUp(node)
  }
  /// It will not catch up from where it was.
  mutating func giveUp(_ node: NodeID) {
    open.removeAll { $0.node == node }
    behind.remove(node)
  }

  /// Those whose links were down for this obstacle, or for any.
  func behind(_ obstacle: Obstacle?) -> [NodeID] {
    away.filter { $0.obstacle != nil && (obstacle == nil || $0.obstacle == obstacle) }.map(\.node)
  }

  mutating func returned(_ node: NodeID, executed: UInt64, chosen: UInt64, at now: Int64) {
    guard let place = away.firstIndex(where: { $0.node == node }) else { return }
    var catchUp = CatchUp(
      fault: away.remove(at: place).fault, node: node, back: now, behind: max(chosen, executed) - executed)
    if catchUp.behind == 0 {
      catchUp.done = now
    } else {
      open.append((node, chosen, list.count))
      behind.insert(node)
    }
    list.append(catchUp)
  }

  mutating func took(_ node: NodeID, _ bytes: UInt64, isSynchronization: Bool) {
    guard let index = open.first(where: { $0.node == node })?.index else { return }
    list[index].bytes += bytes
    if isSynchronization { list[index].synchronizationBytes += bytes }
  }

  mutating func executed(_ node: NodeID, _ slot: Slot, at now: Int64) {
    guard let entry = open.first(where: { $0.node == node }), slot.number >= entry.goal else { return }
    list[entry.index].done = now
    giveUp(node)
  }
}

extension Simulation {
  /// A planned fault struck this replica alone.
  func noteAbsence(of node: NodeID, _ fault: Fault) {
    switch fault {
    case .crash, .pause: absences.left(node, result.struck.count - 1, nil)
    case .isolate, .mute: absences.left(node, result.struck.count - 1, lastObstacle)
    default: break
    }
  }

  func noteTaken(_ message: Core.Message, at node: SimulatedNode<Core>) {
    absences.took(
      node.id, UInt64(message.byteCount),
      isSynchronization: Core.messageKinds[Int(message.tag)].purpose == .synchronization)
  }

  /// What kept it away has ended.
  func noteReturn(of node: SimulatedNode<Core>) {
    guard phase < .draining else { return }
    absences.returned(
      node.id, executed: node.process?.replica.last.slot.number ?? 0, chosen: chosenThrough, at: now)
  }
  /// The same, of all whose links were down for this obstacle; nil: for any.
  func noteOpened(_ obstacle: Obstacle?) {
    for id in absences.behind(obstacle) { noteReturn(of: nodes[Int(id.index)]) }
  }
}
