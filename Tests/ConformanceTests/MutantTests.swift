#if MUTANTS
import Consensus
import Foundation
import Harness
import Testing

@testable import consensus_bench

/// A process of its own plants the bugs: nothing else that runs here may have them.
@Suite("Known bugs") struct MutantTests {
  private struct Row {
    var id: String
    var variant: String
    var named: [String]
    var fired: String
    var seeds: Int
  }
  private static let mostSeeds = 1_000

  private func hunt() throws -> (rows: [Row], status: Int32) {
    let program = try Program(
      "torture", "--all-mutants", "--seeds", "1..\(Self.mostSeeds)", "--jobs", "2", keepsOutput: true)
    let rows = try program.read().split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst().map { line in
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      try #require(cells.count == 7, "\(line)")
      return Row(
        id: cells[0], variant: cells[1], named: cells[4].components(separatedBy: ", "), fired: cells[5],
        seeds: try #require(Int(cells[6])))
    }
    return (rows, program.end())
  }

  @Test("Torture finds every planted bug, most of them at once and by the invariant that is named for it")
  func found() throws {
    let (rows, status) = try hunt()
    #expect(status == 0)
    #expect(Set(rows.map(\.id)) == Set(Mutant.all.map(\.id)))
    for row in rows where row.fired.contains("survived") {
      Issue.record("\(row.id) survives \(Self.mostSeeds) seeds of \(row.variant)")
    }
    let seeds = rows.map(\.seeds).sorted()
    try #require(!seeds.isEmpty)
    #expect(seeds[seeds.count / 2] <= 50)
    #expect(10 * rows.count { $0.named.contains($0.fired) } >= 9 * rows.count)
    // The bug was found, and not something that every run of these seeds has.
    for (variant, rows) in Dictionary(grouping: rows, by: \.variant) {
      let variant = try #require(replicated.first { $0.name == variant })
      for seed in Set(rows.map(\.seeds)) {
        let seed = UInt64(seed)
        let clean = TortureRun(.init(variants: [variant], replicas: [3, 5], seeds: seed...seed, jobs: 1))
        for failure in clean.run(isCancelled: { false }, progress: { _, _ in }).flatMap(\.failures) {
          Issue.record("\(variant.name), seed \(seed): \(failure.report.violations)")
        }
      }
    }
  }

  /// One of each family, small enough to be read. After a change that is meant they are hunted and shrunk anew with
  /// `RECORD_GOLDEN=1 bash Tests/run.sh --filter MutantTests`.
  @Test(
    "A shrunk schedule replays to the violation that it names, and is clean without the bug",
    arguments: ["R-20", "P-03", "Z-04", "S-10"])
  func shrunk(id: String) throws {
    let mutant = try Mutant.named(id)
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    let file = folder.appending(path: "\(id).jsonl")
    if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] != nil { try record(id, file) }
    let schedule = try Schedule(String(contentsOf: file, encoding: .utf8))
    let invariant = try #require(schedule.invariant)
    #expect(schedule.mutant == id && mutant.invariants.contains(invariant))
    #expect((1...30).contains(schedule.events))
    let program = try Program("replay", "--schedule", file.path, keepsOutput: true)
    let timeline = try program.read()
    #expect(program.end() == 1)
    #expect(timeline.contains("VIOLATION of \(invariant)"))
    let variant = try #require(replicated.first { $0.name == schedule.protocolName })
    let clean = variant.replay(schedule) { _ in }.report
    #expect(clean.verdict == .ok, "\(clean.violations)")
  }
  private func record(_ id: String, _ file: URL) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "shrunk-\(id)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let program = try Program(
      "torture", "--mutant", id, "--seeds", "1..\(Self.mostSeeds)", "--schedules", folder.path)
    program.end()
    let found = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    let first = try #require(found.min { $0.path < $1.path })
    try Data(contentsOf: first).write(to: file)
  }

  @Test("No two planted bugs share an id, each is in some protocol, and none is planted unless asked for")
  func catalogue() {
    #expect(Set(Mutant.all.map(\.id)).count == Mutant.all.count)
    for mutant in Mutant.all {
      #expect(mutant.id.utf8.count <= 8)
      #expect(!mutant.invariants.isEmpty)
      let names = Set(mutant.variants(in: ProtocolCatalogue.all).map(\.name))
      #expect(!names.isEmpty && Set(mutant.protocols).isSubset(of: names), "\(mutant.id) in \(mutant.protocols)")
    }
    #expect(Planted.active == 0)
    #expect(!planted("R-20"))
  }
}
#endif
