import Foundation
import Testing

@testable import Measurement

@Suite struct CSVTests {
  @Test("Every file is read back as it was written, and written again to the same bytes")
  func roundTrip() throws {
    try withFolder { folder in
      let tables = sampleTables()
      try tables.write(to: folder)
      let read = try ResultTables(reading: folder)
      #expect(read.summary == SummaryRow.sorted(tables.summary))
      #expect(read.configurations == ConfigurationRow.sorted(tables.configurations))
      #expect(read.latency == LatencyRow.sorted(tables.latency) && read.stages == StageRow.sorted(tables.stages))
      #expect(read.timeline == TimelineRow.sorted(tables.timeline) && read.costs == CostRow.sorted(tables.costs))
      #expect(read.elections == ElectionRow.sorted(tables.elections))
      #expect(read.faults == FaultRow.sorted(tables.faults))
      #expect(read.catchUps == CatchUpRow.sorted(tables.catchUps))
      #expect(read.messages == MessageRow.sorted(tables.messages))
      #expect(read.intervals == IntervalRow.sorted(tables.intervals))
      #expect(read.precision == PrecisionRow.sorted(tables.precision))
      #expect(SummaryRow.encode(read.summary) == SummaryRow.encode(tables.summary))
    }
  }

  @Test("The order in which rows arrive does not reach the file, and seeds sort as numbers")
  func order() {
    let rows = sampleTables().summary
    #expect(SummaryRow.encode(rows) == SummaryRow.encode(rows.reversed()))
    #expect(SummaryRow.sorted(rows.reversed()).map(\.run.seed) == [2, 10, 2, 10])
  }

  @Test("Fields are quoted only when they must be")
  func quoting() throws {
    let fields = ["plain", "", "a,b", "say \"no\"", "two\nlines", "cr\r", "ünïcode"]
    let line = CSVText.line(fields)
    #expect(line == "plain,,\"a,b\",\"say \"\"no\"\"\",\"two\nlines\",\"cr\r\",ünïcode\n")
    #expect(try CSVText.records(of: line + "x\n", file: "f").map(\.fields) == [fields, ["x"]])
    #expect(try CSVText.records(of: line + "x\n", file: "f").map(\.line) == [1, 3])
  }

  @Test("Text that is no CSV is refused with the line at fault")
  func malformed() {
    for (text, line) in [
      ("a,b", 1), ("a\nb\"c\n", 2), ("a\n\"b\n\n", 4), ("a\n\"b\"c\n", 2), ("a\r\nb\n", 1), ("a\n\"b\nc\"d\n", 3),
    ] {
      let error = #expect(throws: CSVError.self) { try CSVText.records(of: text, file: "f") }
      #expect(error?.line == line, "\(text.debugDescription)")
    }
  }

