import Consensus
import WriteAheadLog

/// Files in memory: a write is a copy, a sync is nothing.
struct MemoryFiles: Disk {
  private var contents: [(file: JournalFile, bytes: [UInt8])] = []

  var files: [JournalFile] { contents.map(\.file) }
  func blocks(of file: JournalFile) -> Int? { index(file).map { contents[$0].bytes.count / blockBytes } }
  func read(_ file: JournalFile) throws(DiskError) -> [UInt8] {
    guard let index = index(file) else { throw .failed }
    return contents[index].bytes
  }
  mutating func create(_ file: JournalFile, blocks: Int) throws(DiskError) {
    contents.removeAll { $0.file == file }
    contents.append((file, Array(repeating: 0, count: blocks * blockBytes)))
    contents.sort { $0.file < $1.file }
  }
  mutating func rename(_ file: JournalFile, to new: JournalFile) throws(DiskError) {
    guard let index = index(file) else { throw .failed }
    contents[index].file = new
    contents.sort { $0.file < $1.file }
  }
  mutating func remove(_ file: JournalFile) throws(DiskError) { contents.removeAll { $0.file == file } }
  mutating func write(_ bytes: [UInt8], to file: JournalFile, at block: Int) throws(DiskError) {
    guard let index = index(file) else { throw .failed }
    let start = block * blockBytes
    contents[index].bytes.replaceSubrange(start..<(start + bytes.count), with: bytes)
  }
  mutating func sync(_ file: JournalFile) throws(DiskError) {}

  private func index(_ file: JournalFile) -> Int? { contents.lastIndex { $0.file == file } }
}

/// A journal on such files, to which records are appended in batches.
final class JournalRun<Record: WireCodable> {
  private var files = MemoryFiles()
  private var log: WriteAheadLog<Record>
  private let batch: ArraySlice<Record>
  private static var identity: UInt64 { 1 }
  /// 4 MiB: a sample fills more than one.
  private static var segmentBlocks: Int { 1024 }

  /// `batch` is what becomes durable together.
  init(_ batch: ArraySlice<Record>) {
    self.batch = batch
    do throws(DiskError) {
      try WriteAheadLog<Record>.format(&files, identity: Self.identity, segmentBlocks: Self.segmentBlocks)
      guard case .clean(let empty) = WriteAheadLog<Record>.recover(from: files, identity: Self.identity) else {
        throw .failed
      }
      log = try WriteAheadLog(resuming: empty, segmentBlocks: Self.segmentBlocks, on: &files)
    } catch { fatalError("a journal in memory: \(error)") }
  }

  /// Appends `count` batches, each durable before the next.
  func run(_ count: Int) {
    do throws(DiskError) {
      for _ in 0..<count {
        for record in batch { log.append(record) }
        try log.write(to: &files)
        while try !log.step(on: &files) {}
      }
    } catch { fatalError("a journal in memory: \(error)") }
  }

  /// What recovery does not find of `count` batches.
  func complaint(after count: Int) -> String? {
    guard case .clean(let found) = WriteAheadLog<Record>.recover(from: files, identity: Self.identity) else {
      return "recovery finds the journal damaged"
    }
    let records = found.records
    guard records.count == count * batch.count else {
      return "recovery finds \(records.count) of \(count * batch.count) records"
    }
    let isSame = records.indices.allSatisfy { records[$0] == batch[batch.startIndex + $0 % batch.count] }
    return isSame ? nil : "recovery finds other records than were appended"
  }
}
