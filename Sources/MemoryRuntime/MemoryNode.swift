import Consensus
import DequeModule
import Replication

/// What a replica did with the log, kept for the verdict after the run.
enum LogEvent {
  case executed(Slot, Entry, digest: UInt64)
  case installed(Slot, digest: UInt64)
}

/// One replica of a ``MemoryCluster``, and everything around it.
final class MemoryNode<Core: ConsensusProtocol> {
  struct Attendance {
    var client: Int32
    var attempt: UInt32
    var isProposed: Bool
  }

  let id: NodeID
  let replica: ReplicaBox
  unowned let cluster: MemoryCluster<Core>
  /// Something happened to it since its last turn ended.
  var isDirty = false
  var log: [LogEvent] = []
  /// Batches that it handed to its protocol, with the time.
  private var proposals = Deque<(batch: Batch, at: Int64)>()
  private var attended: [Command.ID: Attendance] = [:]
  private var deadlines: [(timer: Core.Timer, at: Int64)] = []
  /// Not later than the first of them.
  private(set) var nextDeadline = Int64.max
  private var appended: UInt64 = 0
  private var isReporting = false

  /// Its callbacks come while it is being changed, so it lies in a place of its own.
  final class ReplicaBox {
    var value: Replica<MemoryNode>
    init(_ value: consuming Replica<MemoryNode>) { self.value = value }
  }

  init(_ id: NodeID, _ core: consuming Core, _ cluster: MemoryCluster<Core>) {
    self.id = id
    self.cluster = cluster
    let environment = cluster.configuration.environment
    replica = ReplicaBox(
      Replica(
        core: core, sessions: ClientSessions(limit: environment.sessionLimit), last: (Slot(0), Stamp(0)), id: id,
        policy: environment.batch, snapshotEvery: environment.snapshotEvery))
    log.reserveCapacity(1 << 16)
  }

  func handle(_ input: Input<Core>) {
    replica.value.handle(input, cause: 0, on: self)
    cluster.touch(self)
  }
  func take(_ command: Command, _ client: Int32, _ attempt: UInt32) {
    attended[command.id] = Attendance(client: client, attempt: attempt, isProposed: false)
    replica.value.take(command, on: self)
    cluster.touch(self)
  }
  func reportSynced() {
    isReporting = false
    replica.value.journalSynced(through: appended, on: self)
    cluster.touch(self)
  }
  /// Expired timers come before anything else that happens at this time.
  func expireTimers(at now: Int64) {
    while nextDeadline <= now {
      guard let first = deadlines.indices.min(by: { deadlines[$0].at < deadlines[$1].at }) else {
        nextDeadline = .max
        return
      }
      nextDeadline = deadlines[first].at
      guard nextDeadline <= now else { return }
      handle(.timeout(deadlines.remove(at: first).timer))
    }
  }
}

extension MemoryNode: ReplicaHost {
  var network: MemoryNode { self }
  var storage: MemoryNode { self }
  var timers: MemoryNode { self }
  var probe: MemoryNode { self }

  func repeated(_ command: Command.ID, isProposed: Bool) { if isProposed { attended[command]?.isProposed = true } }
  func proposed(_ batch: Batch) {
    proposals.append((batch, cluster.now))
    guard !attended.isEmpty else { return }
    for command in batch.commands { attended[command.id]?.isProposed = true }
  }
  func committed(_ entry: Entry, at slot: Slot, isOwn: Bool) {
    guard isOwn, case .batch(let batch) = entry.value else { return }
    while let first = proposals.popFirst() {
      guard first.batch === batch else { continue }
      cluster.commits.append((first.at, cluster.now))
      break
    }
  }
  func executed(_ command: Command.ID, _ outcome: ExecutionOutcome) {
    guard !attended.isEmpty, let waiting = attended.removeValue(forKey: command) else { return }
    switch outcome {
    case .applied(let reply), .repeated(let reply): cluster.answer(waiting.client, .reply(command, reply))
    case .unknownSession: cluster.answer(waiting.client, .expired(command))
    case .stale: break
    }
  }
  func refused(_ command: Command.ID, hint: NodeID?) {
    guard let waiting = attended.removeValue(forKey: command) else { return }
    cluster.answer(waiting.client, .refused(waiting.attempt, hint))
  }
  func finished(_ slot: Slot, _ entry: Entry, digest: UInt64) { log.append(.executed(slot, entry, digest: digest)) }
  func installed(through slot: Slot, digest: UInt64) { log.append(.installed(slot, digest: digest)) }
  func broken(_ reason: String) { cluster.findings.report("C2", id, reason) }

  func statusChanged(from old: ReplicaStatus, to new: ReplicaStatus) {
    if new.role == .leader, old.role != .leader || old.epoch != new.epoch { cluster.elected(id, epoch: new.epoch) }
    guard old.role == .leader, new.role != .leader || new.epoch != old.epoch else { return }
    proposals.removeAll()
    // What was proposed in the leadership that ended: nobody here knows what becomes of it.
    let interrupted = attended.filter { $0.value.isProposed }.sorted { $0.value.client < $1.value.client }
    for (command, waiting) in interrupted {
      attended[command] = nil
      cluster.answer(waiting.client, .interrupted(waiting.attempt, new.leader))
    }
  }
}

extension MemoryNode: Transport {
  typealias Message = Core.Message

  func send(_ message: Core.Message, to peers: NodeSet, cause: StepID) {
    cluster.messages[Int(message.tag)].frames += UInt64(peers.count)
    for peer in peers { cluster.post(message, from: id, to: peer) }
  }
  func reset(_ peer: NodeID) { cluster.breakSession(id, peer) }
}

/// A journal that is durable at the next turn, and keeps nothing: nobody crashes here.
extension MemoryNode: Journal {
  typealias Record = Core.Record

  func append(_ record: Core.Record) { appended += 1 }
  func submit() {
    guard !isReporting else { return }
    isReporting = true
    cluster.postSynced(id)
  }
  func cut(_ checkpoint: Checkpoint<Core.Record>, waits: Bool) {
    appended += 1
    submit()
  }
}

extension MemoryNode: TimerService {
  typealias Timer = Core.Timer

  func start(_ timer: Core.Timer, after delay: Duration) {
    let deadline = cluster.now + max(0, delay.nanoseconds)
    if let index = deadlines.firstIndex(where: { $0.timer == timer }) {
      deadlines[index].at = deadline
    } else {
      deadlines.append((timer, deadline))
    }
    nextDeadline = min(nextDeadline, deadline)
  }
  func stop(_ timer: Core.Timer) { deadlines.removeAll { $0.timer == timer } }
}

extension MemoryNode: Probe {
  func stepped(
    _ input: Input<Core>, step: StepID, cause: StepID, core: borrowing Core, effects: borrowing Effects<Core>
  ) -> Bool {
    cluster.steps += 1
    return true
  }
  func left(_ message: Core.Message, to peers: NodeSet, cause: StepID) {}
}
