import Measurement
import Testing

@testable import Harness

/// Detection, election, synchronisation and resume follow each other and are, together, the time until a client is served again.
@Suite("The parts of a fail-over") struct DecompositionTests {
  static func expectSum(_ row: ElectionRow, _ comment: String) {
    guard let total = row.d3 else { return }
    let parts = [row.detection, row.election, row.synchronization, row.resume]
    let known = parts.compactMap(\.self)
    #expect(known.count == 4, "\(comment): \(parts) of \(total)")
    #expect(known.reduce(0, +) == total, "\(comment): \(parts) of \(total)")
    #expect(known.allSatisfy { $0 >= 0 }, "\(comment): \(parts)")
    if let detection = row.detection, let election = row.election {
      #expect(row.d1 == detection + election, "\(comment)")
    }
  }

  private static let cases = [
    "crash: leader", "crash: leader, for: 1ms", "crash: leader, for: 20ms", "crash: leader, for: 200ms",
    "pause: leader, for: 1s", "isolate: leader, for: 1s", "mute-outbound: leader, for: 1s",
    "partial-partition: leader | follower, for: 1s", "star: follower, for: 2s", "disk-stall: leader, for: 1s",
    "crash-all: 10ms", "reconnect: leader", "flap: leader 400ms, for: 2s",
  ]

  @Test("They add up whatever strikes the leader, also where it comes back and leads again", arguments: cases)
  func adds(fault: String) throws {
    let experiment = try Bench.experiment(
      """
      protocols: [multipaxos, multipaxos-up-to-date, raft, raft-plain, zab]
      workload: {arrival: constant, rate: 200/s}
      retry: {timeout: 100ms, maximum-pause: 5ms}
      faults: [{at: 0ms..50ms, \(fault)}]
      measure: {warm-up: 500ms, window: 5s, interval: 5s}
      """)
    var recovered = 0
    for point in experiment.points {
      for number in 0..<8 {
        let trial = Trial(of: point, seed: 1, number: number, probe: nil, countsCosts: false)
        #expect(trial.report.verdict == .ok, "\(trial.report.violations)")
        guard let row = trial.election else { continue }
        if row.d3 != nil { recovered += 1 }
        Self.expectSum(row, "\(fault), \(point.variant.name), trial \(number)")
        // Who comes back at once and leads again did recover.
        if fault.hasPrefix("crash: leader, for") {
          #expect(!row.isCensored, "\(fault), \(point.variant.name), trial \(number)")
        }
      }
    }
    // A session that breaks and a partition from one follower depose few.
    #expect(recovered > 0 || fault.hasPrefix("reconnect") || fault.hasPrefix("partial"), "\(fault)")
  }

  @Test("They add up in every row of the baseline")
  func baseline() throws {
    let tables = try ResultTables(reading: String(Bench.folder.dropLast("Benchmarks".count)) + "Results/baseline")
    #expect(tables.elections.count { $0.d3 != nil } > 1_000)
    for row in tables.elections {
      Self.expectSum(row, "\(row.run.subject.experiment), \(row.run.subject.protocolName), trial \(row.run.trial)")
    }
  }
}
