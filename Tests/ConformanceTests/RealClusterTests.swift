import Foundation
import Harness
import Measurement
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// Clusters of processes of the program that was built with these tests.
@Suite("Clusters of processes", .serialized) struct RealClusterTests {
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "cluster-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }
  private func program(_ name: String, _ protocols: String, _ out: String, _ more: [String] = []) throws -> Program {
    try Program(
      arguments: [
        "run", name, "--mode", "tcp", "--protocol", protocols, "--trials", "1", "--out", out, "--set",
        "cluster.replicas=3", "--set", "workload.reads=0.3", "--set", "workload.keys=20",
        // Other tests keep processor and disk busy.
        "--set", "timing.election-timeout=600ms-1200ms",
      ] + more)
  }

  @Test("Every protocol serves over TCP, is verified from outside, and sends the frames of the textbook")
  func serves() throws {
    try withFolder { folder in
      let status = try program(
        "commit-latency", "raft,multipaxos,zab", folder,
        ["--set", "measure.operations=200", "--set", "measure.warm-up=100ms"]
      ).end()
      #expect(status == 0)
      let tables = try ResultTables(reading: folder)
      #expect(tables.configurations.allSatisfy { $0.mode == .tcp })
      #expect(Set(tables.summary.map(\.run.subject.protocolName)) == ["raft", "multipaxos", "zab"])
      for row in tables.summary {
        let name = row.run.subject.protocolName
        #expect(row.verdict == .ok, "\(name)")
        #expect(row.checked.contains("linearizability") && row.checked.contains("final-states"), "\(name)")
        #expect(row.replies > 0 && row.fsyncs > row.batches, "\(name)")
        let commits = try #require(
          tables.latency.first { $0.subject == row.run.subject && $0.metric == .commit }, "\(name)")
        #expect(commits.value > 0, "\(name)")
        let (frames, textbook) = (try #require(row.framesPerBatch), try #require(row.framesPerBatchExpected))
        #expect(abs(frames.millionths - textbook.millionths) < textbook.millionths / 10, "\(name): \(frames)")
        let processes = tables.processes.filter { $0.run == row.run }
        #expect(processes.map(\.process).sorted() == ["client", "n0", "n1", "n2"], "\(name)")
        #expect(processes.allSatisfy { $0.cpu > 0 && $0.starts == 1 }, "\(name)")
        #expect(processes.allSatisfy { $0.cpu == ($0.user ?? 0) + ($0.system ?? 0) }, "\(name)")
        #expect(processes.allSatisfy { $0.process == "client" || $0.allocations ?? 1 > row.commands }, "\(name)")
        // Every stage of every command that was due in the window and answered, in the order of a command's way.
        let stages = tables.stages.filter { $0.subject == row.run.subject }
        #expect(stages.count == 4 && stages.allSatisfy { abs($0.count - row.replies) <= 2 }, "\(name)")
        let quorum = try #require(stages.first { $0.stage == .proposedToCommitted }, "\(name)")
        #expect(quorum.sum >= stages.map(\.sum).max()!, "\(name): the disk is in it")
      }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(!left.contains { $0.hasPrefix("cluster-") }, "journals were left behind: \(left)")
    }
  }

  @Test("A leader that is killed is replaced, comes back, and nothing that was acknowledged is lost")
  func failsOver() throws {
    try withFolder { folder in
      #expect(try program("election", "raft", folder).end() == 0)
      let tables = try ResultTables(reading: folder)
      #expect(tables.summary.first?.checked.contains("last-reads") == true)
      let election = try #require(tables.elections.first)
      #expect(!election.isCensored)
      #expect(try #require(election.detection) > 0)
      let parts = [election.detection, election.election, election.synchronization, election.resume].compactMap(\.self)
      #expect(parts.count == 4 && parts.allSatisfy { $0 >= 0 })
      #expect(try #require(election.d3) == parts.reduce(0, +))
      #expect(tables.faults.map(\.kind) == ["crash"])
      #expect(tables.processes.map(\.starts).sorted() == [1, 1, 1, 2])
    }
  }

  @Test(
    "What was acknowledged survives a power failure of all replicas, and a disk that lies about its syncs is found out")
  func powerFailure() throws {
    try withFolder { folder in
      let file = folder + "/power.yaml"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try """
      name: power
      question: What is left when the power fails?
      protocols: [raft, multipaxos, zab]
      workload: {arrival: constant, rate: 200/s, reads: 0.3, keys: 20}
      faults: [{at: 300ms, crash-all: 10ms}]
      measure: {warm-up: 100ms, window: 1500ms}
      """.write(toFile: file, atomically: true, encoding: .utf8)
      #expect(try program(file, "raft,multipaxos,zab", folder + "/honest", ["--disk", "volatile"]).end() == 0)
      #expect(try program(file, "raft,multipaxos,zab", folder + "/lying", ["--disk", "lying"]).end() == 1)
      let rows = try ResultTables(reading: folder + "/lying").summary
      #expect(rows.count == 3 && rows.allSatisfy { $0.verdict == .violated })
    }
  }

