import Consensus
import Faults

/// Everything that a simulation waits for.
enum SimulationEvent<Core: ConsensusProtocol> {
  case deliver(Core.Message, from: NodeID, to: NodeID, session: UInt32, bytes: Int32)
  case timer(NodeID, incarnation: UInt32, index: Int32)
  case synced(NodeID, write: UInt32, through: UInt64)
  /// A checkpoint made by compaction is in place.
  case checkpointed(NodeID, incarnation: UInt32, position: UInt64)
  /// The processor is through with the first input of its queue.
  case processed(NodeID, service: UInt32)
  case resume(NodeID, incarnation: UInt32)
  case restart(NodeID, incarnation: UInt32)

  case openSession(NodeID, NodeID)
  case sessionUp(NodeID, peer: NodeID, session: UInt32)
  case sessionDown(NodeID, peer: NodeID, session: UInt32)
  /// The network card is through with the first of its outbox.
  case depart(NodeID, generation: UInt32)
  case retransmit(from: NodeID, to: NodeID, session: UInt32)

  case request(NodeID, client: Int32, attempt: UInt32)
  case answer(client: Int32, ClientAnswer)
  case wake(client: Int32)
  case arrival

  case fault(Int)
  case lift(Obstacle)
  /// The links of this number in the list go down or up.
  case flap(Int)
  case conditionEnds(Int)
  case diskResumes(NodeID)
  /// It tells the truth again, or has space again.
  case diskMends(NodeID, DiskFault)
  /// What waits for company to be written has waited long enough.
  case groupIsDue(NodeID, incarnation: UInt32)
  case phase(SimulationPhase)
}

/// What reaches a client.
enum ClientAnswer {
  case reply(Command.ID, Reply)
  case expired(Command.ID)
  case refused(attempt: UInt32, hint: NodeID?)
  case interrupted(attempt: UInt32, hint: NodeID?)
}

/// A run's parts, in order.
enum SimulationPhase: Int, Comparable {
  /// Clients open their sessions.
  case forming
  case warmUp
  case window
  /// Nothing new begins. What is outstanding is answered as slowly as what lasts has it.
  case draining
  /// Every fault is taken back; what is outstanding is answered, and each client gets one more operation through.
  case healing
  /// Replicas come to agree.
  case settling
  case over

  static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}
