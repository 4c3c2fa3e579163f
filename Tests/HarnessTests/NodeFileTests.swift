import Consensus
import Foundation
import Measurement
import Testing

@testable import Harness

@Suite("A cluster's file") struct NodeFileTests {
  static let whole = """
    cluster: demo
    protocol: raft
    replicas: ["127.0.0.1:7001", "[::1]:7002", "node-3.example:7003"]
    data: /tmp/nowhere
    timing:
      heartbeat: 20ms
    """
  static let defaults = try! String(contentsOfFile: Bench.folder + "/environment.yaml", encoding: .utf8)

  func read(_ text: String, defaults: String? = Self.defaults) throws(InputError) -> NodeFile {
    try NodeFile(text, file: "c.yaml", defaults: defaults, catalogue: Bench.catalogue)
  }
  func refusal(_ text: String, defaults: String? = Self.defaults) -> String {
    do throws(InputError) {
      _ = try read(text, defaults: defaults)
      return "accepted"
    } catch { return error.description }
  }

  @Test("It names cluster, protocol and places, sets what it says, and takes the rest from the environment")
  func reads() throws {
    let file = try read(Self.whole)
    #expect(file.cluster == "demo")
    #expect(file.variant.name == "raft")
    #expect(file.addresses[1] == .init(host: "::1", port: 7002))
    #expect(file.journal == .file)
    #expect(file.listen == "127.0.0.1")
    #expect(file.settings.environment.timing.heartbeat == .milliseconds(20))
    #expect(file.settings.environment.batch.commands == 64)
  }

  @Test("Written and read again it is the same, and needs no environment")
  func rereads() throws {
    let file = try read(Self.whole)
    let again = try read(file.text, defaults: nil)
    #expect(again.text == file.text)
    #expect(again.addresses == file.addresses)
    #expect(again.settings.environment.timing == file.settings.environment.timing)
  }

  @Test("What is wrong in it is said in one line that names the place and the nearest right word")
  func refuses() {
    func with(_ old: String, _ new: String) -> String { refusal(Self.whole.replacing(old, with: new)) }
    #expect(with("protocol: raft", "protocol: rafd") == "c.yaml:2: unknown protocol 'rafd'; did you mean 'raft'?")
    #expect(
      with("heartbeat", "hartbeat") == "c.yaml:6: unknown key 'timing.hartbeat'; did you mean 'timing.heartbeat'?")
    #expect(with("data:", "date:") == "c.yaml:4: unknown key 'date'; did you mean 'data'?")
    #expect(with("cluster: demo\n", "").contains("'cluster' is missing"))
    #expect(with("data: /tmp/nowhere\n", "").contains("'data' is missing"))
    #expect(with("7001", "70010").contains("no address such as 10.0.0.1:7000"))
    #expect(with("[::1]:7002", "127.0.0.1:7001").contains("127.0.0.1:7001 is listed twice"))
    #expect(with("timing:\n  heartbeat: 20ms", "link:\n  loss: 1%").contains("'link.loss' decides nothing"))
    #expect(with("heartbeat: 20ms", "heartbeat: 20s").contains("timing.election-timeout"))
    #expect(
      with("protocol: raft", "protocol: unreplicated")
        .contains("'replicas' names 3 (unreplicated runs on at most 1)"))
    #expect(refusal(Self.whole, defaults: nil).contains("is missing, and there is no Benchmarks/environment.yaml"))
  }

  @Test("Beyond loopback it takes a secret, from a file that can be read and is long enough")
  func secrets() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: file) }
    let open = Self.whole + "\nlisten: 0.0.0.0"
    #expect(
      refusal(open)
        == "c.yaml: listen: without a 'secret-file' a replica listens on loopback only, and '0.0.0.0' is not")
    let secret = open + "\nsecret-file: \(file)"
    #expect(refusal(secret).contains("cannot be read"))
    try "0123456789abcde\n".write(toFile: file, atomically: true, encoding: .utf8)
    #expect(refusal(secret).contains("has 15 bytes, and at least 16 are needed"))
    try "0123456789abcdef\n".write(toFile: file, atomically: true, encoding: .utf8)
    #expect(try read(secret).secret != nil)
  }

  @Test("A number that is no replica's, and a folder that is in use, are refused before anything listens")
  func replicas() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let file = try read(Self.whole.replacing("/tmp/nowhere", with: folder).replacing("7001", with: "1"))
    #expect(throws: InputError("--id 3: the cluster's replicas are 0 to 2")) { try file.replica(3) }
    // Port 1 is the superuser's, or taken: whatever it says, the folder is free again afterwards.
    let journal = folder + "/n0"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try "a file".write(toFile: journal, atomically: true, encoding: .utf8)
    #expect {
      _ = try file.replica(0).start()
    } throws: {
      "\($0)".contains(journal)
    }
  }
}

