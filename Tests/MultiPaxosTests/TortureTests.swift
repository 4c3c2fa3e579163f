import Consensus
import Simulator
import Testing

@testable import MultiPaxos

/// Random faults over seeds, streams and datagrams alike: safe while they last, and at rest after.
@Suite("Torture") struct TortureTests {
  struct Variant: Sendable, CustomStringConvertible {
    var name: String
    var replicas: Int
    var tuning: MultiPaxos.Tuning
    var description: String { "\(name), \(replicas) replicas" }
  }
  static let variants =
    [3, 5].flatMap { n in
      [
        Variant(name: "piggyback", replicas: n, tuning: .standard),
        .init(name: "explicit", replicas: n, tuning: .explicit),
        .init(name: "all-learn", replicas: n, tuning: .allLearn), .init(name: "thrifty", replicas: n, tuning: .thrifty),
        .init(name: "up-to-date", replicas: n, tuning: .upToDate),
      ]
    } + [
      Variant(name: "flexible 4+2", replicas: 5, tuning: .flexible(phase1: 4, phase2: 2)),
      Variant(
        name: "thrifty flexible 4+2", replicas: 5,
        tuning: MultiPaxos.Tuning(isThrifty: true, phase1Quorum: 4, phase2Quorum: 2)),
      Variant(name: "without CheckQuorum", replicas: 3, tuning: MultiPaxos.Tuning(checkQuorum: false)),
    ]

  @Test("Whatever goes wrong, no invariant breaks, and when it is over all agree and serve")
  func torture() {
    var met: [String: Int] = [:]
    for variant in Self.variants {
      for seed in 1...60 as ClosedRange<UInt64> {
        let result = simulate(
          TortureConfiguration.make(seed: seed, replicas: variant.replicas, sessionsOnly: false), tuning: variant.tuning
        )
        expectOK(result, "\(variant), seed \(seed)")
        for (name, count) in result.coverage { met[name, default: 0] += count }
      }
    }
    for (name, count) in met.sorted(by: { $0.key < $1.key }) { #expect(count > 0, "never met: \(name)") }
  }
}
