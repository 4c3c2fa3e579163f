import Consensus
import Foundation
import Measurement
import Simulator
import TCPRuntime
import Testing

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

  @Test("A cluster whose replicas end of themselves says which, and why")
  func failure() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var configuration = SimulationConfiguration(
      environment: Environment(
        replicas: 3, link: .init(delay: .constant(.zero)),
        timing: Timing(heartbeat: .milliseconds(10), electionTimeout: .milliseconds(50)...(.milliseconds(100)))),
      workload: Workload(arrival: .closed(clients: 1, think: .zero)), measure: Measure(window: .seconds(1)), seed: 1)
    configuration.measure.patience = .seconds(20)
    let variant = try #require(Bench.catalogue.first { $0.name == "raft" })
    // Not our program: it ends at once.
    // On a thread that may be blocked: the run waits for tasks, which need those that tests run on.
    let outcome = await withCheckedContinuation { [configuration] continuation in
      DispatchQueue.global().async {
        continuation.resume(
          returning: TCPRun.run(
            configuration, variant, at: ClusterPlace(program: "/bin/false", folder: folder), recorder: nil))
      }
    }
    #expect(!outcome.result.hasFormed)
    #expect(outcome.result.verification.verdict == .unchecked)
    #expect(outcome.result.verification.violations.first?.detail.hasPrefix("replica n") == true)
    #expect(outcome.result.verification.violations.last?.detail.contains(folder) == true)
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
