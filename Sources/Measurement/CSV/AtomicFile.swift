import Foundation

/// Whole files, written beside and renamed: a reader, or whoever comes after an interruption, sees the old or the new.
public enum AtomicFile {
  private static let suffix = ".partial"

  /// Removes from `folder` what a program that was killed had begun to write.
  public static func sweep(_ folder: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.hasSuffix(suffix) {
      let process = name.dropLast(suffix.count).split(separator: ".").last ?? ""
      if Int32(process) != nil { try? FileManager.default.removeItem(atPath: "\(folder)/\(name)") }
    }
  }

  /// Replaces the file at `path` by `text`. On an error the old file stays as it was.
  public static func write(_ text: String, to path: String) throws(FileError) {
    var status = stat()
    if lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      throw FileError(path: path, reason: "cannot be replaced: it is not a regular file")
    }
    let beside = "\(path).\(ProcessInfo.processInfo.processIdentifier)\(suffix)"
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: beside))
    } catch {
      try? FileManager.default.removeItem(atPath: beside)
      throw FileError(path: path, reason: "cannot be written: \(error.localizedDescription)")
    }
    guard rename(beside, path) == 0 else {
      let reason = String(cString: strerror(errno))
      try? FileManager.default.removeItem(atPath: beside)
      throw FileError(path: path, reason: "cannot be replaced: \(reason)")
    }
  }
}

/// Why a file or folder cannot be written.
public struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
  public var path: String
  public var reason: String

  public init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }
  public var description: String { "\(path): \(reason)" }
}
