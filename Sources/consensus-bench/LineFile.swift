import Foundation
import Harness
import Synchronization

/// A file that grows line by line.
final class LineFile {
  private let path: String
  private let handle: FileHandle
  private var buffer: [UInt8] = []
  private var failure: String?

  /// Creates the file, or empties it; what is not a file, such as a pipe or a device, is written to as it is.
  init(_ path: String) throws(InputError) {
    self.path = path
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw InputError("\(path): cannot be written: \(String(cString: strerror(errno)))") }
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  func write(_ line: String) { write(text: line + "\n") }
  func write(text: String) {
    buffer += text.utf8
    if buffer.count > 1 << 20 { flush() }
  }
  private func flush() {
    do { try handle.write(contentsOf: buffer) } catch { failure = error.localizedDescription }
    buffer.removeAll(keepingCapacity: true)
  }
  func close() throws(InputError) {
    flush()
    if let failure { throw InputError("\(path): cannot be written: \(failure)") }
  }
}

/// Holds the first value that it is given.
final class Latch<Value: Sendable>: Sendable {
  private let stored = Mutex<Value?>(nil)

  var value: Value? { stored.withLock { $0 } }
  var isSet: Bool { value != nil }
  func set(_ value: Value) { stored.withLock { $0 = $0 ?? value } }
}