  @Test(
    "A leader that is cut off is replaced, links lose and are slow when they are told to, and all of it is taken back")
  func links() throws {
    try withFolder { folder in
      let file = folder + "/links.yaml"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try """
      name: links
      question: What do faults of links do to a cluster of processes?
      protocols: [raft, multipaxos, zab]
      workload: {arrival: constant, rate: 100/s}
      retry: {timeout: 300ms}
      faults:
        - {at: 200ms, loss: 10%, for: 300ms}
        - {at: 600ms, delay: 20ms, for: 200ms}
        - {at: 1s, isolate: leader, for: 3s}
        - {at: 4500ms, flap: n0 n1 100ms}
      measure: {warm-up: 500ms, window: 5s}
      """.write(toFile: file, atomically: true, encoding: .utf8)
      #expect(try program(file, "raft,multipaxos,zab", folder + "/out").end() == 0)
      let tables = try ResultTables(reading: folder + "/out")
      #expect(tables.summary.count == 3 && tables.summary.allSatisfy { $0.verdict == .ok })
      for name in ["raft", "multipaxos", "zab"] {
        let faults = tables.faults.filter { $0.run.subject.protocolName == name }
        #expect(faults.map(\.kind) == ["loss", "delay", "isolate", "flap"], "\(name)")
        let election = tables.elections.first { $0.run.subject.protocolName == name }
        // Somebody else leads before the old leader is back.
        #expect(try #require(election?.d1, "\(name)") < 3_000_000_000, "\(name)")
      }
      #expect(tables.processes.filter { $0.process != "client" }.allSatisfy { $0.starts == 1 })
      let row = try #require(tables.configurations.first { $0.key == "link.session-timeout" })
      #expect(row.value == "1s")
    }
  }

  @Test("A replica's folder is one process's: another is refused until the first ends, however it does")
  func locked() throws {
    try withFolder { folder in
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let files = try (0..<3).map { number in
        let file = "\(folder)/\(number).yaml"
        let text = """
          cluster: lock
          protocol: unreplicated
          replicas: ["127.0.0.1:\(19_000 + Int(getpid()) % 900 + number)"]
          data: \(folder)/data
          """
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return file
      }
      func holder() -> Int32? {
        (try? String(contentsOfFile: folder + "/data/n0/lock", encoding: .utf8)).flatMap { Int32($0) }
      }
      let first = try Program("node", "--config", files[0], "--id", "0")
      _ = try waitFor("the first has the folder") { holder() == first.process.processIdentifier ? true : nil }
      #expect(try Program("node", "--config", files[1], "--id", "0").end() == 2)
      #expect(first.process.isRunning)
      kill(first.process.processIdentifier, SIGKILL)
      first.end()
      let second = try Program("node", "--config", files[2], "--id", "0")
      _ = try waitFor("the second has it") { holder() == second.process.processIdentifier ? true : nil }
      kill(second.process.processIdentifier, SIGTERM)
      #expect(second.end() == 0)
    }
  }

