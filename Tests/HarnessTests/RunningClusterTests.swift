import Consensus
import Foundation
import Measurement
import Simulator
import TCPRuntime
import Testing
import Verification
import Yams

@testable import Harness

@Suite("Clusters that others run", .serialized) struct RunningClusterTests {
  static func file(_ ports: [Int] = [7001, 7002, 7003], more: String = "") throws(InputError) -> NodeFile {
    let places = ports.map { "\"127.0.0.1:\($0)\"" }.joined(separator: ", ")
    return try NodeFile(
      """
      cluster: running
      protocol: raft
      replicas: [\(places)]
      journal: memory
      timing: {heartbeat: 20ms, election-timeout: 200ms-400ms}
      \(more)
      """, file: "c.yaml", defaults: NodeFileTests.defaults, catalogue: Bench.catalogue)
  }
  func load(
    _ name: String, _ overrides: [(path: String, value: String)] = []
  ) throws(InputError) -> Experiment {
    try Experiment.load(
      name, in: Bench.folder, overrides: overrides, protocols: ["raft"], trials: 1, catalogue: Bench.catalogue,
      mode: .tcp,
      cluster: try Self.file())
  }
  func refusal(_ name: String, _ overrides: [(path: String, value: String)] = []) -> String {
    do throws(InputError) {
      _ = try load(name, overrides)
      return "accepted"
    } catch { return error.description }
  }

