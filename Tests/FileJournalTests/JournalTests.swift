import Consensus
import Raft
import Replication
import Testing
import WriteAheadLog

@testable import FileJournal

@Suite("A journal on files") struct JournalTests {
  @Test("Records and checkpoints survive any number of lives, and positions count from 1 in each")
  func reopened() throws {
    let folder = Folder()
    var expected: [Raft.Record] = []
    for life in 0..<4 as Range<UInt64> {
      let reports = Reports()
      let (journal, recovered) = try open(SystemFiles(folder: folder.path), reports)
      #expect(recovered.all == expected)
      for index in 1...20 as ClosedRange<UInt64> {
        let record = vote(life * 100 + index)
        journal.append(record)
        journal.submit()
        expected.append(record)
        #expect(reports.wait(for: index))
        #expect(reports.now.synced == index)
      }
      let kept = Array(expected.suffix(3))
      journal.cut(Checkpoint(records: kept), waits: life.isMultiple(of: 2))
      journal.submit()
      #expect(reports.wait(for: 21))
      journal.close()
      if life.isMultiple(of: 2) { expected = kept }
    }
  }

  @Test("What is submitted while the disk works becomes one batch: far fewer syncs than records")
  func groupCommit() throws {
    let folder = Folder()
    let layer = FaultyFiles(try SystemFiles(folder: folder.path))
    let reports = Reports()
    let (journal, _) = try open(layer, reports, segmentBlocks: 256)
    let before = layer.syncs
    for term in 1...2_000 as ClosedRange<UInt64> {
      journal.append(vote(term))
      journal.submit()
    }
    #expect(reports.wait(for: 2_000))
    journal.close()
    #expect(layer.syncs - before < 500)
    // Every batch but the one that a segment ended in has one sync.
    #expect(layer.syncs - before >= reports.now.reports)
  }

  @Test("Compaction gives the space back, however long the journal runs")
  func reclaimed() throws {
    let folder = Folder()
    let reports = Reports()
    let (journal, _) = try open(SystemFiles(folder: folder.path), reports)
    var position: UInt64 = 0
    for round in 1...30 as ClosedRange<UInt64> {
      for index in 0..<10 as Range<UInt64> {
        journal.append(vote(round * 10 + index))
        journal.submit()
        position += 1
        #expect(reports.wait(for: position))
      }
      journal.cut(Checkpoint(records: [vote(round)]), waits: false)
      journal.submit()
      position += 1
      #expect(reports.wait(for: position))
    }
    journal.close()
    #expect(folder.files.filter { $0.hasPrefix("segment") }.count < 12)
    #expect(folder.files.filter { $0.hasPrefix("checkpoint") }.count <= 3)
  }

  @Test("The next segment is made ahead of its use, and one that nobody needed is gone in the next life")
  func ahead() throws {
    let files = FilesInMemory()
    let reports = Reports()
    let (journal, _) = try open(files, reports, makesAhead: true)
    // The first block holds the segment's header; each batch takes one more, and two of four are half.
    journal.append(vote(1))
    journal.submit()
    #expect(reports.wait(for: 1))
    journal.close()
    let whole = Array(repeating: 0 as UInt8, count: 4 * blockBytes)
    #expect(try files.read("spare.new") == whole)
    #expect(files.segments == ["segment-1", "segment-2"])
    let again = Reports()
    let (other, recovered) = try open(files, again, makesAhead: true)
    #expect(recovered.all == [vote(1)])
    #expect(!files.names().contains("spare.new"))
    for term in 2...40 as ClosedRange<UInt64> {
      other.append(vote(term))
      other.submit()
      #expect(again.wait(for: term - 1))
    }
    other.close()
    let (last, all) = try open(files)
    last.close()
    #expect(all.all == (1...40).map(vote))
    #expect(files.segments.count > 12)
  }

  @Test("Over its bound the journal says so, and no longer when the disk has caught up")
  func bounded() throws {
    let folder = Folder()
    let reports = Reports()
    let layer = FaultyFiles(try SystemFiles(folder: folder.path))
    let (journal, _) = try open(layer, reports, byteBound: 5)
    #expect(!journal.isOverBound)
    journal.append(vote(1))
    journal.submit()
    #expect(reports.wait(for: 1))
    #expect(!journal.isOverBound)
    // What a failed sync left out waits for ever.
    layer.faults.failsSyncs = true
    journal.append(vote(2))
    journal.submit()
    #expect(!reports.wait(for: 2))
    #expect(journal.isOverBound)
    journal.close()
  }
}
