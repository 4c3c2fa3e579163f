// swift-tools-version: 6.1
import PackageDescription

/// Specialisation across modules decides the simulator's speed (nine times, measured: see Decisions.md), so it is on
/// wherever code runs per event. Debug builds ignore it.
let fast: [SwiftSetting] = [.unsafeFlags(["-cross-module-optimization"], .when(configuration: .release))]

/// Exclusive access is checked in debug builds and in tests; where one thread owns all state, in the simulator and on a replica's
/// event loop, the check costs a quarter of the time.
let unchecked: [SwiftSetting] = [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

func library(
  _ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil, settings: [SwiftSetting] = []
) -> Target {
  .target(name: name, dependencies: dependencies, path: path, swiftSettings: fast + settings)
}
func tests(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, resources: resources)
}

/// A new protocol is a folder under Sources/Protocols, its name here and a case in the catalogue.
let protocols = ["MultiPaxos", "Raft", "Unreplicated", "Zab"]

let package = Package(
  name: "consensus-bench",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "consensus-bench", targets: ["consensus-bench"]),
    // What the micro-benchmarks measure; nothing else of the package is for others to import.
    .library(
      name: "Modules", targets: protocols + ["Consensus", "Replication", "WriteAheadLog", "Measurement", "Simulator"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
  ],
  targets: protocols.map { library($0, ["Consensus"], path: "Sources/Protocols/\($0)") } + [
    library("Consensus"),
    library("Replication", ["Consensus", .product(name: "DequeModule", package: "swift-collections")]),
    library("Faults", ["Consensus"]),
    library("WriteAheadLog", ["Consensus"]),
    library("Verification", ["Consensus"]),
    library("Measurement", ["CJemalloc", .product(name: "Histogram", package: "hdrhistogram-swift")]),
    .systemLibrary(
      name: "CJemalloc", pkgConfig: "jemalloc", providers: [.apt(["libjemalloc-dev"]), .brew(["jemalloc"])]),
    library(
      "Simulator",
      [
        "Consensus", "Replication", "Faults", "WriteAheadLog", "Verification",
        .product(name: "DequeModule", package: "swift-collections"),
      ], settings: unchecked),
    library(
      "Harness",
      [
        "Simulator", "Measurement", "Yams", "MemoryRuntime", "FileJournal", "TCPRuntime",
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
      ]),
    library(
      "MemoryRuntime",
      [
        "Consensus", "Replication", "Verification", "Simulator",
        .product(name: "DequeModule", package: "swift-collections"),
      ], settings: unchecked),
    library("FileJournal", ["Consensus", "Replication", "WriteAheadLog"]),
    .executableTarget(
      name: "consensus-bench",
      dependencies: ["Harness", .product(name: "ArgumentParser", package: "swift-argument-parser")]
        + protocols.map { .byName(name: $0) },
      swiftSettings: fast),
    library(
      "TCPRuntime",
      [
        "Consensus", "Replication", "Faults", .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Crypto", package: "swift-crypto"),
      ], settings: unchecked),
    tests("ArchitectureTests"),
    tests("ConsensusTests", ["Consensus"]),
    tests("FaultsTests", ["Faults"]),
    tests("WriteAheadLogTests", ["WriteAheadLog"]),
    tests("ReplicationTests", ["Replication"]),
    tests("MeasurementTests", ["Measurement"]),
    tests("MultiPaxosTests", ["MultiPaxos", "Simulator"], resources: [.copy("Golden")]),
    tests("RaftTests", ["Raft", "Simulator"], resources: [.copy("Golden")]),
    tests("ZabTests", ["Zab", "Simulator"], resources: [.copy("Golden")]),
    tests("VerificationTests", ["Verification"]),
    tests("SimulatorTests", ["Simulator", "Raft", "Unreplicated"]),
    tests("HarnessTests", ["Harness", "MultiPaxos", "Raft", "Unreplicated", "Zab", "Yams"]),
    tests("ConformanceTests", ["consensus-bench"], resources: [.copy("Golden")]),
    tests("MemoryRuntimeTests", ["MemoryRuntime", "MultiPaxos", "Raft", "Unreplicated", "Zab"]),
    tests("FileJournalTests", ["FileJournal", "MultiPaxos", "Raft", "Zab"]),
    tests("TCPRuntimeTests", ["TCPRuntime", "FileJournal", "Verification", "MultiPaxos", "Raft", "Zab"]),
  ],
  swiftLanguageModes: [.v6]
)
