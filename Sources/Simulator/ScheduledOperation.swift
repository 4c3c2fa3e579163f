import Consensus
import DequeModule

/// A client operation and when it is due, as a schedule lists it.
public struct ScheduledOperation: Hashable, Sendable {
  /// Since the start of the measured window. After the window's end: once everything is healed, to prove that the client is served.
  public var at: Duration
  /// Who asks: in a closed loop the client with this index, as soon as it has its answer to what it asked before; in an open loop
  /// whoever is free, and this is nil.
  public var client: UInt32?
  public var operation: Operation
  /// Bytes of payload.
  public var padding: UInt32

  public init(at: Duration, client: UInt32?, _ operation: Operation, padding: UInt32) {
    self.at = at
    self.client = client
    self.operation = operation
    self.padding = padding
  }
}

/// What clients are to ask, where nothing is drawn.
struct ClientScript {
  /// A closed loop's by client; an open loop's in the first, in the order in which they are begun.
  private var operations: [Deque<ScheduledOperation>]
  /// An open loop's operations become due apart from being begun.
  private var arrivals: Deque<Duration> = []

  init(_ list: [ScheduledOperation], clients: Int, isOpenLoop: Bool) {
    operations = Array(repeating: [], count: max(1, isOpenLoop ? 1 : clients))
    for operation in list.enumerated().sorted(by: { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }) {
      let place = isOpenLoop ? 0 : Int(operation.element.client ?? 0)
      if place < operations.count { operations[place].append(operation.element) }
      if isOpenLoop { arrivals.append(operation.element.at) }
    }
  }

  /// When the client of a closed loop is to ask next; nil: never again.
  func due(_ client: Int) -> Duration? { operations[client].first?.at }
  /// When the next operation of an open loop is due.
  mutating func nextArrival() -> Duration? { arrivals.popFirst() }
  /// Whoever has nothing left to ask, and must prove that it is served, reads.
  mutating func next(_ client: Int) -> (operation: Operation, padding: UInt32) {
    guard let next = operations[min(client, operations.count - 1)].popFirst() else { return (.get(0), 0) }
    return (next.operation, next.padding)
  }
}

/// Notes what clients ask, so that it can be asked again.
struct ClientNotes {
  private(set) var operations: [ScheduledOperation] = []
  /// An open loop's operations that are due; some were never begun.
  private var arrivals: [Duration] = []

  /// A closed loop's client, or an open loop's whoever.
  mutating func note(_ operation: Operation, _ padding: UInt32, by client: UInt32?, at time: Duration) {
    operations.append(.init(at: time, client: client, operation, padding: padding))
  }
  mutating func arrival(at time: Duration) { arrivals.append(time) }

  /// In an open loop each operation with the time at which it was due, in the order of both.
  var list: [ScheduledOperation] {
    guard let last = arrivals.last else { return operations }
    var list = operations
    for index in list.indices { list[index].at = index < arrivals.count ? arrivals[index] : max(last, list[index].at) }
    for time in arrivals.dropFirst(list.count) { list.append(.init(at: time, client: nil, .get(0), padding: 0)) }
    return list
  }
}
