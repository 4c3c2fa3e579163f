import Foundation
import Testing

/// The dependency table of the design, held against the `import` lines of the sources.
@Suite("Architecture") struct ArchitectureTests {
  /// What each module may import, of the package's own modules and of libraries. Protocols share one line.
  static let allowed: [String: Set<String>] = [
    "Consensus": [],
    "Protocols": ["Consensus"],
    "Replication": ["Consensus", "DequeModule"],
    "Faults": ["Consensus"],
    "WriteAheadLog": ["Consensus"],
    "Verification": ["Consensus"],
    "Measurement": ["CJemalloc", "Histogram", "Foundation", "Glibc", "Darwin"],
    "Simulator": ["Consensus", "Replication", "Faults", "WriteAheadLog", "Verification", "DequeModule"],
    "FileJournal": ["Consensus", "Replication", "WriteAheadLog", "Synchronization", "Glibc", "Darwin"],
    "MemoryRuntime": ["Consensus", "Replication", "Simulator", "Verification", "DequeModule", "Glibc", "Darwin"],
    "Harness": [
      "Consensus", "Replication", "Faults", "Verification", "Measurement", "Simulator", "Yams", "Foundation",
      "Dispatch", "Synchronization", "WriteAheadLog", "MemoryRuntime", "FileJournal", "TCPRuntime", "NIOCore",
      "NIOPosix", "Glibc", "Darwin",
    ],
    "consensus-bench": [
      "Consensus", "Replication", "Faults", "Verification", "Measurement", "Simulator", "Harness", "Foundation",
      "Synchronization", "ArgumentParser", "Protocols",
    ],
    "TCPRuntime": [
      "Consensus", "Replication", "Faults", "DequeModule", "NIOCore", "NIOPosix", "Crypto", "Glibc", "Darwin",
    ],
  ]
  static let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  static let sources = top.appending(path: "Sources")

  static func swiftFiles(under folder: URL) -> [URL] {
    let all = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    return (all?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "swift" }
      .sorted { $0.path < $1.path }
  }
  static func folders(under folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: [.isDirectoryKey])
      .filter { (try? $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) == true }
      .map(\.lastPathComponent).sorted()
  }
  static func imports(of file: URL) throws -> [String] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ").filter { !$0.hasPrefix("@") && $0 != "public" }
      guard let first = words.first, first == "import", words.count > 1 else { return nil }
      return String(words.last!.split(separator: ".").first!)
    }
  }

  @Test("Every import follows the dependency table: downwards only, and nothing impure below the edges")
  func imports() throws {
    let protocols = try Self.folders(under: Self.sources.appending(path: "Protocols"))
    var checked = 0
    for module in try Self.folders(under: Self.sources) where module != "CJemalloc" {
      let allowed = try #require(Self.allowed[module], "Sources/\(module) is not in the dependency table")
      for file in Self.swiftFiles(under: Self.sources.appending(path: module)) {
        for name in try Self.imports(of: file) {
          checked += 1
          let isAllowed = allowed.contains(name) || (allowed.contains("Protocols") && protocols.contains(name))
          #expect(isAllowed, "\(file.lastPathComponent) of \(module) imports \(name)")
        }
      }
    }
    #expect(checked > 50, "the test found no imports: is it looking in the right place?")
  }

  @Test("Clocks, unseeded randomness and tasks appear nowhere below the edges")
  func purity() throws {
    let impure = [
      "SystemRandomNumberGenerator", "ContinuousClock", "SuspendingClock", ".random(in:", "Task {", "Task.detached",
      "async ", "DispatchQueue", ".shuffled()", ".randomElement()", "hashValue", "Hasher()",
    ]
    for module in ["Consensus", "Protocols", "Replication", "Faults", "WriteAheadLog", "Verification", "Simulator"] {
      for file in Self.swiftFiles(under: Self.sources.appending(path: module)) {
        let text = try String(contentsOf: file, encoding: .utf8)
        let code = text.split(separator: "\n").filter { !$0.drop(while: { $0 == " " }).hasPrefix("//") }
        for word in impure {
          #expect(!code.contains { $0.contains(word) }, "\(file.lastPathComponent) of \(module) uses \(word)")
        }
      }
    }
  }

  @Test(
    "A protocol's name occurs in its folder, the catalogues of protocols and of mutants, experiments, tests and documentation, and nowhere else"
  )
  func names() throws {
    let protocols = try Self.folders(under: Self.sources.appending(path: "Protocols"))
    #expect(protocols.contains("Raft"))
    for module in try Self.folders(under: Self.sources) where module != "Protocols" && module != "CJemalloc" {
      for file in Self.swiftFiles(under: Self.sources.appending(path: module))
      where file.lastPathComponent != "ProtocolCatalogue.swift" && !file.lastPathComponent.hasPrefix("Mutants+") {
        let text = try String(contentsOf: file, encoding: .utf8)
        let code = text.split(separator: "\n").compactMap { line in
          line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line[...]
        }
        for name in protocols {
          #expect(!code.contains { $0.contains(name) }, "\(file.lastPathComponent) of \(module) names \(name)")
        }
      }
    }
  }

  @Test("The folders of the three protocols have the same files, as far as the protocols allow")
  func files() throws {
    for name in ["MultiPaxos", "Raft", "Zab"] {
      let found = Set(
        Self.swiftFiles(under: Self.sources.appending(path: "Protocols/\(name)")).map(\.lastPathComponent))
      let parts = ["", "+Election", "+Leader", "+Follower", "+Checks", "Message", "Record", "Log", "Audit"]
      let missing = Set(parts.map { "\(name)\($0).swift" } + ["Progress.swift"]).subtracting(found)
      #expect(missing.isEmpty, "\(name) lacks \(missing.sorted())")
    }
  }

  @Test("The top level holds what the design says, and no file is longer than five hundred lines")
  func layout() throws {
    let agreed: Set = ["Package.swift", "Sources", "Benchmarks", "Tests", "Results", "Plots", "README.md"]
    let found = try FileManager.default.contentsOfDirectory(atPath: Self.top.path)
      .filter { !$0.hasPrefix(".") && $0 != "Package.resolved" }
    #expect(Set(found).isSubset(of: agreed), "unexpected at the top level: \(Set(found).subtracting(agreed).sorted())")
    for folder in ["Sources", "Tests", "Benchmarks"] {
      for file in Self.swiftFiles(under: Self.top.appending(path: folder)) {
        let lines = try String(contentsOf: file, encoding: .utf8).split(
          separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 500, "\(file.lastPathComponent) has \(lines.count) lines")
      }
    }
  }
}
