import Consensus
import WriteAheadLog

/// A disk of 512-byte sectors with a volatile cache, and all that can go wrong with one.
///
/// What was written and not synced survives a crash in any part: each sector or not, later ones without earlier ones, one of them
/// torn. Names of files are durable at once.
struct SectorDisk: Disk {
  static let sectorBytes = 512

  private struct Write {
    var offset: Int
    var bytes: [UInt8]
    /// A sync said that it was durable, and lied.
    var isPromised = false
  }
  private struct File {
    var name: JournalFile
    var bytes: [UInt8]
    /// Each block as it was before it was last overwritten.
    var older: [UInt8]
    var unsynced: [Write] = []
  }
  private var contents: [File] = []
  private var random: RandomSource

  /// Writes fail, and leave the beginning of what was to be written.
  var isFull = false
  /// The next sync fails, and what it should have written is durable in part.
  var failsSync = false
  /// Syncs do nothing and say that they did.
  var lies = false
  /// A crash took something that a sync had promised.
  private(set) var hasBrokenPromise = false
  /// Something durable was harmed.
  private(set) var isDamaged = false
  /// A sync has failed in this life of the process: whatever a later one says proves nothing.
  private(set) var hasFailed = false
  private(set) var tornSectors = 0

  init(random: RandomSource) { self.random = random }

  // MARK: As the journal sees it

  var files: [JournalFile] { contents.map(\.name) }
  func blocks(of file: JournalFile) -> Int? { index(file).map { contents[$0].bytes.count / blockBytes } }

  func read(_ file: JournalFile) throws(DiskError) -> [UInt8] {
    guard let index = index(file) else { throw .failed }
    var bytes = contents[index].bytes
    for write in contents[index].unsynced {
      bytes.replaceSubrange(write.offset..<(write.offset + write.bytes.count), with: write.bytes)
    }
    return bytes
  }
  mutating func create(_ file: JournalFile, blocks: Int) throws(DiskError) {
    if isFull { throw .full }
    let zeros = Array(repeating: UInt8(0), count: blocks * blockBytes)
    contents.removeAll { $0.name == file }
    insert(File(name: file, bytes: zeros, older: zeros))
  }
  mutating func rename(_ file: JournalFile, to new: JournalFile) throws(DiskError) {
    guard let index = index(file), self.index(new) == nil else { throw .failed }
    var moved = contents.remove(at: index)
    moved.name = new
    insert(moved)
  }
  mutating func remove(_ file: JournalFile) throws(DiskError) { contents.removeAll { $0.name == file } }

  mutating func write(_ bytes: [UInt8], to file: JournalFile, at block: Int) throws(DiskError) {
    guard let index = index(file) else { throw .failed }
    let written = isFull ? Array(bytes.prefix(Int(random.below(UInt64(bytes.count))))) : bytes
    contents[index].unsynced.append(Write(offset: block * blockBytes, bytes: written))
    if isFull { throw .full }
  }

  mutating func sync(_ file: JournalFile) throws(DiskError) {
    guard let index = index(file) else { throw .failed }
    if failsSync {
      failsSync = false
      hasFailed = true
      // What failed is dropped from the cache, and marked clean.
      settle(index, .some)
      throw .failed
    }
    if lies {
      for write in contents[index].unsynced.indices { contents[index].unsynced[write].isPromised = true }
    } else {
      settle(index, .all)
    }
  }

  // MARK: What goes wrong

  private enum Survival: CaseIterable { case all, none, prefix, some }

  /// The power fails: the cache is gone, but for what happened to be written already.
  mutating func crash() {
    hasFailed = false
    let survival = Survival.allCases[Int(random.below(4))]
    for index in contents.indices where !contents[index].unsynced.isEmpty { settle(index, survival) }
  }

  /// What is durable now, without the cache.
  var durable: SectorDisk {
    var disk = self
    for index in disk.contents.indices { disk.contents[index].unsynced = [] }
    return disk
  }

  /// Flips a bit of what the block holds.
  mutating func rot(_ file: JournalFile, _ block: Int) {
    guard let index = index(file) else { return }
    isDamaged = true
    let start = block * blockBytes
    let held = contents[index].bytes[start..<(start + blockBytes)].lastIndex { $0 != 0 } ?? start
    let bit = Int(random.below(UInt64((held - start + 1) * 8)))
    contents[index].bytes[start + bit / 8] ^= 1 << UInt8(bit % 8)
  }
  func isZero(_ file: JournalFile, _ block: Int) -> Bool {
    guard let index = index(file) else { return true }
    return contents[index].bytes[(block * blockBytes)..<((block + 1) * blockBytes)].allSatisfy { $0 == 0 }
  }
  /// The last write of the block never arrived.
  mutating func restoreOlder(_ file: JournalFile, _ block: Int) {
    guard let index = index(file) else { return }
    isDamaged = true
    let range = (block * blockBytes)..<((block + 1) * blockBytes)
    contents[index].bytes.replaceSubrange(range, with: contents[index].older[range])
  }
  /// The last write of the block went to another one.
  mutating func misdirect(_ file: JournalFile, _ block: Int, to other: (file: JournalFile, block: Int)) {
    guard let index = index(file), let target = self.index(other.file) else { return }
    let moved = contents[index].bytes[(block * blockBytes)..<((block + 1) * blockBytes)]
    restoreOlder(file, block)
    contents[target].bytes.replaceSubrange(
      (other.block * blockBytes)..<((other.block + 1) * blockBytes), with: moved)
  }

  private func index(_ file: JournalFile) -> Int? { contents.firstIndex { $0.name == file } }
  private mutating func insert(_ file: File) {
    contents.insert(file, at: contents.firstIndex { $0.name > file.name } ?? contents.count)
  }

  /// The cache of one file becomes durable as far as it survives, and is empty.
  private mutating func settle(_ index: Int, _ survival: Survival) {
    let writes = contents[index].unsynced
    contents[index].unsynced = []
    let sectors = writes.reduce(0) { $0 + ($1.bytes.count + Self.sectorBytes - 1) / Self.sectorBytes }
    // `prefix`: so many sectors are in order, and the next one is torn.
    var whole = survival == .prefix ? Int(random.below(UInt64(sectors) + 1)) : 0
    let share = random.unit()
    for write in writes {
      if survival == .all { remember(index, write) }
      var place = 0
      while place < write.bytes.count {
        var count = min(Self.sectorBytes, write.bytes.count - place)
        let length = count
        switch survival {
        case .all: break
        case .none: count = 0
        case .prefix:
          if whole <= 0 { count = whole == 0 ? Int(random.below(UInt64(count))) : 0 }
          whole -= 1
        case .some: if !random.chance(share) { count = 0 }
        }
        if count < length {
          tornSectors += 1
          if write.isPromised { hasBrokenPromise = true }
        }
        let start = write.offset + place
        contents[index].bytes.replaceSubrange(
          start..<(start + count), with: write.bytes[place..<(place + count)])
        place += length
      }
    }
  }
  private mutating func remember(_ index: Int, _ write: Write) {
    let first = write.offset / blockBytes
    for block in first..<((write.offset + write.bytes.count) / blockBytes) {
      let range = (block * blockBytes)..<((block + 1) * blockBytes)
      contents[index].older.replaceSubrange(range, with: contents[index].bytes[range])
    }
  }
}
