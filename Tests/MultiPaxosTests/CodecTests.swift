import Consensus
import Testing

@testable import MultiPaxos

@Suite("Multi-Paxos' messages and records on the wire") struct CodecTests {
  private static let batch = Batch([
    Command(id: .init(client: 7, sequence: 3), operation: .put(2, 9), padding: 5),
    Command(id: .init(client: 8, sequence: 1), operation: .cas(2, from: 9, to: 10)),
  ])
  private static let low = Ballot(round: 3, node: NodeID(2))
  private static let high = Ballot(round: 5, node: NodeID(1))
  private static let entries = [
    Entry(stamp: low.stamp, value: .noop), Entry(stamp: high.stamp, value: .batch(batch)),
  ]
  static let messages: [MultiPaxos.Message] = [
    .prepare(.init(ballot: high, from: Slot(4), lastSlot: Slot(9), lastBallot: low)),
    .promise(
      .init(
        ballot: high, compacted: Slot(3), first: Slot(4), through: Slot(9), rest: .follows, chosen: Slot(5),
        reports: [.init(slot: Slot(5), entry: entries[0]), .init(slot: Slot(9), entry: entries[1])])),
    .nack(refused: low, by: high),
    .accept(.init(ballot: high, first: Slot(10), chosen: Slot(8), values: [.noop, .batch(batch)])),
    .accepted(.init(ballot: high, first: Slot(10), last: Slot(11))),
    .chosen(.init(ballot: high, chosen: Slot(11))),
    .beat(high, 7, chosen: 11),
    .beaten(high, 7, chosen: 10),
    .learnRequest(from: Slot(4)),
    .learnReply(.init(first: Slot(4), chosen: Slot(8), rest: .onRequest, entries: entries)),
    .installSnapshot(
      SnapshotPiece(through: Slot(40), stamp: high.stamp, offset: 3, bytes: [1, 2, 3], isLast: true)),
    .installSnapshotReply(.init(through: Slot(40), next: 6, isDone: false)),
  ]
  static let records: [MultiPaxos.Record] = [
    .promise(low), .accept(Slot(7), entries[1], .init(after: Slot(0), through: Slot(5))),
  ]

  @Test("Every message comes back from its bytes, and its size is known without making them")
  func messagesRoundTrip() throws {
    #expect(Self.messages.map(\.tag) == Array(0..<UInt8(MultiPaxos.messageKinds.count)))
    for message in Self.messages {
      #expect(try MultiPaxos.Message(bytes: message.encoded) == message)
      #expect(message.byteCount == message.encoded.count)
      #expect(!message.description.isEmpty)
    }
  }

  /// What the samples' bytes came to in each format.
  private static let layouts: [Int: UInt64] = [1: 956_125_503_668_257_750]

  @Test("Two layouts of the messages never have one number")
  func layout() {
    var digest = Digest()
    for byte in Self.messages.flatMap(\.encoded) { digest.fold(UInt64(byte)) }
    #expect(
      Self.layouts[MultiPaxos.messageFormat] == digest.value,
      "the bytes of messages changed: count MultiPaxos.messageFormat up, and add its line with \(digest.value)")
  }

  @Test("Every record comes back from its bytes")
  func recordsRoundTrip() throws {
    for record in Self.records {
      #expect(try MultiPaxos.Record(bytes: record.encoded) == record)
      #expect(record.byteCount == record.encoded.count)
      #expect(!record.description.isEmpty)
    }
  }

  @Test("Bytes that end early, go on or are changed give an error or another value, never a crash")
  func totality() {
    var random = RandomSource(seed: 5)
    var errors = 0
    for bytes in Self.messages.map(\.encoded) {
      for length in 0..<bytes.count {
        #expect(throws: WireError.self) { try MultiPaxos.Message(bytes: Array(bytes.prefix(length))) }
      }
      #expect(throws: WireError.trailing(1)) { try MultiPaxos.Message(bytes: bytes + [0]) }
      for _ in 0..<100 {
        var changed = bytes
        changed[Int(random.below(UInt64(bytes.count)))] = UInt8(truncatingIfNeeded: random.next())
        do {
          // What can be read can be received, and harms nobody.
          let message = try MultiPaxos.Message(bytes: changed)
          var server = Server(1, accepted: [low(3), low(4)])
          server.receive(message, from: 2)
          server.receive(message, from: 1)
        } catch { errors += 1 }
      }
    }
    #expect(errors > 50)
    #expect(throws: WireError.unknownTag(12)) { try MultiPaxos.Message(bytes: [12]) }
    #expect(throws: WireError.unknownTag(2)) { try MultiPaxos.Record(bytes: [2]) }
  }
  private func low(_ value: Int) -> Entry { .of(Self.low, value) }

  @Test(
    "An Accept without values, a range that ends before it begins, reports out of order, a ballot of nobody: rejected")
  func malformed() {
    let high = Self.high
    let empty = MultiPaxos.Message.accept(.init(ballot: high, first: Slot(10), chosen: Slot(8), values: []))
    #expect(throws: WireError.invalid) { try MultiPaxos.Message(bytes: empty.encoded) }
    let backward = MultiPaxos.Message.accepted(.init(ballot: high, first: Slot(10), last: Slot(9)))
    #expect(throws: WireError.invalid) { try MultiPaxos.Message(bytes: backward.encoded) }
    let nowhere = MultiPaxos.Message.learnRequest(from: Slot(0))
    #expect(throws: WireError.invalid) { try MultiPaxos.Message(bytes: nowhere.encoded) }
    let shuffled = MultiPaxos.Message.promise(
      .init(
        ballot: high, compacted: Slot(3), first: Slot(4), through: Slot(9), rest: .nothing, chosen: Slot(5),
        reports: [.init(slot: Slot(6), entry: Self.entries[0]), .init(slot: Slot(5), entry: Self.entries[1])]))
    #expect(throws: WireError.invalid) { try MultiPaxos.Message(bytes: shuffled.encoded) }
    for number in [high.number | 0xFF, .max] {
      let stranger = MultiPaxos.Message.nack(refused: Ballot(number: number), by: high)
      #expect(throws: WireError.invalid) { try MultiPaxos.Message(bytes: stranger.encoded) }
    }
  }
}
