import Consensus

/// The terms of one replica's log, as runs of equal terms: terms never fall along a log, so a few runs describe it.
struct LogShape: Sendable {
  private var runs: [(first: Slot, term: UInt64)]
  private(set) var last: Slot

  /// A log that ends at `start`.
  init(from start: Position = .start) {
    runs = [(start.slot, start.term)]
    last = start.slot
  }

  /// Nil beyond the log's end and below what is described.
  func term(at slot: Slot) -> UInt64? {
    slot > last ? nil : runs.last { $0.first <= slot }?.term
  }
  mutating func put(_ slot: Slot, term: UInt64) {
    while runs.count > 1, let run = runs.last, run.first >= slot { runs.removeLast() }
    if runs.last?.term != term { runs.append((slot, term)) }
    last = slot
  }
}

/// For each position that any log ever held, a digest of the whole log up to there. One position names one prefix: that is the
/// Log Matching Property (§5.3), checked with each entry that is appended anywhere.
struct PrefixDigests: Sendable {
  /// By slot: the first position seen there.
  private var first: [(term: UInt64, digest: UInt64)] = []
  /// Others in the same slot.
  private var others: [Position: UInt64] = [:]

  func digest(upTo position: Position) -> UInt64? {
    guard position.slot.number > 0 else { return 0 }
    let index = Int(position.slot.number) - 1
    guard index < first.count else { return nil }
    return first[index].term == position.term ? first[index].digest : others[position]
  }
  /// Extends the prefix `previous` by `entry`. False if its position already names another prefix.
  mutating func extend(_ previous: Position, _ entry: Entry) -> Bool {
    guard let before = digest(upTo: previous) else { return false }
    var digest = Digest(seed: before)
    digest.fold(entry.stamp.number)
    digest.fold(entry.value.digest)
    let position = Position(slot: previous.slot.next, term: entry.stamp.number)
    if let known = self.digest(upTo: position) { return known == digest.value }
    if previous.slot.number == UInt64(first.count) {
      first.append((position.term, digest.value))
    } else {
      others[position] = digest.value
    }
    return true
  }
}
