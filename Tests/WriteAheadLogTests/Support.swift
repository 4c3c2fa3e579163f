import Consensus

@testable import WriteAheadLog

/// A record of any size.
struct Note: WireCodable {
  var number: UInt64
  var text: [UInt8] = []

  var tag: UInt8 { 7 }
  var description: String { "Note(\(number), \(text.count) bytes)" }

  init(_ number: UInt64, bytes: Int = 0) {
    self.number = number
    text = (0..<bytes).map { UInt8(truncatingIfNeeded: UInt64($0) &* 31 &+ number) }
  }
  func encode(into writer: inout ByteWriter) {
    writer.write(tag)
    writer.write(number)
    writer.write(text[...])
  }
  init(from reader: inout ByteReader) throws(WireError) {
    let tag = try reader.byte()
    guard tag == 7 else { throw .unknownTag(tag) }
    number = try reader.uint64()
    text = Array(try reader.block())
  }
}

/// Files in memory; every write is durable at once.
struct MemoryDisk: Disk {
  var contents: [(file: JournalFile, bytes: [UInt8])] = []
  var unreadable: JournalFile?
  /// So many writes and syncs go well.
  var life = Int.max

  var files: [JournalFile] { contents.map(\.file) }
  func index(_ file: JournalFile) -> Int? { contents.firstIndex { $0.file == file } }
  func blocks(of file: JournalFile) -> Int? { index(file).map { contents[$0].bytes.count / blockBytes } }
  func read(_ file: JournalFile) throws(DiskError) -> [UInt8] {
    guard let index = index(file), file != unreadable else { throw .failed }
    return contents[index].bytes
  }
  mutating func create(_ file: JournalFile, blocks: Int) throws(DiskError) {
    contents.removeAll { $0.file == file }
    contents.append((file, Array(repeating: 0, count: blocks * blockBytes)))
    contents.sort { $0.file < $1.file }
  }
  mutating func rename(_ file: JournalFile, to new: JournalFile) throws(DiskError) {
    guard let index = index(file), self.index(new) == nil else { throw .failed }
    contents[index].file = new
    contents.sort { $0.file < $1.file }
  }
  mutating func remove(_ file: JournalFile) throws(DiskError) { contents.removeAll { $0.file == file } }
  mutating func write(_ bytes: [UInt8], to file: JournalFile, at block: Int) throws(DiskError) {
    guard spend(), let index = index(file) else { throw .failed }
    let start = block * blockBytes
    contents[index].bytes.replaceSubrange(start..<(start + bytes.count), with: bytes)
  }
  mutating func sync(_ file: JournalFile) throws(DiskError) {
    guard spend(), index(file) != nil else { throw .failed }
  }
  private mutating func spend() -> Bool {
    life -= 1
    return life >= 0
  }
}

let identity: UInt64 = 0xC0FFEE

typealias Log = WriteAheadLog<Note>

func recover(_ disk: MemoryDisk) -> Recovery<Note> { Log.recover(from: disk, identity: identity) }
/// What is recovered; fails the test if that is damaged.
func recovered(_ disk: MemoryDisk) throws -> RecoveredLog<Note> {
  switch recover(disk) {
  case .clean(let log): return log
  case .damaged(let damage): throw damage
  }
}

func formatted(segmentBlocks: Int = 4) throws -> (disk: MemoryDisk, log: Log) {
  var disk = MemoryDisk()
  try Log.format(&disk, identity: identity, segmentBlocks: segmentBlocks)
  let log = try Log(resuming: try recovered(disk), segmentBlocks: segmentBlocks, on: &disk)
  return (disk, log)
}

extension WriteAheadLog {
  /// Writes and syncs what was appended.
  mutating func commit(to disk: inout some Disk) throws(DiskError) {
    try write(to: &disk)
    while try !step(on: &disk) {}
  }
}

/// Everything a log says, in order: the checkpoint's records, then its own.
extension RecoveredLog<Note> {
  var notes: [Note] { checkpointRecords + records }
}

/// A journal with all that one can hold: batches of several records, records larger than a block, a checkpoint, segments that were
/// written over, a second life, and records behind all of it.
struct Sample {
  var disk = MemoryDisk()
  /// Of the checkpoint and the log, in order, with the position of each; those of the checkpoint have its position.
  var notes: [(position: UInt64, note: Note)] = []
  /// What is there before the last batch.
  var provenPosition: UInt64 = 0

  init(isMarked: Bool) throws {
    var (disk, log) = try formatted(segmentBlocks: 3)
    var notes: [(position: UInt64, note: Note)] = []
    var proven: UInt64 = 0
    func add(_ numbers: ClosedRange<UInt64>, bytes: Int = 10) throws {
      for number in numbers {
        log.append(Note(number, bytes: bytes))
        notes.append((log.position, Note(number, bytes: bytes)))
      }
      proven = log.synced
      try log.commit(to: &disk)
    }
    for start in [1, 4, 7, 10] as [UInt64] { try add(start...(start + 2)) }
    try add(13...13, bytes: 9_000)
    let image = Array(repeating: UInt8(5), count: 100)
    log.cut(
      snapshot: Snapshot(through: Slot(9), stamp: Stamp(2), image: image), records: [Note(12), Note(13)], waits: false)
    let position = log.position
    notes = [(position, Note(12)), (position, Note(13))]
    try add(14...15)
    while try !log.stepCheckpoint(at: position, on: &disk) {}
    try add(16...18)
    log = try Log(resuming: try recovered(disk), segmentBlocks: 3, on: &disk)
    for start in [19, 21] as [UInt64] { try add(start...(start + 1), bytes: 100) }
    try add(23...24, bytes: 3_000)
    if isMarked {
      try log.mark(on: &disk)
      proven = log.synced
    }
    self.disk = disk
    self.notes = notes
    provenPosition = proven
  }

  /// What must be recovered if the log ends at `position`.
  func notes(through position: UInt64) -> [Note] { notes.filter { $0.position <= position }.map(\.note) }
}
