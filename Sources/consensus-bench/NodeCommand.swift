import ArgumentParser
import Foundation
import Harness

struct NodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "node", abstract: "Runs one replica of a real cluster, until it is told to end.",
    discussion: """
      The file names the cluster, its protocol and where its replicas listen; all replicas read the same one. What happens is told \
      on standard error, a line each. SIGUSR1 makes it say what it has come to; SIGTERM and Ctrl-C end it with exit code 0. Of itself it ends with 6 when its disk is full or fails, \
      and with 1 when its journal lacks what had been synced or what was chosen contradicts it.
      """)

  @Option(help: ArgumentHelp("The cluster's file.", valueName: "file")) var config: String
  @Option(parsing: .unconditional, help: ArgumentHelp("Which of its replicas, counted from 0.", valueName: "n"))
  var id: Int
  @Option(
    help: ArgumentHelp(
      "Writes at its end, for each batch that it proposed and committed, a line: when it was proposed, committed, executed and answered, then how long each command that it answered had waited; nanoseconds, of the machine's monotonic clock.",
      valueName: "file"))
  var latencies: String?
  @Flag(
    help:
      "Takes orders about its links from standard input, a line each, and answers in its log; at the end of that input it ends at once. Whoever writes there can cut it off."
  )
  var control = false

  func run() throws {
    let file = try NodeFile(path: config)
    // Before there is another thread: all of them leave these signals to this one.
    var signals = sigset_t()
    for signal in [SIGTERM, SIGINT, SIGUSR1] { sigaddset(&signals, signal) }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    let halt = Latch<ReplicaHalt>()
    let replica = try file.replica(
      id, log: { Self.say($0) },
      halted: {
        halt.set($0)
        kill(getpid(), SIGTERM)
      })
    let latencyFile = try latencies.map { try LineFile($0) }
    if latencyFile != nil { replica.keepLatencies() }
    let name = "n\(id)"
    // Before it serves: what it is told first holds from the beginning.
    if control {
      Thread.detachNewThread {
        Self.takeOrders { Self.say("replica=\(name) \(replica.obey($0))") }
        // Whoever gave them is gone, and nobody else would end it: as if killed, for nobody waits for what it might still have to say.
        Self.say("replica=\(name) event=abandoned")
        _exit(ExitStatus.interrupted.rawValue)
      }
    }
    let port: Int
    do { port = try replica.start() } catch {
      if let halt = halt.value { throw Self.end(halt) }
      throw error
    }
    Self.say("replica=\(name) event=listening host=\(file.listen) port=\(port) process=\(getpid())")
    var signal = SIGUSR1
    while true {
      sigwait(&signals, &signal)
      guard signal == SIGUSR1 else { break }
      Self.say("replica=\(name) event=report \(replica.report().text)")
    }
    Self.say("replica=\(name) event=stopping signal=\(signal)")
    for sample in replica.takeLatencies() { latencyFile?.write(sample.text) }
    try latencyFile?.close()
    Self.say("replica=\(name) event=stopped \(replica.stop().text)")
    if let halt = halt.value { throw Self.end(halt) }
  }

  /// The last line says why, whoever reads it.
  private static func end(_ halt: ReplicaHalt) -> ExitStatus {
    switch halt {
    case .journal(let reason):
      Terminal.say("error: the journal fails: \(reason)")
      return .halted
    case .broken(let reason):
      Terminal.say("error: \(reason)")
      return .failed
    }
  }

  /// Each line of standard input, until it ends. Not by way of the C library's stream: whoever waits in it holds its lock, and what
  /// is said flushes all streams.
  private static func takeOrders(_ take: (String) -> Void) {
    var chunk = [UInt8](repeating: 0, count: 4_096)
    var line: [UInt8] = []
    while true {
      let count = read(STDIN_FILENO, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      for byte in chunk[..<count] {
        if byte != UInt8(ascii: "\n") {
          line.append(byte)
        } else {
          take(String(decoding: line, as: UTF8.self))
          line.removeAll()
        }
      }
    }
  }

  private static func say(_ line: String) {
    // Time of day for people, the monotonic clock for whoever compares the lines of several processes of one machine.
    let day = Date.now.formatted(.iso8601.time(includingFractionalSeconds: true))
    Terminal.say("\(day) clock=\(DispatchTime.now().uptimeNanoseconds) \(line)")
  }
}

extension NodeFile {
  /// What it does not say comes from the checkout's environment, if there is a checkout.
  init(path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else { throw InputError("\(path): cannot be read") }
    let defaults = (try? SuiteFolder.located()).flatMap { suite in
      FileManager.default.contents(atPath: suite.benchmarks + "/environment.yaml")
    }
    try self.init(
      String(decoding: data, as: UTF8.self), file: path,
      defaults: defaults.map { String(decoding: $0, as: UTF8.self) },
      catalogue: ProtocolCatalogue.all)
  }
}
