import Consensus
import DequeModule

/// What waits for the network card of one replica: first in, first out, but what was lost is sent again before what is new.
///
/// Nothing in here has left: a crash takes it along, and what becomes of it on its way is decided when it goes.
struct Outbox<Message> {
  struct Item {
    /// nil: the first of what waits behind a lost segment, once more.
    var message: Message?
    var to: NodeID
    var session: UInt32
    var bytes: Int32
    /// The processor is through with it.
    var ready: Int64
  }

  private var items = Deque<Item>()
  private var waitingBytes: [Int]
  /// Of the first: the bits that have not left, and since when (or from when on) they leave; nil: it has not been begun.
  var service: (bits: UInt64, since: Int64)?
  /// What was scheduled for the first before this changed is void.
  var generation: UInt32 = 0

  init(replicas: Int) { waitingBytes = Array(repeating: 0, count: replicas) }

  var isEmpty: Bool { items.isEmpty }
  var first: Item? { items.first }

  /// Bytes that wait for the way to `peer`.
  func bytes(to peer: NodeID) -> Int { waitingBytes[Int(peer.index)] }

  mutating func append(_ item: Item) {
    waitingBytes[Int(item.to.index)] += Int(item.bytes)
    if item.message != nil { return items.append(item) }
    let begun = service == nil ? 0 : 1
    items.insert(item, at: items.dropFirst(begun).firstIndex { $0.message != nil } ?? items.count)
  }

  mutating func removeFirst() -> Item {
    let item = items.removeFirst()
    waitingBytes[Int(item.to.index)] -= Int(item.bytes)
    service = nil
    return item
  }

  /// The session with `peer` is over: what was queued on it is gone, but for what the card has begun.
  mutating func forget(_ peer: NodeID) {
    guard bytes(to: peer) > 0 else { return }
    let begun = service == nil ? nil : items.popFirst()
    items.removeAll { $0.to == peer }
    waitingBytes[Int(peer.index)] = 0
    guard let begun else { return }
    items.prepend(begun)
    if begun.to == peer { waitingBytes[Int(peer.index)] = Int(begun.bytes) }
  }

  /// What the processor was to be through with after `now` it is through with at other times.
  mutating func moveReady(after now: Int64, _ moved: (Int64) -> Int64) {
    for index in items.indices where items[index].ready > now { items[index].ready = moved(items[index].ready) }
    if let (_, since) = service, since > now { service = nil }
  }

  mutating func removeAll() {
    items.removeAll()
    waitingBytes = Array(repeating: 0, count: waitingBytes.count)
    service = nil
    generation &+= 1
  }
}
