import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#endif

/// The files of a folder that this process has locked.
public final class SystemFiles: FileLayer {
  static let lockName = "lock"

  public let folder: String
  private let lock: Int32
  /// Kept open, so that names can be made durable however many files a process has.
  private let directory: Int32
  private struct Descriptors {
    var open: [String: Int32] = [:]
    var isClosed = false
  }
  private let descriptors = Mutex(Descriptors())

  /// Makes the folder if it is not there, and locks it for this process alone.
  public init(folder: String) throws(JournalRefusal) {
    self.folder = folder
    if mkdir(folder, 0o755) != 0, errno != EEXIST {
      throw .unusable(FileError("cannot make the folder", folder, errno))
    }
    directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { throw .unusable(FileError("cannot write here", folder, errno)) }
    let path = folder + "/" + Self.lockName
    lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard lock >= 0 else {
      let error = FileError("cannot write here", folder, errno)
      _ = systemClose(directory)
      throw .unusable(error)
    }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      var text = Array(repeating: UInt8(0), count: 20)
      let count = pread(lock, &text, text.count, 0)
      _ = systemClose(lock)
      _ = systemClose(directory)
      guard code == EWOULDBLOCK else { throw .unusable(FileError("cannot lock", folder, code)) }
      throw .locked(folder, process: Int(String(decoding: text.prefix(max(0, count)), as: UTF8.self)))
    }
    let process = Array(String(getpid()).utf8)
    guard ftruncate(lock, 0) == 0, pwrite(lock, process, process.count, 0) == process.count else {
      let error = FileError("cannot write here", folder, errno)
      _ = systemClose(lock)
      _ = systemClose(directory)
      throw .unusable(error)
    }
  }
  deinit { close() }

  public func close() {
    descriptors.withLock { state in
      guard !state.isClosed else { return }
      state.isClosed = true
      for descriptor in state.open.values { _ = systemClose(descriptor) }
      state.open = [:]
      _ = systemClose(directory)
      // With it goes the lock.
      _ = systemClose(lock)
    }
  }

  public func names() throws(FileError) -> [String] {
    guard let stream = opendir(folder) else { throw FileError("opendir", folder, errno) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names.filter { $0 != "." && $0 != ".." }.sorted()
  }

  public func length(of name: String) throws(FileError) -> Int {
    var status = stat()
    guard fstat(try descriptor(name), &status) == 0 else { throw error("fstat", name) }
    return Int(status.st_size)
  }

  public func read(_ name: String) throws(FileError) -> [UInt8] {
    let descriptor = try descriptor(name)
    var bytes = Array(repeating: UInt8(0), count: try length(of: name))
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress! + done, $0.count - done, off_t(done))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw FileError("pread", path(name), count < 0 ? errno : EIO) }
      done += count
    }
    return bytes
  }

  public func make(_ name: String) throws(FileError) {
    forget(name)
    _ = try descriptor(name, O_CREAT | O_TRUNC)
  }

  public func write(_ bytes: [UInt8], to name: String, at offset: Int) throws(FileError) {
    let descriptor = try descriptor(name)
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(descriptor, $0.baseAddress! + done, $0.count - done, off_t(offset + done))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw FileError("pwrite", path(name), count < 0 ? errno : ENOSPC) }
      done += count
    }
  }

  public func sync(_ name: String) throws(FileError) {
    guard Self.synchronise(try descriptor(name)) else { throw error("fdatasync", name) }
  }

  /// macOS: `fsync` stops at the disk's cache, F_FULLFSYNC goes through it where the file system knows it (fcntl(2)).
  private static func synchronise(_ descriptor: Int32) -> Bool {
    #if canImport(Darwin)
    fcntl(descriptor, F_FULLFSYNC) == 0 || fsync(descriptor) == 0
    #else
    fdatasync(descriptor) == 0
    #endif
  }

  public func rename(_ name: String, to new: String) throws(FileError) {
    forget(new)
    guard systemRename(path(name), path(new)) == 0 else { throw error("rename", name) }
    descriptors.withLock { state in state.open[new] = state.open.removeValue(forKey: name) }
  }

  public func remove(_ name: String) throws(FileError) {
    forget(name)
    guard unlink(path(name)) == 0 else { throw error("unlink", name) }
  }

  public func syncNames() throws(FileError) {
    guard fsync(directory) == 0 else { throw FileError("fsync", folder, errno) }
  }

  private func path(_ name: String) -> String { folder + "/" + name }
  private func error(_ call: String, _ name: String) -> FileError { FileError(call, path(name), errno) }

  private func forget(_ name: String) {
    descriptors.withLock { state in
      if let descriptor = state.open.removeValue(forKey: name) { _ = systemClose(descriptor) }
    }
  }

  private func descriptor(_ name: String, _ flags: Int32 = 0) throws(FileError) -> Int32 {
    let path = path(name)
    return try descriptors.withLock { state throws(FileError) in
      if let descriptor = state.open[name] { return descriptor }
      guard !state.isClosed else { throw FileError("open", path, EBADF) }
      let descriptor = open(path, O_RDWR | O_CLOEXEC | flags, 0o644)
      guard descriptor >= 0 else { throw FileError("open", path, errno) }
      state.open[name] = descriptor
      return descriptor
    }
  }
}

private func systemClose(_ descriptor: Int32) -> Int32 { close(descriptor) }
private func systemRename(_ old: String, _ new: String) -> Int32 { rename(old, new) }
