import Consensus

/// What a leader knows of one acceptor's part in phase 2.
struct Progress: Sendable {
  /// The first slot that was not yet sent to it in this leadership.
  private(set) var next: Slot
  /// Heartbeats since it was last heard from.
  var silence = 0
  private var window: Window

  init(next: Slot, inflight: Int) {
    self.next = next
    window = Window(limit: inflight)
  }

  var maySend: Bool { !window.isFull }

  /// An Accept for these slots is on its way.
  mutating func sent(from first: Slot, through last: Slot, after beat: UInt64) {
    next = max(next, last.next)
    window.add(.init(first: first, last: last, beat: beat))
  }
  /// An Accept that ends with `slot` was answered.
  mutating func answered(through slot: Slot) { window.remove(endingWith: slot) }
  /// What is chosen need not be accepted any more: who lacks it learns it.
  mutating func skip(to slot: Slot) { next = max(next, slot) }
  /// Nothing on its way counts any more.
  mutating func restart(at slot: Slot) {
    next = slot
    window.removeAll()
  }
  /// The acceptor answered heartbeat `beat`. Gives the slots of Accepts that left before it, are not answered, and still matter,
  /// because they are not all chosen; they count as sent anew, after heartbeat `now`. Others of that age are forgotten.
  mutating func lost(before beat: UInt64, now: UInt64, chosen: Slot) -> [(first: Slot, last: Slot)] {
    window.lost(before: beat, now: now, chosen: chosen)
  }
  /// The slots of Accepts on their way up to `last`. Those before `first` are chosen, and forgotten.
  mutating func unanswered(from first: Slot, through last: Slot) -> [(first: Slot, last: Slot)] {
    window.unanswered(from: first, through: last)
  }
}

/// The Accepts on their way to one acceptor, oldest first: at most `limit`. Answers may overtake each other.
private struct Window: Sendable {
  struct Flight: Sendable {
    var first: Slot
    var last: Slot
    /// The last heartbeat before it left.
    var beat: UInt64
  }
  private var flights: [Flight] = []
  private var head = 0
  private let limit: Int

  init(limit: Int) { self.limit = max(1, limit) }

  var isFull: Bool { flights.count - head >= limit }

  mutating func add(_ flight: Flight) { flights.append(flight) }
  mutating func remove(endingWith slot: Slot) {
    guard let place = flights[head...].firstIndex(where: { $0.last == slot }) else { return }
    if place > head { flights.remove(at: place) } else { head += 1 }
    // Amortised: what is moved is never more than what was removed.
    if head * 2 >= flights.count {
      flights.removeFirst(head)
      head = 0
    }
  }
  mutating func lost(before beat: UInt64, now: UInt64, chosen: Slot) -> [(first: Slot, last: Slot)] {
    guard flights[head...].contains(where: { $0.beat < beat }) else { return [] }
    var lost: [(first: Slot, last: Slot)] = []
    var kept: [Flight] = []
    for var flight in flights[head...] {
      if flight.beat < beat {
        guard flight.last > chosen else { continue }
        flight.first = max(flight.first, chosen.next)
        flight.beat = now
        lost.append((flight.first, flight.last))
      }
      kept.append(flight)
    }
    flights = kept
    head = 0
    return lost
  }
  mutating func unanswered(from first: Slot, through last: Slot) -> [(first: Slot, last: Slot)] {
    flights = flights[head...].filter { $0.last >= first }
    head = 0
    return flights.filter { $0.last <= last }.map { (max($0.first, first), $0.last) }
  }
  mutating func removeAll() {
    flights.removeAll(keepingCapacity: true)
    head = 0
  }
}
