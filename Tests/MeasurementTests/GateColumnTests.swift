import Testing

@testable import Measurement

@Suite("The gate sees every column") struct GateColumnTests {
  /// A text that the column's type accepts, other than the one that stands there.
  private func other<Row: CSVRow>(_ column: Column<Row>, in row: Row) -> Row? {
    let texts = [
      "7", "8", "7.000000", "8.000000", "true", "false", "ok", "violated", "sim", "tcp", "client", "commit",
      "0.700000000",
      "0.800000000", "00000000000000ff", "00000000000000fe", "received_to_proposed", "applied_to_replied",
      "mean", "p50", "trial", "block", "d3", "other",
    ]
    for text in texts where text != column.text(row) {
      var changed = row
      if column.assign(&changed, text), column.text(changed) == text { return changed }
    }
    return nil
  }

  private func check<Row: CSVRow>(_ rows: [Row]) throws {
    let row = try #require(rows.first)
    for column in Row.columns where !column.description.isKey {
      let name = column.description.name
      let changed = try #require(other(column, in: row), "\(Row.fileName) \(name)")
      let differences = ResultComparison.differences([row], [changed])
      let isCompared = column.description.reproducibility != .never
      #expect(differences.map(\.column) == (isCompared ? [name] : []), "\(Row.fileName) \(name)")
    }
    #expect(ResultComparison.differences([row], []).count == 1 && ResultComparison.differences([], [row]).count == 1)
  }

  @Test(
    "A change in any one column of any file is one difference, named by its column; a row too few or too many is one, too"
  )
  func everyColumn() throws {
    let tables = sampleTables()
    try check(tables.configurations)
    try check(tables.summary)
    try check(tables.latency)
    try check(tables.stages)
    try check(tables.timeline)
    try check(tables.elections)
    try check(tables.faults)
    try check(tables.messages)
    try check(tables.intervals)
    try check(tables.precision)
    try check(tables.costs)
  }

  @Test("A change in any file makes the gate fail")
  func everyFile() {
    let baseline = sampleTables()
    func changed(_ change: (inout ResultTables) -> Void) -> GateResult {
      var found = baseline
      change(&found)
      return ResultComparison.compare(baseline: baseline, found: found, sameBuild: true).result
    }
    #expect(changed { _ in } == .holds)
    #expect(changed { $0.summary[0].frames.heartbeat += 1 } == .regression)
    #expect(changed { $0.latency[0].value += 1 } == .regression)
    #expect(changed { $0.stages[0].sum += 1 } == .regression)
    #expect(changed { $0.timeline[0].failed += 1 } != .holds)
    #expect(changed { $0.elections[0].rounds += 1 } == .regression)
    #expect(changed { $0.faults[0].at += 1 } == .regression)
    #expect(changed { $0.messages[0].frames += 1 } == .regression)
    #expect(changed { $0.intervals[0].value += 1 } == .regression)
    #expect(changed { $0.precision[0].isMet = false } == .regression)
    #expect(changed { $0.costs[0].allocations = 1_000_000 } == .regression)
  }
}
