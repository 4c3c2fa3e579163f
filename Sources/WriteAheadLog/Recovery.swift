import Consensus

/// What a disk holds, after a crash or without one: a total function of its bytes.
public enum Recovery<Record: WireCodable>: Sendable {
  /// Everything that was ever reported durable is here, in order; what was being written when the process died may be, from the
  /// first on.
  case clean(RecoveredLog<Record>)
  /// Something that had been synced is gone or changed. Nothing may be concluded from what is left: a replica that voted or
  /// acknowledged without it would break its word. Nothing was repaired, nothing truncated.
  case damaged(JournalDamage)
}

/// Where synced bytes are not what they were.
public struct JournalDamage: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: String, Hashable, Sendable, CaseIterable {
    /// Bytes that were never written.
    case checksum = "damaged"
    /// Something older stands there, or nothing: a write that was reported and never arrived.
    case stale
    /// What belongs there was written somewhere else.
    case misdirected
    /// A file is not there, or not all of it.
    case missing
    /// The disk does not give it back.
    case unreadable
    /// Whole, but of a kind that this program does not know.
    case unknown
  }
  public var reason: Reason
  /// The first record that is lost; the checkpoint's position if that is.
  public var position: UInt64
  public var file: JournalFile
  public var block: Int

  public var description: String { "position \(position) \(reason.rawValue), synced: \(file), block \(block)" }
}

/// A log from its checkpoint to its last record.
public struct RecoveredLog<Record: WireCodable>: Sendable {
  /// Where a record or cut of the log lies.
  public struct Extent: Hashable, Sendable {
    public var position: UInt64
    public var file: JournalFile
    public var blocks: ClosedRange<Int>
  }

  public internal(set) var snapshot: Snapshot?
  /// Of the checkpoint: they come before `records`.
  public internal(set) var checkpointRecords: [Record] = []
  /// Where the checkpoint was cut; 0: there is none.
  public var checkpointPosition: UInt64 { superblock.position }
  public internal(set) var records: [Record] = []
  /// The last record or cut.
  public internal(set) var position: UInt64
  /// Something on the disk proves that all up to here was synced. What follows may have been, or not.
  public internal(set) var proven: UInt64
  /// Bytes of whole records behind the first that did not arrive: they had not been synced.
  public internal(set) var droppedBytes = 0
  public internal(set) var extents: [Extent] = []
  /// Copies of the superblock that are to be written again: damaged, or older than the other.
  public internal(set) var badCopies: [Int] = []

  let identity: UInt64
  let superblock: Superblock
  /// Of the last frame of the chain.
  var chain: UInt64
  var segment: UInt64
  var incarnation: UInt32
}

extension WriteAheadLog {
  /// Reads a journal, and changes nothing.
  public static func recover(from disk: some Disk, identity: UInt64) -> Recovery<Record> {
    do throws(JournalDamage) {
      var reader = try LogReader<Record, _>(disk, identity: identity)
      return .clean(try reader.read())
    } catch { return .damaged(error) }
  }
}

private struct LogReader<Record: WireCodable, Storage: Disk> {
  private let disk: Storage
  private var log: RecoveredLog<Record>

  init(_ disk: Storage, identity: UInt64) throws(JournalDamage) {
    self.disk = disk
    let bytes = try Self.bytes(of: .superblock, position: 0, disk)
    let copies = (0..<Superblock.copies).map { Superblock.read(bytes, copy: $0, identity: identity) }
    guard let newest = copies.compactMap(\.self).max(by: { $0.block.number < $1.block.number }) else {
      throw JournalDamage(reason: .checksum, position: 0, file: .superblock, block: 0)
    }
    let block = newest.block
    log = RecoveredLog(
      position: block.position, proven: max(block.position, newest.frame.synced), identity: identity,
      superblock: block, chain: block.chain, segment: block.first, incarnation: newest.frame.incarnation)
    log.badCopies = copies.indices.filter { copies[$0]?.block != block }
  }

  mutating func read() throws(JournalDamage) -> RecoveredLog<Record> {
    try readCheckpoint()
    // It was durable before the superblock led here.
    guard var end = try follow(log.segment) else { throw try damage(in: log.segment, at: 0) }
    while let next = try follow(log.segment + 1) {
      log.segment += 1
      end = next
    }
    try lookBehind(end)
    return log
  }

