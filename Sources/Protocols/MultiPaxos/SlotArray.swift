import Consensus

/// Something for each slot of a span, by offset. Unlike a log of Raft's it may have holes.
struct SlotArray<Element: Sendable>: Sendable {
  private var elements: [Element?] = []
  /// What comes before this offset was removed.
  private var head = 0
  /// The slot at `head`.
  private(set) var first = Slot(1)

  init() {}

  var isEmpty: Bool { head == elements.count }
  /// The last slot of the span; nil if there is none.
  var last: Slot? { isEmpty ? nil : Slot(first.number + UInt64(elements.count - head) - 1) }

  private func offset(_ slot: Slot) -> Int? {
    guard slot >= first, slot.number - first.number < UInt64(elements.count - head) else { return nil }
    return head + Int(slot.number - first.number)
  }

  subscript(slot: Slot) -> Element? { offset(slot).flatMap { elements[$0] } }

  mutating func put(_ element: Element, at slot: Slot) {
    if let place = offset(slot) {
      elements[place] = element
    } else if isEmpty {
      elements.removeAll(keepingCapacity: true)
      head = 0
      first = slot
      elements.append(element)
    } else if slot < first {
      let gap = Int(first.number - slot.number)
      elements.insert(contentsOf: repeatElement(nil, count: gap), at: head)
      elements[head] = element
      first = slot
    } else {
      let gap = Int(slot.number - first.number) - (elements.count - head)
      if gap > 0 { elements.append(contentsOf: repeatElement(nil, count: gap)) }
      elements.append(element)
    }
  }

  /// Changes what is there in place; nothing where nothing is.
  mutating func update(_ slot: Slot, _ change: (inout Element) -> Void) {
    guard let place = offset(slot), elements[place] != nil else { return }
    change(&elements[place]!)
  }

  mutating func remove(at slot: Slot) {
    if let place = offset(slot) { elements[place] = nil }
  }
  /// Amortised: what is moved is never more than what was removed.
  mutating func remove(through slot: Slot) {
    guard slot >= first, !isEmpty else { return }
    let count = Int(min(slot.number - first.number + 1, UInt64(elements.count - head)))
    for place in head..<(head + count) { elements[place] = nil }
    head += count
    first = Slot(first.number + UInt64(count))
    if head * 2 >= elements.count {
      elements.removeFirst(head)
      head = 0
    }
  }
  mutating func removeAll() {
    elements.removeAll(keepingCapacity: true)
    head = 0
  }
}
