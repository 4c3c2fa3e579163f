import Foundation
import Testing

/// The program itself, as a user runs it.
struct Program {
  /// It lies beside the tests, where the same build has put both.
  static let path = Bundle.main.executableURL.map {
    $0.deletingLastPathComponent().appending(path: "consensus-bench").path
  }
  .flatMap { FileManager.default.isExecutableFile(atPath: $0) ? $0 : nil }

  let process = Process()
  private let output: Pipe?

  /// `keepsOutput`: for `read`; nobody else empties the pipe.
  init(_ arguments: String..., keepsOutput: Bool = false) throws {
    try self.init(arguments: arguments, keepsOutput: keepsOutput)
  }
  init(arguments: [String], keepsOutput: Bool = false) throws {
    process.executableURL = URL(filePath: try #require(Self.path, "the program is not where the tests are"))
    process.arguments = arguments
    output = keepsOutput ? Pipe() : nil
    process.standardOutput = output ?? FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    process.currentDirectoryURL = URL(filePath: #filePath).deletingLastPathComponent()
    try process.run()
  }
  /// All that it prints, until it ends.
  func read() throws -> String {
    String(decoding: try #require(output).fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  }
  @discardableResult func end() -> Int32 {
    process.waitUntilExit()
    return process.terminationStatus
  }
}