  private static func bytes(
    of file: JournalFile, position: UInt64, _ disk: Storage
  ) throws(JournalDamage) -> [UInt8] {
    guard disk.blocks(of: file) != nil else {
      throw JournalDamage(reason: .missing, position: position, file: file, block: 0)
    }
    do throws(DiskError) { return try disk.read(file) } catch {
      throw JournalDamage(reason: .unreadable, position: position, file: file, block: 0)
    }
  }
  /// A segment is there in its whole length before it has its name.
  private func segment(_ number: UInt64) throws(JournalDamage) -> [UInt8] {
    let bytes = try Self.bytes(of: .segment(number), position: log.position + 1, disk)
    guard !bytes.isEmpty, bytes.count.isMultiple(of: blockBytes) else { throw shortened(number, bytes.count) }
    return bytes
  }
  private func shortened(_ number: UInt64, _ length: Int) -> JournalDamage {
    .init(reason: .missing, position: log.position + 1, file: .segment(number), block: length / blockBytes)
  }

  private mutating func readCheckpoint() throws(JournalDamage) {
    guard let checksum = log.superblock.checkpoint else { return }
    let file = JournalFile.checkpoint(log.superblock.number)
    let bytes = try Self.bytes(of: file, position: log.position, disk)
    func damage(_ reason: JournalDamage.Reason) -> JournalDamage {
      .init(reason: reason, position: log.position, file: file, block: 0)
    }
    guard let frame = Frame(headerIn: bytes, at: 0, identity: log.identity) else { throw damage(.checksum) }
    guard frame.checksum == checksum else { throw damage(.stale) }
    guard let body = frame.body(in: bytes, at: 0, identity: log.identity) else { throw damage(.checksum) }
    guard let checkpoint = try? CheckpointBody<Record>(body) else { throw damage(.unknown) }
    log.snapshot = checkpoint.snapshot
    log.checkpointRecords = checkpoint.records
  }

  // MARK: The chain

  /// Follows the chain through a segment, and gives back where it ends there; nil if the segment is none of it.
  private mutating func follow(_ number: UInt64) throws(JournalDamage) -> Int? {
    guard disk.blocks(of: .segment(number)) != nil else { return nil }
    let bytes = try segment(number)
    var offset = 0
    var end: Int?
    while true {
      guard let frame = link(bytes, offset, number),
        let body = frame.body(in: bytes, at: offset, identity: log.identity) ?? unchecked(frame, bytes, offset)
      else {
        // A batch ends within a block, and the next one begins with a block.
        guard end != nil, offset % blockBytes != 0 else { return end }
        offset = nextBlock(offset)
        continue
      }
      if frame.kind == .segment {
        var reader = ByteReader(body)
        let blocks = Int((try? reader.uint32()) ?? .max)
        guard bytes.count / blockBytes >= blocks else { throw shortened(number, bytes.count) }
      }
      try take(frame, body, at: offset)
      offset += frame.size
      end = offset
    }
  }

  /// Planted: a body that is not what was written, taken all the same, at the end of a segment (S-02) or within it (S-13). It can be
  /// read as a record as long as the header says, so what comes of it is finite.
  private func unchecked(_ frame: Frame, _ bytes: [UInt8], _ offset: Int) -> ArraySlice<UInt8>? {
    guard planted("S-02") || planted("S-13"), frame.kind == .record else { return nil }
    let end = offset + frame.size
    let goesOn = [end, nextBlock(end - 1)].contains {
      Frame(headerIn: bytes, at: $0, identity: log.identity)?.previous == frame.checksum
    }
    let body = bytes[(offset + Frame.headerBytes)..<(offset + Frame.headerBytes + frame.length)]
    guard goesOn == planted("S-13"), (try? Record(bytes: Array(body))) != nil else { return nil }
    return body
  }

  /// The next frame of the chain, if that is what stands there.
  private func link(_ bytes: [UInt8], _ offset: Int, _ number: UInt64) -> Frame? {
    guard let frame = Frame(headerIn: bytes, at: offset, identity: log.identity),
      frame.previous == log.chain || planted("S-12"),
      frame.number == number, Int(frame.block) == offset / blockBytes, (frame.kind == .segment) == (offset == 0)
    else { return nil }
    switch frame.kind {
    case .record, .cut: return frame.position == log.position + 1 || planted("S-12") ? frame : nil
    case .segment, .synced: return frame.position == log.position ? frame : nil
    // Behind a peer's snapshot that is not in force the log is of no use.
    case .install, .superblock, .checkpoint: return nil
    }
  }

