import Consensus
import Testing

@Suite("Vocabulary") struct VocabularyTests {
  @Test("A node set iterates in ascending order, whatever the order of insertion")
  func order() {
    var set = NodeSet()
    for index in [63, 0, 17, 4, 62] { set.insert(NodeID(index)) }
    #expect(set.map(\.index) == [0, 4, 17, 62, 63])
    #expect(set.count == 5)
  }

  @Test("Inserting a member twice says so the second time")
  func insertTwice() {
    var set = NodeSet()
    let first = set.insert(NodeID(3))
    let second = set.insert(NodeID(3))
    #expect(first && !second)
    set.remove(NodeID(3))
    #expect(set.isEmpty)
  }

  @Test("Two majorities of any cluster have a member in common", arguments: 1...9)
  func majorities(count: Int) {
    let cluster = Cluster(count: count)
    #expect(2 * cluster.majority > count)
    #expect(2 * (cluster.majority - 1) <= count)
  }

  @Test("The same seed draws the same numbers, pinned for all machines")
  func randomIsPinned() {
    var random = RandomSource(seed: 7)
    let drawn = [random.next(), random.next()]
    #expect(drawn == [7_191_089_600_892_374_487, 309_689_372_594_955_804])
    var again = RandomSource(seed: 7)
    var other = RandomSource(seed: 8)
    #expect(again.next() != other.next())
  }

  @Test("Uniform durations stay inside their range, meet both ends, and have the middle for a mean")
  func uniform() {
    var random = RandomSource(seed: 2)
    var seen: Set<Int64> = []
    var sum: Int64 = 0
    for _ in 0..<100_000 {
      let drawn = random.duration(in: .nanoseconds(10)...(.nanoseconds(19))).nanoseconds
      seen.insert(drawn)
      sum += drawn
    }
    #expect(seen == Set(10...19))
    #expect(abs(Double(sum) / 100_000 - 14.5) < 0.05)
  }

  @Test("A duration's nanoseconds are exact on both sides of 18 seconds, and rounded towards zero below one")
  func nanoseconds() {
    #expect(Duration.seconds(17).nanoseconds == 17_000_000_000)
    #expect(Duration.seconds(3_600).nanoseconds == 3_600_000_000_000)
    #expect(Duration(secondsComponent: 0, attosecondsComponent: 999_999_999).nanoseconds == 0)
    #expect((.zero - Duration.milliseconds(3)).nanoseconds == -3_000_000)
  }
}

@Suite("Quorum tallies") struct TallyTests {
  @Test("A supporter counts once, and a stranger never")
  func once() {
    var tally = Tally(of: Cluster(count: 5))
    for node in [1, 1, 9] {
      let completed = tally.add(NodeID(node))
      #expect(!completed)
    }
    #expect(tally.supporters.count == 1)
  }

  @Test("Exactly one vote completes the quorum", arguments: 1...9)
  func completes(count: Int) {
    var tally = Tally(of: Cluster(count: count))
    var completions: [Int] = []
    for index in 0..<count where tally.add(NodeID(index)) { completions.append(index) }
    #expect(completions == [count / 2])
    #expect(tally.hasQuorum)
  }

  @Test("What a quorum reached equals the sorted definition, over random marks")
  func watermarks() {
    var random = RandomSource(seed: 3)
    for _ in 0..<2_000 {
      let count = 1 + Int(random.below(9))
      let quorum = 1 + Int(random.below(UInt64(count)))
      var marks = Watermarks(of: Cluster(count: count))
      var plain = Array(repeating: UInt64(0), count: count)
      for node in 0..<count {
        plain[node] = random.below(6)
        marks.advance(NodeID(node), to: Slot(plain[node]))
      }
      #expect(marks.reachedByQuorum(of: quorum).number == plain.sorted(by: >)[quorum - 1])
    }
  }

