import Foundation

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
    let texts = Self.read([output, errors])
    process.waitUntilExit()
    return Result(status: process.terminationStatus, output: texts[0], errors: texts[1])
  }

  /// All that comes from these, to their ends. Both at once, because a program that fills the one never closes the other; on this
  /// thread alone, because allocations are counted, and what another thread allocates is noticed at any time later.
  private static func read(_ pipes: [Pipe]) -> [String] {
    var open = pipes.map { pollfd(fd: $0.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0) }
    var texts = pipes.map { _ in Data() }
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while open.contains(where: { $0.fd >= 0 }) {
      if poll(&open, nfds_t(open.count), -1) < 0 {
        if errno == EINTR { continue }
        break
      }
      for index in open.indices where open[index].fd >= 0 && open[index].revents != 0 {
        let count = Foundation.read(open[index].fd, &piece, piece.count)
        if count > 0 {
          texts[index].append(contentsOf: piece[..<count])
        } else if count == 0 || errno != EINTR {
          open[index].fd = -1  // which poll leaves out
        }
      }
    }
    return texts.map { String(decoding: $0, as: UTF8.self) }
  }
}
