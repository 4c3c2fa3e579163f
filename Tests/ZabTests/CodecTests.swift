import Consensus
import Testing

@testable import Zab

@Suite("Zab's messages and records on the wire") struct CodecTests {
  private static let batch = Batch([
    Command(id: .init(client: 7, sequence: 3), operation: .put(2, 9), padding: 5),
    Command(id: .init(client: 8, sequence: 1), operation: .cas(2, from: 9, to: 10)),
  ])
  private static let entries = [
    Entry(stamp: Zab.Zxid(epoch: 3, counter: 7).stamp, value: .noop),
    Entry(stamp: Zab.Zxid(epoch: 4, counter: 1).stamp, value: .batch(batch)),
  ]
  static let messages: [Zab.Message] = [
    .vote(for: 2, 3, 7, current: 3, round: 12, .following),
    .cepoch(promised: 4),
    .newEpoch(5),
    .ackEpoch(
      .init(
        epoch: 5, counts: false, currentEpoch: 3,
        outline: [.start, Zab.Position(6, 2, 6), Zab.Position(13, 3, 7)])),
    .diff(.init(epoch: 5, previous: Zab.Position(12, 3, 6), entries: entries)),
    .diffReceived(epoch: 5, through: Slot(14)),
    .truncate(epoch: 5, after: Zab.Position(12, 3, 6)),
    .snapshot(
      epoch: 5,
      SnapshotPiece(
        through: Slot(40), stamp: Zab.Zxid(epoch: 5, counter: 1).stamp, offset: 3, bytes: [1, 2, 3], isLast: true)),
    .snapshotReceived(.init(epoch: 5, through: Slot(40), next: 6, isDone: false)),
    .newLeader(epoch: 5, end: Zab.Position(14, 4, 1)),
    .ackNewLeader(epoch: 5, end: Zab.Position(14, 4, 1)),
    .upToDate(epoch: 5, committed: Zab.Position(15, 5, 1)),
    .propose(Slot(16), entries[1]),
    .ack(Zab.Position(16, 5, 2)),
    .commit(Zab.Position(16, 5, 2)),
    .ping(epoch: 5),
    .pong(epoch: 5),
  ]
  static let records: [Zab.Record] = [
    .acceptedEpoch(5), .currentEpoch(4), .append(Slot(7), entries[1]), .truncate(after: Slot(6)),
  ]

  @Test("Every message comes back from its bytes, and its size is known without making them")
  func messagesRoundTrip() throws {
    #expect(Self.messages.map(\.tag) == Array(0..<UInt8(Zab.messageKinds.count)))
    for message in Self.messages {
      #expect(try Zab.Message(bytes: message.encoded) == message)
      #expect(message.byteCount == message.encoded.count)
    }
  }

  /// What the samples' bytes came to in each format.
  private static let layouts: [Int: UInt64] = [1: 14_993_605_559_032_091_443]

  @Test("Two layouts of the messages never have one number")
  func layout() {
    var digest = Digest()
    for byte in Self.messages.flatMap(\.encoded) { digest.fold(UInt64(byte)) }
    #expect(
      Self.layouts[Zab.messageFormat] == digest.value,
      "the bytes of messages changed: count Zab.messageFormat up, and add its line with \(digest.value)")
  }

  @Test("Every record comes back from its bytes")
  func recordsRoundTrip() throws {
    #expect(Self.records.map(\.tag) == [0, 1, 2, 3])
    for record in Self.records {
      #expect(try Zab.Record(bytes: record.encoded) == record)
      #expect(record.byteCount == record.encoded.count)
    }
  }

  @Test("Bytes that end early, go on or are changed give an error or another value, never a crash")
  func totality() {
    var random = RandomSource(seed: 5)
    var errors = 0
    for bytes in Self.messages.map(\.encoded) {
      for length in 0..<bytes.count {
        #expect(throws: WireError.self) { try Zab.Message(bytes: Array(bytes.prefix(length))) }
      }
      #expect(throws: WireError.trailing(1)) { try Zab.Message(bytes: bytes + [0]) }
      for _ in 0..<500 {
        var changed = bytes
        changed[Int(random.below(UInt64(bytes.count)))] = UInt8(truncatingIfNeeded: random.next())
        do { _ = try Zab.Message(bytes: changed) } catch { errors += 1 }
      }
    }
    #expect(errors > 100)
    #expect(throws: WireError.unknownTag(17)) { try Zab.Message(bytes: [17]) }
    #expect(throws: WireError.unknownTag(4)) { try Zab.Record(bytes: [4]) }
  }

  @Test("An outline whose positions do not rise is no outline, and a standing that does not exist no standing")
  func invalid() {
    let falling = Zab.Message.promise(5, current: 3, [Zab.Position(6, 2, 6), Zab.Position(6, 3, 7)])
    #expect(throws: WireError.invalid) { try Zab.Message(bytes: falling.encoded) }
    var bytes = Self.messages[0].encoded
    bytes[bytes.count - 1] = 3
    #expect(throws: WireError.invalid) { try Zab.Message(bytes: bytes) }
  }

  @Test("§III.A: a zxid is a pair of epoch and counter, ordered by epoch first; ZooKeeper's number is the same order")
  func zxids() {
    let zxids = [
      Zab.Zxid.zero, .init(epoch: 1, counter: .max), .init(epoch: 2, counter: 1), .init(epoch: .max, counter: 0),
    ]
    #expect(zxids == zxids.sorted())
    for zxid in zxids { #expect(Zab.Zxid(zxid.stamp) == zxid) }
    #expect(Zab.Zxid(epoch: 2, counter: 3).stamp.number == 0x2_0000_0003)
  }
}
