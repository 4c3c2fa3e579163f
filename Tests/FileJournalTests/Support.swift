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

let owner = JournalOwner(
  cluster: "demo", replicas: 3, node: NodeID(1), protocolName: "raft", variant: "raft")

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
  byteBound: Int = 1 << 20, makesAhead: Bool = false, holding: Record.Type = Raft.Record.self
) throws(JournalRefusal) -> (journal: FileJournal<Record>, recovered: RecoveredLog<Record>) {
  try FileJournal<Record>.open(
    layer, owner: owner, segmentBlocks: segmentBlocks, byteBound: byteBound, makesAhead: makesAhead,
    synced: reports.report, failed: reports.fail)
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

/// A folder that costs no disk anything, and whose files can be damaged. Closing gives nothing back: it is there for the next life.
final class FilesInMemory: FileLayer {
  private let files: Mutex<[String: [UInt8]]>
  init(_ files: [String: [UInt8]] = [:]) { self.files = Mutex(files) }

  func replace(_ name: String, _ bytes: [UInt8]) { files.withLock { $0[name] = bytes } }

  var folder: String { "memory" }
  var segments: [String] { names().filter { $0.hasPrefix("segment") } }
  func names() -> [String] { files.withLock { $0.keys.sorted() } }
  func read(_ name: String) throws(FileError) -> [UInt8] {
    guard let bytes = files.withLock({ $0[name] }) else { throw FileError("open", name, ENOENT) }
    return bytes
  }
  func length(of name: String) throws(FileError) -> Int { try read(name).count }
  func make(_ name: String) { replace(name, []) }
  func write(_ bytes: [UInt8], to name: String, at offset: Int) {
    files.withLock { files in
      let missing = offset + bytes.count - (files[name]?.count ?? 0)
      if missing > 0 { files[name, default: []] += Array(repeating: 0, count: missing) }
      files[name]?.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
    }
  }
  func sync(_ name: String) {}
  func rename(_ name: String, to new: String) { files.withLock { $0[new] = $0.removeValue(forKey: name) } }
  func remove(_ name: String) { files.withLock { $0[name] = nil } }
  func syncNames() {}
  func close() {}
}
