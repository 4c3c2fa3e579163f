import Foundation
import Harness
import Measurement
import Testing

/// The program as a build server runs it: results in folders, and what it says of them.
@Suite("The gate, end to end", .serialized) struct GateTests {
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "gate-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }
  private func check(_ found: String, _ baseline: String, json: Bool = true) throws -> (text: String, status: Int32) {
    let program = try Program(
      arguments: ["check", found, "--baseline", baseline] + (json ? ["--json"] : []), keepsOutput: true)
    return (try program.read(), program.end())
  }

  @Test("A build compared with itself over 200 seeds with a crash in each: not a cell differs, not an allocation")
  func same() throws {
    try withFolder { folder in
      for name in ["a", "b"] {
        let status = try Program(
          "run", "election", "--protocol", "raft,multipaxos,zab", "--trials", "200", "--out", "\(folder)/\(name)"
        ).end()
        #expect(status == 0)
      }
      let tables = try ResultTables(reading: folder + "/a")
      #expect(Set(tables.elections.map(\.run.trial)).count == 200 && tables.elections.count == 600)
      #expect(tables.costs.allSatisfy { ($0.allocations ?? 0) > 0 })
      let (text, status) = try check(folder + "/b", folder + "/a", json: false)
      #expect(status == 0)
      #expect(text == "The gate holds: every number equals the baseline's.\n")
    }
  }

  @Test("A baseline of another machine, toolchain or build is compared in what is exact, and refused for what is not")
  func otherMachine() throws {
    try withFolder { folder in
      for name in ["here", "there"] {
        let status = try Program(
          "run", "commit-latency", "--protocol", "raft", "--trials", "1", "--out", "\(folder)/\(name)"
        ).end()
        #expect(status == 0)
      }
      func there(_ edit: (inout Provenance) -> Void) throws {
        var origin = try #require(try Provenance(reading: folder + "/here"))
        edit(&origin)
        try origin.write(to: folder + "/there")
      }
      for edit in [
        { $0.build.toolchain = "Swift 7" }, { $0.build.configuration = "debug" }, { $0.host.name = "there" },
      ]
        as [(inout Provenance) -> Void]
      {
        try there(edit)
        let isBuild = try Provenance(reading: folder + "/there")?.build != Provenance(reading: folder + "/here")?.build
        let (exact, status) = try check(folder + "/here", folder + "/there", json: false)
        #expect(status == 0)
        #expect(exact.contains("Note: allocations were not compared, all else was: another") == isBuild)
        let pair = try Program("compare", folder + "/there", folder + "/here", keepsOutput: true)
        let text = try pair.read()
        #expect(pair.end() == 0)
        #expect(
          text.contains("times of processors were not compared, all else was: another") && !text.contains("CPU time:"))
      }
      try there { _ in }
      let pair = try Program("compare", folder + "/there", folder + "/here", keepsOutput: true)
      #expect(try pair.read().contains("CPU time: "))
      #expect(pair.end() == 0)

      let other = "\(folder)/other"
      let run = try Program(
        "run", "commit-latency", "--protocol", "raft", "--trials", "1", "--set", "link.delay=5ms", "--out", other)
      #expect(run.end() == 0)
      #expect(try check(other, folder + "/here").status == 2)
      #expect(try Program("compare", folder + "/here", other).end() == 2)
    }
  }

  @Test("Only improvements end with 4, and one thing worse beside them with 1")
  func improvement() throws {
    try withFolder { folder in
      let run = try Program(
        "run", "commit-latency", "--protocol", "raft", "--trials", "1", "--out", "\(folder)/found")
      #expect(run.end() == 0)
      var tables = try ResultTables(reading: folder + "/found")
      let origin = try #require(try Provenance(reading: folder + "/found"))
      func baseline(_ edit: (inout ResultTables) -> Void) throws {
        edit(&tables)
        try tables.write(to: folder + "/baseline")
        try origin.write(to: folder + "/baseline")
      }
      try baseline { $0.summary[0].fsyncs += 1 }
      let (text, status) = try check(folder + "/found", folder + "/baseline")
      #expect(status == 4 && text.contains("\"result\" : \"improvement\"") && text.contains("\"column\" : \"fsyncs\""))
      try baseline { $0.messages[0].frames -= 1 }
      #expect(try check(folder + "/found", folder + "/baseline").status == 1)
    }
  }

  @Test("What cannot be asked for is refused with one line")
  func usage() throws {
    #expect(try Program("compare").end() == 2)
    #expect(try Program("compare", "a", "b").end() == 2)
    #expect(try Program("compare", "a", "b", "--times", "c").end() == 2)
    #expect(try Program("compare", "--build", "HEAD").end() == 2)
    #expect(try Program("compare", "--build", "no-such-commit..HEAD").end() == 2)
    #expect(try Program("compare", "--build", "HEAD..HEAD", "--pairs", "-1").end() == 2)
    #expect(try Program("compare", "nowhere.csv").end() == 2)
    #expect(try Program("compare", "nowhere.csv", "--threshold", "5").end() == 2)
    #expect(try Program("check", "nowhere", "--baseline", "nowhere").end() == 2)
  }

  #if MUTANTS
  /// Where each planted cost shows.
  static let controls = [
    "G-01": ["cost", "--protocol", "raft"],
    "G-02": ["cost", "--protocol", "raft,multipaxos,zab"],
    "G-03": [
      "batching", "--protocol", "raft,multipaxos,zab", "--set", "batch.commands=8", "--set", "batch.window=64",
    ],
    "G-04": ["commit-latency", "--protocol", "raft,multipaxos,zab"],
  ]

  @Test("A planted cost is a regression in every run that has it, named by its column", arguments: Mutant.regressions)
  func planted(_ mutant: Mutant) throws {
    try withFolder { folder in
      let arguments = ["run"] + (try #require(Self.controls[mutant.id])) + ["--trials", "1", "--out"]
      #expect(try Program(arguments: arguments + [folder + "/base"]).end() == 0)
      // Verified, too: it costs, and breaks nothing.
      #expect(try Program(arguments: arguments + [folder + "/found", "--mutant", mutant.id]).end() == 0)
      let (text, status) = try check(folder + "/found", folder + "/base")
      #expect(status == 1)
      let report = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
      #expect(report["result"] as? String == "regression")
      let differences = try #require(report["differences"] as? [[String: String]])
      let runs = try ResultTables(reading: folder + "/base").summary.count
      for place in mutant.invariants {
        let named = differences.filter { "\($0["file"] ?? "") \($0["column"] ?? "")" == place }
        #expect(named.count == runs && named.allSatisfy { $0["direction"] == "worse" }, "\(place)")
      }
    }
  }

  @Test("Costs that are planted have ids of their own")
  func catalogue() {
    let ids = (Mutant.regressions + Mutant.all).map(\.id)
    #expect(Set(ids).count == ids.count && Set(Mutant.regressions.map(\.id)) == Set(Self.controls.keys))
  }
  #endif
}