@Suite("What replicas must have in common") struct SchemaTests {
  @Test("Messages of other names or another layout, and a cluster of another size, are another schema")
  func schema() {
    let (vote, copy) = (MessageKind("Vote", .election), MessageKind("Copy", .replication))
    let schemas = [
      NodeFile.schema([vote, copy], format: 1, replicas: 3), NodeFile.schema([copy, vote], format: 1, replicas: 3),
      NodeFile.schema([vote, copy], format: 2, replicas: 3), NodeFile.schema([vote, copy], format: 1, replicas: 5),
    ]
    #expect(Set(schemas).count == schemas.count)
  }
}

@Suite("Modes of real time") struct RealModeTests {
  func load(_ name: String, _ mode: RunMode, _ overrides: [(path: String, value: String)] = []) throws(InputError)
    -> Experiment
  {
    try Experiment.load(name, in: Bench.folder, overrides: overrides, trials: 1, catalogue: Bench.catalogue, mode: mode)
  }
  func refusal(_ name: String, _ mode: RunMode) -> String {
    do throws(InputError) {
      _ = try load(name, mode)
      return "accepted"
    } catch { return error.description }
  }

  @Test("What is only modelled counts for nothing in real time: it is unused, and no sweep may be over it")
  func keys() throws {
    let points = try load("commit-latency", .memory).points
    #expect(
      points.allSatisfy { $0.ignores("link.delay") && $0.ignores("disk.fsync") && !$0.ignores("timing.heartbeat") })
    #expect(points[0].obstacle(to: "link.delay") == "mode memory")
    #expect(points[0].rows.allSatisfy { $0.mode == .memory })
    #expect(refusal("delay", .memory).contains("'link.delay' is swept, but has no effect with mode memory"))
    #expect(refusal("election", .memory).contains("'crash' cannot be made to happen in mode memory"))
    #expect(refusal("slow-leader", .tcp).contains("'slow-disk' cannot be made to happen in mode tcp"))
  }

  @Test("Over TCP a link is as it is, but for what an experiment asks of it, and what becomes of what is lost")
  func links() throws {
    let real = try load("commit-latency", .tcp).points[0]
    for key in ["link.kind", "link.delay", "link.loss", "link.retransmission", "link.reconnect"] {
      #expect(real.ignores(key), "\(key)")
    }
    #expect(real.template.environment.link.delay == .constant(.zero) && real.template.environment.link.loss == 0)
    #expect(real.obstacle(to: "link.bandwidth") == "mode tcp")
    #expect(real.obstacle(to: "link.session-timeout")?.hasPrefix("mode tcp while nothing can be lost") == true)

    let lossy = try load("commit-latency", .tcp, [(path: "link.loss", value: "2%")]).points[0]
    #expect(lossy.value("link.loss") == "0.02" && lossy.value("link.retransmission") == "200ms")
    #expect(lossy.ignores("link.delay") && lossy.ignores("link.burst"))
    #expect(lossy.template.environment.link.loss == 0.02)

    let slow = try load("delay", .tcp).points
    #expect(Set(slow.map { $0.value("link.delay") }).count > 1)
    #expect(slow.allSatisfy { $0.ignores("link.retransmission") })
    let flapping = try load("flapping", .tcp).points
    #expect(flapping.allSatisfy { $0.ignores("link.loss") && $0.value("link.session-timeout") == "1s" })
    #expect(refusal("loss-datagram", .tcp).contains("link.kind: mode tcp has streams only"))
  }

  @Test("The same configuration in two modes is two configurations, and the simulator's keeps its name")
  func identities() throws {
    let simulated = try load("commit-latency", .sim).points[0].subject
    #expect(simulated != (try load("commit-latency", .memory)).points[0].subject)
    #expect(
      try load("commit-latency", .memory).points[0].subject != (try load("commit-latency", .tcp)).points[0].subject)
    #expect(
      simulated
        == (try Experiment.load("commit-latency", in: Bench.folder, trials: 1, catalogue: Bench.catalogue)).points[0]
        .subject)
  }

  @Test("A run in memory is verified, audited and counted, and gives the rows of a simulated one")
  func memory() throws {
    let overrides = [
      (path: "measure.operations", value: "300"), (path: "measure.warm-up", value: "10ms"),
      (path: "workload.clients", value: "4"), (path: "cluster.replicas", value: "3"),
    ]
    var experiment = try load("commit-latency", .memory, overrides)
    experiment.points = experiment.points.filter { $0.variant.name == "raft" }
    let outcome = ExperimentRun(.init(experiments: [experiment], seed: 3)).run()
    #expect(outcome.failures.isEmpty)
    let row = try #require(outcome.tables.summary.first)
    #expect(row.verdict == .ok)
    #expect(row.checked.contains("linearizability") && row.checked.contains("load"))
    #expect(row.replies >= 300 && row.fsyncs == 0 && row.frames.replication > 0)
    #expect(try #require(outcome.tables.costs.first).commands >= row.replies)
  }
}
