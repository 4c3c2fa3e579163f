import Consensus

/// A home-made protocol as people write it before they read a paper: the lowest replica that I can see leads, and whoever is
/// missing is proceeded without. It has no majority, so a partition gives it two leaders; the verification must see that.
struct Naive: ConsensusProtocol {
  enum Message: WireCodable {
    case copy(slot: Slot, Entry)
    case copied(Slot)

    var tag: UInt8 { if case .copy = self { 0 } else { 1 } }
    var description: String { tag == 0 ? "copy" : "copied" }
    func encode(into writer: inout ByteWriter) {
      writer.write(tag)
      switch self {
      case .copy(let slot, let entry):
        writer.write(slot)
        writer.write(entry)
      case .copied(let slot): writer.write(slot)
      }
    }
    init(from reader: inout ByteReader) throws(WireError) {
      switch try reader.byte() {
      case 0: self = .copy(slot: try reader.slot(), try reader.entry())
      case 1: self = .copied(try reader.slot())
      case let tag: throw .unknownTag(tag)
      }
    }
  }
  struct Record: WireCodable {
    var slot: Slot
    var entry: Entry
    var tag: UInt8 { 0 }
    var description: String { "append \(slot)" }
    init(slot: Slot, entry: Entry) {
      self.slot = slot
      self.entry = entry
    }
    func encode(into writer: inout ByteWriter) {
      writer.write(tag)
      writer.write(slot)
      writer.write(entry)
    }
    init(from reader: inout ByteReader) throws(WireError) {
      _ = try reader.byte()
      self.init(slot: try reader.slot(), entry: try reader.entry())
    }
  }
  enum Timer: Hashable, CustomStringConvertible {
    case settle
    var description: String { "settle" }
  }
  struct Audit: ClusterAudit {
    typealias Core = Naive
    init(_ cluster: Cluster) {}
    var coverage: [(name: String, count: Int)] { [] }
    func recovered(_ node: NodeID, _ view: some ClusterView<Naive>, _ findings: inout Findings) {}
    func stepped(
      _ node: NodeID, _ input: Input<Naive>, _ core: borrowing Naive, _ effects: borrowing Effects<Naive>,
      _ view: some ClusterView<Naive>, _ findings: inout Findings
    ) {}
    func synced(
      _ node: NodeID, _ record: Record, _ view: some ClusterView<Naive>, _ findings: inout Findings
    ) {}
    func examine(_ view: some ClusterView<Naive>, _ findings: inout Findings) {}
  }
  /// What is wrong with it besides the missing majority.
  enum Tuning {
    case asIs
    /// Acknowledges a copy before its disk has it.
    case hasty
    /// Another incarnation reads its records another way.
    case forgetful
  }

  static let name = "naive"
  static let requiresSessions = true
  static let messageKinds = [MessageKind("copy", .replication), MessageKind("copied", .replication)]

  private let id: NodeID
  private let patience: Duration
  private var log: [Entry] = []
  private var connected = NodeSet()
  private var isSettled = false
  private var committed = 0
  private var acknowledged: [NodeSet] = []
  private let tuning: Tuning
  private let isForgetting: Bool
  /// Messages of peers with whom no session was open.
  private var strangers = 0

  init(_ configuration: Configuration<Naive>) {
    id = configuration.id
    tuning = configuration.tuning
    isForgetting = tuning == .forgetful && configuration.seed.isMultiple(of: 2)
    patience = configuration.timing.electionTimeout.lowerBound
  }

  private var leader: NodeID? { isSettled ? min(id, connected.first { _ in true } ?? id) : nil }
  var status: ReplicaStatus {
    ReplicaStatus(
      role: leader == id ? .leader : .follower, epoch: 1, leader: leader, committed: Slot(UInt64(committed)),
      isEstablished: leader == id)
  }
  mutating func restore(_ snapshot: Snapshot) {}
  mutating func replay(_ record: Record) {
    if isForgetting, record.slot.number > 5 { return }
    let index = Int(record.slot.number) - 1
    if index == log.count { log.append(record.entry) } else if index < log.count { log[index] = record.entry }
  }
  func checkpoint() -> [Record] { log.enumerated().map { Record(slot: Slot(UInt64($0 + 1)), entry: $1) } }
  func entry(at slot: Slot) -> Entry? {
    let index = Int(slot.number) - 1
    return log.indices.contains(index) ? log[index] : nil
  }
  var base: Slot { Slot(0) }
  func upholds(_ message: Message, to peer: NodeID) -> Bool {
    if case .copied(let slot) = message { entry(at: slot) != nil } else { true }
  }
  func check(_ findings: inout Findings) {
    findings.expect(strangers == 0, "SESSION", id, "a message came outside of its session")
  }
  func inspect() -> [(name: String, value: String)] { [("last", "\(log.count)")] }

  mutating func step(_ input: Input<Naive>, into effects: inout Effects<Naive>) {
    if case .receive(_, let peer) = input, peer != id, !connected.contains(peer) { strangers += 1 }
    switch input {
    case .start: effects.start(.settle, after: patience)
    case .timeout: isSettled = true
    case .connected(let peer): connected.insert(peer)
    case .disconnected(let peer):
      connected.remove(peer)
      commit(&effects)
    case .propose(let batch):
      let entry = Entry(stamp: Stamp(1), value: .batch(batch))
      append(Slot(UInt64(log.count + 1)), entry, &effects)
      effects.sendAhead(.copy(slot: Slot(UInt64(log.count)), entry), to: connected)
      effects.send(.copied(Slot(UInt64(log.count))), to: id)
    case .receive(.copy(let slot, let entry), let peer):
      append(slot, entry, &effects)
      if tuning == .hasty { effects.sendAhead(.copied(slot), to: peer) } else { effects.send(.copied(slot), to: peer) }
      if committed < Int(slot.number) - 1 { committed = min(log.count, Int(slot.number) - 1) }
    case .receive(.copied(let slot), let peer):
      while acknowledged.count < slot.number { acknowledged.append(NodeSet()) }
      acknowledged[Int(slot.number) - 1].insert(peer)
      commit(&effects)
    case .compacted, .transfer: break
    }
  }
  private mutating func append(_ slot: Slot, _ entry: Entry, _ effects: inout Effects<Naive>) {
    persist(Record(slot: slot, entry: entry), &effects)
  }
  private mutating func commit(_ effects: inout Effects<Naive>) {
    while committed < log.count, committed < acknowledged.count,
      acknowledged[committed].contains(id), connected.subtracting(acknowledged[committed]).isEmpty
    {
      effects.commit(log[committed], at: Slot(UInt64(committed + 1)))
      committed += 1
    }
  }
}
