/// What a replica does just now. `leader` = accepts `.propose`. `establishing` = chosen, not yet able to.
public enum Role: UInt8, Sendable, CaseIterable { case follower, candidate, establishing, leader }

/// What every protocol can say about itself; the driver compares it before and after each step.
public struct ReplicaStatus: Equatable, Sendable {
  public var role: Role
  /// Names one leadership: no two leaders ever share it. Raft: term. Zab: epoch. Paxos: ballot as round << 8 | node.
  public var epoch: UInt64
  /// Whom this replica believes to lead, if anyone.
  public var leader: NodeID?
  /// The highest slot known to be chosen, with all below it.
  public var committed: Slot
  /// A leader whose first slot is committed: all that was chosen before it is known to it, and it may serve.
  public var isEstablished: Bool

  @inlinable public init(role: Role, epoch: UInt64, leader: NodeID?, committed: Slot, isEstablished: Bool = false) {
    self.role = role
    self.epoch = epoch
    self.leader = leader
    self.committed = committed
    self.isEstablished = isEstablished
  }
}

/// What a kind of message is for: the columns of the cost tables, and the counting rule of "frames per batch".
public enum MessagePurpose: String, Sendable, CaseIterable {
  /// Carries values to a peer or acknowledges them: the steady state.
  case replication
  /// Tells peers what was chosen when nothing else was there to carry it.
  case notice
  /// Shows that a leader lives, or answers that.
  case heartbeat
  case election
  /// Brings a peer's history in line after an election or an absence, snapshots included.
  case synchronization
}

/// A row of the cost tables: one per `WireCodable.tag` of a protocol's messages.
public struct MessageKind: Sendable {
  public var name: String
  public var purpose: MessagePurpose

  public init(_ name: String, _ purpose: MessagePurpose) {
    self.name = name
    self.purpose = purpose
  }
}
