import Foundation
import Harness
import Simulator
import Testing

@testable import consensus_bench

/// The hash of a fixed list of torture runs: the same in debug and release, on every machine. A change of what any of them does shows as
/// a changed line. After a change that is meant, record them anew with `RECORD_GOLDEN=1 bash Tests/run.sh --filter TortureHashTests`
/// and read the difference: a change of one protocol leaves the lines of the others alone.
@Suite("Torture is the same everywhere") struct TortureHashTests {
  static let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/torture-hashes.txt")
  static let seeds = 1...5 as ClosedRange<UInt64>
  static let sizes = [3, 5]

  static func lines(of variant: ProtocolVariant) -> [String] {
    sizes.flatMap { replicas in
      seeds.map { seed in
        let run = variant.replay(seed: seed, replicas: replicas) { _ in }
        return "\(variant.name) \(replicas) \(seed) \(run.hash)"
      }
    }
  }

  @Test("A fixed list of seeds has the hashes that are recorded")
  func recorded() throws {
    let found = replicated.flatMap(Self.lines)
    if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] != nil {
      try FileManager.default.createDirectory(
        at: Self.file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try (found.joined(separator: "\n") + "\n").write(to: Self.file, atomically: true, encoding: .utf8)
    }
    let recorded = try String(contentsOf: Self.file, encoding: .utf8).split(separator: "\n").map(String.init)
    for (old, new) in zip(recorded, found) where old != new { Issue.record("recorded \(old), found \(new)") }
    #expect(recorded.count == found.count)
    #expect(Set(found).count == replicated.count * Self.sizes.count * Self.seeds.count)
  }
}
