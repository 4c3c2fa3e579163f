import Foundation
import Testing

@testable import Measurement

@Suite struct AcceptanceTests {
  /// A folder with a result in `found`, whose provenance is complete and clean unless `edit` changes it.
  private func withResult(
    _ edit: (inout Provenance, inout ResultTables) -> Void = { _, _ in }, _ body: (String) throws -> Void
  ) throws {
    try withFolder { folder in
      var tables = sampleTables()
      var origin = Provenance.current(folder: folder)
      origin.commit = "abc"
      origin.isDirty = false
      origin.isComplete = true
      for index in tables.summary.indices { tables.summary[index].verdict = .ok }
      for index in tables.elections.indices { tables.elections[index].verdict = .ok }
      edit(&origin, &tables)
      try tables.write(to: folder + "/found")
      try origin.write(to: folder + "/found")
      try body(folder)
    }
  }
  private func accept(_ folder: String, _ reason: String = "one fsync less", at time: Double = 0) throws -> Int {
    let report = ResultComparison.compare(baseline: folder + "/baseline", found: folder + "/found")
    return try BaselineAcceptance.accept(
      folder + "/found", as: folder + "/baseline", history: folder + "/history.csv", reason: reason, report: report,
      date: Date(timeIntervalSince1970: time))
  }

  @Test("An accepted result is the baseline from then on, and the history says when, what and why")
  func accepted() throws {
    try withResult { folder in
      #expect(try accept(folder) == 1)
      let again = ResultComparison.compare(baseline: folder + "/baseline", found: folder + "/found")
      #expect(again.result == .holds)
      #expect(try accept(folder, "again", at: 60) == 2)
      let rows = try BaselineAcceptance.read(folder + "/history.csv")
      #expect(rows.map(\.number) == [1, 1, 2, 2] && rows.map(\.protocolName) == ["raft", "zab", "raft", "zab"])
      #expect(rows[0].date == "1970-01-01T00:00:00Z" && rows[0].reason == "one fsync less" && rows[0].commit == "abc")
      #expect(rows[0].change.hasPrefix("Not comparable") && rows[2].change.hasPrefix("The gate holds"))
    }
  }

  @Test("A headline number comes from the suite's own experiment, and is empty without it")
  func headline() throws {
    try withResult({ _, tables in
      for index in tables.summary.indices { tables.summary[index].run.subject.experiment = "load" }
      for index in tables.elections.indices {
        tables.elections[index].run.subject.experiment = "election"
        tables.elections[index].d3 = tables.elections[index].run.seed == 2 ? 5 : nil
      }
    }) { folder in
      _ = try accept(folder)
      let row = try #require(BaselineAcceptance.read(folder + "/history.csv").first)
      #expect(row.mostGoodput == FixedDecimal(1000, over: 1))
      // One trial of two recovered: that is half of them.
      #expect(row.failover == 5)
      #expect(row.commitMedian == nil && row.framesPerBatch == nil && row.allocationsPerCommand == nil)
    }
  }

  @Test(
    "Nothing is accepted that nobody could repeat or that is not verified, and nothing is changed",
    arguments: ["dirty", "unknown", "unfinished", "void", "reason", "lines"])
  func refused(_ fault: String) throws {
    try withResult({ origin, tables in
      switch fault {
      case "dirty": origin.isDirty = true
      case "unknown": origin.isDirty = nil
      case "unfinished": origin.isComplete = false
      case "void": tables.summary[0].verdict = .void
      default: break
      }
    }) { folder in
      let reason = fault == "reason" ? "  " : fault == "lines" ? "a\nb" : "a reason"
      #expect(throws: FileError.self) { try accept(folder, reason) }
      #expect(!FileManager.default.fileExists(atPath: folder + "/baseline"))
      #expect(!FileManager.default.fileExists(atPath: folder + "/history.csv"))
    }
  }
}
