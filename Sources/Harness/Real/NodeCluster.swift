import Consensus
import Foundation
import TCPRuntime

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A cluster of processes on this machine: one for each replica, which runs `consensus-bench node`.
final class NodeCluster {
  /// What one replica has used up and come to, over all its processes.
  struct Account: Sendable {
    var usage = ProcessGroup.Usage()
    var starts = 0
    /// Of the last process, if it could still say it.
    var report: ReplicaReport?
  }
  /// A replica that ended though nobody told it to.
  struct End: Hashable, Sendable, CustomStringConvertible {
    var id: Int
    var status: Int32
    /// The last of its log that says why.
    var reason: String

    /// Not the machine's fault: its journal lacked what had been synced, or it found a contradiction, or a check of its program trapped.
    var isViolation: Bool { status == 1 || [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS].contains(status - 128) }
    /// Another process listens where it should.
    var isPortTaken: Bool { status == 2 && reason.hasSuffix(" is in use") }
    var description: String { "replica n\(id) ended with \(status): \(reason)" }
  }
  private struct Node {
    var process: pid_t?
    var isPaused = false
    var account = Account()
    /// The number of the last order that it was given.
    var orders = 0
    /// Lines in its log that are older than its last process.
    var linesBefore = 0
  }

  let file: NodeFile
  /// Holds the cluster's file, the logs of its processes and their journals.
  let folder: String
  private let program: String
  private let group: ProcessGroup
  private var nodes: [Node]
  /// Those that ended of themselves, or at the end otherwise than well.
  private(set) var ends: [End] = []

