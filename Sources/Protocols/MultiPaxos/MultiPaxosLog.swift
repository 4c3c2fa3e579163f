import Consensus

/// What an acceptor accepted and a learner learned, slot by slot. Below `base` the snapshot stands for it.
struct MultiPaxosLog: Sendable {
  private(set) var snapshot: Snapshot?
  /// The last slot that the snapshot stands for, and the ballot of its value.
  private(set) var base = Slot(0)
  private(set) var baseBallot = Ballot.zero
  /// Nothing at or below it is in memory: never above `base`. Between the two are chosen values, kept for slow peers.
  private(set) var anchor = Slot(0)
  /// Durable: the highest-numbered proposal accepted in each slot.
  private(set) var accepted = SlotArray<Entry>()
  /// Not durable: chosen values that were learned from a peer and differ from what was accepted here. They are on a quorum of
  /// disks, or they would not be chosen, so whoever forgets them learns them again.
  private(set) var learned = SlotArray<Entry>()

  /// The last slot of which anything is known.
  var lastSlot: Slot { max(anchor, accepted.last ?? anchor, learned.last ?? anchor) }
  /// The last slot, and the ballot of what is in it: what an election restriction compares.
  var lastBallot: Ballot { lastSlot == base ? baseBallot : entry(at: lastSlot).map { Ballot($0.stamp) } ?? .zero }

  /// The chosen value where it was learned, otherwise what was accepted.
  func entry(at slot: Slot) -> Entry? {
    guard slot > anchor else { return nil }
    return learned.isEmpty ? accepted[slot] : learned[slot] ?? accepted[slot]
  }

  mutating func accept(_ entry: Entry, at slot: Slot) {
    guard slot > base else { return }
    accepted.put(entry, at: slot)
    if !learned.isEmpty, learned[slot]?.value == entry.value { learned.remove(at: slot) }
  }
  /// `entry` is chosen. True if its value was accepted here: then it stays as it was accepted.
  mutating func learn(_ entry: Entry, at slot: Slot) -> Bool {
    guard slot > base else { return true }
    if let own = accepted[slot], own.stamp == entry.stamp || own.value == entry.value { return true }
    learned.put(entry, at: slot)
    return false
  }

  /// The snapshot stands for everything up to its slot. What was accepted beyond it stays: slots do not depend on each other.
  mutating func adopt(_ new: Snapshot) {
    guard new.through > base else { return }
    base = new.through
    baseBallot = Ballot(new.stamp)
    snapshot = new
  }
  /// Forgets slots up to `slot`, never beyond the snapshot.
  mutating func forget(through slot: Slot) {
    let end = min(slot, base)
    guard end > anchor else { return }
    anchor = end
    accepted.remove(through: end)
    learned.remove(through: end)
  }

  /// Entries from `slot` to `last`, as many as fit into `bytes`, at least one; stops at a hole.
  func entries(from slot: Slot, through last: Slot, bytes: Int) -> [Entry] {
    var found: [Entry] = []
    var size = 0
    var next = slot
    while next <= last, let entry = entry(at: next) {
      size += entry.byteCount
      if size > bytes, !found.isEmpty { break }
      found.append(entry)
      next = next.next
    }
    return found
  }
}