  @Test("An experiment takes from the cluster what that has fixed, and says which cluster it was")
  func fixes() throws {
    let point = try #require(try load("load").points.first)
    func value(_ key: String) -> String? { point.inputs.first { $0.key == key }?.value }
    #expect(value("cluster.replicas") == "3" && point.replicas == 3)
    #expect(value("timing.heartbeat") == "20ms")
    #expect(point.template.environment.timing.heartbeat == .milliseconds(20))
    #expect(
      value("cluster") == "running at 127.0.0.1:7001 127.0.0.1:7002 127.0.0.1:7003; journal memory")
    let own = try Experiment.load(
      "load", in: Bench.folder, overrides: [("cluster.replicas", "3")], protocols: ["raft"], trials: 1,
      catalogue: Bench.catalogue, mode: .tcp)
    #expect(own.points[0].subject != point.subject && own.points[0].fingerprint != point.fingerprint)
  }

  @Test("What would change or vary what the cluster has fixed is refused in one line, and so are faults")
  func refuses() {
    #expect(
      refusal("commit-latency").hasSuffix(
        "'cluster.replicas' is swept, and the running cluster has fixed it; --set cluster.replicas=3 takes what it has")
    )
    #expect(refusal("commit-latency", [("cluster.replicas", "3")]) == "accepted")
    #expect(
      refusal("load", [("cluster.replicas", "5")])
        == "--set cluster.replicas=5: the running cluster has 3, and no run can change that")
    #expect(refusal("load", [("timing.heartbeat", "0.02s")]) == "accepted")
    #expect(refusal("load", [("timing.heartbeat", "30ms")]).contains("the running cluster has 20ms"))
    #expect(refusal("batching").contains("is swept, and the running cluster has fixed it"))
    #expect(
      refusal("failover-timeline").contains("'crash' cannot be made to happen to a cluster that others run"))
    #expect(refusal("loss").contains("'link.burst' cannot be done to the links of a cluster that others run"))
  }

  /// On a thread that may be blocked: what runs there waits for tasks, which need those that tests run on.
  private func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(with: Result(catching: body)) }
    }
  }
  /// Three replicas in this process, while `body` runs.
  private func serving<Value: Sendable>(_ body: @escaping @Sendable (NodeFile) throws -> Value) async throws -> Value {
    try await blocking {
      let file = try Self.file(FreePorts.take(3))
      let replicas = try (0..<3).map { try file.replica($0) }
      for replica in replicas { _ = try replica.start() }
      defer { for replica in replicas { _ = replica.stop() } }
      return try body(file)
    }
  }
  private static func configuration(_ file: NodeFile, seed: UInt64) throws -> SimulationConfiguration {
    var settings = try Bench.settings().real(in: .tcp)
    try file.fix(&settings)
    var configuration = settings.configuration(seed: seed)
    configuration.workload = Workload(arrival: .closed(clients: 4, think: .zero), keys: 50, reads: 0.5)
    configuration.measure = Measure(
      warmUp: .milliseconds(50), window: .seconds(30), operations: 200, patience: .seconds(30))
    return configuration
  }

  @Test("It is driven and verified from outside, run after run, and none finds what another has left")
  func runs() async throws {
    let outcomes = try await serving { file in
      try (1...3).map { RunningCluster.run(try Self.configuration(file, seed: $0), file, recorder: nil) }
    }
    for outcome in outcomes {
      let report = outcome.result.verification
      #expect(report.verdict == .ok, "\(report.violations)")
      #expect(report.checked == ["linearizability", "last-reads"])
      #expect(outcome.result.counts.answered > 100)
      #expect(outcome.accounts.isEmpty && outcome.client.cpu > 0)
      let keys = Set(outcome.result.history.map(\.operation.key))
      #expect(keys.isSubset(of: 0..<50))
      for key in keys {
        let first = outcome.result.history.filter { $0.operation.key == key }.min { $0.invoked < $1.invoked }
        if let first, first.operation.kind == .get, case .ok(let reply) = first.outcome { #expect(reply.value == 0) }
      }
    }
  }

  @Test("Two loads on the same keys are found out: values that nobody is known to have written")
  func mixed() async throws {
    let verdict = try await serving { file in
      var last = VerificationReport()
      for seed: UInt64 in 1...2 {
        let clients = ClusterClients(try Self.configuration(file, seed: seed), file)
        _ = try clients.ask(.get(0))
        let start = try clients.begin()
        while ClusterClients.now() < start + 200_000_000 { usleep(5_000) }
        try clients.drain()
        let load = try clients.finish()
        let reads = try clients.readAll(after: load).reads
        var findings = Findings()
        last = VerificationReport(fromOutside: load.operations.map(\.client) + reads, &findings, missing: [])
      }
      return last.verdict
    }
    #expect(verdict == .violated)
  }

  @Test("Nobody there is said with what is in the way, and is no number")
  func absent() async throws {
    let outcome = try await blocking {
      let file = try Self.file(FreePorts.take(3))
      var configuration = try Self.configuration(file, seed: 1)
      configuration.measure.patience = .milliseconds(200)
      return RunningCluster.run(configuration, file, recorder: nil)
    }
    #expect(!outcome.result.hasFormed && outcome.result.verification.verdict == .unchecked)
    let reason = try #require(outcome.result.verification.violations.first?.detail)
    #expect(reason.hasPrefix("the cluster did not serve within 0.2 seconds: 127.0.0.1:"), "\(reason)")
  }

  @Test("The manifest for Kubernetes fits together, and its cluster's file is read by what it starts")
  func manifest() throws {
    let text = try String(contentsOfFile: Bench.folder + "/deploy/kubernetes.yaml", encoding: .utf8)
    let yaml = YAMLReader(file: "kubernetes.yaml")
    let parts = try text.components(separatedBy: "\n---\n").map { try yaml.document($0) }
    func part(_ kind: String) throws -> Yams.Node {
      try #require(parts.first { $0["kind"]?.string == kind }, "\(kind)")
    }
    let secret = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: secret) }
    try String(repeating: "x", count: 64).write(toFile: secret, atomically: true, encoding: .utf8)
    let set = try part("StatefulSet")
    let container = try #require(set["spec"]?["template"]?["spec"]?["containers"]?[0])
    let mounts = try #require(container["volumeMounts"]?.array()).compactMap { $0["mountPath"]?.string }
    let config = try #require(try part("ConfigMap")["data"]?["cluster.yaml"]?.string)
    #expect(config.contains("secret-file: /run/consensus/secret\n"))
    let file = try NodeFile(
      config.replacing("/run/consensus/secret", with: secret), file: "cluster.yaml", defaults: NodeFileTests.defaults,
      catalogue: Bench.catalogue)
    let name = try #require(set["metadata"]?["name"]?.string)
    let service = try #require(set["spec"]?["serviceName"]?.string)
    let replicas = try #require(set["spec"]?["replicas"]?.int)
    #expect(file.addresses.map(\.host) == (0..<replicas).map { "\(name)-\($0).\(service)" })
    #expect(try part("Service")["metadata"]?["name"]?.string == service)
    #expect(Set(file.addresses.map(\.port)) == Set([container["ports"]?[0]?["containerPort"]?.int].compactMap { $0 }))
    #expect(mounts.contains(try #require(file.data)) && mounts.contains("/run/consensus"))
    #expect(set["spec"]?["volumeClaimTemplates"]?.array().count == 1)
    let command = try #require(container["command"]?.array().last?.string)
    #expect(command == "exec consensus-bench node --config /etc/consensus/cluster.yaml --id \"${HOSTNAME##*-}\"")
    let job = try #require(
      try part("Job")["spec"]?["template"]?["spec"]?["containers"]?[0]?["command"]?.array().last?.string)
    #expect(job.contains("consensus-bench run commit-latency --mode tcp --cluster /etc/consensus/cluster.yaml"))
    #expect(job.contains("--set cluster.replicas=\(replicas)"))
  }
}
