import Consensus

/// What a leader knows of one follower, and how far it has brought it: ZooKeeper's `LearnerHandler`. Begins with the follower's
/// CEPOCH and ends with the session.
struct Progress: Sendable {
  enum Mode: Sendable {
    /// It has not said that it follows.
    case absent
    /// Its CEPOCH came; its ACK-E did not.
    case discovery
    /// Its ACK-E came, with the `outline` of its history.
    case promised
    /// What it needs is compacted: it gets `snapshot`.
    case snapshot
    /// It gets what it lacks, through `end`.
    case diff
    /// NEWLEADER is sent: proposals follow each other without waiting.
    case open
  }

  private(set) var mode = Mode.absent
  private(set) var outline: [Zab.Position] = []
  /// Its ACK-LD came: its acknowledgements count.
  private(set) var isSynced = false
  /// UPTODATE was sent: it gets commits.
  private(set) var isActive = false
  /// The first slot that was not sent.
  private(set) var next = Slot(1)
  /// Where the history that NEWLEADER names ends.
  private(set) var end = Slot(0)
  /// It was told that everything through here is committed.
  private(set) var told = Slot(0)
  /// The snapshot that it gets, and the bytes of it that it has.
  private(set) var snapshot: Snapshot?
  private(set) var offset = 0
  /// Looks at the quorum since it was last heard.
  var silence = 0
  private var window: Window

  init(inflight: Int) { window = Window(limit: inflight) }

  /// It is to get a history through `end`, or nothing more until it starts again.
  var isSynchronizing: Bool { mode == .snapshot || mode == .diff }
  var hasRoom: Bool { !window.isFull }
  /// What it holds once all has arrived.
  var reach: Slot { mode == .open ? max(end, Slot(next.number - 1)) : Slot(next.number - 1) }

  mutating func leave() {
    mode = .absent
    isSynced = false
    isActive = false
    snapshot = nil
    outline = []
    window.removeAll()
  }
  mutating func enter() {
    leave()
    mode = .discovery
    silence = 0
  }
  mutating func promised(_ outline: [Zab.Position]) {
    mode = .promised
    self.outline = outline
  }
  mutating func begin(_ snapshot: Snapshot) {
    mode = .snapshot
    self.snapshot = snapshot
    offset = 0
  }
  mutating func received(bytes: Int) { offset = bytes }
  /// Its history equals the leader's through `slot`, and gets everything through `end`.
  mutating func continues(after slot: Slot, through end: Slot) {
    mode = .diff
    snapshot = nil
    next = slot.next
    self.end = end
  }
  /// NEWLEADER is sent; the next proposal is the one in `slot`.
  mutating func open(at slot: Slot) {
    mode = .open
    next = slot
  }
  mutating func synced() { isSynced = true }
  mutating func told(through slot: Slot) {
    isActive = true
    told = slot
  }
  /// Transactions up to `slot` are on their way.
  mutating func sent(through slot: Slot) {
    next = slot.next
    window.add(slot)
  }
  mutating func acknowledged(through slot: Slot) { window.remove(through: slot) }
}

/// The ends of messages that are on their way to one follower, oldest first: at most `limit`.
private struct Window: Sendable {
  private var ends: [Slot] = []
  private var head = 0
  private let limit: Int

  init(limit: Int) { self.limit = max(1, limit) }

  var isFull: Bool { ends.count - head >= limit }

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
