import Foundation
import Measurement
import Testing

@testable import Harness

@Suite("Shards and their merging") struct MergeTests {
  private static let origin = Provenance.current(folder: "/")

  private static func experiments() throws -> [Experiment] {
    [
      try Experiment.load(
        "commit-latency", in: Bench.folder, overrides: [("measure.operations", "100")], trials: 2,
        catalogue: Bench.catalogue),
      try Experiment.load("election", in: Bench.folder, trials: 40, precision: "10%", catalogue: Bench.catalogue),
    ]
  }

  /// Runs one shard, or all, into `folder`, as the program does.
  private func run(
    _ shard: Shard?, into folder: String, seed: UInt64 = 5, profile: String = "quick", commit: String = "c0ffee",
    jobs: Int = 1,
    experiments: [Experiment]? = nil, isComplete: Bool = true
  ) throws {
    let experiments = try experiments ?? Self.experiments()
    var provenance = Self.origin
    provenance.commit = commit
    provenance.experiments = experiments.map { .init(name: $0.name, question: $0.question, charts: $0.charts) }
    provenance.plan = .init(experiments, seed: seed, profile: profile)
    provenance.shard = shard
    let target = ResultFolder(folder, provenance)
    try target.begin()
    let part = shard?.part(of: experiments) ?? experiments
    let outcome = ExperimentRun(.init(experiments: part, seed: seed, jobs: jobs)).run()
    try target.finish(outcome.tables, isComplete: isComplete)
  }
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }
  private func files(_ folder: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder)
    where !["run.json", "costs.csv"].contains(name) {
      files[name] = FileManager.default.contents(atPath: "\(folder)/\(name)")
    }
    return files
  }

  @Test(
    "Four shards, run with different numbers of threads and merged in any order, are the run in one piece byte for byte"
  )
  func merge() throws {
    try withFolder { folder in
      try run(nil, into: "\(folder)/whole")
      let shards = (1...4).compactMap { Shard($0, of: 4) }
      for shard in shards { try run(shard, into: "\(folder)/\(shard.index)", jobs: shard.index) }
      let merge = try ShardMerge(["3", "1", "4", "2"].map { "\(folder)/\($0)" }, out: "\(folder)/out")
      let target = ResultFolder("\(folder)/out", merge.provenance)
      try target.begin()
      try target.finish(merge.tables, isComplete: true)
      let whole = try files("\(folder)/whole")
      #expect(try files("\(folder)/out") == whole)
      #expect(Set(["elections.csv", "intervals.csv", "precision.csv", "latency.csv"]).isSubset(of: whole.keys))

      let provenance = try #require(try Provenance(reading: "\(folder)/out"))
      #expect(provenance.shards?.map(\.shard) == shards && provenance.shard == nil && provenance.part == nil)
      #expect(provenance.plan == (try Provenance(reading: "\(folder)/whole"))?.plan && provenance.commit == "c0ffee")
      #expect(ResultComparison.compare(baseline: "\(folder)/whole", found: "\(folder)/out").result == .holds)
      let part = ResultComparison.compare(baseline: "\(folder)/whole", found: "\(folder)/2").result
      #expect(part == .mismatch(reason: "\(folder)/2: shard 2/4 is a part of a run; merge it with the others"))
    }
  }

  @Test("What is not every shard of one run, once and complete, is refused in one line")
  func refused() throws {
    try withFolder { folder in
      let (first, second) = (Shard(1, of: 2), Shard(2, of: 2))
      let short = try Experiment.load(
        "commit-latency", in: Bench.folder, overrides: [("measure.operations", "20")], protocols: ["raft"], trials: 1,
        catalogue: Bench.catalogue)
      var longer = short
      for index in longer.points.indices { longer.points[index].trials = 2 }
      var renamed = short
      renamed.name = "other"
      func make(
        _ name: String, _ shard: Shard?, seed: UInt64 = 5, profile: String = "quick", commit: String = "c0ffee",
        _ experiment: Experiment? = nil, isComplete: Bool = true
      ) throws {
        try run(
          shard, into: "\(folder)/\(name)", seed: seed, profile: profile, commit: commit,
          experiments: [experiment ?? short], isComplete: isComplete)
      }
      try make("1", first)
      try make("2", second)
      try make("again", second)
      try make("whole", nil)
      try make("seed", second, seed: 6)
      try make("profile", second, profile: "full")
      try make("commit", second, commit: "decaf")
      try make("third", Shard(2, of: 3))
      try make("longer", second, longer)
      try make("renamed", second, renamed)
      try make("unfinished", second, isComplete: false)
      try FileManager.default.createSymbolicLink(atPath: "\(folder)/link", withDestinationPath: "\(folder)/1")
      func complaint(_ names: String..., out: String = "out") -> String {
        do {
          _ = try ShardMerge(names.map { "\(folder)/\($0)" }, out: "\(folder)/\(out)")
          return ""
        } catch { return error.description.replacing("\(folder)/", with: "") }
      }
      #expect(complaint("1", "2") == "")
      #expect(complaint("1") == "shard 2/2 is missing")
      #expect(complaint("1", "2", "again") == "again: is shard 2/2, as is 2")
      #expect(complaint("1", "seed") == "seed: has seed 6, but 1 has 5")
      #expect(complaint("1", "profile") == "profile: has profile full, but 1 has quick")
      #expect(complaint("1", "renamed") == "renamed: has experiments other, but 1 has commit-latency")
      #expect(complaint("1", "commit") == "commit: has commit decaf, but 1 has c0ffee")
      #expect(complaint("1", "third") == "third: has a number of shards of 3, but 1 has 2")
      #expect(complaint("1", "longer").hasPrefix("longer: has other inputs than 1: what chooses"))
      #expect(complaint("1", "unfinished").hasPrefix("unfinished: shard 2/2 is unfinished"))
      #expect(complaint("1", "whole") == "whole: is not a shard: those are made by 'run' with --shard")
      #expect(complaint("1", "none") == "none/run.json: missing; this is not the folder of a run")
      #expect(complaint("1", "2", "1") == "1: is given twice")
      #expect(complaint("1", "2", "link") == "link: is given twice")
      #expect(complaint("1", "2", out: "2") == "--out 2: is the folder of a shard; the result needs one of its own")
      #expect(complaint("1", "2", out: "2/../1/new") == "2/../1/new: lies in 1, and they would overlap")
      try FileManager.default.removeItem(atPath: "\(folder)/2/precision.csv")
      #expect(complaint("1", "2") == "2: holds 0 configurations instead of 1")
    }
  }
}
