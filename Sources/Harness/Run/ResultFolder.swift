import Foundation
import Measurement
import Synchronization

/// The folder that a result is written into. Whenever the program is killed, every file in it is whole, and `run.json` says that there
/// should be more.
public final class ResultFolder: Sendable {
  public let path: String
  private let provenance: Provenance
  /// Rows that are complete are written at once, unless writing would take more than a tenth of the time.
  private let nextSave = Mutex(ContinuousClock.now)

  public init(_ path: String, _ provenance: Provenance) {
    self.path = path
    self.provenance = provenance
  }

  /// Writes where the results will come from, and removes an earlier run's; whoever cannot write here learns it before anything has run.
  public func begin() throws(InputError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw InputError("\(path): this folder cannot be made: something in its path is no folder, or not writable")
    }
    AtomicFile.sweep(path)
    do throws(FileError) {
      try write(isComplete: false)
      // What an earlier run left there is not this run's.
      try ResultTables().write(to: path)
    } catch { throw InputError(error.description) }
  }

  /// Writes all rows so far, or leaves it to a later call.
  public func save(_ tables: ResultTables) throws(FileError) {
    let start = ContinuousClock.now
    guard nextSave.withLock({ $0 <= start }) else { return }
    try tables.write(to: path)
    let end = ContinuousClock.now
    nextSave.withLock { $0 = end + (end - start) * 9 }
  }

  /// Writes all rows, and whether they are all that there should be.
  public func finish(_ tables: ResultTables, isComplete: Bool) throws(FileError) {
    try tables.write(to: path)
    try write(isComplete: isComplete)
  }

  private func write(isComplete: Bool) throws(FileError) {
    var provenance = provenance
    provenance.isComplete = isComplete
    try provenance.write(to: path)
  }
}
