import Consensus
import Foundation
import MultiPaxos
import Raft
import Replication
import Synchronization
import WriteAheadLog
import Zab

@testable import FileJournal

/// A folder that is gone with the value.
final class Folder {
  let path: String
  init() { path = NSTemporaryDirectory() + "journal-" + UUID().uuidString }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  var files: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
  func url(_ name: String) -> URL { URL(filePath: path).appending(path: name) }
  func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: url(name))) }
  func write(_ bytes: [UInt8], _ name: String) throws { try Data(bytes).write(to: url(name)) }
}

let owner = JournalOwner(cluster: 7, node: NodeID(1), protocolName: "raft", variant: "raft")

/// What the journal's thread said, and a way to wait for it.
final class Reports: Sendable {
  struct Said {
    var synced: UInt64 = 0
    var reports = 0
    var failures: [DiskError] = []
    var error: FileError?
  }
  private let said = Mutex(Said())
  private let changed = DispatchSemaphore(value: 0)

  var now: Said { said.withLock { $0 } }
  func report(_ position: UInt64) {
    said.withLock {
      $0.synced = position
      $0.reports += 1
    }
    changed.signal()
  }
  func fail(_ failure: DiskError, _ error: FileError?) {
    said.withLock {
      $0.failures.append(failure)
      $0.error = error
    }
    changed.signal()
  }
  /// Returns when the position is durable or the journal failed; false: it failed.
  func wait(for position: UInt64) -> Bool {
    while true {
      let now = now
      if now.synced >= position { return true }
      if !now.failures.isEmpty { return false }
      changed.wait()
    }
  }
}

func open<Record: WireCodable>(
  _ layer: any FileLayer, _ reports: Reports = Reports(), owner: JournalOwner = owner, segmentBlocks: Int = 4,
  byteBound: Int = 1 << 20, holding: Record.Type = Raft.Record.self
) throws(JournalRefusal) -> (journal: FileJournal<Record>, recovered: RecoveredLog<Record>) {
  try FileJournal<Record>.open(
    layer, owner: owner, segmentBlocks: segmentBlocks, byteBound: byteBound, synced: reports.report,
    failed: reports.fail)
}

/// The refusal's own words; nil if there was none.
func refusal(_ folder: Folder, owner: JournalOwner = owner) -> String? {
  do throws(JournalRefusal) {
    try open(SystemFiles(folder: folder.path), owner: owner).journal.close()
    return nil
  } catch { return error.description }
}

extension RecoveredLog {
  var all: [Record] { checkpointRecords + records }
}

func vote(_ term: UInt64) -> Raft.Record { .vote(term: term, for: NodeID(1)) }
