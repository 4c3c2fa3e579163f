import Consensus
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#endif

/// Files whose unsynced bytes live in this process only: however it ends, they are gone, as after a power failure. It can also lose
/// syncs, fail, be full, and stop at any call. Names are durable at once.
public final class FaultyFiles: FileLayer {
  private struct Write {
    var offset: Int
    var bytes: [UInt8]
  }
  private struct State {
    var pending: [String: [Write]] = [:]
    var faults = Faults()
    var calls = 0
    var syncs = 0
    var isDead = false
  }
  /// What goes wrong.
  public struct Faults: Sendable {
    /// `sync` does nothing and says that it did, but for files that are not in use yet: what is lost is what was written to a journal, and
    /// not the journal.
    public var losesSyncs = false
    /// `sync` fails with EIO.
    public var failsSyncs = false
    /// Writes fail with ENOSPC.
    public var isFull = false
    /// The power fails at the call of this number, counted from 1.
    public var lastCall = Int.max
    public init() {}
  }

  private let files: any FileLayer
  private let state = Mutex(State())

  public init(_ files: any FileLayer) { self.files = files }

  public var folder: String { files.folder }
  public var faults: Faults {
    get { state.withLock { $0.faults } }
    set { state.withLock { $0.faults = newValue } }
  }
  /// Calls that change something, so far.
  public var calls: Int { state.withLock { $0.calls } }
  public var syncs: Int { state.withLock { $0.syncs } }

  /// The power fails. Of what was not synced, nothing is left, or of each file a random beginning; every later call fails.
  public func crash(keeping random: RandomSource? = nil) throws(FileError) {
    let pending = state.withLock { state in
      state.isDead = true
      defer { state.pending = [:] }
      return state.pending
    }
    guard var random else { return }
    for (name, writes) in pending.sorted(by: { $0.key < $1.key }) {
      var left = Int(random.below(UInt64(writes.reduce(0) { $0 + $1.bytes.count }) + 1))
      for write in writes where left > 0 {
        try files.write(Array(write.bytes.prefix(left)), to: name, at: write.offset)
        left -= write.bytes.count
      }
    }
  }

  private func begin(_ call: String, _ name: String, isWrite: Bool = false) throws(FileError) {
    let code: Int32 = state.withLock { state in
      state.calls += 1
      if state.calls >= state.faults.lastCall {
        state.isDead = true
        state.pending = [:]
      }
      return state.isDead ? EIO : isWrite && state.faults.isFull ? ENOSPC : 0
    }
    if code != 0 { throw FileError(call, folder + "/" + name, code) }
  }
  private func pending(_ name: String) -> [Write] { state.withLock { $0.pending[name] ?? [] } }

  public func names() throws(FileError) -> [String] { try files.names() }
  public func length(of name: String) throws(FileError) -> Int {
    pending(name).reduce(try files.length(of: name)) { max($0, $1.offset + $1.bytes.count) }
  }
  public func read(_ name: String) throws(FileError) -> [UInt8] {
    var bytes = try files.read(name)
    for write in pending(name) {
      let end = write.offset + write.bytes.count
      if end > bytes.count { bytes += repeatElement(0, count: end - bytes.count) }
      bytes.replaceSubrange(write.offset..<end, with: write.bytes)
    }
    return bytes
  }
  public func make(_ name: String) throws(FileError) {
    try begin("open", name, isWrite: true)
    state.withLock { state in state.pending[name] = nil }
    try files.make(name)
  }
  public func write(_ bytes: [UInt8], to name: String, at offset: Int) throws(FileError) {
    try begin("pwrite", name, isWrite: true)
    state.withLock { state in state.pending[name, default: []].append(Write(offset: offset, bytes: bytes)) }
  }
  public func sync(_ name: String) throws(FileError) {
    try begin("fdatasync", name)
    let faults = faults
    state.withLock { state in state.syncs += 1 }
    if faults.failsSyncs { throw FileError("fdatasync", folder + "/" + name, EIO) }
    if faults.losesSyncs, !FileDisk.isUnfinished(name) { return }
    for write in pending(name) { try files.write(write.bytes, to: name, at: write.offset) }
    state.withLock { state in state.pending[name] = nil }
    try files.sync(name)
  }
  public func rename(_ name: String, to new: String) throws(FileError) {
    try begin("rename", name)
    state.withLock { state in state.pending[new] = state.pending.removeValue(forKey: name) }
    try files.rename(name, to: new)
  }
  public func remove(_ name: String) throws(FileError) {
    try begin("unlink", name)
    state.withLock { state in state.pending[name] = nil }
    try files.remove(name)
  }
  public func syncNames() throws(FileError) {
    try begin("fsync", "")
    try files.syncNames()
  }
  public func close() { files.close() }
}
