/// The unit in which files are read, written and laid out: 4 KiB, the page of an operating system and the physical sector of a disk.
///
/// Every batch of records begins in a block of its own, so that no block with synced bytes is ever written again: a disk that
/// writes its sectors in pieces, or an operating system that reads, changes and writes a whole page, cannot harm them. Within
/// what is not yet synced anything may happen to any byte.
public let blockBytes = 4_096

/// The files of one journal.
public enum JournalFile: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Two blocks with a copy each of what is in force.
  case superblock
  /// Snapshot and records from which recovery starts.
  case checkpoint(UInt64)
  /// A piece of the log, as long as it was made, zeros where nothing was written yet.
  case segment(UInt64)

  public var description: String {
    switch self {
    case .superblock: "superblock"
    case .checkpoint(let number): "checkpoint-\(number)"
    case .segment(let number): "segment-\(number)"
    }
  }
}

/// Why a disk did not do it.
public enum DiskError: Error, Hashable, Sendable {
  /// EIO. What was written and not synced may be there or not, whatever a later sync says.
  case failed
  /// ENOSPC. Some of it may be written.
  case full
}

/// Where a journal lives: files of blocks. Contents are durable after `sync`, names at once.
public protocol Disk {
  /// Every file there is, in ascending order.
  var files: [JournalFile] { get }
  /// Nil: there is no such file.
  func blocks(of file: JournalFile) -> Int?
  /// The whole file.
  func read(_ file: JournalFile) throws(DiskError) -> [UInt8]
  /// A file of zeros; replaces one that is there.
  mutating func create(_ file: JournalFile, blocks: Int) throws(DiskError)
  /// There is no file of the new name.
  mutating func rename(_ file: JournalFile, to new: JournalFile) throws(DiskError)
  mutating func remove(_ file: JournalFile) throws(DiskError)
  /// Overwrites whole blocks of a file that has them.
  mutating func write(_ bytes: [UInt8], to file: JournalFile, at block: Int) throws(DiskError)
  /// After it what was written to the file survives a crash. One that failed is never to be retried: what it left out may be
  /// taken for written (Rebello et al., Can Applications Recover from fsync Failures?, USENIX ATC 2020).
  mutating func sync(_ file: JournalFile) throws(DiskError)
}