  @Test("A mark never goes back")
  func monotone() {
    var marks = Watermarks(of: Cluster(count: 3))
    let moves = [(1, 5), (1, 4), (7, 9)].map { node, slot in marks.advance(NodeID(node), to: Slot(UInt64(slot))) }
    #expect(moves == [true, false, false])
    #expect(marks[NodeID(1)] == Slot(5))
  }
}

@Suite("Wire") struct WireTests {
  static let batch = Batch([
    Command(id: .init(client: 7, sequence: 1), operation: .put(3, 9), padding: 5),
    Command(id: .init(client: 8, sequence: 2), operation: .cas(1, from: 2, to: 3)),
  ])

  @Test("What was written is read again, and its size was known before")
  func roundTrip() throws {
    for value in [Value.noop, .batch(Self.batch)] {
      var writer = ByteWriter()
      writer.write(Entry(stamp: Stamp(4), value: value))
      #expect(writer.bytes.count == Entry(stamp: Stamp(4), value: value).byteCount)
      var reader = ByteReader(writer.bytes[...])
      #expect(try reader.entry() == Entry(stamp: Stamp(4), value: value))
      #expect(reader.remaining == 0)
    }
  }

  @Test("Every truncation is an error, and no damaged byte is worse than one")
  func total() {
    var writer = ByteWriter()
    writer.write(Value.batch(Self.batch))
    for end in 0..<writer.bytes.count {
      var reader = ByteReader(writer.bytes[..<end])
      #expect(throws: WireError.self) { try reader.value() }
    }
    for place in writer.bytes.indices {
      for bit in 0..<8 {
        var bytes = writer.bytes
        bytes[place] ^= 1 << bit
        var reader = ByteReader(bytes[...])
        if let value = try? reader.value() {
          #expect(value != .batch(Self.batch) || reader.remaining > 0 || place > 40)
        }
      }
    }
  }

  @Test("A count that the bytes cannot hold is refused before anything is allocated")
  func lyingCount() {
    var writer = ByteWriter()
    writer.write(1 as UInt8)
    writer.write(UInt32.max)
    var reader = ByteReader(writer.bytes[...])
    #expect(throws: WireError.limitExceeded) { try reader.value() }
  }
}

@Suite("Snapshot transfer") struct SnapshotTransferTests {
  private let snapshot = Snapshot(through: Slot(9), stamp: Stamp(2), image: (0..<100).map { UInt8($0) })

  @Test("Pieces in order make the snapshot, with repeats and strays ignored")
  func reassembles() {
    var transfer = SnapshotTransfer()
    var offset = 0
    for _ in 0..<20 {
      let piece = SnapshotTransfer.piece(of: snapshot, at: offset, limit: 33)
      let (next, whole) = transfer.add(piece)
      if let whole {
        #expect(whole == snapshot)
        return
      }
      #expect(transfer.add(piece).next == next, "a repeated piece is acknowledged and changes nothing")
      let stray = SnapshotTransfer.piece(of: snapshot, at: next + 1, limit: 33)
      #expect(transfer.add(stray).next == next)
      offset = next
    }
    Issue.record("the snapshot never became whole")
  }

  @Test("A newer snapshot starts over, and the older one's pieces no longer count")
  func newerWins() {
    var transfer = SnapshotTransfer()
    _ = transfer.add(SnapshotTransfer.piece(of: snapshot, at: 0, limit: 50))
    let newer = Snapshot(through: Slot(12), stamp: Stamp(3), image: [1, 2, 3])
    #expect(transfer.add(SnapshotTransfer.piece(of: newer, at: 0, limit: 2)).next == 2)
    #expect(transfer.add(SnapshotTransfer.piece(of: snapshot, at: 50, limit: 50)).whole == nil)
    #expect(transfer.add(SnapshotTransfer.piece(of: newer, at: 2, limit: 2)).whole == newer)
  }

  @Test("An empty image is one piece")
  func empty() {
    var transfer = SnapshotTransfer()
    let empty = Snapshot(through: Slot(1), stamp: Stamp(1), image: [])
    #expect(transfer.add(SnapshotTransfer.piece(of: empty, at: 0, limit: 10)).whole == empty)
  }
}
