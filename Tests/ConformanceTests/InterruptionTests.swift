import Foundation
import Harness
import Measurement
import Testing

@Suite("A dry run") struct DryRunTests {
  @Test("It runs and writes nothing, and refuses what a run would refuse")
  func nothing() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "dry-\(UUID().uuidString)").path
    #expect(try Program("run", "election", "--dry-run", "--out", folder).end() == 0)
    #expect(!FileManager.default.fileExists(atPath: folder))
    #expect(try Program("run", "election", "--dry-run", "--set", "link.loss=2").end() == 2)
    #expect(try Program("run", "election", "--dry-run", "--trace", folder).end() == 2)
  }
}

@Suite("A run that is killed", .serialized) struct InterruptionTests {
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "killed-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }
  private func start(_ folder: String) throws -> Program {
    try Program(
      "run", "commit-latency", "election", "--set", "measure.operations=300", "--trials", "60", "--jobs", "2", "--out",
      folder)
  }
  private func configurations(_ folder: String) -> Int { (try? ResultTables(reading: folder))?.precision.count ?? 0 }
  private func files(_ folder: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name != "run.json" {
      files[name] = FileManager.default.contents(atPath: "\(folder)/\(name)")
    }
    return files
  }

  @Test(
    "At whatever moment it dies, its files are whole, hold only complete configurations, and say that there is more to come"
  )
  func killed() throws {
    try withFolder { folder in
      let whole = try start("\(folder)/whole")
      #expect(whole.end() == 0)
      let all = try ResultTables(reading: "\(folder)/whole")
      #expect((try Provenance(reading: "\(folder)/whole"))?.part == nil)
      var sizes: Set<Int> = []
      for goal in [1, 3, 5, 7] {
        let place = "\(folder)/\(goal)"
        let program = try start(place)
        while program.process.isRunning, configurations(place) < goal { usleep(useconds_t(500 * goal)) }
        kill(program.process.processIdentifier, SIGKILL)
        program.end()
        guard program.process.terminationReason == .uncaughtSignal else { continue }

        let origin = try #require(try Provenance(reading: place))
        #expect(origin.isComplete == false && origin.plan?.configurations == all.precision.count)
        let tables = try ResultTables(reading: place)
        sizes.insert(tables.precision.count)
        for row in tables.precision {
          let (subject, trials) = (row.subject, row.trials)
          #expect(tables.summary.count { $0.run.subject == subject } == trials)
          #expect(tables.configurations.contains { $0.subject == subject })
          #expect(all.precision.contains(row))
        }
        #expect(tables.summary.allSatisfy { all.summary.contains($0) })
        if ChartDrawer.gnuplotVersion() != nil, !tables.summary.isEmpty {
          #expect(try Program("plot", place).end() == 0)
        }
        #expect(try Program("check", place, "--baseline", "\(folder)/whole").end() == 2)
      }
      #expect(sizes.count > 1, "killed at different moments: \(sizes)")
    }
  }

  @Test("A run into the folder of one that was killed leaves what it would leave in an empty one")
  func again() throws {
    try withFolder { folder in
      let program = try start(folder + "/killed")
      while program.process.isRunning, configurations(folder + "/killed") < 2 { usleep(500) }
      kill(program.process.processIdentifier, SIGKILL)
      program.end()
      try Data("half a f".utf8).write(to: URL(filePath: "\(folder)/killed/summary.csv.4711.partial"))
      for name in ["killed", "fresh"] {
        let status = try Program(
          "run", "election", "--trials", "20", "--protocol", "raft", "--jobs", "2", "--out", "\(folder)/\(name)"
        ).end()
        #expect(status == 0)
      }
      #expect(try files("\(folder)/killed") == files("\(folder)/fresh"))
    }
  }
}
