import Consensus

/// The zxids of one replica's history, as runs: in an epoch the counters leave no gap, so a few runs describe it.
struct HistoryShape: Sendable {
  private var runs: [Zab.Position]
  private(set) var lastSlot: Slot

  /// A history that ends at `start`.
  init(from start: Zab.Position = .start) {
    runs = [start]
    lastSlot = start.slot
  }

  /// Nil beyond the history's end and below what is described.
  func zxid(at slot: Slot) -> Zab.Zxid? {
    guard slot <= lastSlot, let run = runs.last(where: { $0.slot <= slot }) else { return nil }
    return Zab.Zxid(
      epoch: run.zxid.epoch, counter: run.zxid.counter &+ UInt32(truncatingIfNeeded: slot.number - run.slot.number))
  }
  func holds(_ position: Zab.Position) -> Bool { zxid(at: position.slot) == position.zxid }
  /// Whether everything up to `position` is here: below what is described it is in a snapshot, and so committed.
  func reaches(_ position: Zab.Position) -> Bool { position.slot <= runs[0].slot || holds(position) }
  var last: Zab.Position { Zab.Position(slot: lastSlot, zxid: zxid(at: lastSlot) ?? .zero) }

  mutating func put(_ position: Zab.Position) {
    guard let first = runs.first, position.slot > first.slot else { return }
    truncate(after: Slot(position.slot.number - 1))
    let expected = last.zxid
    lastSlot = position.slot
    if position.zxid.epoch != expected.epoch || position.zxid.counter != expected.counter &+ 1 { runs.append(position) }
  }
  mutating func truncate(after slot: Slot) {
    guard let first = runs.first, slot >= first.slot, slot < lastSlot else { return }
    while runs.count > 1, let run = runs.last, run.slot > slot { runs.removeLast() }
    lastSlot = slot
  }
}

/// For each position that any history ever held, a digest of the whole history up to there. One position names one prefix,
/// checked with each transaction that is appended anywhere.
struct PrefixDigests: Sendable {
  /// By slot: the first position seen there.
  private var first: [(zxid: Zab.Zxid, digest: UInt64)] = []
  /// Others in the same slot.
  private var others: [Zab.Position: UInt64] = [:]

  func digest(upTo position: Zab.Position) -> UInt64? {
    guard position.slot.number > 0 else { return 0 }
    let index = Int(position.slot.number) - 1
    guard index < first.count else { return nil }
    return first[index].zxid == position.zxid ? first[index].digest : others[position]
  }
  /// Extends the prefix `previous` by `entry`. False if its position already names another prefix.
  mutating func extend(_ previous: Zab.Position, _ entry: Entry) -> Bool {
    guard let before = digest(upTo: previous) else { return false }
    var digest = Digest(seed: before)
    digest.fold(entry.stamp.number)
    digest.fold(entry.value.digest)
    let position = Zab.Position(slot: previous.slot.next, zxid: Zab.Zxid(entry.stamp))
    if let known = self.digest(upTo: position) { return known == digest.value }
    if previous.slot.number == UInt64(first.count) {
      first.append((position.zxid, digest.value))
    } else {
      others[position] = digest.value
    }
    return true
  }
}
