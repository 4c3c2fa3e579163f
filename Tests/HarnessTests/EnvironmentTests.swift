import Foundation
import Testing

@testable import Harness

@Suite("Environments") struct EnvironmentTests {
  private static let header = "name: probe\nquestion: Is it read?\nprotocols: [raft, unreplicated]\n"

  /// A folder with the shipped environments and one experiment of these lines.
  private func folder(_ lines: String) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appending(path: "environments-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder + "/experiments", withIntermediateDirectories: true)
    for name in ["environment.yaml", "environments"] {
      try FileManager.default.copyItem(atPath: "\(Bench.folder)/\(name)", toPath: "\(folder)/\(name)")
    }
    try (Self.header + lines).write(toFile: folder + "/experiments/probe.yaml", atomically: true, encoding: .utf8)
    return folder
  }
  private func load(_ lines: String, environment: String? = nil) throws -> Experiment {
    let folder = try folder(lines)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try Experiment.load("probe", in: folder, environment: environment, catalogue: Bench.catalogue)
  }
  private func complaint(_ lines: String, environment: String? = nil) throws -> String {
    do {
      _ = try load(lines, environment: environment)
      return ""
    } catch let error as InputError { return error.description }
  }

  @Test("An environment replaces the default's values, and the experiment's own replace those")
  func layers() throws {
    let point = try #require(load("environment: slow-disk").points.first)
    #expect(point.value("disk.fsync") == "5ms" && point.value("link.bandwidth") == "10Gbit/s")
    let own = try #require(load("environment: slow-disk\ndisk.fsync: 1ms").points.first)
    #expect(own.value("disk.fsync") == "1ms")
    let swept = try load("environment: slow-disk\nsweep: {disk.fsync: [1ms, 2ms]}")
    #expect(Set(swept.points.compactMap { $0.value("disk.fsync") }) == ["1ms", "2ms"])
  }

  @Test("The command line's environment stands in the place of the file's")
  func commandLine() throws {
    let wan = try #require(load("environment: slow-disk", environment: "wan").points.first)
    #expect(wan.value("disk.fsync") == "250us" && wan.value("cluster.sites") == "VA OR CA IR JP")
    let lan = try #require(load("environment: wan", environment: "lan").points.first)
    #expect(lan.value("cluster.sites") == "none" && lan.value("link.between") == "unused")
  }

  @Test("An unknown environment is refused with the nearest")
  func unknown() throws {
    #expect(
      try complaint("environment: wann") == "probe.yaml:4: unknown environment 'wann'; did you mean 'wan'?")
    #expect(
      try complaint("", environment: "moon")
        == "--environment moon: unknown environment 'moon'; there are lan, slow-disk, wan, wan-aws-2021, wan-gcp")
  }

  @Test("Every shipped environment has a sentence, and an experiment loads on it")
  func shipped() throws {
    let environments = try Experiment.environments(in: Bench.folder)
    #expect(environments.map(\.name) == ["lan", "slow-disk", "wan", "wan-aws-2021", "wan-gcp"])
    for environment in environments {
      #expect(environment.summary.hasSuffix("."))
      #expect(try !load("", environment: environment.name).points.isEmpty)
    }
  }

  @Test(
    "What is wrong with sites is said in one line",
    arguments: [
      (
        "cluster.sites: VA OR CA\nlink.between: VA OR 43ms, VA CA 32ms",
        "5: link.between: it does not say how far it is from OR to CA of cluster.sites"
      ),
      (
        "cluster.sites: VA OR\nlink.between: VA to OR 43ms",
        "5: link.between: it does not say how far it is from OR to VA of cluster.sites"
      ),
      (
        "cluster.sites: VA OR\nlink.between: VA OR 43ms\ncluster.leader-site: VR",
        "6: cluster.leader-site: 'VR' is not in cluster.sites; did you mean 'VA'?"
      ),
      (
        "cluster.sites: A B\nlink.between: A B 4ms\ncluster.leader-site: D",
        "6: cluster.leader-site: 'D' is not in cluster.sites; there are A B"
      ),
      ("client.at: ldr", "4: client.at: 'ldr' is not in cluster.sites; or write leader, follower, everywhere"),
      ("client.at: leaders", "4: client.at: 'leaders' is not in cluster.sites; did you mean 'leader'?"),
    ])
  func sites(_ lines: String, _ message: String) throws { #expect(try complaint(lines) == "probe.yaml:\(message)") }

  @Test(
    "What is wrong with distances is said in one line",
    arguments: [
      ("VA OR 43ms, OR VA 43ms", "the way from OR to VA is given twice"),
      ("VA VA 43ms", "VA is no distance away from itself; link.delay is for that"),
      (
        "VA 43ms",
        "VA 43ms is not distances such as VA OR 43ms, VA to CA 32ms, CA to VA 35ms, or none"
      ),
    ])
  func distances(_ text: String, _ message: String) throws {
    #expect(try complaint("link.between: \(text)") == "probe.yaml:4: link.between: \(message)")
  }

  @Test("Sites and distances may be lists, also in a sweep")
  func lists() throws {
    let text = try #require(load("cluster.sites: VA OR\nlink.between: VA OR 43ms").points.first)
    let list = try #require(
      load("cluster.sites: [VA, OR]\nlink.between:\n  - VA to OR 43ms\n  - OR to VA 43ms").points.first)
    #expect(list.inputs == text.inputs)
    let sweep = try load("link.between: [VA OR 43ms, VA CA 2ms]\nsweep: {cluster.sites: [[VA, OR], VA CA]}")
    #expect(Set(sweep.points.compactMap { $0.value("cluster.sites") }) == ["VA OR", "VA CA"])
    #expect(try complaint("link.kind: [stream]") == "probe.yaml:4: link.kind: a single value is expected here")
  }

  @Test("A hand-over is not asked of a protocol that would ignore it")
  func transfer() throws {
    let lines = "faults: [{at: 1s, transfer: follower}]"
    #expect(
      try complaint(lines)
        == "probe.yaml:4: faults: protocol 'unreplicated' cannot hand over leadership, and would ignore 'transfer'; leave it out"
    )
    #expect(try Bench.experiment("protocols: [raft, raft-plain]\n" + lines).points.count == 2)
  }

  @Test("A slower processor is not asked for where nothing costs its time")
  func processor() throws {
    let free = "cpu: {per-message-in: 0s, per-message-out: 0s, per-byte: 0s}\n"
    let message = try complaint(free + "faults: [{at: 1s, slow-cpu: leader 2x}]")
    #expect(message.hasPrefix("probe.yaml:5: faults: slow-cpu has no effect"))
    #expect(try complaint("faults: [{at: 1s, slow-cpu: leader 2x}]") == "")
  }
}
