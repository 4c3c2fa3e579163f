import Consensus

/// A checkpoint on its way: written to a file of its own, then put in force by the superblock, one copy after the other. Until the
/// first copy is durable recovery starts from the old one; nothing that it needs is removed before both are.
struct PendingCheckpoint: Sendable {
  enum Stage: Sendable { case cut, written, synced, firstWritten, firstSynced, secondWritten }

  var superblock: Superblock
  /// Its position is not durable before it is in force.
  let waits: Bool
  var body: [UInt8]
  var stage = Stage.cut

  init(superblock: Superblock, waits: Bool, body: [UInt8]) {
    self.superblock = superblock
    self.waits = waits
    self.body = body
  }
}

extension WriteAheadLog {
  /// Does the next thing that the checkpoint of compaction at `position` needs; true: it, or a newer one, is in force. One
  /// checkpoint is put in force at a time, and only after its cut is durable.
  public mutating func stepCheckpoint(at position: UInt64, on disk: inout some Disk) throws(DiskError) -> Bool {
    precondition(position <= synced, "the cut at \(position) is not durable")
    guard let index = checkpoints.firstIndex(where: { $0.superblock.position == position }) else { return true }
    return try advance(index, on: &disk)
  }

  mutating func advance(_ index: Int, on disk: inout some Disk) throws(DiskError) -> Bool {
    let file = JournalFile.checkpoint(checkpoints[index].superblock.number)
    switch checkpoints[index].stage {
    case .cut:
      try writeBody(index, to: file, on: &disk)
      checkpoints[index].stage = .written
    case .written:
      if !planted("S-15") { try disk.sync(file) }
      checkpoints[index].stage = .synced
    case .synced:
      superblock = checkpoints[index].superblock
      try writeSuperblock(0, to: &disk)
      checkpoints[index].stage = .firstWritten
    case .firstWritten:
      try disk.sync(.superblock)
      checkpoints[index].stage = .firstSynced
    case .firstSynced:
      try writeSuperblock(1, to: &disk)
      checkpoints[index].stage = .secondWritten
    case .secondWritten:
      try disk.sync(.superblock)
      checkpoints.removeFirst(index + 1)
      try reclaim(on: &disk)
      return true
    }
    return false
  }

  private mutating func writeBody(
    _ index: Int, to file: JournalFile, on disk: inout some Disk
  ) throws(DiskError) {
    let new = checkpoints[index].superblock
    let frame = Frame(
      .checkpoint, position: new.position, synced: synced, incarnation: incarnation, number: new.number, block: 0,
      previous: new.chain)
    var bytes: [UInt8] = []
    checkpoints[index].superblock.checkpoint = frame.written(checkpoints[index].body, to: &bytes, identity: identity)
    checkpoints[index].body = []
    bytes += repeatElement(0, count: (blockBytes - bytes.count % blockBytes) % blockBytes)
    try disk.create(file, blocks: bytes.count / blockBytes)
    try disk.write(bytes, to: file, at: 0)
  }

  func writeSuperblock(_ copy: Int, to disk: inout some Disk) throws(DiskError) {
    let block = superblock.block(copy, synced: synced, incarnation: incarnation, identity: identity)
    try disk.write(block, to: .superblock, at: copy)
  }

  /// What no copy of the superblock leads to any more is of no use. One segment is kept to be written over, because that costs
  /// half of what a new one does.
  private func reclaim(on disk: inout some Disk) throws(DiskError) {
    let files = disk.files
    var hasSpare = files.contains(.segment(segment + 1))
    for file in files {
      switch file {
      case .checkpoint(let number) where number < superblock.number: try disk.remove(file)
      case .segment(let number) where number < superblock.first:
        if hasSpare {
          try disk.remove(file)
        } else {
          try disk.rename(file, to: .segment(segment + 1))
          hasSpare = true
        }
      default: break
      }
    }
  }
}
