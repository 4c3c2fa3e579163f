import Consensus
import DequeModule

/// Drives one core: the only code that carries out effects, in the simulator and over TCP alike.
///
/// Never re-entered: a message to self waits in `inbox` until the step that caused it is carried out. The host calls `handle`,
/// `take` and `journalSynced` as things happen, and `endTurn` when nothing more has happened at this instant: then what arrived
/// together is batched and written together.
public struct Replica<Host: ReplicaHost>: ~Copyable {
  public typealias Core = Host.Core
  private struct Held {
    var position: UInt64
    var message: Core.Message
    var to: NodeSet
    var cause: StepID
  }

  public private(set) var core: Core
  public private(set) var sessions: ClientSessions
  /// The last slot executed, and its stamp.
  public private(set) var last: (slot: Slot, stamp: Stamp)
  public private(set) var status: ReplicaStatus
  public let id: NodeID

  /// The slot of the last snapshot.
  private var base: Slot
  /// A snapshot is taken after this many slots; 0: never.
  private let snapshotEvery: Int
  private var effects = Effects<Core>()
  private var inbox = Deque<(message: Core.Message, cause: StepID)>()
  private var held = Deque<Held>()
  private var live = NodeSet()
  private var appended: UInt64 = 0
  private var synced: UInt64 = 0
  private var step: StepID = 0
  private var intake: Intake
  /// Proposed in this leadership and not yet executed, oldest first.
  private var outstanding = Deque<Batch>()

  /// `core` and `sessions` come restored from the journal's checkpoint; `core` with its records replayed.
  public init(
    core: Core, sessions: ClientSessions, last: (slot: Slot, stamp: Stamp), id: NodeID, policy: BatchPolicy,
    snapshotEvery: Int
  ) {
    self.core = core
    self.sessions = sessions
    self.last = last
    self.id = id
    self.snapshotEvery = snapshotEvery
    base = last.slot
    status = core.status
    // Whoever looks for a leader from the start is reported as doing so after its first step.
    if status.role == .candidate { status.role = .follower }
    var policy = policy
    if planted("G-03") { policy.window = 1 }
    intake = Intake(policy)
  }

  /// Everything appended is durable and nothing waits for the disk.
  public var isSettled: Bool { appended == synced && held.isEmpty }

  /// Whether `endTurn` would do something.
  public var wantsTurn: Bool {
    guard !intake.isEmpty else { return false }
    if status.role == .leader { return outstanding.count < intake.policy.window }
    return status.leader.map { $0 != id } ?? false
  }
  /// Commands wait here although nothing more is to arrive: for the window, or for somebody to lead.
  public var isBacklogged: Bool { !intake.isEmpty && !wantsTurn }
  /// What a client or a slow disk could let grow is within its limits.
  public var isBounded: Bool {
    outstanding.count <= intake.policy.window && intake.count <= intake.policy.waiting
      && sessions.count <= sessions.limit
  }
  /// Enough commands wait for a batch of the largest size.
  public var hasFullBatch: Bool { intake.hasFullBatch }

  public mutating func handle(_ input: Input<Core>, cause: StepID, on host: Host) {
    take(input, cause, host)
    drain(host)
  }

  /// The journal reports durability; whatever waited for it may now leave, before anything that causes.
  public mutating func journalSynced(through position: UInt64, on host: Host) {
    synced = max(synced, position)
    release(host)
    drain(host)
  }

  /// A client's command arrived. It is proposed at the turn's end, or when somebody leads; one that is here already is not taken
  /// again, and answered when the first copy is.
  public mutating func take(_ command: Command, on host: Host) {
    sessions.heard(command.id.client)
    switch intake.add(command) {
    case .waits: break
    case .isHeld: host.repeated(command.id, isProposed: isOutstanding(command.id))
    case .exceeds: host.refused(command.id, hint: nil)
    }
  }

  private func isOutstanding(_ id: Command.ID) -> Bool {
    outstanding.contains { batch in batch.commands.contains { $0.id == id } }
  }

  /// Nothing more has arrived: propose what waits, or send it to the leader; while nobody leads it waits.
  public mutating func endTurn(on host: Host) {
    guard !intake.isEmpty else { return }
    if status.role == .leader {
      while !intake.isEmpty, status.role == .leader, outstanding.count < intake.policy.window {
        let batch = intake.batch()
        outstanding.append(batch)
        host.proposed(batch)
        if planted("C-08") { for command in batch.commands { host.executed(command.id, .applied(Reply())) } }
        handle(.propose(batch), cause: step, on: host)
      }
    } else if let leader = status.leader, leader != id {
      while !intake.isEmpty { host.refused(intake.removeFirst().id, hint: leader) }
    }
  }

  private mutating func drain(_ host: Host) {
    repeat {
      while let next = inbox.popFirst() { take(.receive(next.message, from: id), next.cause, host) }
      compactIfDue(host)
    } while !inbox.isEmpty
  }

  private mutating func take(_ input: Input<Core>, _ cause: StepID, _ host: Host) {
    switch input {
    case .connected(let peer): live.insert(peer)
    case .disconnected(let peer): end(peer)
    case .receive(_, let peer) where peer != id && !live.contains(peer): return
    default: break
    }
    step += 1
    core.step(input, into: &effects)
    guard host.probe.stepped(input, step: step, cause: cause, core: core, effects: effects) else {
      return effects.removeAll()
    }
    carryOut(host)
    noteStatus(host)
  }

