/// What a step wants done. One buffer per kind, carried out in a fixed order by the driver: resets, timers, messages ahead,
/// journal (records, then snapshot), service (snapshot, then commits), rejections, and last what waits for the journal.
public struct Effects<P: ConsensusProtocol>: ~Copyable {
  public struct Outgoing: Sendable {
    public var message: P.Message
    public var to: NodeSet
    @inlinable init(message: P.Message, to: NodeSet) {
      self.message = message
      self.to = to
    }
  }
  public enum TimerChange: Sendable {
    case start(P.Timer, after: Duration)
    case stop(P.Timer)
  }

  public private(set) var resets = NodeSet()
  public private(set) var timers: [TimerChange] = []
  public private(set) var ahead: [Outgoing] = []
  public private(set) var records: [P.Record] = []
  public private(set) var afterSync: [Outgoing] = []
  public private(set) var committed: [(entry: Entry, slot: Slot)] = []
  public private(set) var rejected: [(batch: Batch, hint: NodeID?)] = []
  public private(set) var installed: Snapshot?

  public init() {}

  /// Leaves when everything appended up to the end of this step is durable, in order with every other `send`; dies with the
  /// session it was queued in. At once if the journal is idle. To self it comes back as `.receive`, through the driver's queue.
  public mutating func send(_ message: P.Message, to peers: NodeSet) {
    if !peers.isEmpty { afterSync.append(.init(message: message, to: peers)) }
  }
  /// Leaves at once and may overtake every waiting `send`, also on the same session: says nothing a crash could unsay. Never to
  /// self.
  public mutating func sendAhead(_ message: P.Message, to peers: NodeSet) {
    if !peers.isEmpty { ahead.append(.init(message: message, to: peers)) }
  }
  public mutating func send(_ message: P.Message, to peer: NodeID) { send(message, to: NodeSet(peer)) }
  public mutating func sendAhead(_ message: P.Message, to peer: NodeID) { sendAhead(message, to: NodeSet(peer)) }

  /// Starting a running timer restarts it.
  public mutating func start(_ timer: P.Timer, after delay: Duration) { timers.append(.start(timer, after: delay)) }
  public mutating func stop(_ timer: P.Timer) { timers.append(.stop(timer)) }

  /// The next slot of the service: consecutive within an incarnation, from the restored or installed snapshot on.
  public mutating func commit(_ entry: Entry, at slot: Slot) { committed.append((entry, slot)) }
  /// Definite: no command of `batch` is, or will be, in any log. What was appended is never rejected: when leadership ends the
  /// driver answers "unknown" to whoever still waits.
  public mutating func reject(_ batch: Batch, hint: NodeID?) { rejected.append((batch, hint)) }
  /// Ends the session with `peer` (both ends see it) and drops what is queued on it; the host opens another.
  public mutating func reset(_ peer: NodeID) { resets.insert(peer) }

  @usableFromInline mutating func append(_ record: P.Record) { records.append(record) }
  @usableFromInline mutating func install(_ snapshot: Snapshot) { installed = snapshot }

  public mutating func removeAll() {
    resets = NodeSet()
    if !timers.isEmpty { timers.removeAll(keepingCapacity: true) }
    if !ahead.isEmpty { ahead.removeAll(keepingCapacity: true) }
    if !records.isEmpty { records.removeAll(keepingCapacity: true) }
    if !afterSync.isEmpty { afterSync.removeAll(keepingCapacity: true) }
    if !committed.isEmpty { committed.removeAll(keepingCapacity: true) }
    if !rejected.isEmpty { rejected.removeAll(keepingCapacity: true) }
    installed = nil
  }
}
