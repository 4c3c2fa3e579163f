import Consensus
import Simulator
import TCPRuntime

/// What is told of a replica: one line for each thing that an operator wants to know.
public typealias ReplicaLog = @Sendable (String) -> Void

/// The `key=value` words of a line.
struct LogWords {
  private var values: [Substring: Substring] = [:]

  init(_ line: Substring) {
    for word in line.split(separator: " ") {
      guard let equals = word.firstIndex(of: "=") else { continue }
      values[word[..<equals]] = word[word.index(after: equals)...]
    }
  }
  func text(_ key: Substring) -> Substring { values[key] ?? "" }
  func number<Number: FixedWidthInteger>(_ key: Substring, radix: Int = 10) -> Number? {
    values[key].flatMap { Number($0, radix: radix) }
  }
}

/// A line of a replica's log about its part in the cluster.
struct LoggedStatus: Hashable, Sendable {
  var node: NodeID
  /// Nanoseconds of the machine's monotonic clock.
  var at: Int64
  var role: Role
  var epoch: UInt64
  var leader: NodeID?
  var isEstablished: Bool

  /// Nil: it is about something else.
  init?(_ line: Substring, of node: NodeID) {
    guard line.contains(" event=status ") else { return nil }
    let words = LogWords(line)
    guard let at: Int64 = words.number("clock"), let epoch: UInt64 = words.number("epoch"),
      let role = Role.allCases.first(where: { "\($0)" == words.text("role") })
    else { return nil }
    self.node = node
    self.at = at
    self.role = role
    self.epoch = epoch
    leader = UInt8(words.text("leader").dropFirst()).map { NodeID(Int($0)) }
    isEstablished = words.text("established") == "true"
  }

  var status: ReplicaStatus {
    ReplicaStatus(role: role, epoch: epoch, leader: leader, committed: Slot(0), isEstablished: isEstablished)
  }
}

extension CommitSample {
  /// As a line of a file says it.
  public var text: String {
    ([proposed, committed, applied, replied] + waits).map(\.description).joined(separator: " ")
  }

  /// Nil: the line is no sample.
  init?(_ line: Substring) {
    let times = line.split(separator: " ").compactMap { Int64($0) }
    guard times.count >= 4 else { return nil }
    self.init(proposed: times[0], committed: times[1], applied: times[2], replied: times[3], waits: times[4...])
  }
}

extension ReplicaReport {
  /// As a replica's log says it.
  public var text: String {
    let lists = [("frames", frames), ("bytes", bytes)].map { name, list in
      "\(name)=\(list.map(\.description).joined(separator: ","))"
    }
    return "slot=\(slot) digest=\(hexadecimal(digest)) commits=\(commits) commands=\(commands) fsyncs=\(fsyncs) "
      + lists.joined(separator: " ")
      + " peak_resident=\(peakResident) allocations=\(allocations) allocated_bytes=\(allocatedBytes) malformed=\(malformed) strangers=\(strangers)"
  }

  /// Nil: the line is no report.
  init?(_ line: Substring) {
    guard line.contains(" digest=") else { return nil }
    let words = LogWords(line)
    func list(_ key: Substring) -> [UInt64] { words.text(key).split(separator: ",").compactMap { UInt64($0) } }
    guard let slot: UInt64 = words.number("slot"), let digest: UInt64 = words.number("digest", radix: 16),
      let commits: UInt64 = words.number("commits"), let commands: UInt64 = words.number("commands"),
      let fsyncs: Int = words.number("fsyncs"), let malformed: Int = words.number("malformed"),
      let strangers: Int = words.number("strangers"),
      let peakResident: Int = words.number("peak_resident"), let allocations: Int = words.number("allocations"),
      let allocatedBytes: Int = words.number("allocated_bytes")
    else { return nil }
    self.init(
      slot: slot, digest: digest, commits: commits, commands: commands, fsyncs: fsyncs, frames: list("frames"),
      bytes: list("bytes"), peakResident: peakResident, allocations: allocations, allocatedBytes: allocatedBytes,
      malformed: malformed, strangers: strangers)
  }
}
