import Consensus

/// Follows a cluster from a fault that strikes its leader, or from the request to hand over, to the first answer after it.
public struct FailoverTracker {
  public private(set) var failovers: [Failover] = []
  /// Who stood in which epoch since the last fault.
  private var candidacies: Set<[UInt64]> = []
  private var rounds: Set<UInt64> = []
  private var elections = 0
  private var winner: NodeID?
  private var winningEpoch: UInt64 = 0
  /// The winner has its epoch. It may be chosen first, and then ask a quorum which epochs they know.
  private var hasEpoch = false
  /// The struck leader itself looked for a leader since: it came back before anybody missed it.
  private var doubtOfStruck: Int64?

  private let round: (UInt64) -> UInt64

  /// `round`: which round of elections an epoch belongs to.
  public init(round: @escaping (UInt64) -> UInt64) { self.round = round }

  var last: Failover? { failovers.last }
  /// Something is still awaited.
  var isOpen: Bool { !isOver && failovers.last.map { !$0.isComplete } ?? false }
  /// The last one never came to be: the leader leads on, and what struck it has passed.
  private(set) var isOver = false

  public mutating func strike(_ leader: NodeID, epoch: UInt64, at now: Int64, isHandOver: Bool = false) {
    // Several faults at one moment are one.
    if let last, last.struck == leader, last.epochBefore == epoch, last.fault == now, last.isHandOver == isHandOver {
      return
    }
    failovers.append(Failover(fault: now, struck: leader, epochBefore: epoch, isHandOver: isHandOver))
    candidacies = []
    rounds = []
    elections = 0
    winner = nil
    winningEpoch = 0
    hasEpoch = false
    doubtOfStruck = nil
    isOver = false
  }

  /// `leader` committed what it had proposed at `proposed`. `hasPassed`: no fault is active.
  public mutating func committed(_ leader: NodeID, epoch: UInt64, proposed: Int64, at now: Int64, hasPassed: () -> Bool)
  {
    guard isOpen, let last = failovers.last, leader == last.struck, epoch == last.epochBefore, proposed > last.fault,
      !last.isHandOver, last.elected == nil
    else { return }
    failovers[failovers.count - 1].kept = now
    isOver = hasPassed()
  }

  /// `follows(node, leader, epoch)`: whether every running replica follows the winner.
  public mutating func note(_ node: NodeID, _ status: ReplicaStatus, at now: Int64, allFollow: (NodeID, UInt64) -> Bool)
  {
    guard isOpen, var failover = failovers.last else { return }
    if status.role == .candidate { noteCandidate(node, status.epoch, now, &failover) }
    switch status.role {
    case .establishing: noteLeader(node, status, now, &failover)
    case .leader:
      if node != failover.struck || status.epoch > failover.epochBefore { noteLeader(node, status, now, &failover) }
    case .follower, .candidate: if node == winner { winner = nil }
    }
    if let winner, hasEpoch, failover.followed == nil, allFollow(winner, winningEpoch) { failover.followed = now }
    failovers[failovers.count - 1] = failover
  }

  private mutating func noteCandidate(_ node: NodeID, _ epoch: UInt64, _ now: Int64, _ failover: inout Failover) {
    if node == failover.struck {
      doubtOfStruck = doubtOfStruck ?? now
    } else if failover.suspected == nil {
      failover.suspected = now
    }
    guard epoch > failover.epochBefore, failover.elected == nil || epoch > winningEpoch else { return }
    failover.kept = nil
    if candidacies.insert([UInt64(node.index), epoch]).inserted { failover.candidates += 1 }
    if rounds.insert(round(epoch)).inserted { failover.rounds += 1 }
    failover.splitVotes = max(0, failover.rounds - elections - 1)
  }

  private mutating func noteLeader(_ node: NodeID, _ status: ReplicaStatus, _ now: Int64, _ failover: inout Failover) {
    let isNewEpoch = status.epoch > max(failover.epochBefore, winningEpoch)
    if isNewEpoch ? node != winner || hasEpoch : node != winner && status.role == .establishing {
      winner = node
      hasEpoch = false
      elections += 1
      failover.followed = nil
      // Whoever is elected after clients were served again belongs to another fail-over.
      if failover.resumed == nil {
        failover.elected = now
        failover.established = nil
        // Nobody began to doubt the leader since the fault: it was doubted already, or came back and doubted itself.
        failover.suspected = failover.suspected ?? doubtOfStruck ?? failover.fault
      }
    }
    if isNewEpoch {
      hasEpoch = true
      winningEpoch = status.epoch
      if rounds.insert(round(status.epoch)).inserted { failover.rounds += 1 }
      failover.splitVotes = max(0, failover.rounds - elections)
    }
    if status.isEstablished, node == winner, failover.established == nil { failover.established = now }
  }

  /// An operation that began at `begun` was answered.
  public mutating func answered(begun: Int64, at now: Int64) {
    guard isOpen, let last = failovers.last, last.resumed == nil, last.established != nil, begun > last.fault else {
      return
    }
    failovers[failovers.count - 1].resumed = now
  }
}
