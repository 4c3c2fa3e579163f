/// What is to happen, in the order of time; at equal times urgent things first, then first come, first served.
///
/// A four-ary heap of 16-byte keys; the events themselves stay where they were put until they are taken.
public struct EventQueue<Event> {
  private struct Key {
    var time: Int64
    /// Urgency (1 bit), sequence (39 bits), place (24 bits).
    var order: UInt64

    func precedes(_ other: Key) -> Bool { time != other.time ? time < other.time : order < other.order }
    var place: Int { Int(truncatingIfNeeded: order & 0xFF_FFFF) }
  }

  private var heap: [Key] = []
  private var events: [Event?] = []
  private var free: [Int] = []
  private var sequence: UInt64 = 0

  public init() { heap.reserveCapacity(1 << 10) }

  public var isEmpty: Bool { heap.isEmpty }
  public var count: Int { heap.count }
  /// The time of the next event; the end of time if there is none.
  public var nextTime: Int64 { heap.first?.time ?? .max }

  public mutating func push(_ event: Event, at time: Int64, urgent: Bool = false) {
    let place: Int
    if let reused = free.popLast() {
      place = reused
      events[place] = event
    } else {
      place = events.count
      precondition(place < 1 << 24, "more than 16 million events are under way: the load has no end")
      events.append(event)
    }
    sequence += 1
    rise(Key(time: time, order: (urgent ? 0 : 1 << 63) | sequence << 24 | UInt64(place)))
  }

  public mutating func pop() -> (time: Int64, event: Event)? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty { sink(last) }
    let event = events[first.place].take()!
    free.append(first.place)
    return (first.time, event)
  }

  private mutating func rise(_ key: Key) {
    heap.append(key)
    heap.withUnsafeMutableBufferPointer { heap in
      var hole = heap.count - 1
      while hole > 0 {
        let parent = (hole - 1) >> 2
        guard key.precedes(heap[parent]) else { break }
        heap[hole] = heap[parent]
        hole = parent
      }
      heap[hole] = key
    }
  }

  private mutating func sink(_ key: Key) {
    heap.withUnsafeMutableBufferPointer { heap in
      var hole = 0
      while true {
        let first = hole << 2 + 1
        guard first < heap.count else { break }
        var least = first
        var child = first + 1
        while child < min(first + 4, heap.count) {
          if heap[child].precedes(heap[least]) { least = child }
          child += 1
        }
        guard heap[least].precedes(key) else { break }
        heap[hole] = heap[least]
        hole = least
      }
      heap[hole] = key
    }
  }
}
