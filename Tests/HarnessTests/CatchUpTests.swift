import Measurement
import Testing

@testable import Harness

@Suite("Catching up") struct CatchUpTests {
  private static func rows(
    _ faults: String, protocols: String = "[multipaxos, raft, zab]", rate: String = "500/s", window: String = "3s"
  ) throws -> [CatchUpRow] {
    let experiment = try Bench.experiment(
      """
      protocols: \(protocols)
      cluster: {replicas: 3}
      workload: {arrival: constant, rate: \(rate)}
      snapshot: {every: 200, retained: 50}
      faults: [\(faults)]
      measure: {warm-up: 500ms, window: \(window), interval: 5s}
      """)
    let outcome = ExperimentRun(.init(experiments: [experiment], seed: 3)).run()
    #expect(outcome.failures.isEmpty)
    return CatchUpRow.sorted(outcome.tables.catchUps)
  }

  @Test(
    "Whoever was away for longer has missed more, is sent more, and has it in the end",
    arguments: ["crash", "pause", "isolate"])
  func longer(kind: String) throws {
    func rows(_ length: String) throws -> [String: CatchUpRow] {
      let rows = try Self.rows("{at: 500ms, \(kind): follower, for: \(length)}")
      return Dictionary(uniqueKeysWithValues: rows.map { ($0.run.subject.protocolName, $0) })
    }
    let (short, long) = (try rows("50ms"), try rows("1200ms"))
    #expect(short.count == 3 && long.count == 3)
    for (name, row) in long {
      let before = try #require(short[name])
      #expect(before.away == 50_000_000 && row.away == 1_200_000_000 && row.returned == 1_700_000_000, "\(name)")
      #expect(row.behind > before.behind && row.behind > 500, "\(name)")
      let (bytes, fewer) = (try #require(row.bytes), try #require(before.bytes))
      #expect(try #require(row.caughtUp) > 0 && bytes > fewer, "\(name)")
      #expect(try #require(row.synchronizationBytes) <= bytes, "\(name)")
    }
  }

  @Test("What the log has no more comes as state, of whichever protocol")
  func state() throws {
    for row in try Self.rows("{at: 500ms, crash: follower, for: 1200ms}") {
      #expect(try #require(row.synchronizationBytes) > 1_000, "\(row.run.subject.protocolName)")
    }
  }

  @Test("Who missed nothing has caught up at once; who is struck again before it has, never did")
  func ends() throws {
    for row in try Self.rows("{at: 1200ms, pause: follower, for: 10ms}", rate: "1/s") {
      #expect(row.behind == 0 && row.caughtUp == 0 && row.bytes == 0 && row.synchronizationBytes == 0)
    }
    let again = try Self.rows(
      "{at: 500ms, crash: n2, for: 500ms}, {at: 1000100us, crash: n2, for: 500ms}", protocols: "[raft]")
    #expect(again.map(\.fault) == [0, 1] && again.map { $0.caughtUp == nil } == [true, false])
    #expect(again.first?.bytes == nil && again.first?.synchronizationBytes == nil)
  }

  @Test("Who is not back within the window has no row")
  func late() throws {
    #expect(try Self.rows("{at: 500ms, crash: follower, for: 5s}, {at: 600ms, crash: follower}", window: "1s").isEmpty)
  }
}
