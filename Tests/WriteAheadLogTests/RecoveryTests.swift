import Consensus
import Testing

@testable import WriteAheadLog

@Suite("Recovery") struct RecoveryTests {
  /// The answer is a refusal, for this reason.
  private func expectDamage(
    _ disk: MemoryDisk, _ reason: JournalDamage.Reason, at position: UInt64,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    guard case .damaged(let damage) = recover(disk) else {
      Issue.record("not noticed", sourceLocation: sourceLocation)
      return
    }
    #expect(damage.reason == reason, "\(damage)", sourceLocation: sourceLocation)
    #expect(damage.position == position, "\(damage)", sourceLocation: sourceLocation)
  }

  @Test("An empty journal is empty, and a disk without one is no empty journal")
  func empty() throws {
    let (disk, log) = try formatted()
    #expect(try recovered(disk).position == 0)
    #expect(log.position == 0)
    expectDamage(MemoryDisk(), .missing, at: 0)
  }

  @Test("What was committed is recovered, over lives and segments of any size")
  func lives() throws {
    for segmentBlocks in [1, 2, 5, 100] {
      var disk = MemoryDisk()
      try Log.format(&disk, identity: identity, segmentBlocks: segmentBlocks)
      var expected: [Note] = []
      for life in 1...5 {
        var log = try Log(resuming: try recovered(disk), segmentBlocks: segmentBlocks, on: &disk)
        for batch in 0..<4 {
          for index in 0...batch {
            let note = Note(UInt64(100 * life + batch), bytes: index * 3_000)
            log.append(note)
            expected.append(note)
          }
          try log.commit(to: &disk)
          if batch == 2 { try log.mark(on: &disk) }
        }
        let found = try recovered(disk)
        #expect(found.records == expected)
        #expect(found.position == UInt64(expected.count))
        #expect(found.extents.map(\.position) == Array(1...UInt64(expected.count)))
      }
    }
  }

  @Test("A journal of another replica is none")
  func foreign() throws {
    let (disk, _) = try formatted()
    guard case .damaged = Log.recover(from: disk, identity: identity + 1) else {
      Issue.record("taken for its own")
      return
    }
  }

  @Test("A checkpoint of compaction changes nothing but where recovery starts, wherever the process dies on the way")
  func compaction() throws {
    // As many acts of the disk as the way has, and one more.
    var ends = Set<UInt64>()
    for life in 0...20 {
      var (disk, log) = try formatted()
      for number in 1...6 as ClosedRange<UInt64> { log.append(Note(number)) }
      try log.commit(to: &disk)
      log.cut(snapshot: nil, records: [Note(100)], waits: false)
      log.append(Note(7))
      try log.commit(to: &disk)
      disk.life = life
      do { while try !log.stepCheckpoint(at: 7, on: &disk) {} } catch {}
      disk.life = .max
      let found = try recovered(disk)
      ends.insert(found.checkpointPosition)
      #expect(found.position == 8)
      #expect(found.notes == (found.checkpointPosition == 7 ? [Note(100), Note(7)] : (1...7).map { Note($0) }))
      if found.checkpointPosition == 7, found.badCopies.isEmpty, life == 20 {
        #expect(disk.files.filter { $0 < .segment(0) }.count == 2)
      }
    }
    #expect(ends == [0, 7])
  }

  @Test("A peer's snapshot replaces all before it in one step, or not at all")
  func installation() throws {
    var ends = Set<UInt64>()
    for life in 0...20 {
      var (disk, log) = try formatted()
      for number in 1...6 as ClosedRange<UInt64> { log.append(Note(number)) }
      try log.commit(to: &disk)
      let snapshot = Snapshot(through: Slot(50), stamp: Stamp(3), image: [1, 2, 3])
      log.append(Note(7))
      log.cut(snapshot: snapshot, records: [Note(100)], waits: true)
      log.append(Note(101))
      disk.life = life
      do { try log.commit(to: &disk) } catch {}
      disk.life = .max
      let found = try recovered(disk)
      ends.insert(found.position)
      if found.checkpointPosition == 8 {
        #expect(found.snapshot == snapshot)
        #expect(found.notes == [Note(100), Note(101)])
      } else {
        #expect(log.synced == 6)
        #expect(found.notes == (1...found.position).map { Note($0) })
      }
      var next = try Log(resuming: found, segmentBlocks: 4, on: &disk)
      next.append(Note(55))
      try next.commit(to: &disk)
      #expect(try recovered(disk).notes == found.notes + [Note(55)])
    }
    #expect(ends == [6, 7, 9])
  }

