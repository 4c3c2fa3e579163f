import Consensus
import Replication
import Synchronization
import WriteAheadLog

/// A journal on files, written by a thread of its own.
///
/// One thread, the owner, calls it. While the journal's thread waits for the disk, whatever is submitted gathers, and becomes the
/// next batch: one write and one sync for all of it.
public final class FileJournal<Record: WireCodable>: Journal {
  fileprivate enum Item: Sendable {
    case record(Record)
    case cut(Checkpoint<Record>, waits: Bool)

    var byteCount: Int {
      switch self {
      case .record(let record): record.byteCount
      case .cut(let checkpoint, _): checkpoint.byteCount
      }
    }
  }

  /// Blocks of a segment: 4 MiB. The first is zero-filled while a batch waits for it, every other one ahead.
  public static var defaultSegmentBlocks: Int { 1_024 }
  /// Bytes that may wait for the disk before ``isOverBound``: some tenths of a second of a disk that writes 100 MB/s.
  public static var defaultByteBound: Int { 32 << 20 }

  private var buffer: [Item] = []
  private var bufferBytes = 0
  private let byteBound: Int
  private let queue = JournalQueue<[Item]>()
  private let waiting: Waiting
  private let layer: any FileLayer
  private var thread: JournalThread?

  /// Opens the journal of `layer`'s folder and starts its thread. What was recovered goes to the replica before anything is
  /// appended; its files were synced first. On a refusal the folder is unlocked again.
  ///
  /// `makesAhead`: another thread makes the next segment when the present one is half full.
  /// `synced`: everything up to this position is durable; positions count from 1 in each life. `failed`: once, and then nothing is
  /// ever reported again. Both are called on the journal's thread.
  public static func open(
    _ layer: any FileLayer, owner: JournalOwner, segmentBlocks: Int = defaultSegmentBlocks,
    byteBound: Int = defaultByteBound, makesAhead: Bool = true, synced: @escaping @Sendable (UInt64) -> Void,
    failed: @escaping @Sendable (DiskError, FileError?) -> Void
  ) throws(JournalRefusal) -> (journal: FileJournal, recovered: RecoveredLog<Record>) {
    do throws(JournalRefusal) {
      var disk = try FileDisk(layer, owner: owner, segmentBlocks: segmentBlocks, holding: Record.self)
      switch WriteAheadLog<Record>.recover(from: disk, identity: owner.identity) {
      case .damaged(let damage): throw .damaged(layer.folder, damage)
      case .clean(let recovered):
        let log: WriteAheadLog<Record>
        do throws(DiskError) {
          log = try WriteAheadLog(resuming: recovered, segmentBlocks: segmentBlocks, on: &disk)
        } catch { throw .unusable(disk.lastError ?? FileError("write", layer.folder, 0)) }
        let waiting = Waiting()
        let writer = Writer(
          log: log, disk: disk, waiting: waiting, ahead: makesAhead ? segmentBlocks : nil, synced: synced)
        do throws(FileError) {
          return (try FileJournal(layer, writer, byteBound: byteBound, failed: failed), recovered)
        } catch { throw .unusable(error) }
      }
    } catch {
      layer.close()
      throw error
    }
  }

  private init(
    _ layer: any FileLayer, _ writer: Writer<Record>, byteBound: Int,
    failed: @escaping @Sendable (DiskError, FileError?) -> Void
  ) throws(FileError) {
    self.layer = layer
    self.byteBound = byteBound
    waiting = writer.waiting
    let queue = queue
    thread = try JournalThread(layer.folder) {
      var writer = writer
      defer { writer.disk.finishSpare() }
      do throws(DiskError) { try writer.run(queue) } catch { failed(error, writer.disk.lastError) }
    }
  }
  deinit { close() }

  public func append(_ record: Record) { add(.record(record)) }
  public func cut(_ checkpoint: Checkpoint<Record>, waits: Bool) { add(.cut(checkpoint, waits: waits)) }
  private func add(_ item: Item) {
    buffer.append(item)
    bufferBytes += item.byteCount
  }

  public func submit() {
    guard !buffer.isEmpty, thread != nil else { return }
    waiting.bytes.add(bufferBytes, ordering: .relaxed)
    queue.put([buffer])
    buffer = []
    bufferBytes = 0
  }

  /// More waits for the disk than should: stop reading clients. An upper limit it is not, since a step never waits.
  public var isOverBound: Bool { waiting.bytes.load(ordering: .relaxed) > byteBound }

  /// Makes durable what was submitted, waits for that, and gives the folder back.
  public func close() {
    guard let running = thread else { return }
    thread = nil
    queue.close()
    running.join()
    layer.close()
  }
}

/// Bytes that were submitted and are not durable.
private final class Waiting: Sendable {
  let bytes = Atomic<Int>(0)
}

/// What the journal's thread owns.
private struct Writer<Record: WireCodable>: Sendable {
  var log: WriteAheadLog<Record>
  var disk: FileDisk
  let waiting: Waiting
  /// Blocks of a segment that is made ahead; nil: none is.
  private let ahead: Int?
  let synced: @Sendable (UInt64) -> Void
  /// The log's position before the first of this life.
  let base: UInt64
  /// Checkpoints of compaction that are not in force.
  private var cuts: [UInt64] = []
  private var isMarked = true

  init(
    log: WriteAheadLog<Record>, disk: FileDisk, waiting: Waiting, ahead: Int?,
    synced: @escaping @Sendable (UInt64) -> Void
  ) {
    self.log = log
    self.disk = disk
    self.waiting = waiting
    self.ahead = ahead
    self.synced = synced
    base = log.position
  }

  mutating func run(_ queue: JournalQueue<[FileJournal<Record>.Item]>) throws(DiskError) {
    while let steps = queue.take(!cuts.isEmpty ? .none : isMarked ? .forever : .idle) {
      if !steps.isEmpty {
        try write(steps)
      } else if cuts.isEmpty {
        try mark()
      }
      // One step of a checkpoint between two batches: neither starves.
      if let cut = cuts.first, try log.stepCheckpoint(at: cut, on: &disk) { cuts.removeFirst() }
    }
    try mark()
  }

  private mutating func write(_ steps: [[FileJournal<Record>.Item]]) throws(DiskError) {
    var bytes = 0
    for item in steps.joined() {
      bytes += item.byteCount
      switch item {
      case .record(let record): log.append(record)
      case .cut(let checkpoint, let waits):
        log.cut(snapshot: checkpoint.snapshot, records: checkpoint.records, waits: waits)
        if !waits { cuts.append(log.position) }
      }
    }
    try log.write(to: &disk)
    while try !log.step(on: &disk) {}
    waiting.bytes.subtract(bytes, ordering: .relaxed)
    isMarked = false
    synced(log.synced - base)
    if let ahead, log.isHalfFull { disk.makeAhead(log.nextSegment, blocks: ahead) }
  }

  private mutating func mark() throws(DiskError) {
    if !isMarked { try log.mark(on: &disk) }
    isMarked = true
  }
}
