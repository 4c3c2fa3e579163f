import Consensus
import Faults
import Foundation
import Replication
import Simulator
import Testing

@testable import MultiPaxos

/// Every step of short runs, as recorded: what changes here changes for users. After a change that is meant, record them anew
/// with `RECORD_GOLDEN=1 bash Tests/run.sh --filter MultiPaxosTests.GoldenTests` and read the difference.
@Suite("Golden traces") struct GoldenTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")

  struct Scenario: Sendable, CustomStringConvertible {
    var name: String
    var tuning = MultiPaxos.Tuning.standard
    var window: Duration
    var think = Duration.milliseconds(40)
    var faults: [ScheduledFault] = []
    var snapshotEvery = 0
    var description: String { name }
  }
  static let scenarios = [
    Scenario(name: "first-ballot", window: .milliseconds(30)),
    Scenario(
      name: "leader-crash", window: .milliseconds(600), think: .milliseconds(500),
      faults: [.init(at: .milliseconds(10), .crash(.leader, downtime: .milliseconds(400)))]),
    Scenario(name: "explicit", tuning: .explicit, window: .milliseconds(30)),
    Scenario(name: "all-learn", tuning: .allLearn, window: .milliseconds(30)),
    Scenario(name: "thrifty", tuning: .thrifty, window: .milliseconds(100)),
    Scenario(
      name: "snapshot", window: .milliseconds(300), think: .milliseconds(20),
      faults: [.init(at: .milliseconds(1), .crash(.follower, downtime: .milliseconds(200)))], snapshotEvery: 3),
  ]

  @Test("A run goes step by step as recorded", arguments: scenarios)
  func golden(scenario: Scenario) throws {
    var environment = environment(fsync: .microseconds(500))
    environment.retained = 0
    environment.snapshotEvery = scenario.snapshotEvery
    environment.shared.snapshotPieceBytes = 64
    var lines: [String] = []
    let result = simulate(
      SimulationConfiguration(
        environment: environment,
        workload: Workload(arrival: .closed(clients: 1, think: scenario.think), keys: 2, payload: 8),
        measure: Measure(warmUp: .zero, window: scenario.window), faults: FaultPlan(scenario.faults), seed: 1),
      tuning: scenario.tuning, trace: { lines.append($0) })
    expectOK(result)
    let found = lines.joined(separator: "\n") + "\n"
    let file = Self.folder.appendingPathComponent(scenario.name + ".jsonl")
    if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] != nil {
      try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
      try found.write(to: file, atomically: true, encoding: .utf8)
    }
    let recorded = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    for (index, line) in recorded.enumerated() where index >= lines.count || lines[index] != line {
      #expect(
        Bool(false), "line \(index + 1): recorded \(line), found \(index < lines.count ? lines[index] : "nothing")")
      break
    }
    #expect(recorded.count == lines.count)
  }
}
