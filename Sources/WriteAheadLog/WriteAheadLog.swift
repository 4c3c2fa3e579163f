import Consensus

/// An ordered log of records with group commit, on files that are written ahead with zeros and overwritten in place.
///
/// A value without a clock or a thread: the host decides when to write, and calls `step` until a batch is durable. One batch is
/// under way at a time, so whatever was written after a batch proves that it was synced. After an error nothing more may be
/// asked of it: a failed sync proves nothing, and is not repeated.
public struct WriteAheadLog<Record: WireCodable>: Sendable {
  private struct Piece: Sendable {
    var segment: UInt64
    var block: Int
    var bytes: [UInt8]
    /// Blocks that the segment has.
    var blocks: Int
  }

  /// Distinguishes this journal from every other: nothing of another is ever taken for its own.
  public let identity: UInt64
  /// Blocks of a segment, unless one record needs more.
  public let segmentBlocks: Int
  /// The position that was taken last: by an `append` or a `cut`, counted from 1 over all lives.
  public private(set) var position: UInt64
  /// Everything up to here is durable.
  public internal(set) var synced: UInt64
  let incarnation: UInt32
  var superblock: Superblock
  /// Cut, and not in force, oldest first.
  var checkpoints: [PendingCheckpoint] = []

  /// Of the last frame.
  private var chain: UInt64
  /// Where the next frame goes: behind `buffer`, which begins with `block`.
  private(set) var segment: UInt64
  private var block = 0
  private var blocks = 0
  private var buffer: [UInt8] = []
  private var pieces: [Piece] = []
  /// The last position that was written, and the files in which that is not synced.
  private(set) var written: UInt64
  private var unsynced: [JournalFile] = []

  /// Makes an empty journal on an empty disk.
  public static func format(
    _ disk: inout some Disk, identity: UInt64, segmentBlocks: Int
  ) throws(DiskError) {
    let empty = RecoveredLog<Record>(
      position: 0, proven: 0, identity: identity, superblock: .init(), chain: 0, segment: 0, incarnation: 0)
    try disk.create(.superblock, blocks: Superblock.copies)
    var first = WriteAheadLog(empty, segmentBlocks: segmentBlocks)
    try first.begin(on: &disk)
    // Last, so that a journal that was never finished is none.
    for copy in 0..<Superblock.copies { try first.writeSuperblock(copy, to: &disk) }
    try disk.sync(.superblock)
  }

  /// Goes on behind what was recovered. Its first act is to sync that, and a segment whose header says so: what the process knew
  /// from the operating system's memory alone is durable before anything is built on it.
  public init(
    resuming log: RecoveredLog<Record>, segmentBlocks: Int, on disk: inout some Disk
  ) throws(DiskError) {
    self.init(log, segmentBlocks: segmentBlocks)
    for file in disk.files { try disk.sync(file) }
    try begin(on: &disk)
    for copy in log.badCopies { try writeSuperblock(copy, to: &disk) }
    if !log.badCopies.isEmpty { try disk.sync(.superblock) }
  }

  private init(_ log: RecoveredLog<Record>, segmentBlocks: Int) {
    precondition(segmentBlocks > 0, "a segment has blocks")
    identity = log.identity
    self.segmentBlocks = segmentBlocks
    position = log.position
    synced = log.position
    written = log.position
    incarnation = log.incarnation &+ 1
    superblock = log.superblock
    chain = log.chain
    segment = planted("S-05") ? max(log.segment, 1) - 1 : log.segment
  }

  private mutating func begin(on disk: inout some Disk) throws(DiskError) {
    openSegment(holding: 0)
    try write(to: &disk)
    while try !step(on: &disk) {}
  }

  /// The segment that is opened when the present one is full.
  public var nextSegment: JournalFile { .segment(segment + 1) }
  /// Half of the present segment is written.
  public var isHalfFull: Bool { 2 * block >= blocks }

  // MARK: Appending

  public mutating func append(_ record: Record) {
    add(.record, record.encoded)
  }

