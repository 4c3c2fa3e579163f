import Testing

@testable import Measurement

@Suite("Change points of the history") struct ChangePointTests {
  /// A baseline in which `protocolName` has these numbers.
  private func row(
    _ number: Int, _ protocolName: String = "raft", commit: Int? = 100, goodput: Int? = 10, allocations: Int? = nil,
    toolchain: String = "6.3"
  ) -> HistoryRow {
    var row = HistoryRow()
    row.number = number
    row.protocolName = protocolName
    row.date = "2026-01-0\(number)"
    row.reason = "reason \(number)"
    row.toolchain = toolchain
    row.commit = "commit \(number)"
    row.commitMedian = commit
    row.mostGoodput = goodput.flatMap { FixedDecimal($0, over: 1) }
    row.allocationsPerCommand = allocations.flatMap { FixedDecimal($0, over: 1) }
    return row
  }
  private func places(_ points: [ChangePoint]) -> [String] {
    points.map { "\($0.number) \($0.protocolName) \($0.metric) \($0.direction)" }
  }

  @Test("Baselines with the same numbers have no change point, whatever else is said of them")
  func same() {
    #expect(ChangePoint.find(in: (1...9).map { row($0) }).isEmpty)
    #expect(ChangePoint.find(in: []).isEmpty)
  }

  @Test("Every number that differs from the baseline before is a change point, however little, with its reason")
  func differs() throws {
    let points = ChangePoint.find(in: [row(1), row(2, commit: 99), row(3, commit: 99), row(4, commit: 99, goodput: 9)])
    #expect(places(points) == ["2 raft commit_p50_ns better", "4 raft most_goodput_per_s worse"])
    let first = try #require(points.first)
    #expect(first.before == "100" && first.after == "99" && first.reason == "reason 2" && first.date == "2026-01-02")
  }

  @Test("Back to what it once was is a change again, and the order of the file's rows does not matter")
  func back() {
    let rows = [row(3), row(1), row(2, commit: 101)]
    #expect(places(ChangePoint.find(in: rows)) == ["2 raft commit_p50_ns worse", "3 raft commit_p50_ns better"])
  }

  @Test("Protocols are held against themselves, over baselines in which they are missing")
  func apart() {
    let rows = [row(1), row(1, "zab", commit: 200), row(2, "zab", commit: 200), row(3), row(3, "zab", commit: 201)]
    #expect(places(ChangePoint.find(in: rows)) == ["3 zab commit_p50_ns worse"])
  }

  @Test("A number that comes or goes has changed, and is neither better nor worse")
  func missing() {
    let rows = [row(1), row(2, commit: nil), row(3)]
    #expect(places(ChangePoint.find(in: rows)) == ["2 raft commit_p50_ns changed", "3 raft commit_p50_ns changed"])
  }

  @Test("Allocations of another toolchain are not compared, everything else is")
  func toolchains() {
    let rows = [
      row(1, allocations: 20), row(2, commit: 101, allocations: 30, toolchain: "6.4"),
      row(3, commit: 101, allocations: 31, toolchain: "6.4"),
    ]
    let expected = ["2 raft commit_p50_ns worse", "3 raft allocations_per_command worse"]
    #expect(places(ChangePoint.find(in: rows)) == expected)
  }
}
