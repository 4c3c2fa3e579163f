import Consensus
import Replication

/// One replica of a ``MemoryCluster``, and everything around it.
final class MemoryReplica<Core: ConsensusProtocol>: ReplicaHost, Transport, Journal, TimerService, Probe {
  typealias Message = Core.Message
  typealias Record = Core.Record
  typealias Timer = Core.Timer

  let id: NodeID
  private unowned(unsafe) let cluster: MemoryCluster<Core>
  private var replica: Replica<MemoryReplica<Core>>
  private var clocks: [(timer: Core.Timer, at: Int64)] = []
  private var appended: UInt64 = 0

  /// Commands executed.
  var applied = 0
  private(set) var refused = 0
  /// What the last command answered.
  private(set) var reply = Reply()
  /// Nil: nobody wants to know what it does.
  var recording: Recording<Core>?

  init(_ id: NodeID, _ core: Core, in cluster: MemoryCluster<Core>) {
    self.id = id
    self.cluster = cluster
    replica = Replica(
      core: core, sessions: ClientSessions(limit: 1), last: (Slot(0), Stamp(0)), id: id, policy: BatchPolicy(),
      snapshotEvery: 0)
  }

  var core: Core { replica.core }
  var status: ReplicaStatus { replica.status }
  var last: Slot { replica.last.slot }
  var digest: UInt64 { replica.sessions.digest.value }

  func handle(_ input: Input<Core>) { replica.handle(input, cause: 0, on: self) }
  func synced(through position: UInt64) { replica.journalSynced(through: position, on: self) }
  func take(_ command: Command) {
    replica.take(command, on: self)
    replica.endTurn(on: self)
  }

  // MARK: Timers

  /// Of the timer that expires next.
  var deadline: Int64 { clocks.map(\.at).min() ?? .max }
  func expire() {
    guard let index = clocks.indices.min(by: { clocks[$0].at < clocks[$1].at }) else { return }
    clocks[index].at = .max
    handle(.timeout(clocks[index].timer))
  }
  func start(_ timer: Core.Timer, after delay: Duration) { set(timer, cluster.now + delay.nanoseconds) }
  func stop(_ timer: Core.Timer) { set(timer, .max) }
  private func set(_ timer: Core.Timer, _ time: Int64) {
    for index in clocks.indices where clocks[index].timer == timer {
      clocks[index].at = time
      return
    }
    clocks.append((timer, time))
  }

  // MARK: The seams

  var network: MemoryReplica { self }
  var storage: MemoryReplica { self }
  var timers: MemoryReplica { self }
  var probe: MemoryReplica { self }

  func send(_ message: Core.Message, to peers: NodeSet, cause: StepID) { cluster.send(message, from: id, to: peers) }
  func reset(_ peer: NodeID) { cluster.reset(id, peer) }

  func append(_ record: Core.Record) { appended += 1 }
  func submit() { cluster.sync(id, through: appended) }
  func cut(_ checkpoint: Checkpoint<Core.Record>, waits: Bool) {
    appended += 1
    cluster.sync(id, through: appended)
  }

  func stepped(
    _ input: Input<Core>, step: StepID, cause: StepID, core: borrowing Core, effects: borrowing Effects<Core>
  ) -> Bool {
    recording?.add(input, effects)
    return true
  }
  func left(_ message: Core.Message, to peers: NodeSet, cause: StepID) {}

  func repeated(_ command: Command.ID, isProposed: Bool) { broken("heard \(command) again") }
  func proposed(_ batch: Batch) {}
  func committed(_ entry: Entry, at slot: Slot, isOwn: Bool) {}
  func executed(_ command: Command.ID, _ outcome: ExecutionOutcome) {
    guard case .applied(let reply) = outcome else { return }
    applied += 1
    self.reply = reply
  }
  func finished(_ slot: Slot, _ entry: Entry, digest: UInt64) {}
  func installed(through slot: Slot, digest: UInt64) {}
  func refused(_ command: Command.ID, hint: NodeID?) { refused += 1 }
  func broken(_ reason: String) { fatalError("\(id) \(reason)") }
  func statusChanged(from old: ReplicaStatus, to new: ReplicaStatus) {}
}
