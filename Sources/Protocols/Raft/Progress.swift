import Consensus

/// What a leader knows of one peer's way through its log: Raft's `nextIndex` and how it is being used.
struct Progress: Sendable {
  enum Mode: Sendable {
    /// `next` is a guess: one message at a time until the peer agrees.
    case probe
    /// The logs agreed: messages follow each other without waiting (dissertation §10.2.1).
    case replicate
    /// What the peer needs is compacted: it gets `snapshot`.
    case snapshot
  }

  private(set) var mode = Mode.replicate
  private(set) var next: Slot
  /// A probe is on its way.
  var isWaiting = false
  /// The snapshot that the peer gets, and the bytes of it that it has.
  private(set) var snapshot: Snapshot?
  private(set) var offset = 0
  /// Heartbeats since the peer was last heard from.
  var silence = 0
  private var window: Window

  /// A new leader takes it that all logs equal its own: mostly they do, and a refusal costs one round trip as a probe would.
  init(next: Slot, inflight: Int) {
    self.next = next
    window = Window(limit: inflight)
  }

  var mayReplicate: Bool { mode == .replicate && (!window.isFull || planted("R-44")) }
  /// Messages on their way.
  var inflight: Int { window.count }

  /// Entries up to `slot` are on their way.
  mutating func sent(through slot: Slot) {
    next = slot.next
    window.add(slot)
  }
  mutating func probe(from slot: Slot) {
    mode = .probe
    next = slot
    isWaiting = false
    snapshot = nil
    window.removeAll()
  }
  /// The peer's log equals the leader's up to `slot`.
  mutating func agreed(through slot: Slot) {
    window.remove(through: slot)
    next = max(next, slot.next)
    if mode != .replicate {
      mode = .replicate
      snapshot = nil
      isWaiting = false
    }
  }
  mutating func begin(_ snapshot: Snapshot) {
    mode = .snapshot
    self.snapshot = snapshot
    offset = 0
    window.removeAll()
  }
  mutating func received(bytes: Int) { offset = bytes }
}

/// The ends of messages that are on their way to one peer, oldest first: at most `limit`.
private struct Window: Sendable {
  private var ends: [Slot] = []
  private var head = 0
  private let limit: Int

  init(limit: Int) { self.limit = max(1, limit) }

  var isFull: Bool { count >= limit }
  var count: Int { ends.count - head }

  mutating func add(_ end: Slot) { ends.append(end) }
  mutating func remove(through slot: Slot) {
    while head < ends.count, ends[head] <= slot { head += 1 }
    // Amortised: what is moved is never more than what was removed.
    if head * 2 >= ends.count {
      ends.removeFirst(head)
      head = 0
    }
  }
  mutating func removeAll() {
    ends.removeAll(keepingCapacity: true)
    head = 0
  }
}