  @Test("Each way in which a file can differ from its schema has an error that names file, line and column")
  func schemaErrors() throws {
    let good = MessageRow.encode(sampleTables().messages)
    #expect(try MessageRow.decode(good).count == 4)
    func reason(_ text: String) -> CSVError? {
      #expect(throws: CSVError.self) { try MessageRow.decode(text, file: "m.csv") }
    }
    func edited(_ old: String, _ new: String) -> String {
      guard let range = good.range(of: old) else { return good }
      return good.replacingCharacters(in: range, with: new)
    }
    #expect(reason("") == CSVError("m.csv", line: 1, .noHeader))
    #expect(reason(edited("purpose", "aim")) == CSVError("m.csv", line: 1, column: "aim", .unknownColumn))
    #expect(reason(edited(",purpose", "")) == CSVError("m.csv", line: 1, column: "purpose", .missingColumn))
    #expect(
      reason(edited("kind,purpose", "purpose,kind")) == CSVError("m.csv", line: 1, column: "purpose", .misplacedColumn))
    #expect(
      reason(edited(",8,4000", ",eight,4000"))
        == CSVError("m.csv", line: 2, column: "frames", .type(expected: "integer", found: "eight")))
    #expect(reason(edited(",8,4000", ",4000")) == CSVError("m.csv", line: 2, .fieldCount(found: 11, expected: 12)))
    #expect(
      reason(edited("\n1,", "\n9,")) == CSVError("m.csv", line: 2, column: "schema", .schemaVersion(found: "9")))
    let lines = good.split(separator: "\n")
    let error = reason(([lines[0], lines[1], lines[2], lines[1]].joined(separator: "\n")) + "\n")
    #expect(error?.line == 4)
    guard case .duplicateRow = error?.reason else {
      Issue.record("not a duplicate: \(String(describing: error))")
      return
    }
    let description = reason(edited(",8,4000", ",eight,4000"))?.description
    #expect(description == "m.csv:2, column frames: “eight” is not of type: integer")
  }

  @Test("Only the one canonical text of a value is accepted")
  func canonical() {
    for text in ["+5", "05", " 5", "5.0", "", "-0"] { #expect(Int(csv: text) == nil, "\(text)") }
    for text in ["1", "1.5", "1.5000000", ".500000", "00.500000", "1e6"] {
      #expect(FixedDecimal(csv: text) == nil, "\(text)")
    }
    for text in ["ab", "00000000000000AB", "0x000000000000ab"] { #expect(Fingerprint(csv: text) == nil, "\(text)") }
    for text in ["TRUE", "1", ""] { #expect(Bool(csv: text) == nil, "\(text)") }
    #expect(Quantile(csv: "1.000000001") == nil)
    #expect(Verdict(csv: "fine") == nil && Verdict(csv: "ok") == .ok)
    #expect(Optional<Int>(csv: "") == .some(nil) && Optional<Int>(csv: "x") == nil)
    #expect(FixedDecimal(csv: "-0.000001") == FixedDecimal(millionths: -1))
    #expect(FixedDecimal(8, over: 3)?.description == "2.666667" && FixedDecimal(1, over: 0) == nil)
  }

  @Test("A failed write leaves the old file as it was, and nothing beside it")
  func atomic() throws {
    try withFolder { folder in
      let path = "\(folder)/file.csv"
      try AtomicFile.write("old", to: path)
      try AtomicFile.write("new", to: path)
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "new")
      // A folder with content cannot be renamed over: the last step fails.
      let blocked = "\(folder)/blocked"
      try FileManager.default.createDirectory(atPath: "\(blocked)/inner", withIntermediateDirectories: true)
      #expect(throws: FileError.self) { try AtomicFile.write("text", to: blocked) }
      #expect(throws: FileError.self) { try AtomicFile.write("text", to: "\(folder)/no/such/folder") }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["blocked", "file.csv"])
      #expect(try FileManager.default.contentsOfDirectory(atPath: blocked) == ["inner"])
    }
  }

  @Test("A file whose rows are gone is removed, and a folder without configurations is no result")
  func folders() throws {
    try withFolder { folder in
      #expect(throws: CSVError.self) { try ResultTables(reading: folder) }
      var tables = sampleTables()
      try tables.write(to: folder)
      tables.elections = []
      try tables.write(to: folder)
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/elections.csv"))
      try Data([0x66, 0xFF, 0x0A]).write(to: URL(fileURLWithPath: "\(folder)/stages.csv"))
      let error = #expect(throws: CSVError.self) { try ResultTables(reading: folder) }
      #expect(error?.reason == .notUTF8)
    }
  }

  @Test("Packed files read like plain ones, are named when they are damaged, and end when plain ones are written")
  func packed() throws {
    try withFolder { folder in
      var tables = sampleTables()
      try tables.write(to: folder)
      try Compression.pack(folder)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(names.contains("summary.csv.xz") && names.allSatisfy { $0.hasSuffix(".csv.xz") })
      #expect(try ResultTables(reading: folder) == tables)
      let path = "\(folder)/summary.csv.xz"
      let whole = try Data(contentsOf: URL(fileURLWithPath: path))
      try whole.dropLast(9).write(to: URL(fileURLWithPath: path))
      let error = #expect(throws: CSVError.self) { try ResultTables(reading: folder) }
      #expect(error?.description.contains("summary.csv.xz") == true, "\(String(describing: error))")
      tables.elections = []
      try tables.write(to: folder)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).allSatisfy { !$0.hasSuffix(".xz") })
      #expect(try ResultTables(reading: folder) == tables)
    }
  }

  @Test("Configuration ids do not depend on the order of inputs, and do on each key and value")
  func fingerprints() {
    let inputs = [(key: "a", value: "1"), (key: "b", value: "23")]
    #expect(Fingerprint(of: inputs) == Fingerprint(of: inputs.reversed()))
    #expect(Fingerprint(of: inputs) != Fingerprint(of: [("a", "12"), ("b", "3")]))
    #expect(Fingerprint(of: inputs) != Fingerprint(of: [("a", "1"), ("b", "23"), ("c", "")]))
    // Computed apart from this code: an id that changes orphans every committed result.
    #expect(Fingerprint(of: inputs).description == "812a49afaa57db9c")
  }
}
