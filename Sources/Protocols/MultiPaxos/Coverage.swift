import Consensus

/// Which slots the pages of one promise speak of, in whatever order they come.
struct Coverage: Sendable {
  /// Of all slots up to here it is known what was accepted.
  private(set) var through: Slot
  private(set) var isComplete = false
  /// The next page comes only for the asking.
  private(set) var mustAsk = false
  /// Pages that came before an earlier one.
  private var early: [MultiPaxos.Promise] = []

  init(through: Slot) { self.through = through }

  /// False if the page says nothing new: then it is no reason to ask for more, or duplicates would breed.
  mutating func add(_ page: MultiPaxos.Promise, chosen: Slot) -> Bool {
    through = max(through, chosen)
    guard !isComplete, page.through > through || page.rest == .nothing else { return false }
    guard page.first <= through.next else {
      guard early.count < MultiPaxos.pages, !early.contains(where: { $0.first == page.first }) else { return false }
      var shape = page
      shape.reports = []
      early.append(shape)
      mustAsk = false
      return true
    }
    take(page)
    while !isComplete, let place = early.firstIndex(where: { $0.first <= through.next }) {
      take(early.remove(at: place))
    }
    return true
  }
  private mutating func take(_ page: MultiPaxos.Promise) {
    if page.rest == .nothing {
      isComplete = true
    } else if page.through > through {
      mustAsk = page.rest == .onRequest
    }
    through = max(through, page.through)
  }
}