  /// From here on snapshot and records stand for everything appended before.
  ///
  /// `waits`: it replaces what was appended, and its position is durable only with the checkpoint (a peer's snapshot). Otherwise it
  /// says the same (compaction), and takes effect when the host has stepped it there: ``stepCheckpoint(at:on:)``.
  public mutating func cut(snapshot: Snapshot?, records: [Record], waits: Bool) {
    add(waits ? .install : .cut, [])
    let number = max(superblock.number, checkpoints.last?.superblock.number ?? 0) + 1
    checkpoints.append(
      .init(
        superblock: .init(number: number, position: position, chain: chain, first: segment + 1), waits: waits,
        body: CheckpointBody(snapshot: snapshot, records: records).encoded))
    openSegment(holding: 0)
  }

  private mutating func add(_ kind: Frame.Kind, _ body: [UInt8]) {
    let size = Frame.size(body.count)
    if block * blockBytes + buffer.count + size > blocks * blockBytes { openSegment(holding: size) }
    position += 1
    let frame = Frame(
      kind, position: position, synced: synced, incarnation: incarnation, number: segment,
      block: block + buffer.count / blockBytes, previous: chain)
    chain = frame.written(body, to: &buffer, identity: identity)
  }

  private mutating func openSegment(holding bytes: Int) {
    flush()
    segment += 1
    block = 0
    blocks = max(segmentBlocks, (Frame.size(4) + bytes + blockBytes - 1) / blockBytes)
    let frame = Frame(
      .segment, position: position, synced: synced, incarnation: incarnation, number: segment, block: 0,
      previous: chain)
    // How long the file is: one that has become shorter has lost something.
    var length = ByteWriter()
    length.write(UInt32(blocks))
    chain = frame.written(length.bytes, to: &buffer, identity: identity)
  }

  /// What is buffered becomes whole blocks.
  private mutating func flush() {
    guard !buffer.isEmpty else { return }
    fillBlock(&buffer)
    let count = buffer.count / blockBytes
    pieces.append(Piece(segment: segment, block: block, bytes: buffer, blocks: blocks))
    block += count
    buffer = []
  }
  private func fillBlock(_ bytes: inout [UInt8]) {
    bytes += repeatElement(0, count: (blockBytes - bytes.count % blockBytes) % blockBytes)
  }

  // MARK: Writing

  /// Hands the disk everything that was appended, as one batch. Nothing is durable yet.
  public mutating func write(to disk: inout some Disk) throws(DiskError) {
    precondition(unsynced.isEmpty && synced == written, "one batch is under way at a time")
    flush()
    let batch = pieces
    pieces = []
    for piece in batch {
      let file = JournalFile.segment(piece.segment)
      if disk.blocks(of: file).map({ $0 < piece.blocks }) ?? true { try disk.create(file, blocks: piece.blocks) }
      if planted("S-08") {
        try? disk.write(piece.bytes, to: file, at: piece.block)
      } else {
        try disk.write(piece.bytes, to: file, at: piece.block)
      }
      if unsynced.last != file { unsynced.append(file) }
    }
    written = position
  }

  /// Does the next thing that the batch under way needs; true: it is durable. Each step may be the last one before a crash.
  public mutating func step(on disk: inout some Disk) throws(DiskError) -> Bool {
    if planted("S-07") {
      for file in unsynced { try? disk.sync(file) }
    } else {
      for file in unsynced { try disk.sync(file) }
    }
    let hasWritten = !unsynced.isEmpty
    unsynced = []
    if let index = checkpoints.lastIndex(where: { $0.waits && $0.superblock.position <= written }) {
      // Later records are of use only together with what a peer sent.
      if hasWritten { return false }
      guard try advance(index, on: &disk) else { return false }
    }
    synced = written
    return true
  }

  /// The disk is idle: says on it, without a sync, that everything was synced. A crash may swallow it; if not, nothing that is
  /// missing then can be taken for a torn tail.
  public mutating func mark(on disk: inout some Disk) throws(DiskError) {
    guard buffer.isEmpty, pieces.isEmpty, unsynced.isEmpty, synced == position, block < blocks else { return }
    var bytes: [UInt8] = []
    let frame = Frame(
      .synced, position: position, synced: synced, incarnation: incarnation, number: segment, block: block,
      previous: chain)
    _ = frame.written([], to: &bytes, identity: identity)
    fillBlock(&bytes)
    try disk.write(bytes, to: .segment(segment), at: block)
  }
}
