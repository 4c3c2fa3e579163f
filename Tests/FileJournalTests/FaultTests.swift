import Consensus
import Foundation
import Raft
import Replication
import Testing
import WriteAheadLog
import Zab

@testable import FileJournal
@testable import MultiPaxos

@Suite("Faults below a journal on files") struct FaultTests {
  /// Appends until the journal fails; the number of records that it reported durable.
  private func run(_ layer: FaultyFiles, makesAhead: Bool, count: UInt64 = 30) throws -> UInt64 {
    let reports = Reports()
    let (journal, _) = try open(layer, reports, makesAhead: makesAhead)
    defer { journal.close() }
    var position: UInt64 = 0
    var durable: UInt64 = 0
    for term in 1...count {
      journal.append(vote(term))
      journal.submit()
      position += 1
      guard reports.wait(for: position) else { return durable }
      durable = term
      if term.isMultiple(of: 10) {
        journal.cut(Checkpoint(records: (1...term).map(vote)), waits: false)
        journal.submit()
        position += 1
        guard reports.wait(for: position) else { return durable }
      }
    }
    return durable
  }

  @Test(
    "The power may fail at every call: nothing that was reported is lost, and nothing else is found",
    arguments: [false, true])
  func everyCall(makesAhead: Bool) throws {
    var call = 1
    var died = 0
    while call < 400 {
      let disk = FilesInMemory()
      let layer = FaultyFiles(disk)
      layer.faults.lastCall = call
      let durable = (try? run(layer, makesAhead: makesAhead)) ?? 0
      if layer.calls >= call { died += 1 }
      let (journal, recovered) = try open(disk)
      #expect(recovered.all == (1...30).prefix(recovered.all.count).map(vote), "call \(call)")
      #expect(recovered.all.count >= durable, "call \(call)")
      journal.close()
      call += call < 40 ? 1 : 7
    }
    #expect(died > 40)
  }

  @Test("Where fdatasync does nothing, what was reported durable is lost: the check can fire")
  func lostSyncs() throws {
    let folder = Folder()
    try open(SystemFiles(folder: folder.path)).journal.close()
    let layer = FaultyFiles(try SystemFiles(folder: folder.path))
    let reports = Reports()
    let (journal, _) = try open(layer, reports, segmentBlocks: 64)
    layer.faults.losesSyncs = true
    for term in 1...5 as ClosedRange<UInt64> {
      journal.append(vote(term))
      journal.submit()
      #expect(reports.wait(for: term))
    }
    try layer.crash()
    journal.close()
    let (other, recovered) = try open(SystemFiles(folder: folder.path))
    #expect(recovered.all.isEmpty)
    other.close()
  }

  @Test("A full disk and a failed sync are reported once, and what was durable before stays", arguments: [true, false])
  func failing(isFull: Bool) throws {
    let folder = Folder()
    let layer = FaultyFiles(try SystemFiles(folder: folder.path))
    let reports = Reports()
    let (journal, _) = try open(layer, reports)
    journal.append(vote(1))
    journal.submit()
    #expect(reports.wait(for: 1))
    layer.faults.isFull = isFull
    layer.faults.failsSyncs = !isFull
    for term in 2...4 as ClosedRange<UInt64> {
      journal.append(vote(term))
      journal.submit()
    }
    #expect(!reports.wait(for: 2))
    journal.close()
    #expect(reports.now.failures == [isFull ? .full : .failed])
    let words = isFull ? "pwrite: No space left on device" : "fdatasync: Input/output error"
    #expect(reports.now.error?.description == "\(folder.path)/segment-2: \(words)")
    try layer.crash()
    let (other, recovered) = try open(SystemFiles(folder: folder.path))
    #expect(recovered.all == [vote(1)])
    other.close()
  }

