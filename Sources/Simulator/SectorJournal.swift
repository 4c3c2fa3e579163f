import Consensus
import Faults
import Replication
import WriteAheadLog

/// One replica's journal as it really is on disk, beside the bookkeeping of ``SimulatedJournal``.
struct SectorJournal<Record: WireCodable> {
  var disk: SectorDisk
  private var log: WriteAheadLog<Record>
  /// The log's position before the first of this incarnation.
  private var base: UInt64
  /// The log's position that recovery must give after the last crash.
  private(set) var expected: UInt64 = 0
  /// Compactions whose cut is durable, in the positions of this incarnation.
  private var cuts: [UInt64] = []
  private let segmentBlocks: Int

  init(identity: UInt64, segmentBlocks: Int, random: RandomSource) throws(DiskError) {
    var disk = SectorDisk(random: random)
    try WriteAheadLog<Record>.format(&disk, identity: identity, segmentBlocks: segmentBlocks)
    guard case .clean(let empty) = WriteAheadLog<Record>.recover(from: disk, identity: identity) else {
      preconditionFailure("an empty journal is not readable")
    }
    log = try WriteAheadLog(resuming: empty, segmentBlocks: segmentBlocks, on: &disk)
    base = 0
    self.disk = disk
    self.segmentBlocks = segmentBlocks
  }

  func recover() -> Recovery<Record> { WriteAheadLog.recover(from: disk, identity: log.identity) }

  mutating func resume(_ recovered: RecoveredLog<Record>) throws(DiskError) {
    log = try WriteAheadLog(resuming: recovered, segmentBlocks: segmentBlocks, on: &disk)
    base = recovered.position
    cuts = []
  }

  // MARK: Writing

  mutating func begin(_ items: some Sequence<SimulatedJournal<Record>.Item>) throws(DiskError) {
    for item in items {
      switch item {
      case .record(let record): log.append(record)
      case .cut(let checkpoint, let waits):
        log.cut(snapshot: checkpoint.snapshot, records: checkpoint.records, waits: waits)
        if !waits { cuts.append(log.position - base) }
      }
    }
    try log.write(to: &disk)
  }
  mutating func finish() throws(DiskError) {
    while try !log.step(on: &disk) {}
  }
  /// Puts the checkpoint in force that compaction cut at `position` of this incarnation.
  mutating func establish(_ position: UInt64) throws(DiskError) {
    while try !log.stepCheckpoint(at: base + position, on: &disk) {}
    cuts.removeAll { $0 <= position }
  }
  mutating func mark() throws(DiskError) { try log.mark(on: &disk) }

  // MARK: Crashing

  /// What a crash left.
  struct Remains {
    /// Records and cuts behind the durable ones that are there all the same.
    var surviving = 0
    /// The checkpoint that is in force, if this incarnation cut it.
    var checkpoint: UInt64?
    /// Less is there than was handed to the disk.
    var isTorn = false
  }

  /// The power fails somewhere on the way that a batch or a checkpoint had before it.
  mutating func crash(durable: UInt64, isWriting: Bool, _ random: inout RandomSource) -> Remains {
    var steps = Int(random.below(10))
    // The disk may die on the way as well; what it had until then is what counts.
    do throws(DiskError) {
      for cut in cuts where cut <= durable && steps > 0 && random.chance(0.5) {
        while steps > 0, try !log.stepCheckpoint(at: base + cut, on: &disk) { steps -= 1 }
      }
      while isWriting, steps > 0, try !log.step(on: &disk) { steps -= 1 }
    } catch {}
    disk.crash()
    disk.failsSync = false
    expected = base + durable
    // Damage, or a broken promise: the next start will tell.
    guard case .clean(let recovered) = recover(), recovered.position >= expected else { return Remains() }
    expected = recovered.position
    let checkpoint = recovered.checkpointPosition
    return Remains(
      surviving: Int(recovered.position - base - durable), checkpoint: checkpoint > base ? checkpoint - base : nil,
      isTorn: recovered.position < log.position)
  }

  // MARK: Damage

  /// Harms something that is durable and that something durable proves to be; false: there is nothing of that kind.
  mutating func damage(_ fault: DiskFault, _ random: inout RandomSource) -> Bool {
    guard case .clean(let found) = WriteAheadLog<Record>.recover(from: disk.durable, identity: log.identity) else {
      return false
    }
    if fault == .bitRot, random.chance(0.25) {
      let checkpoints = disk.files.filter { $0 < .segment(0) }
      let file = checkpoints[Int(random.below(UInt64(checkpoints.count)))]
      disk.rot(file, Int(random.below(UInt64(disk.blocks(of: file) ?? 1))))
      return true
    }
    let extents = found.extents.filter { $0.position <= found.proven }
    guard !extents.isEmpty else { return false }
    func place() -> (file: JournalFile, block: Int) {
      let extent = extents[Int(random.below(UInt64(extents.count)))]
      return (extent.file, extent.blocks.lowerBound + Int(random.below(UInt64(extent.blocks.count))))
    }
    let (file, block) = place()
    switch fault {
    case .bitRot: disk.rot(file, block)
    case .staleBlock: disk.restoreOlder(file, block)
    case .misdirectedWrite:
      var other = place()
      // Not where the marker is: with what was written, nothing would prove any more that it had been.
      if random.chance(0.5), let blocks = disk.blocks(of: file), disk.isZero(file, blocks - 1) {
        other = (file, blocks - 1)
      }
      guard other != (file, block) else { return false }
      disk.misdirect(file, block, to: other)
    case .tornWrite, .lostSync, .failure, .full: return false
    }
    return true
  }
}
