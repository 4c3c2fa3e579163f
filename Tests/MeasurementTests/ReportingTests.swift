import Foundation
import Testing

@testable import Measurement

@Suite struct ReportingTests {
  @Test("Results/README.md documents the columns exactly as the code has them")
  func readme() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Results/README.md").path
    let marker =
      "<!-- From here on rendered from the schemas: RECORD_GOLDEN=1 swift test --filter ReportingTests -->\n\n"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let range = try #require(text.range(of: marker), "the marker line is gone")
    if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" {
      try AtomicFile.write(text[..<range.upperBound] + SchemaDocument.markdown(), to: path)
    } else {
      #expect(text[range.upperBound...] == SchemaDocument.markdown())
    }
  }

  @Test("Column names are unique within a file, and no meaning is empty or breaks its table")
  func columns() {
    for descriptions in [
      ConfigurationRow.descriptions, SummaryRow.descriptions, LatencyRow.descriptions, StageRow.descriptions,
      TimelineRow.descriptions, ElectionRow.descriptions, FaultRow.descriptions, CatchUpRow.descriptions,
      MessageRow.descriptions,
      IntervalRow.descriptions, PrecisionRow.descriptions, CostRow.descriptions,
      ProcessRow.descriptions,
    ] {
      #expect(Set(descriptions.map(\.name)).count == descriptions.count)
      for column in descriptions {
        #expect(!column.meaning.contains("|") && column.name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "_" })
        #expect(column.meaning.hasSuffix("."), "\(column.name)")
        #expect(column.name.split(separator: "_").contains("ns") == (column.unit == .nanoseconds), "\(column.name)")
      }
    }
  }

  @Test("A table is aligned to its widest cells")
  func table() {
    var table = TextTable([("protocol", .left), ("p50", .right)])
    table.add(["raft", "1.23 ms"])
    table.add(["multipaxos", "980 µs"])
    #expect(
      table.text == """
        protocol        p50
        ──────────  ───────
        raft        1.23 ms
        multipaxos   980 µs

        """)
  }

  @Test("Durations, bytes and counts are rounded to what people read")
  func units() {
    let durations = [0, 999, 1000, 1_235, 12_345, 999_499, 999_500, 1_500_000_000, 7_200_000_000_000]
    #expect(
      durations.map { Humane.duration($0) }
        == ["0 ns", "999 ns", "1.00 µs", "1.24 µs", "12.3 µs", "999 µs", "1.00 ms", "1.50 s", "7200 s"])
    #expect([12, 4096, 1_000_000_000].map { Humane.bytes($0) } == ["12 B", "4.10 kB", "1.00 GB"])
    #expect([0, 999, 1000, -1_234_567].map { Humane.count($0) } == ["0", "999", "1 000", "-1 234 567"])
    #expect(Humane.duration(nil) == "-")
  }
}
