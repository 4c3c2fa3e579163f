import Consensus

/// Searches for an order of a history's operations that explains every reply and respects real time: linearizability (Herlihy and
/// Wing 1990), by Wing and Gong's search (1993) with Lowe's memory of configurations already tried (2017), key by key, since
/// a history is linearizable if and only if it is so for each key (Herlihy and Wing's locality; Horn and Kroening 2015).
///
/// Knows nothing of logs and protocols, so that it catches what a witness built on the log could miss.
public enum LinearizabilityChecker {
  public struct Result: Hashable, Sendable {
    /// `ok`, `violated`, or `unknown` when the budget ran out.
    public var verdict: Verdict
    /// Keys that were searched to an end.
    public var keys: Int
    /// Which operation of which key finds no place; nil if all do.
    public var detail: String?
  }

  /// - Parameter budget: attempts to place an operation, over all keys; past it the answer is `unknown`.
  public static func check(_ history: [ClientOperation], budget: Int) -> Result {
    var byKey: [UInt32: [ClientOperation]] = [:]
    for operation in history where isRelevant(operation) {
      byKey[operation.operation.key, default: []].append(operation)
    }
    var left = budget
    var keys = 0
    var verdict = Verdict.ok
    for key in byKey.keys.sorted() {
      var search = KeySearch(byKey[key] ?? [])
      switch search.run(&left) {
      case true?: keys += 1
      case false?: return Result(verdict: .violated, keys: keys, detail: "key k\(key): \(search.obstacle)")
      case nil: verdict = .unknown
      }
    }
    return Result(verdict: verdict, keys: keys, detail: verdict == .unknown ? "gave up after \(budget) attempts" : nil)
  }

  /// What did not happen explains nothing, and neither does a read that nobody saw.
  private static func isRelevant(_ operation: ClientOperation) -> Bool {
    switch operation.outcome {
    case .failed: return false
    case .ok: return operation.operation.kind != .open
    case .pending, .unknown: return operation.operation.kind != .open && operation.operation.kind != .get
    }
  }
}

/// The search for one key: a register that holds 0 at first.
private struct KeySearch {
  /// A call, or the return of an earlier call, in a doubly linked list in order of time.
  private struct Event {
    var operation: Int
    var isCall: Bool
    var previous: Int
    var next: Int
    /// Of a call: its return.
    var match: Int
  }
  private struct Configuration: Hashable {
    var placed: [UInt64]
    var value: UInt64
  }

  private let operations: [ClientOperation]
  /// Starts with a sentinel.
  private var events: [Event] = []
  private var deepest = 0
  /// Why the search failed: the operation at which it got stuck when it had come furthest.
  private(set) var obstacle = ""

  init(_ operations: [ClientOperation]) {
    self.operations = operations
    var order: [(time: Int64, isReturn: Bool, operation: Int)] = []
    for (index, operation) in operations.enumerated() {
      order.append((operation.invoked, false, index))
      // Without an answer it may take effect at any later time, or never: which is the same as last of all.
      var end = Int64.max
      if case .ok = operation.outcome { end = operation.returned ?? .max }
      order.append((end, true, index))
    }
    // At one instant calls come first: what only touches is concurrent.
    order.sort { ($0.time, $0.isReturn ? 1 : 0, $0.operation) < ($1.time, $1.isReturn ? 1 : 0, $1.operation) }
    events.append(Event(operation: -1, isCall: false, previous: -1, next: order.isEmpty ? -1 : 1, match: -1))
    var calls = Array(repeating: 0, count: operations.count)
    for (place, item) in order.enumerated() {
      let index = place + 1
      let next = index == order.count ? -1 : index + 1
      events.append(
        Event(operation: item.operation, isCall: !item.isReturn, previous: index - 1, next: next, match: -1))
      if item.isReturn { events[calls[item.operation]].match = index } else { calls[item.operation] = index }
    }
  }

  /// True: linearizable. False: not. Nil: out of budget.
  mutating func run(_ budget: inout Int) -> Bool? {
    var value: UInt64 = 0
    var placed = Array(repeating: UInt64(0), count: (operations.count + 63) / 64)
    var seen: Set<Configuration> = []
    var stack: [(call: Int, value: UInt64)] = []
    var current = events[0].next
    while events[0].next != -1 {
      guard budget > 0 else { return nil }
      budget -= 1
      let event = events[current]
      if event.isCall {
        if let next = Self.apply(operations[event.operation], to: value) {
          placed[event.operation / 64] |= 1 << UInt64(event.operation % 64)
          if seen.insert(Configuration(placed: placed, value: next)).inserted {
            stack.append((current, value))
            value = next
            lift(current)
            current = events[0].next
            continue
          }
          placed[event.operation / 64] &= ~(1 << UInt64(event.operation % 64))
        }
        current = event.next
      } else {
        // An operation returned that has no place yet: the last choice was wrong.
        if stack.count >= deepest {
          deepest = stack.count
          obstacle = describe(event.operation, value)
        }
        guard let last = stack.popLast() else { return false }
        value = last.value
        let operation = events[last.call].operation
        placed[operation / 64] &= ~(1 << UInt64(operation % 64))
        unlift(last.call)
        current = events[last.call].next
      }
    }
    return true
  }

  private func describe(_ index: Int, _ value: UInt64) -> String {
    let operation = operations[index]
    var reply = "no reply"
    if case .ok(let known) = operation.outcome { reply = "\(known.applied ? "" : "not ")applied, value \(known.value)" }
    return
      "\(operation.operation) of process \(operation.process) at \(operation.invoked) ns (\(reply)) finds no place; the value may be \(value)"
  }

  private mutating func lift(_ call: Int) {
    unlink(call)
    unlink(events[call].match)
  }
  private mutating func unlift(_ call: Int) {
    relink(events[call].match)
    relink(call)
  }
  private mutating func unlink(_ index: Int) {
    let event = events[index]
    events[event.previous].next = event.next
    if event.next != -1 { events[event.next].previous = event.previous }
  }
  private mutating func relink(_ index: Int) {
    let event = events[index]
    events[event.previous].next = index
    if event.next != -1 { events[event.next].previous = index }
  }

  /// The register after `operation`, or nil if its reply contradicts `value`.
  private static func apply(_ operation: ClientOperation, to value: UInt64) -> UInt64? {
    var reply: Reply?
    if case .ok(let known) = operation.outcome { reply = known }
    let asked = operation.operation
    switch asked.kind {
    case .open: return value
    case .get: return reply.map { $0.value == value } ?? true ? value : nil
    case .put: return asked.value
    case .delete: return 0
    case .cas:
      if let reply, reply.value != value || reply.applied != (value == asked.expected) { return nil }
      return value == asked.expected ? asked.value : value
    }
  }
}
