// swift-tools-version: 6.1
import PackageDescription

/// The micro-benchmarks: a package of its own, so that nobody who builds the suite builds the library that drives them.

/// As the suite is built: see its Package.swift.
let fast: [SwiftSetting] = [
  .unsafeFlags(["-cross-module-optimization", "-enforce-exclusivity=unchecked"], .when(configuration: .release))
]

let package = Package(
  name: "micro-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    // Without the traits its own allocator would replace the one whose counters are read here.
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    .package(name: "suite", path: ".."),
  ],
  targets: [
    .executableTarget(
      name: "Micro",
      dependencies: [
        .product(name: "Modules", package: "suite"), .product(name: "Benchmark", package: "benchmark"),
      ],
      path: "Micro", swiftSettings: fast,
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
    // Not directly in Benchmarks/: every program there is taken for a benchmark.
    .executableTarget(
      name: "micro-gate", dependencies: [.product(name: "Modules", package: "suite")], path: "MicroGate/Gate"),
  ],
  swiftLanguageModes: [.v6]
)
