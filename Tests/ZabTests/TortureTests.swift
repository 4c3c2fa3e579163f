import Consensus
import Simulator
import Testing

@testable import Zab

@Suite("Torture") struct TortureTests {
  @Test("Random faults: no violation, and every seed lives again after healing", arguments: ["zab", "zab-zookeeper"])
  func seeds(variant: String) {
    var coverage: [String: Int] = [:]
    for seed in 1...60 as ClosedRange<UInt64> {
      for replicas in [3, 5] {
        let configuration = TortureConfiguration.make(seed: seed, replicas: replicas, sessionsOnly: true)
        let result = simulate(configuration, tuning: variant == "zab" ? .standard : .zooKeeper)
        expectOK(result, "seed \(seed) of \(replicas) replicas, \(variant)")
        #expect(result.isSettled, "seed \(seed)")
        for (name, count) in result.coverage { coverage[name, default: 0] += count }
      }
    }
    for (name, count) in coverage.sorted(by: { $0.key < $1.key }) where !Self.rare.contains(name) {
      #expect(count > 0, "no seed ever saw: \(name)")
    }
  }
  /// Seen in some thousand seeds, or on datagrams only.
  private static let rare: Set = [
    "duplicates dropped", "sessions expired", "datagrams dropped", "datagrams duplicated", "old duplicates",
  ]

  @Test("The same seed gives the same run, event for event")
  func twice() {
    for seed in 1...3 as ClosedRange<UInt64> {
      var traces: [[String]] = [[], []]
      var hashes: [UInt64] = []
      for index in 0..<2 {
        let configuration = TortureConfiguration.make(seed: seed, replicas: 3, sessionsOnly: true)
        hashes.append(simulate(configuration, trace: { traces[index].append($0) }).hash)
      }
      #expect(hashes[0] == hashes[1])
      #expect(traces[0] == traces[1] && traces[0].count > 1_000)
    }
  }
}
