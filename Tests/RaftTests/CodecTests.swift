import Consensus
import Testing

@testable import Raft

@Suite("Raft's messages and records on the wire") struct CodecTests {
  private static let batch = Batch([
    Command(id: .init(client: 7, sequence: 3), operation: .put(2, 9), padding: 5),
    Command(id: .init(client: 8, sequence: 1), operation: .cas(2, from: 9, to: 10)),
  ])
  private static let entries = [
    Entry(stamp: Stamp(3), value: .noop), Entry(stamp: Stamp(4), value: .batch(batch)),
  ]
  static let messages: [Raft.Message] = [
    .preVote(.init(term: 4, lastSlot: Slot(9), lastTerm: 3, isTransfer: false)),
    .preVoteReply(.init(term: 4, isGranted: true)),
    .requestVote(.init(term: 5, lastSlot: Slot(9), lastTerm: 3, isTransfer: true)),
    .requestVoteReply(.init(term: 5, isGranted: false)),
    .appendEntries(
      .init(term: 5, previousSlot: Slot(9), previousTerm: 3, commit: Slot(8), entries: entries)),
    .appendEntriesReply(.success(5, through: Slot(11))),
    .heartbeat(.init(term: 5, previousSlot: Slot(11), previousTerm: 4, commit: Slot(11), entries: [])),
    .heartbeatReply(.refusal(5, of: Slot(11), hint: Position(slot: Slot(9), term: 2))),
    .installSnapshot(
      term: 5, SnapshotPiece(through: Slot(40), stamp: Stamp(5), offset: 3, bytes: [1, 2, 3], isLast: true)),
    .installSnapshotReply(.init(term: 5, through: Slot(40), next: 6, isDone: false)),
    .timeoutNow(term: 5),
  ]
  static let records: [Raft.Record] = [
    .vote(term: 3, for: nil), .vote(term: 4, for: NodeID(2)), .append(Slot(7), entries[1]),
  ]

  @Test("Every message comes back from its bytes, and its size is known without making them")
  func messagesRoundTrip() throws {
    #expect(Self.messages.map(\.tag) == Array(0..<UInt8(Raft.messageKinds.count)))
    for message in Self.messages {
      #expect(try Raft.Message(bytes: message.encoded) == message)
      #expect(message.byteCount == message.encoded.count)
    }
  }

  /// What the samples' bytes came to in each format.
  private static let layouts: [Int: UInt64] = [1: 7_754_252_234_657_719_381]

  @Test("Two layouts of the messages never have one number")
  func layout() {
    var digest = Digest()
    for byte in Self.messages.flatMap(\.encoded) { digest.fold(UInt64(byte)) }
    #expect(
      Self.layouts[Raft.messageFormat] == digest.value,
      "the bytes of messages changed: count Raft.messageFormat up, and add its line with \(digest.value)")
  }

  @Test("Every record comes back from its bytes")
  func recordsRoundTrip() throws {
    for record in Self.records {
      #expect(try Raft.Record(bytes: record.encoded) == record)
      #expect(record.byteCount == record.encoded.count)
    }
  }

  @Test("Bytes that end early, go on or are changed give an error or another value, never a crash")
  func totality() {
    var random = RandomSource(seed: 5)
    var errors = 0
    for bytes in Self.messages.map(\.encoded) {
      for length in 0..<bytes.count {
        #expect(throws: WireError.self) { try Raft.Message(bytes: Array(bytes.prefix(length))) }
      }
      #expect(throws: WireError.trailing(1)) { try Raft.Message(bytes: bytes + [0]) }
      for _ in 0..<500 {
        var changed = bytes
        changed[Int(random.below(UInt64(bytes.count)))] = UInt8(truncatingIfNeeded: random.next())
        do { _ = try Raft.Message(bytes: changed) } catch { errors += 1 }
      }
    }
    #expect(errors > 100)
    #expect(throws: WireError.unknownTag(11)) { try Raft.Message(bytes: [11]) }
    #expect(throws: WireError.unknownTag(2)) { try Raft.Record(bytes: [2]) }
  }

  @Test("A heartbeat with entries is no heartbeat")
  func heartbeatWithEntries() {
    guard case .appendEntries = Self.messages[4] else { return }
    var bytes = Self.messages[4].encoded
    bytes[0] = 6
    #expect(throws: WireError.invalid) { try Raft.Message(bytes: bytes) }
  }
}