  @Test("Segments that no checkpoint needs are written over, and what they held is never taken for new")
  func recycling() throws {
    var (disk, log) = try formatted(segmentBlocks: 2)
    var kept: [Note] = []
    for round in 1...30 as ClosedRange<UInt64> {
      for number in 0..<5 as Range<UInt64> {
        log.append(Note(round * 10 + number))
        try log.commit(to: &disk)
      }
      log.cut(snapshot: nil, records: [Note(round)], waits: false)
      let position = log.position
      kept = [Note(round), Note(round * 10 + 7)]
      log.append(Note(round * 10 + 7))
      try log.commit(to: &disk)
      while try !log.stepCheckpoint(at: position, on: &disk) {}
      #expect(try recovered(disk).notes == kept)
    }
    #expect(disk.files.count <= 5, "\(disk.files)")
  }

  @Test("A dropped tail does not come back in a later life, nor stand in its way")
  func droppedTail() throws {
    var (disk, log) = try formatted(segmentBlocks: 8)
    log.append(Note(1))
    try log.commit(to: &disk)
    for number in 2...5 as ClosedRange<UInt64> { log.append(Note(number, bytes: 4_000)) }
    try log.write(to: &disk)
    // The first of the batch did not arrive.
    let index = try #require(disk.index(.segment(2)))
    disk.contents[index].bytes[2 * blockBytes + 100] ^= 1
    var found = try recovered(disk)
    #expect(found.notes == [Note(1)])
    #expect(found.droppedBytes > 4_000)
    for number in 11...30 as ClosedRange<UInt64> {
      log = try Log(resuming: found, segmentBlocks: 8, on: &disk)
      log.append(Note(number))
      try log.commit(to: &disk)
      found = try recovered(disk)
      #expect(found.notes == [Note(1)] + (11...number).map { Note($0) })
      #expect(found.droppedBytes == 0)
    }
  }

  @Test(
    "A damaged record behind which more was written is damaged, not torn; the last one is, if a marker stands behind it"
  )
  func middleAndEnd() throws {
    var (disk, log) = try formatted(segmentBlocks: 8)
    for number in 1...3 as ClosedRange<UInt64> {
      log.append(Note(number))
      try log.commit(to: &disk)
    }
    let index = try #require(disk.index(.segment(2)))
    func flipped(block: Int, _ disk: MemoryDisk) -> MemoryDisk {
      var disk = disk
      disk.contents[index].bytes[block * blockBytes + 70] ^= 1
      return disk
    }
    expectDamage(flipped(block: 1, disk), .checksum, at: 1)
    expectDamage(flipped(block: 2, disk), .checksum, at: 2)
    #expect(try recovered(flipped(block: 3, disk)).notes == [Note(1), Note(2)])
    try log.mark(on: &disk)
    expectDamage(flipped(block: 3, disk), .checksum, at: 3)
    // The next life's first segment is a marker too.
    var again = disk
    disk.contents[index].bytes.replaceSubrange((4 * blockBytes)..., with: repeatElement(0, count: 4 * blockBytes))
    _ = try Log(resuming: try recovered(disk), segmentBlocks: 8, on: &disk)
    expectDamage(flipped(block: 3, disk), .checksum, at: 3)
    // And so is a batch that was only begun.
    log.append(Note(4))
    try log.write(to: &again)
    expectDamage(flipped(block: 3, again), .checksum, at: 3)
  }

