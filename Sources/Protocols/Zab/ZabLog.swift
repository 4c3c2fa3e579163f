import Consensus

/// The history: what follows the last snapshot, and in memory a tail of what the snapshot covers, for slow followers.
struct ZabLog: Sendable {
  typealias Position = Zab.Position
  typealias Zxid = Zab.Zxid

  /// The last snapshot; it stands for slots up to `base`, which need no journal any more.
  private(set) var snapshot: Snapshot?
  private(set) var base = Position.start
  /// The position before the first entry in memory: never above `base`, and its zxid is the lowest that is known.
  private(set) var anchor = Position.start
  private var entries: [Entry] = []

  var last: Position { Position(slot: lastSlot, zxid: entries.last.map { Zxid($0.stamp) } ?? anchor.zxid) }
  var lastSlot: Slot { Slot(anchor.slot.number + UInt64(entries.count)) }

  private func offset(_ slot: Slot) -> Int? {
    slot > anchor.slot && slot <= lastSlot ? Int(slot.number - anchor.slot.number) - 1 : nil
  }

  /// Nil where the history does not reach, below or above.
  func zxid(at slot: Slot) -> Zxid? {
    if slot == anchor.slot { return anchor.zxid }
    return offset(slot).map { Zxid(entries[$0].stamp) }
  }
  func position(at slot: Slot) -> Position? { zxid(at: slot).map { Position(slot: slot, zxid: $0) } }
  func holds(_ position: Position) -> Bool { zxid(at: position.slot) == position.zxid }
  /// Whether it is part of this history, as far as that is still known: what is forgotten was committed.
  func agrees(with position: Position) -> Bool { position.slot < anchor.slot || holds(position) }
  func entry(at slot: Slot) -> Entry? { offset(slot).map { entries[$0] } }

  /// Entries from `slot` through `end`, as many as fit into `bytes`, at least one if there is one.
  func entries(from slot: Slot, through end: Slot, bytes: Int) -> [Entry] {
    guard let start = offset(slot), slot <= end else { return [] }
    let limit = min(entries.count, Int(end.number - anchor.slot.number))
    var stop = start + 1
    var size = entries[start].byteCount
    while stop < limit {
      size += entries[stop].byteCount
      if size > bytes { break }
      stop += 1
    }
    return Array(entries[start..<stop])
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
  /// Drops what follows `slot`, never anything that the snapshot stands for.
  mutating func truncate(after slot: Slot) {
    if slot >= base.slot, let first = offset(slot.next) { entries.removeSubrange(first...) }
  }

  /// The snapshot stands for everything up to its slot; what follows stays if the slot has the snapshot's zxid.
  mutating func adopt(_ new: Snapshot) {
    guard new.through > base.slot else { return }
    base = Position(slot: new.through, zxid: Zxid(new.stamp))
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

  // MARK: Comparing two histories

  /// The last position up to `limit` whose zxid is at most `bound`; the lowest known position if there is none. Zxids rise along
  /// a history, so this takes a logarithm of its length.
  func last(upTo limit: Slot, withZxidAtMost bound: Zxid) -> Position {
    var low = anchor
    var high = min(limit, lastSlot)
    while low.slot < high {
      let middle = Slot((low.slot.number + high.number + 1) / 2)
      if let zxid = zxid(at: middle), zxid <= bound {
        low = Position(slot: middle, zxid: zxid)
      } else {
        high = Slot(middle.number - 1)
      }
    }
    return low
  }

  /// What another needs to know of this history to find what both have: the lowest known position, and the last one of each
  /// epoch after it. In an epoch the counters leave no gap, so nothing more is in the history itself.
  var outline: [Position] {
    var outline = [anchor]
    while let first = position(at: outline[outline.count - 1].slot.next) {
      outline.append(last(upTo: lastSlot, withZxidAtMost: Zxid(epoch: first.zxid.epoch, counter: .max)))
    }
    return outline
  }

  /// The last position that this history has in common with the one of `outline`; nil if it lies below what is known here.
  func common(with outline: [Position]) -> Position? {
    for index in outline.indices.reversed() {
      let end = outline[index]
      guard index > 0 else { return holds(end) ? end : nil }
      let own = last(upTo: end.slot, withZxidAtMost: end.zxid)
      // What is known here may begin above the end.
      guard own.slot <= end.slot else { return nil }
      if own.zxid.epoch == end.zxid.epoch { return own }
    }
    return nil
  }
}
