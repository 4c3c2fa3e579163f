import Consensus

/// Where an entry stands: Raft's (index, term). Two logs that agree in one position agree in everything before it (§5.3).
struct Position: Hashable, Sendable, CustomStringConvertible {
  static let start = Position(slot: Slot(0), term: 0)
  var slot: Slot
  var term: UInt64
  var description: String { "\(slot)@\(term)" }
}

/// The log: what follows the last snapshot, and in memory a tail of what the snapshot covers, for slow followers.
struct RaftLog: Sendable {
  /// The last snapshot; it stands for slots up to `base`, which need no journal any more.
  private(set) var snapshot: Snapshot?
  private(set) var base = Position.start
  /// The position before the first entry in memory: never above `base`, and its term is the lowest that is known.
  private(set) var anchor = Position.start
  private var entries: [Entry] = []

  var last: Position { Position(slot: lastSlot, term: entries.last?.stamp.number ?? anchor.term) }
  var lastSlot: Slot { Slot(anchor.slot.number + UInt64(entries.count)) }

  private func offset(_ slot: Slot) -> Int? {
    slot > anchor.slot && slot <= lastSlot ? Int(slot.number - anchor.slot.number) - 1 : nil
  }

  /// Nil where the log does not reach, below or above.
  func term(at slot: Slot) -> UInt64? {
    if slot == anchor.slot { return anchor.term }
    return offset(slot).map { entries[$0].stamp.number }
  }
  func position(at slot: Slot) -> Position? { term(at: slot).map { Position(slot: slot, term: $0) } }
  func holds(_ position: Position) -> Bool { term(at: position.slot) == position.term }
  func entry(at slot: Slot) -> Entry? { offset(slot).map { entries[$0] } }

  /// Entries from `slot` on, as many as fit into `bytes`, at least one if there is one.
  func entries(from slot: Slot, bytes: Int) -> [Entry] {
    guard let start = offset(slot) else { return [] }
    var end = start + 1
    var size = entries[start].byteCount
    while end < entries.count {
      size += entries[end].byteCount
      if size > bytes { break }
      end += 1
    }
    return Array(entries[start..<end])
  }
  /// What a checkpoint must hold beside the snapshot.
  var aboveBase: ArraySlice<Entry> { entries[Int(base.slot.number - anchor.slot.number)...] }

  /// Puts `entry` at `slot` and drops whatever followed; ignores what would leave a hole.
  mutating func put(_ entry: Entry, at slot: Slot) {
    if let place = offset(slot) {
      entries.removeSubrange(place...)
    } else if slot != lastSlot.next {
      return
    }
    entries.append(entry)
  }

  /// The snapshot stands for everything up to its slot; what follows stays if the slot has the snapshot's term (§7).
  mutating func adopt(_ new: Snapshot) {
    guard new.through > base.slot else { return }
    base = Position(slot: new.through, term: new.stamp.number)
    snapshot = new
    if !holds(base) {
      entries = []
      anchor = base
    }
  }
  /// Forgets entries up to `slot`, never beyond the snapshot.
  mutating func forget(through slot: Slot) {
    guard let new = position(at: min(slot, base.slot)), new.slot > anchor.slot else { return }
    entries.removeFirst(Int(new.slot.number - anchor.slot.number))
    anchor = new
  }

  /// The last position up to `limit` whose term is at most `bound`; the lowest known position if there is none. Terms never fall
  /// along a log, so this skips a whole conflicting term at once (§5.3, and etcd's `findConflictByTerm` for both sides).
  func last(upTo limit: Slot, withTermAtMost bound: UInt64) -> Position {
    var low = anchor
    var high = min(limit, lastSlot)
    while low.slot < high {
      let middle = Slot((low.slot.number + high.number + 1) / 2)
      if let term = term(at: middle), term <= bound {
        low = Position(slot: middle, term: term)
      } else {
        high = Slot(middle.number - 1)
      }
    }
    return low
  }
}
