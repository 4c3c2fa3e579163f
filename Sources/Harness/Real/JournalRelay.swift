import FileJournal
import Synchronization
import TCPRuntime

/// Between a journal, which is opened first, and its replica, which is started from what the journal held. Nothing can become durable
/// before the replica submits it; a failure can come earlier, and is kept.
final class JournalRelay: Sendable {
  private struct State {
    var reports: JournalReports?
    var failure: String?
  }
  private let state = Mutex(State())

  func connect(_ reports: JournalReports) {
    let failure = state.withLock { state in
      state.reports = reports
      return state.failure
    }
    if let failure { reports.failed(failure) }
  }
  func synced(_ position: UInt64) { state.withLock(\.reports)?.synced(position) }
  func failed(_ reason: String) {
    let reports = state.withLock { state in
      state.failure = reason
      return state.reports
    }
    reports?.failed(reason)
  }
}

/// How often a batch or a checkpoint was synced, from any thread.
final class SyncCount: Sendable {
  private let count = Atomic<Int>(0)
  var value: Int { count.load(ordering: .relaxed) }
  func note() { count.add(1, ordering: .relaxed) }
}

/// The files of another layer, and how often those in use are synced: not those that are only made ahead.
final class CountedFiles: FileLayer {
  private let files: any FileLayer
  private let syncs: SyncCount

  init(_ files: any FileLayer, _ syncs: SyncCount) {
    self.files = files
    self.syncs = syncs
  }

  var folder: String { files.folder }
  func names() throws(FileError) -> [String] { try files.names() }
  func length(of name: String) throws(FileError) -> Int { try files.length(of: name) }
  func read(_ name: String) throws(FileError) -> [UInt8] { try files.read(name) }
  func make(_ name: String) throws(FileError) { try files.make(name) }
  func write(_ bytes: [UInt8], to name: String, at offset: Int) throws(FileError) {
    try files.write(bytes, to: name, at: offset)
  }
  func sync(_ name: String) throws(FileError) {
    if !FileDisk.isUnfinished(name) { syncs.note() }
    try files.sync(name)
  }
  func rename(_ name: String, to new: String) throws(FileError) { try files.rename(name, to: new) }
  func remove(_ name: String) throws(FileError) { try files.remove(name) }
  func syncNames() throws(FileError) { try files.syncNames() }
  func close() { files.close() }
}
