import Consensus
import Foundation
import Measurement
import Simulator
import Synchronization
import TCPRuntime
import Testing
import Verification

@testable import Harness

@Suite("Processes of a cluster") struct ProcessTests {
  static func exists(_ process: pid_t) -> Bool { kill(process, 0) == 0 }

  @Test("Whatever runs ends with its group, also what is stopped, and what it used up is known")
  func ends() throws {
    let group = try ProcessGroup()
    let sleeping = try group.start(["/bin/sleep", "1000"], log: "/dev/null")
    let stopped = try group.start(["/bin/sleep", "1000"], log: "/dev/null")
    group.signal(stopped, SIGSTOP)
    #expect(Self.exists(sleeping) && Self.exists(stopped))
    group.end()
    #expect(!Self.exists(sleeping) && !Self.exists(stopped))
  }

  @Test("The end of one process is told once, with its status or its signal, and its output is in its log")
  func endings() throws {
    let log = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: log) }
    let group = try ProcessGroup()
    let failing = try group.start(["/bin/sh", "-c", "echo out; echo err >&2; exit 7"], log: log)
    #expect(group.reap(failing).status == 7)
    #expect(group.ended(failing) == nil)
    let killed = try group.start(["/bin/sleep", "1000"], log: log)
    #expect(group.ended(killed) == nil)
    group.signal(killed, SIGKILL)
    #expect(group.reap(killed).status == 128 + SIGKILL)
    #expect(try String(contentsOfFile: log, encoding: .utf8) == "out\nerr\n")
  }

  @Test("A program that is not there is refused in one line")
  func absent() throws {
    let group = try ProcessGroup()
    #expect(throws: InputError("cannot start a process: /nowhere/at-all: No such file or directory")) {
      try group.start(["/nowhere/at-all"], log: "/dev/null")
    }
  }

  private func run(
    _ program: String, in folder: String, ports: @escaping @Sendable (Int) throws(InputError) -> [Int] = FreePorts.take
  ) async throws -> TCPRun.Outcome {
    var configuration = SimulationConfiguration(
      environment: Environment(
        replicas: 3, link: .init(delay: .constant(.zero)),
        timing: Timing(heartbeat: .milliseconds(10), electionTimeout: .milliseconds(50)...(.milliseconds(100)))),
      workload: Workload(arrival: .closed(clients: 1, think: .zero)), measure: Measure(window: .seconds(1)), seed: 1)
    configuration.measure.patience = .seconds(20)
    let variant = try #require(Bench.catalogue.first { $0.name == "raft" })
    // On a thread that may be blocked: the run waits for tasks, which need those that tests run on.
    return await withCheckedContinuation { [configuration] continuation in
      DispatchQueue.global().async {
        continuation.resume(
          returning: TCPRun.run(
            configuration, variant, at: ClusterPlace(program: program, folder: folder), recorder: nil, ports: ports))
      }
    }
  }

  @Test(
    "A cluster whose replicas end of themselves says which, and why; it is violated if they are broken, and unchecked if the machine refused",
    // Not our program: it ends at once, with 1, and as if it were not to be found.
    arguments: [("/bin/false", Verification.Verdict.violated), ("/usr/bin/env", .unchecked)])
  func failure(program: String, verdict: Verification.Verdict) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let outcome = try await run(program, in: folder)
    #expect(!outcome.result.hasFormed)
    #expect(outcome.result.verification.verdict == verdict)
    #expect(outcome.result.verification.violations.first?.detail.hasPrefix("replica n") == true)
    #expect(outcome.result.verification.violations.last?.detail.contains(folder) == true)
  }

  @Test("When another process has a replica's port the cluster is started with other ports, three times at most")
  func portTaken() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    @Sendable func file(_ port: Int) throws -> NodeFile {
      try NodeFile(
        "cluster: ports\nprotocol: unreplicated\nreplicas: [\"127.0.0.1:\(port)\"]\njournal: memory\n",
        file: "ports.yaml",
        defaults: NodeFileTests.defaults, catalogue: Bench.catalogue)
    }
    let port = try FreePorts.take(1)[0]
    // What a replica says of it is what the run goes by.
    let refusal = await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(
          returning: Result {
            let first = try file(port).replica(0)
            _ = try first.start()
            defer { _ = first.stop() }
            let second = try file(port).replica(0)
            defer { _ = second.stop() }
            do { _ = try second.start() } catch { return "\(error)" }
            return ""
          })
      }
    }
    let program = folder + "/program"
    try "#!/bin/sh\necho 'error: \(try refusal.get())' >&2\nexit 2\n".write(
      toFile: program, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    let asked = Mutex(0)
    let outcome = try await run(program, in: folder) { count throws(InputError) in
      asked.withLock { $0 += 1 }
      return try FreePorts.take(count)
    }
    #expect(asked.withLock { $0 } == 3)
    #expect(outcome.result.verification.verdict == .unchecked)
    #expect(outcome.result.verification.violations.first?.detail.hasSuffix(" is in use") == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["program"])
  }

  @Test("What a run left that was killed is removed by the next one in the same place, and nothing else is")
  func abandoned() throws {
    let place = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: place) }
    let chart = place + "/cluster-size"
    try FileManager.default.createDirectory(atPath: chart, withIntermediateDirectories: true)
    // Whoever is killed lets go of its folder, and says no more about it.
    let killed = try ClusterFolder(in: place).path
    #expect(FileManager.default.fileExists(atPath: killed))
    let running = try ClusterFolder(in: place)
    #expect(!FileManager.default.fileExists(atPath: killed))
    let kept = try ClusterFolder(in: place)
    kept.keep()
    let next = try ClusterFolder(in: place)
    #expect([chart, running.path, kept.path, next.path].allSatisfy { FileManager.default.fileExists(atPath: $0) })
    next.remove()
    #expect(!FileManager.default.fileExists(atPath: next.path))
  }

  @Test("Free ports differ, and can be listened on")
  func ports() throws {
    let ports = try FreePorts.take(20)
    #expect(Set(ports).count == 20)
    #expect(ports.allSatisfy { (20_000..<32_000).contains($0) })
  }

  @Test("What a replica's log says is read as it was meant")
  func logs() throws {
    let report = ReplicaReport(
      slot: 312, digest: 0x8ae9_8715_0cea_0d5e, commits: 311, commands: 2_068, fsyncs: 17, frames: [1, 0, 5],
      bytes: [10, 0, 99], peakResident: 1_024, allocations: 77, allocatedBytes: 3_000, malformed: 1, strangers: 2)
    #expect(ReplicaReport("12:00:00.123 clock=5 replica=n0 event=report \(report.text)"[...]) == report)
    #expect(ReplicaReport("12:00:00.123 clock=5 replica=n0 event=connected peer=n2"[...]) == nil)
    let line = "12:00:00.123 clock=77 replica=n1 event=status role=establishing epoch=3 leader=n1 established=false"
    let status = try #require(LoggedStatus(line[...], of: NodeID(1)))
    #expect(status.at == 77 && status.role == .establishing && status.epoch == 3)
    #expect(status.leader == NodeID(1) && !status.isEstablished)
    let alone = try #require(LoggedStatus(line.replacing("leader=n1", with: "leader=-")[...], of: NodeID(1)))
    #expect(alone.leader == nil)
    #expect(LoggedStatus("clock=77 replica=n1 event=connected peer=n2"[...], of: NodeID(1)) == nil)
    let sample = CommitSample(proposed: 5, committed: 7, applied: 8, replied: 9, waits: [1, 0, 4])
    #expect(CommitSample(sample.text[...]) == sample)
    #expect(CommitSample("5 7 8") == nil)
  }
}