  private mutating func noteStatus(_ host: Host) {
    let now = core.status
    guard now != status else { return }
    let before = status
    status = now
    if before.role == .leader, now.role != .leader || now.epoch != before.epoch {
      if planted("C-07") { for batch in outstanding { refuse(batch, now.leader, host) } }
      while let batch = outstanding.popFirst() { intake.release(batch) }
    }
    host.statusChanged(from: before, to: now)
  }

  private mutating func carryOut(_ host: Host) {
    for peer in effects.resets {
      end(peer)
      host.network.reset(peer)
    }
    for i in effects.timers.indices {
      switch effects.timers[i] {
      case .start(let timer, let delay): host.timers.start(timer, after: delay)
      case .stop(let timer): host.timers.stop(timer)
      }
    }
    for i in effects.ahead.indices { leave(effects.ahead[i].message, effects.ahead[i].to, step, host) }
    for i in effects.records.indices {
      host.storage.append(effects.records[i])
      appended += 1
    }
    if let snapshot = effects.installed {
      adopt(snapshot, host)
    } else if !effects.records.isEmpty {
      host.storage.submit()
    }
    for i in effects.committed.indices { execute(effects.committed[i].entry, effects.committed[i].slot, host) }
    for i in effects.rejected.indices { refuse(effects.rejected[i].batch, effects.rejected[i].hint, host) }
    for i in effects.afterSync.indices { hold(effects.afterSync[i].message, effects.afterSync[i].to) }
    effects.removeAll()
    if planted("G-04") { effects = Effects() }
    release(host)
  }

  private mutating func refuse(_ batch: Batch, _ hint: NodeID?, _ host: Host) {
    if let place = outstanding.lastIndex(where: { $0 === batch }) {
      outstanding.remove(at: place)
      intake.release(batch)
    }
    for command in batch.commands { host.refused(command.id, hint: hint) }
  }

  // MARK: Snapshots

  private mutating func adopt(_ snapshot: Snapshot, _ host: Host) {
    guard let state = try? ClientSessions(image: snapshot.image, limit: sessions.limit) else {
      return host.broken("was told to install a snapshot through \(snapshot.through) that is not readable")
    }
    sessions = state
    last = (snapshot.through, snapshot.stamp)
    cut(snapshot, waits: !planted("S-14"), host)
    host.installed(through: snapshot.through, digest: sessions.digest.value)
  }

  private mutating func compactIfDue(_ host: Host) {
    guard snapshotEvery > 0, last.slot.number >= base.number + UInt64(snapshotEvery) else { return }
    let snapshot = Snapshot(through: last.slot, stamp: last.stamp, image: sessions.image())
    take(.compacted(snapshot), step, host)
    cut(snapshot, waits: false, host)
  }

  private mutating func cut(_ snapshot: Snapshot, waits: Bool, _ host: Host) {
    base = snapshot.through
    host.storage.cut(.init(snapshot: snapshot, records: core.checkpoint()), waits: waits)
    appended += 1
  }

  // MARK: Execution

  private mutating func execute(_ entry: Entry, _ slot: Slot, _ host: Host) {
    guard slot > last.slot else { return }  // covered by a snapshot installed in this step
    guard slot.number == last.slot.number + 1 else { return host.broken("committed \(slot) after \(last.slot)") }
    last = (slot, entry.stamp)
    guard case .batch(let batch) = entry.value else {
      host.committed(entry, at: slot, isOwn: false)
      return finish(slot, entry, host)
    }
    let isOwn = outstanding.first === batch
    if isOwn {
      outstanding.removeFirst()
      intake.release(batch)
    }
    host.committed(entry, at: slot, isOwn: isOwn)
    for index in batch.commands.indices {
      let command = batch.commands[index]
      host.executed(command.id, sessions.apply(command, slot: slot, index: index))
    }
    finish(slot, entry, host)
  }

  private mutating func finish(_ slot: Slot, _ entry: Entry, _ host: Host) {
    sessions.finish(slot)
    host.finished(slot, entry, digest: sessions.digest.value)
  }

  // MARK: Messages that wait for the journal

  /// The session is over: what waits for the journal dies with it.
  private mutating func end(_ peer: NodeID) {
    live.remove(peer)
    for i in held.indices where held[i].to.contains(peer) { held[i].to.remove(peer) }
  }

  private mutating func hold(_ message: Core.Message, _ to: NodeSet) {
    var reachable = to.intersection(live)
    if to.contains(id) { reachable.insert(id) }
    guard !reachable.isEmpty else { return }
    held.append(.init(position: appended, message: message, to: reachable, cause: step))
  }

  private mutating func release(_ host: Host) {
    while let first = held.first, first.position <= synced || planted("S-01") {
      held.removeFirst()
      if first.to.contains(id) { inbox.append((first.message, first.cause)) }
      leave(first.message, first.to.removing(id), first.cause, host)
    }
  }

  private mutating func leave(_ message: Core.Message, _ peers: NodeSet, _ cause: StepID, _ host: Host) {
    let reachable = peers.intersection(live)
    guard !reachable.isEmpty else { return }
    host.probe.left(message, to: reachable, cause: cause)
    host.network.send(message, to: reachable, cause: cause)
  }
}
