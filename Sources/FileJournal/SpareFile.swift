import Synchronization
import WriteAheadLog

/// A file of zeros, written and synced by a thread of its own: the next segment, while batches go to the present one.
final class SpareFile: Sendable {
  /// Never a journal's file before it has been renamed: whoever opens the journal next removes it.
  static let name = "spare" + FileDisk.unfinished

  /// Blocks between syncs. A batch that is synced meanwhile waits for what lies before it: with 4 MiB at once its 99th percentile
  /// was 2.3 ms, with 128 KiB 0.6 ms and without any 0.2 ms, measured on a virtual disk.
  private static let piece = 32

  let blocks: Int
  private let isWhole: Flag
  private let thread: JournalThread
  private final class Flag: Sendable { let value = Atomic<Bool>(false) }

  /// Begins. It fails where there is no thread to be had.
  init(_ layer: any FileLayer, blocks: Int) throws(FileError) {
    let flag = Flag()
    self.blocks = blocks
    isWhole = flag
    thread = try JournalThread(layer.folder) {
      // What went wrong shows again where the segment is needed, and is reported there.
      guard (try? layer.makeZeros(Self.name, blocks: blocks, syncEvery: Self.piece)) != nil else { return }
      flag.value.store(true, ordering: .relaxed)
    }
  }

  /// Waits for its thread, once; false: it could not be made.
  func finish() -> Bool {
    thread.join()
    return isWhole.value.load(ordering: .relaxed)
  }
}

extension FileLayer {
  /// Written, not only allocated: to overwrite zeros that are there costs half of what it costs to make extents that are allocated
  /// into ones that are written.
  func makeZeros(_ name: String, blocks: Int, syncEvery piece: Int) throws(FileError) {
    let zeros = Array(repeating: UInt8(0), count: min(blocks, piece) * blockBytes)
    try make(name)
    for block in stride(from: 0, to: blocks, by: piece) {
      let bytes = min(piece, blocks - block) * blockBytes
      try write(bytes == zeros.count ? zeros : Array(zeros[..<bytes]), to: name, at: block * blockBytes)
      try sync(name)
    }
  }
}