  @Test("An older version of a block, a write that never arrived and one that went astray are found")
  func lostWrites() throws {
    var (disk, log) = try formatted(segmentBlocks: 8)
    var versions: [MemoryDisk] = []
    for number in 1...4 as ClosedRange<UInt64> {
      versions.append(disk)
      log.append(Note(number))
      try log.commit(to: &disk)
      try log.mark(on: &disk)
    }
    let index = try #require(disk.index(.segment(2)))
    func block(_ number: Int) -> Range<Int> { (number * blockBytes)..<((number + 1) * blockBytes) }
    // Block 3 as it was before record 3: with the marker behind record 2.
    var stale = disk
    stale.contents[index].bytes.replaceSubrange(block(3), with: versions[2].contents[index].bytes[block(3)])
    expectDamage(stale, .stale, at: 3)
    var lost = disk
    lost.contents[index].bytes.replaceSubrange(block(3), with: repeatElement(0, count: blockBytes))
    expectDamage(lost, .stale, at: 3)
    lost.contents[index].bytes.replaceSubrange(block(6), with: disk.contents[index].bytes[block(3)])
    expectDamage(lost, .misdirected, at: 3)
    // The file was another segment once, where a record began in block 3 that reached over what proves now that there was one.
    var (older, long) = try formatted(segmentBlocks: 8)
    long.append(Note(1, bytes: 4 * blockBytes))
    try long.commit(to: &older)
    stale.contents[index].bytes.replaceSubrange(block(3), with: older.contents[index].bytes[block(1)])
    expectDamage(stale, .stale, at: 3)
    disk.unreadable = .segment(2)
    expectDamage(disk, .unreadable, at: 1)
  }

  @Test("A segment that is missing among others is noticed")
  func missingSegment() throws {
    var disk = try Sample(isMarked: true).disk
    let found = try recovered(disk)
    let lost = try #require(found.extents.first { $0.file < found.extents[found.extents.count - 1].file })
    disk.contents.removeAll { $0.file == lost.file }
    guard case .damaged = recover(disk) else {
      Issue.record("not noticed")
      return
    }
  }

  @Test("One copy of the superblock is enough, and the other is written again; a checkpoint has no second copy")
  func superblocks() throws {
    let sample = try Sample(isMarked: true)
    for copy in 0..<2 {
      var disk = sample.disk
      let index = try #require(disk.index(.superblock))
      disk.contents[index].bytes[copy * blockBytes + 70] ^= 1
      let found = try recovered(disk)
      #expect(found.badCopies == [copy])
      #expect(found.notes == sample.notes.map(\.note))
      _ = try Log(resuming: found, segmentBlocks: 3, on: &disk)
      #expect(try recovered(disk).badCopies.isEmpty)
      disk.contents[index].bytes[70] ^= 1
      disk.contents[index].bytes[blockBytes + 70] ^= 1
      expectDamage(disk, .checksum, at: 0)
    }
    var disk = sample.disk
    let index = try #require(disk.contents.firstIndex { if case .checkpoint = $0.file { true } else { false } })
    let position = try recovered(disk).checkpointPosition
    disk.contents[index].bytes[100] ^= 1
    expectDamage(disk, .checksum, at: position)
    disk.contents.remove(at: index)
    expectDamage(disk, .missing, at: position)
  }

  @Test("A record that this program does not know is refused")
  func unknownRecord() throws {
    struct Other: WireCodable {
      var tag: UInt8 { 9 }
      var description: String { "Other" }
      init() {}
      func encode(into writer: inout ByteWriter) { writer.write(tag) }
      init(from reader: inout ByteReader) throws(WireError) { _ = try reader.byte() }
    }
    var disk = MemoryDisk()
    try WriteAheadLog<Other>.format(&disk, identity: identity, segmentBlocks: 2)
    guard case .clean(let empty) = WriteAheadLog<Other>.recover(from: disk, identity: identity) else {
      Issue.record("an empty journal is refused")
      return
    }
    var log = try WriteAheadLog<Other>(resuming: empty, segmentBlocks: 2, on: &disk)
    log.append(Other())
    try log.commit(to: &disk)
    expectDamage(disk, .unknown, at: 1)
  }
}