  @Test(
    "A cluster that others run is measured and verified from outside, again and again, and by nobody with another secret"
  )
  func running() throws {
    try withFolder { folder in
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      func write(_ name: String, _ text: String) throws {
        try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
      }
      let ports = (0..<3).map { 18_000 + Int(getpid()) % 900 + $0 }
      let places = ports.map { "\"localhost:\($0)\"" }.joined(separator: ", ")
      for (name, secret) in [("cluster", "correct horse battery"), ("strange", "incorrect horse battery")] {
        try write(name + ".secret", secret)
        try write(
          name + ".yaml",
          """
          cluster: running
          protocol: zab
          replicas: [\(places)]
          data: \(folder)/data
          secret-file: \(folder)/\(name).secret
          timing: {election-timeout: 600ms-1200ms}
          """)
      }
      func measured(_ file: String, _ out: String) throws -> Int32 {
        try Program(
          arguments: [
            "run", "load", "--mode", "tcp", "--cluster", "\(folder)/\(file).yaml", "--trials", "1", "--out",
            folder + "/" + out, "--set", "workload.rate=200/s", "--set", "workload.reads=0.5", "--set",
            "workload.keys=10", "--set", "measure.patience=\(file == "strange" ? "1s" : "30s")",
          ]
        ).end()
      }
      // The client comes first, and waits.
      let early = try Program(
        arguments: [
          "run", "load", "--mode", "tcp", "--cluster", folder + "/cluster.yaml", "--trials", "1", "--out",
          folder + "/early", "--set", "workload.rate=100/s",
        ])
      let replicas = try (0..<3).map { try Program("node", "--config", folder + "/cluster.yaml", "--id", "\($0)") }
      #expect(early.end() == 0)
      #expect(try measured("cluster", "first") == 0)
      #expect(try measured("cluster", "second") == 0)
      #expect(try measured("strange", "strange") == 5)
      for replica in replicas { replica.process.terminate() }
      for replica in replicas { #expect(replica.end() == 0) }
      for out in ["early", "first", "second"] {
        let tables = try ResultTables(reading: folder + "/" + out)
        let row = try #require(tables.summary.first)
        #expect(row.verdict == .ok && row.checked == "linearizability last-reads load", "\(out)")
        #expect(row.replies > 0 && row.fsyncs == 0 && row.run.subject.protocolName == "zab", "\(out)")
        #expect(tables.processes.map(\.process) == ["client"], "\(out)")
        #expect(tables.configurations.contains { $0.key == "timing.election-timeout" && $0.value.hasPrefix("600ms-") })
      }
    }
  }

  @Test(
    "When the program is killed, its replicas end, and nobody listens where they did, even if their guard was killed before",
    arguments: [false, true])
  func orphans(isUnguarded: Bool) throws {
    try withFolder { folder in
      let running = try program("commit-latency", "raft", folder, ["--set", "measure.warm-up=100s"])
      let ports = try waitFor("three replicas listen") { () -> [Int]? in
        let found = listening(in: folder)
        return found.count == 3 && found.allSatisfy { isOpen($0) } ? found : nil
      }
      if isUnguarded {
        let replica = try #require(logged("process", in: folder).first)
        // It leads their group.
        kill(getpgid(pid_t(replica)), SIGKILL)
      }
      kill(running.process.processIdentifier, SIGKILL)
      running.end()
      _ = try waitFor("nobody listens") { ports.contains { isOpen($0) } ? nil : true }
    }
  }

  @Test(
    "A replica whose journal cannot be written ends, and the run is unchecked; one whose journal lacks what was synced is a violation",
    arguments: [false, true])
  func halts(isDamaged: Bool) throws {
    try withFolder { folder in
      let file = folder + "/halts.yaml"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try """
      name: halts
      question: What does a replica do that cannot go on?
      protocols: [raft]
      workload: {arrival: constant, rate: 200/s}
      snapshot: {every: 20}
      faults: [{at: \(isDamaged ? "100ms" : "50s"), crash: n1, for: 2s}]
      measure: {warm-up: 100ms, window: 60s}
      """.write(toFile: file, atomically: true, encoding: .utf8)
      let running = try program(file, "raft", folder + "/out")
      let cluster = try waitFor("a cluster serves") { () -> String? in
        let name = try? FileManager.default.contentsOfDirectory(atPath: folder + "/out").first {
          $0.hasPrefix("cluster-")
        }
        let place = name.map { "\(folder)/out/\($0)" }
        return listening(in: folder).count == 3 ? place : nil
      }
      func log() -> String { (try? String(contentsOfFile: cluster + "/n1.log", encoding: .utf8)) ?? "" }
      let journal = cluster + "/data/n1"
      if isDamaged {
        let process = try #require(
          log().firstRange(of: " process=").flatMap { range in
            pid_t(log()[range.upperBound...].prefix { $0.isNumber })
          })
        _ = try waitFor("it is killed") { kill(process, 0) == 0 ? nil : true }
        for name in try FileManager.default.contentsOfDirectory(atPath: journal) where name.hasPrefix("segment-") {
          try FileManager.default.removeItem(atPath: journal + "/" + name)
        }
      } else {
        try FileManager.default.removeItem(atPath: journal)
      }
      #expect(running.end() == (isDamaged ? 1 : 5))
      let row = try #require(try ResultTables(reading: folder + "/out").summary.first)
      #expect(row.verdict == (isDamaged ? .violated : .unchecked))
      #expect(
        log().contains(
          isDamaged ? "error: replica n1: \(journal): damaged: " : "error: the journal fails: "))
    }
  }

  private struct Waited: Error, CustomStringConvertible { let description: String }
  private func waitFor<Value>(_ what: String, _ look: () -> Value?) throws -> Value {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
      if let found = look() { return found }
      usleep(10_000)
    }
    throw Waited(description: "in vain for: \(what)")
  }
  private func listening(in folder: String) -> [Int] { logged("port", in: folder) }
  /// What the replicas' logs say of themselves when they listen.
  private func logged(_ key: String, in folder: String) -> [Int] {
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".log") }.compactMap { name in
      let text = (try? String(contentsOfFile: folder + "/" + name, encoding: .utf8)) ?? ""
      guard let place = text.firstRange(of: " \(key)=") else { return nil }
      return Int(text[place.upperBound...].prefix { $0.isNumber })
    }
  }
  private func isOpen(_ port: Int) -> Bool {
    #if canImport(Darwin)
    let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #else
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #endif
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