  private mutating func take(_ frame: Frame, _ body: ArraySlice<UInt8>, at offset: Int) throws(JournalDamage) {
    log.proven = max(log.proven, frame.synced)
    let file = JournalFile.segment(frame.number)
    switch frame.kind {
    case .record:
      var reader = ByteReader(body)
      guard let record = try? Record(from: &reader), reader.remaining == 0 else {
        throw JournalDamage(reason: .unknown, position: frame.position, file: file, block: Int(frame.block))
      }
      log.records.append(record)
    case .synced: return
    case .cut, .segment, .install, .superblock, .checkpoint: break
    }
    log.chain = frame.checksum
    log.incarnation = max(log.incarnation, frame.incarnation)
    guard frame.position > log.position else { return }
    log.position = frame.position
    let blocks = (offset / blockBytes)...((offset + frame.size - 1) / blockBytes)
    log.extents.append(.init(position: frame.position, file: file, blocks: blocks))
  }

  // MARK: Behind the end

  /// The log ends at `offset` of its last segment. Torn, or damaged? Everything that was ever written later says how much had been
  /// synced by then.
  private mutating func lookBehind(_ offset: Int) throws(JournalDamage) {
    var misdirected: JournalDamage?
    for file in disk.files {
      guard case .segment(let number) = file, number >= log.segment else { continue }
      let bytes = try segment(number)
      var place = number == log.segment ? offset : 0
      while place < bytes.count {
        guard let frame = Frame(headerIn: bytes, at: place, identity: log.identity) else {
          place = nextBlock(place)
          continue
        }
        log.proven = max(log.proven, frame.synced)
        // What an earlier life left behind may have been dropped, and its file renamed since.
        if frame.position > log.position, frame.incarnation >= log.incarnation {
          if frame.number == number, Int(frame.block) == place / blockBytes {
            log.droppedBytes += frame.size
          } else if misdirected == nil {
            misdirected = .init(
              reason: .misdirected, position: log.position + 1, file: file, block: place / blockBytes)
          }
        }
        // What an older life wrote there may reach over blocks that hold something else by now.
        let isWhole = frame.body(in: bytes, at: place, identity: log.identity) != nil
        place = isWhole ? place + frame.size : nextBlock(place)
      }
    }
    if let misdirected { throw misdirected }
    if planted("S-04") { return }
    if planted("S-03"), !isZero(try segment(log.segment), from: offset, to: .max) { log.proven = .max }
    guard log.proven > log.position else { return }
    throw try damage(in: log.segment, at: offset)
  }

  /// What is wrong where the next frame should be.
  private func damage(in number: UInt64, at offset: Int) throws(JournalDamage) -> JournalDamage {
    var (number, offset) = (number, offset)
    var bytes = try segment(number)
    let batchEnd = nextBlock(offset + blockBytes - 1) - blockBytes
    if isZero(bytes, from: offset, to: batchEnd) { offset = batchEnd }
    if offset >= bytes.count {
      (number, offset) = (number + 1, 0)
      bytes = try segment(number)
    }
    let frame = Frame(headerIn: bytes, at: offset, identity: log.identity)
    // A header that goes on with the chain, in front of a body that does not go with it.
    let isBroken = frame.map { $0.previous == log.chain && $0.kind != .synced } ?? true
    let isStale = frame == nil ? isZero(bytes, from: offset, to: nextBlock(offset)) : !isBroken
    return JournalDamage(
      reason: isStale ? .stale : .checksum, position: log.position + 1, file: .segment(number),
      block: offset / blockBytes)
  }
  private func isZero(_ bytes: [UInt8], from start: Int, to end: Int) -> Bool {
    bytes[max(0, start)..<max(0, start, min(end, bytes.count))].allSatisfy { $0 == 0 }
  }
}

/// The first byte of the next block.
func nextBlock(_ offset: Int) -> Int { (offset / blockBytes + 1) * blockBytes }
