import Consensus

/// What is in force: two copies of it are kept, and the newer one that is whole counts.
struct Superblock: Hashable, Sendable {
  /// Counts the changes; also names the file of the checkpoint.
  var number: UInt64 = 0
  /// Where the checkpoint was cut, and the checksum of the frame of that cut: there the log goes on, in segment `first`.
  var position: UInt64 = 0
  var chain: UInt64 = 0
  var first: UInt64 = 1
  /// The checksum of the checkpoint's frame; nil: recovery starts from nothing.
  var checkpoint: UInt64?

  static let copies = 2

  private var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.write(number)
    writer.write(chain)
    writer.write(first)
    writer.write(checkpoint != nil)
    if let checkpoint { writer.write(checkpoint) }
    return writer.bytes
  }

  /// One copy, as long as a block.
  func block(_ copy: Int, synced: UInt64, incarnation: UInt32, identity: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    let frame = Frame(
      .superblock, position: position, synced: synced, incarnation: incarnation, number: number, block: copy,
      previous: 0)
    _ = frame.written(encoded, to: &bytes, identity: identity)
    return bytes + repeatElement(0, count: blockBytes - bytes.count)
  }

  /// The copy in `bytes`, and the header in which it came.
  static func read(_ bytes: [UInt8], copy: Int, identity: UInt64) -> (block: Superblock, frame: Frame)? {
    let offset = copy * blockBytes
    guard let frame = Frame(headerIn: bytes, at: offset, identity: identity), frame.kind == .superblock,
      frame.block == copy, let body = frame.body(in: bytes, at: offset, identity: identity)
    else { return nil }
    var reader = ByteReader(body)
    guard let number = try? reader.uint64(), number == frame.number, let chain = try? reader.uint64(),
      let first = try? reader.uint64(), let hasCheckpoint = try? reader.flag()
    else { return nil }
    let checkpoint = hasCheckpoint ? try? reader.uint64() : nil
    guard hasCheckpoint == (checkpoint != nil), reader.remaining == 0 else { return nil }
    return (
      .init(number: number, position: frame.position, chain: chain, first: first, checkpoint: checkpoint), frame
    )
  }
}

/// The body of a checkpoint: snapshot and records are one unit.
struct CheckpointBody<Record: WireCodable> {
  var snapshot: Snapshot?
  var records: [Record]

  var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.write(snapshot != nil)
    if let snapshot {
      writer.write(snapshot.through)
      writer.write(snapshot.stamp)
      writer.write(snapshot.image[...])
    }
    for record in records { record.encode(into: &writer) }
    return writer.bytes
  }

  init(snapshot: Snapshot?, records: [Record]) {
    self.snapshot = snapshot
    self.records = records
  }
  init(_ bytes: ArraySlice<UInt8>) throws(WireError) {
    var reader = ByteReader(bytes)
    if try reader.flag() {
      snapshot = Snapshot(
        through: try reader.slot(), stamp: try reader.stamp(), image: Array(try reader.block()))
    }
    records = []
    while reader.remaining > 0 { records.append(try Record(from: &reader)) }
  }
}