  /// Starts nothing yet. `program` is the path of this program.
  init(_ file: NodeFile, folder: String, program: String) throws(InputError) {
    self.file = file
    self.folder = folder
    self.program = program
    nodes = Array(repeating: Node(), count: file.addresses.count)
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try file.text.write(toFile: folder + "/cluster.yaml", atomically: true, encoding: .utf8)
    } catch { throw InputError("\(folder): cannot be written: \(error.localizedDescription)") }
    group = try ProcessGroup()
  }

  func start(_ id: Int) throws(InputError) {
    guard nodes[id].process == nil else { return }
    nodes[id].account.starts += 1
    nodes[id].linesBefore = lines(id).count
    nodes[id].process = try group.start(
      [
        program, "node", "--config", folder + "/cluster.yaml", "--id", "\(id)", "--latencies",
        latencies(id, nodes[id].account.starts), "--control",
      ], log: log(id), listens: true)
  }
  func crash(_ id: Int) {
    guard let process = nodes[id].process else { return }
    group.signal(process, SIGKILL)
    let (status, usage) = group.reap(process)
    note(id, usage)
    // It was not killed if it had ended before.
    if status != 128 + SIGKILL { ends.append(end(of: id, status)) }
  }
  func pause(_ id: Int) {
    guard let process = nodes[id].process else { return }
    nodes[id].isPaused = true
    group.signal(process, SIGSTOP)
  }
  func resume(_ id: Int) {
    guard let process = nodes[id].process, nodes[id].isPaused else { return }
    nodes[id].isPaused = false
    group.signal(process, SIGCONT)
  }
  func isUp(_ id: Int) -> Bool { nodes[id].process != nil }
  func isRunning(_ id: Int) -> Bool { isUp(id) && !nodes[id].isPaused }

  /// Tells a replica that is up what to do to its links, in the order of calls; the number under which its log will answer.
  func give(_ order: LinkCommand.Order, to id: Int) throws(InputError) -> Int {
    nodes[id].orders += 1
    let command = LinkCommand(number: nodes[id].orders, order)
    guard let process = nodes[id].process, group.send(command.text, to: process) else {
      throw InputError(failure() ?? "replica n\(id) does not take orders")
    }
    return command.number
  }
  /// When a replica had carried out an order, in ns of the monotonic clock; nil: not yet.
  func carriedOut(_ number: Int, by id: Int) throws(InputError) -> Int64? {
    for line in lines(id).reversed() {
      guard let answer = LinkAnswer(line), answer.number == number else { continue }
      if let refusal = answer.refusal { throw InputError("replica n\(id) refuses an order: \(refusal)") }
      return LogWords(line).number("clock")
    }
    return nil
  }

  /// Why a replica ended of itself; nil: none has.
  func failure() -> String? {
    for id in nodes.indices {
      guard let process = nodes[id].process, let end = group.ended(process) else { continue }
      note(id, end.usage)
      ends.append(self.end(of: id, end.status))
      return ends.last?.description
    }
    return nil
  }
  private func end(of id: Int, _ status: Int32) -> End {
    // What follows a trap tells where it was.
    let said = lines(id).dropFirst(nodes[id].linesBefore)
    let reason = said.last { $0.hasPrefix("error: ") || $0.contains("Fatal error: ") } ?? said.last ?? ""
    return End(id: id, status: status, reason: String(reason))
  }

  /// Asks all to end, waits for that, and says what they came to. Nothing runs afterwards.
  func stop() -> [Account] {
    for id in nodes.indices {
      resume(id)
      if let process = nodes[id].process { group.signal(process, SIGTERM) }
    }
    for id in nodes.indices {
      guard let process = nodes[id].process else { continue }
      let (status, usage) = group.reap(process)
      note(id, usage)
      // The signal itself ends one that has only begun.
      if status != 0, status != 128 + SIGTERM { ends.append(end(of: id, status)) }
      nodes[id].account.report = reports(id).last
    }
    group.end()
    return nodes.map(\.account)
  }
  private func note(_ id: Int, _ usage: ProcessGroup.Usage) {
    nodes[id].account.usage = nodes[id].account.usage + usage
    nodes[id].process = nil
    nodes[id].isPaused = false
  }

  /// Asks every replica that runs to say what it has come to; nil: one does not within `patience`, or is only about to start, when
  /// the signal would be its end.
  func ask(patience: Duration) -> [ReplicaReport]? {
    let asked = nodes.indices.filter { isRunning($0) }
    guard asked.allSatisfy({ isListening($0) }) else {
      usleep(5_000)
      return nil
    }
    let known = asked.map { reports($0).count }
    for id in asked { if let process = nodes[id].process { group.signal(process, SIGUSR1) } }
    let end = ContinuousClock.now + patience
    while ContinuousClock.now < end {
      let answers = asked.map { reports($0) }
      if zip(answers, known).allSatisfy({ $0.count > $1 }) { return answers.compactMap(\.last) }
      usleep(2_000)
    }
    return nil
  }

  // MARK: What its logs say

  private func latencies(_ id: Int, _ start: Int) -> String { folder + "/n\(id)-\(start).latencies" }
  /// Of every process that ended well.
  func commits() -> [CommitSample] {
    nodes.indices.flatMap { id in
      (0...nodes[id].account.starts).flatMap { start -> [CommitSample] in
        let data = FileManager.default.contents(atPath: latencies(id, start)) ?? Data()
        return String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap { CommitSample($0) }
      }
    }
  }

  /// Its present process.
  private func isListening(_ id: Int) -> Bool {
    let last = lines(id).last { $0.contains(" event=listening ") }
    return last.flatMap { LogWords($0).number("process") } == nodes[id].process
  }
  private func reports(_ id: Int) -> [ReplicaReport] { lines(id).compactMap { ReplicaReport($0) } }

  private func log(_ id: Int) -> String { folder + "/n\(id).log" }
  func lines(_ id: Int) -> [Substring] {
    let data = FileManager.default.contents(atPath: log(id)) ?? Data()
    return String(decoding: data, as: UTF8.self).split(separator: "\n")
  }

  /// Every change of role that was logged, in order of time.
  func statuses() -> [LoggedStatus] {
    nodes.indices.flatMap { statuses(of: $0) }.sorted { $0.at < $1.at }
  }
  func status(of id: Int) -> LoggedStatus? {
    // From the end: it is asked for at every fault, and of a long run the log is long.
    lines(id).reversed().lazy.compactMap { LoggedStatus($0, of: NodeID(id)) }.first
  }
  private func statuses(of id: Int) -> [LoggedStatus] { lines(id).compactMap { LoggedStatus($0, of: NodeID(id)) } }
  /// Who leads in the highest epoch, as far as is logged, and runs.
  var leader: Int? {
    let last = nodes.indices.compactMap { status(of: $0) }
    let leading = last.filter { $0.role == .leader && isRunning(Int($0.node.index)) }
    return leading.max { $0.epoch < $1.epoch }.map { Int($0.node.index) }
  }
}

/// Ports of this machine that nobody listens on.
enum FreePorts {
  /// Below those that the kernel gives to outgoing connections (Linux: from 32768; IANA: from 49152), so that none of these takes one while its
  /// replica is down.
  private static let range = 20_000..<32_000

  static func take(_ count: Int) throws(InputError) -> [Int] {
    var random = SystemRandomNumberGenerator()
    var ports: [Int] = []
    for _ in 0..<10_000 where ports.count < count {
      let port = Int.random(in: range, using: &random)
      if !ports.contains(port), isFree(port) { ports.append(port) }
    }
    guard ports.count == count else { throw InputError("no \(count) free ports between 20000 and 31999") }
    return ports
  }

  private static func isFree(_ port: Int) -> Bool {
    #if canImport(Darwin)
    let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #else
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #endif
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var one: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
