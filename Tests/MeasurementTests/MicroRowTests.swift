import Testing

@testable import Measurement

@Suite("The gate of the micro-benchmarks") struct MicroRowTests {
  private func row(_ benchmark: String = "raft.step", allocations: Int = 3, nanoseconds: Int = 1_000) -> MicroRow {
    var row = MicroRow()
    row.benchmark = benchmark
    row.operations = 1_000
    row.samples = 50
    row.allocations = FixedDecimal(millionths: allocations * 1_000_000)
    row.bytes = FixedDecimal(millionths: 256_000_000)
    row.time = FixedDecimal(millionths: nanoseconds * 1_000_000)
    return row
  }
  private func changes(
    _ baseline: MicroRow, _ found: MicroRow, sameBuild: Bool = true, sameMachine: Bool = true
  ) -> [String] {
    MicroRow.differences([baseline], [found], sameBuild: sameBuild, sameMachine: sameMachine).map {
      "\($0.column ?? "row") \($0.direction.rawValue)"
    }
  }

  @Test("Half as much time again is let pass, a nanosecond more is worse, and less than two thirds is better")
  func tolerance() {
    #expect(changes(row(), row(nanoseconds: 1_500)).isEmpty)
    #expect(changes(row(), row(nanoseconds: 1_501)) == ["cpu_ns_per_operation worse"])
    #expect(changes(row(), row(nanoseconds: 667)).isEmpty)
    #expect(changes(row(), row(nanoseconds: 666)) == ["cpu_ns_per_operation better"])
  }

  @Test("A time where there was none is worse")
  func zero() {
    #expect(changes(row(nanoseconds: 0), row()) == ["cpu_ns_per_operation worse"])
    #expect(changes(row(nanoseconds: 0), row(nanoseconds: 0)).isEmpty)
  }

  @Test("One allocation more is worse, on any machine of the same build, and nothing counts in another build")
  func allocations() {
    let worse = row(allocations: 4, nanoseconds: 9_000)
    #expect(changes(row(), worse) == ["allocations_per_operation worse", "cpu_ns_per_operation worse"])
    #expect(changes(row(), worse, sameMachine: false) == ["allocations_per_operation worse"])
    #expect(changes(row(), worse, sameBuild: false, sameMachine: false).isEmpty)
  }

  @Test("A benchmark that only one side has is a difference, whatever the machine and the build")
  func missing() {
    let differences = MicroRow.differences([row("a")], [row("b")], sameBuild: false, sameMachine: false)
    #expect(differences.map(\.row) == ["benchmark a", "benchmark b"])
    #expect(GateResult(differences) == .regression)
  }
}
