import Faults
import Foundation
import Testing

@testable import Harness

@Suite("The head of a run") struct HeadTests {
  private static let far = """
    cluster: {replicas: 3, sites: FRA NYC SIN, leader-site: FRA}
    link.between: FRA NYC 42ms, FRA SIN 80ms, NYC SIN 115ms
    """

  private func warnings(_ lines: String, overrides: [(path: String, value: String)] = []) throws -> [String] {
    try Bench.experiment("protocols: [raft, unreplicated]\n" + lines, overrides: overrides).warnings
  }

  @Test("An election timeout that the longest round trip reaches is warned of, with both numbers and the two sites")
  func roundTrip() throws {
    #expect(
      try warnings(Self.far) == [
        "probe: timing.election-timeout begins at 150ms, and the longest round trip between two replicas, NYC and SIN, takes 230ms "
          + "on average: elections may fail again and again"
      ])
    let timing = [("timing.heartbeat", "100ms"), ("timing.election-timeout", "231ms-400ms")]
    #expect(try warnings(Self.far, overrides: timing.map { (path: $0.0, value: $0.1) }).isEmpty)
    #expect(try Bench.experiment("protocols: [unreplicated]\n" + Self.far).warnings.isEmpty, "nobody is elected")
  }

  @Test(
    "Without sites it is twice the way between two replicas; a sweep says in how many configurations it is too long")
  func swept() throws {
    let warning = try warnings("sweep: {link.delay: [1ms, 74ms, 75ms, exponential 1s]}").first
    #expect(
      warning?.hasPrefix("probe: in 2 of 4 configurations, timing.election-timeout begins at 150ms, and the longest")
        == true)
    #expect(warning?.contains("between two replicas, takes 2s on average") == true)
    #expect(try warnings("sweep: {link.delay: [1ms, 74ms]}").isEmpty)
  }

  @Test("Only sites that a replica stands at count, the leader's among them, and a way may be longer there than back")
  func sitesInUse() throws {
    let distances = try ValueForm<SiteDistances>.distances.parse(
      "FRA NYC 42ms, FRA to SIN 80ms, SIN to FRA 100ms, NYC SIN 115ms")
    func longest(_ count: Int, _ leader: Site? = nil) -> Duration {
      let geography = Geography(
        sites: ["FRA", "NYC", "SIN"].map { Site($0) }, leaderSite: leader, distances: distances)
      return RoundTrip.longest(of: count, geography, LinkModel(delay: .constant(.milliseconds(1)))).mean
    }
    #expect(longest(2) == .milliseconds(84) && longest(2, Site("SIN")) == .milliseconds(180))
    #expect(longest(3) == .milliseconds(230) && longest(4) == .milliseconds(230), "the fourth stands in FRA again")
  }

  @Test("The example of the documentation for sites of one's own has no warning")
  func documented() throws {
    let page = URL(filePath: Bench.folder).deletingLastPathComponent()
      .appending(path: "Sources/Harness/Harness.docc/Harness.md")
    let text = try String(contentsOf: page, encoding: .utf8)
    let example = try #require(
      text.components(separatedBy: "```yaml\n").first { $0.hasPrefix("name: three-continents") })
    let lines = example.components(separatedBy: "```").first ?? ""
    let folder = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString)/example.yaml")
    try FileManager.default.createDirectory(at: folder.deletingLastPathComponent(), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder.deletingLastPathComponent()) }
    try Data(lines.utf8).write(to: folder)
    let experiment = try Experiment.load(folder.path, in: Bench.folder, catalogue: Bench.catalogue)
    #expect(!experiment.points.isEmpty && experiment.warnings.isEmpty)
  }

  @Test("A precision that the number of trials rules out is warned of")
  func hopeless() throws {
    #expect(
      try warnings("trials: 5\nprecision: 5%") == [
        "probe: a precision is met after 10 trials at least, 20 of a fail-over, and there are 5 (trials)"
      ])
    #expect(try warnings("trials: 10\nprecision: 5%").isEmpty)
    #expect(try warnings("trials: 5").isEmpty)
  }

  @Test(
    "No shipped experiment has a warning but those that sweep beyond it on purpose",
    arguments: ExperimentTestsShipped.names)
  func shipped(_ name: String) throws {
    let warnings = try Experiment.load(name, in: Bench.folder, catalogue: Bench.catalogue).warnings
    #expect(warnings.isEmpty || warnings.allSatisfy { $0.contains(": in ") }, "\(warnings)")
  }

  @Test("The head has every input and then the warnings; a dry run ends with what there would be to do")
  func text() throws {
    let experiment = try Bench.experiment(Self.far + "\ntrials: 30\nprecision: 5%")
    let head = RunHead([experiment])
    #expect(head.text.contains("timing.election-timeout 150ms-300ms"))
    #expect(head.text.hasSuffix("\nwarning: \(experiment.warnings[0])\n"))
    let start = ExperimentRun(.init(experiments: [experiment], seed: 1)).start
    #expect(
      head.plan(start, into: "out") == """
        probe: 2 configurations
        A dry run: of at most 60 trials nothing was run, and nothing written to out
        """)
  }
}