  @Test("Whatever has no room or no folder, is locked, another's or nobody's is refused in one line that says which")
  func refusals() throws {
    let folder = Folder()
    let layer = FaultyFiles(try SystemFiles(folder: folder.path))
    layer.faults.isFull = true
    #expect(throws: JournalRefusal.unusable(FileError("open", folder.path + "/formatting", ENOSPC))) {
      _ = try open(layer)
    }
    let held = try open(SystemFiles(folder: folder.path)).journal
    #expect(refusal(folder) == "\(folder.path): in use by process \(getpid())")
    held.close()
    var other = owner
    other.node = NodeID(2)
    #expect(
      refusal(folder, owner: other) == "\(folder.path): belongs to \(owner.description); this is \(other.description)")
    #expect(refusal(folder) == nil)
    try FileManager.default.removeItem(at: folder.url("owner"))
    #expect(refusal(folder) == "\(folder.path): holds a journal, but no owner file says whose")
    let file = Folder()
    try Data().write(to: URL(filePath: file.path))
    #expect(refusal(file) == "\(file.path): cannot write here: Not a directory")
    let nowhere = JournalRefusal.unusable(FileError("cannot make the folder", "/proc/none", ENOENT))
    #expect(throws: nowhere) { _ = try SystemFiles(folder: "/proc/none") }
  }

  @Test(
    "A thousand random damages to each protocol's journal: all that is proven durable, or a refusal that says where")
  func damages() throws {
    let entry = Entry(stamp: Stamp(3), value: .noop)
    try damage([Raft.Record.vote(term: 1, for: nil)] + (1...20).map { .append(Slot($0), entry) })
    try damage([MultiPaxos.Record.promise(.zero)] + (1...20).map { .accept(Slot($0), entry, .init()) })
    try damage([Zab.Record.acceptedEpoch(1), .currentEpoch(1)] + (1...20).map { .append(Slot($0), entry) })
  }
  @Test("A damaged journal is refused when it is opened, its folder is free again, and no byte of it was changed")
  func refusesDamage() throws {
    let folder = Folder()
    let reports = Reports()
    let (journal, _) = try open(SystemFiles(folder: folder.path), reports)
    for term in 1...3 as ClosedRange<UInt64> {
      journal.append(vote(term))
      journal.submit()
      #expect(reports.wait(for: term))
    }
    journal.close()
    let name = "segment-2"
    var bytes = try folder.bytes(name)
    // In the first record, behind which others were synced.
    bytes[60] ^= 1
    try folder.write(bytes, name)
    #expect(refusal(folder)?.hasPrefix("\(folder.path): damaged: position ") == true, "\(refusal(folder) ?? "opened")")
    #expect(try folder.bytes(name) == bytes)
    bytes[60] ^= 1
    try folder.write(bytes, name)
    #expect(refusal(folder) == nil)
  }

  @Test(
    "Of what was not synced a power failure may keep any beginning: of that nothing is taken for durable but whole records"
  )
  func keepsBeginnings() throws {
    var kept: Set<Int> = []
    for seed in 1...40 as ClosedRange<UInt64> {
      let disk = FilesInMemory()
      let layer = FaultyFiles(disk)
      let reports = Reports()
      let (journal, _) = try open(layer, reports, segmentBlocks: 64)
      for term in 1...3 as ClosedRange<UInt64> {
        journal.append(vote(term))
        journal.submit()
        #expect(reports.wait(for: term))
      }
      // One batch of many blocks is written, and its sync never ends.
      layer.faults.failsSyncs = true
      for term in 4...2_000 as ClosedRange<UInt64> { journal.append(vote(term)) }
      journal.submit()
      #expect(!reports.wait(for: 4))
      try layer.crash(keeping: RandomSource(seed: seed))
      journal.close()
      let (other, recovered) = try open(disk)
      other.close()
      #expect(recovered.all == (1...2_000).prefix(recovered.all.count).map(vote), "seed \(seed)")
      #expect(recovered.all.count >= 3, "seed \(seed)")
      kept.insert(recovered.all.count)
    }
    #expect(kept.count > 3, "always the same was kept: \(kept)")
  }

  private func damage<Record: WireCodable>(_ records: [Record]) throws {
    let folder = Folder()
    let reports = Reports()
    let (journal, _) = try open(SystemFiles(folder: folder.path), reports, segmentBlocks: 8, holding: Record.self)
    for (index, record) in records.enumerated() {
      journal.append(record)
      journal.submit()
      #expect(reports.wait(for: UInt64(index + 1)))
    }
    // With it goes the marker that proves the last batch.
    journal.close()
    let layer = FilesInMemory(try folder.files.reduce(into: [:]) { $0[$1] = try folder.bytes($1) })
    let names = folder.files.filter { JournalFile(name: $0) != nil }
    var random = RandomSource(seed: 1)
    var (whole, refused) = (0, 0)
    for round in 1...1_000 {
      let name = names[Int(random.below(UInt64(names.count)))]
      let old = try layer.read(name)
      var bytes = old
      switch random.below(4) {
      case 0, 1:
        // Where something stands, more often than not.
        let place = Int(random.below(UInt64(bytes.count / blockBytes))) * blockBytes + Int(random.below(160))
        bytes[place] ^= UInt8(1 + random.below(255))
      case 2: bytes.removeLast(1 + Int(random.below(UInt64(bytes.count))))
      default:
        let one = Int(random.below(UInt64(bytes.count / blockBytes))) * blockBytes
        let other = Int(random.below(UInt64(bytes.count / blockBytes))) * blockBytes
        bytes.replaceSubrange(one..<(one + blockBytes), with: old[other..<(other + blockBytes)])
        bytes.replaceSubrange(other..<(other + blockBytes), with: old[one..<(one + blockBytes)])
      }
      layer.replace(name, bytes)
      let disk = try FileDisk(layer, owner: owner, segmentBlocks: 8, holding: Record.self)
      switch WriteAheadLog<Record>.recover(from: disk, identity: owner.identity) {
      case .clean(let recovered):
        whole += 1
        #expect(recovered.all == records, "round \(round), \(name)")
      case .damaged(let damage):
        refused += 1
        #expect(JournalRefusal.damaged("f", damage).description.hasPrefix("f: damaged: position "))
      }
      layer.replace(name, old)
    }
    #expect(whole > 50 && refused > 50, "\(whole) whole, \(refused) refused")
  }
}
