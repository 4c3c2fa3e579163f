import Consensus
import DequeModule
import Replication

/// One replica's disk: what is durable, and what a crash now would lose. Pure bookkeeping; the simulation owns the time.
struct SimulatedJournal<Record: WireCodable> {
  enum Item: CustomStringConvertible {
    case record(Record)
    /// `waits`: in place as soon as its position is durable (a peer's snapshot); else it is written beside the log.
    case cut(Checkpoint<Record>, waits: Bool)

    var description: String {
      switch self {
      case .record(let record): record.description
      case .cut(let checkpoint, let waits):
        "\(waits ? "Snapshot" : "Compaction")(through \(checkpoint.snapshot?.through ?? Slot(0)))"
      }
    }
  }

  /// Recovery starts here, and replays `records`.
  private(set) var checkpoint = Checkpoint<Record>()
  private(set) var records = Deque<(position: UInt64, record: Record)>()
  /// Appended and not durable, oldest first.
  private var pending = Deque<Item>()
  /// Checkpoints of compaction that are being written beside the log.
  private var background: [(position: UInt64, checkpoint: Checkpoint<Record>)] = []
  /// The positions that this incarnation took, and those of them that are durable.
  private(set) var appended: UInt64 = 0
  private(set) var durable: UInt64 = 0
  /// A write is under way.
  var isWriting = false

  var pendingCount: Int { pending.count }
  /// What a write through `position` has to make durable.
  func pending(through position: UInt64) -> some Sequence<Item> { pending.prefix(Int(position - durable)) }

  mutating func append(_ item: Item) {
    pending.append(item)
    appended += 1
  }

  /// Makes the oldest pending item durable.
  mutating func absorb() -> (item: Item, position: UInt64) {
    let item = pending.removeFirst()
    durable += 1
    switch item {
    case .record(let record): records.append((durable, record))
    case .cut(let new, waits: true):
      checkpoint = new
      records.removeAll()
      background.removeAll()
    case .cut(let new, waits: false):
      background.append((durable, new))
      if planted("S-10") { records.removeAll() }
    }
    return (item, durable)
  }

  /// The checkpoint that compaction cut at `position` is in place: the records it stands for may go. Nil if a newer checkpoint
  /// was faster.
  mutating func establish(_ position: UInt64) -> Checkpoint<Record>? {
    guard let index = background.firstIndex(where: { $0.position == position }) else { return nil }
    checkpoint = background[index].checkpoint
    background.removeFirst(index + 1)
    while let first = records.first, first.position < position + (planted("S-11") ? 2 : 0) { records.removeFirst() }
    return checkpoint
  }

  /// The process died: what is pending and what is written beside the log is gone. Positions start again from 0.
  mutating func crash() {
    pending.removeAll()
    background.removeAll()
    isWriting = false
    appended = 0
    durable = 0
    for index in records.indices { records[index].position = 0 }
  }
}
