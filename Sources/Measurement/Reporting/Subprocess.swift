import Foundation
import Synchronization

/// Runs another program to its end.
public enum Subprocess {
  public struct Result: Sendable {
    public var status: Int32
    public var output: String
    public var errors: String
  }

  /// `command` is looked up on the PATH; what it prints is held in memory.
  ///
  /// `started` hears the process's id. It leads a group of its own, so that Ctrl-C on a terminal reaches it only if whoever started it
  /// passes that on.
  public static func run(
    _ command: [String], in folder: String, started: (Int32) -> Void = { _ in }
  ) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    try process.run()
    started(process.processIdentifier)
    // Both at once: a program that fills the one pipe never closes the other.
    let errorText = Mutex("")
    let reader = DispatchGroup()
    DispatchQueue.global().async(group: reader) {
      let data = errors.fileHandleForReading.readDataToEndOfFile()
      errorText.withLock { $0 = String(decoding: data, as: UTF8.self) }
    }
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    reader.wait()
    process.waitUntilExit()
    return Result(status: process.terminationStatus, output: text, errors: errorText.withLock { $0 })
  }
}
