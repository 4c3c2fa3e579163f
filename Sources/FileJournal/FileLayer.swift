import WriteAheadLog

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#endif

/// A call to the operating system that failed.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  public var call: String
  public var path: String
  /// `errno`.
  public var code: Int32

  public init(_ call: String, _ path: String, _ code: Int32) {
    self.call = call
    self.path = path
    self.code = code
  }
  /// What the journal learns: whether there was no room, or anything else.
  public var asDiskError: DiskError { code == ENOSPC || code == EDQUOT ? .full : .failed }
  public var description: String { "\(path): \(call): \(String(cString: strerror(code)))" }
}

/// The few calls that a journal makes, on the files of one folder, by name. One thread at a time uses each of them.
public protocol FileLayer: Sendable {
  /// For messages.
  var folder: String { get }
  func names() throws(FileError) -> [String]
  func length(of name: String) throws(FileError) -> Int
  func read(_ name: String) throws(FileError) -> [UInt8]
  /// An empty file; replaces one that is there.
  func make(_ name: String) throws(FileError)
  func write(_ bytes: [UInt8], to name: String, at offset: Int) throws(FileError)
  /// Contents and length are durable; the name need not be.
  func sync(_ name: String) throws(FileError)
  /// Replaces a file of the new name.
  func rename(_ name: String, to new: String) throws(FileError)
  func remove(_ name: String) throws(FileError)
  /// Names are durable.
  func syncNames() throws(FileError)
  /// Gives the files and the lock back.
  func close()
}
