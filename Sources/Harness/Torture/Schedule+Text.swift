import Consensus
import Faults
import Simulator
import Verification

/// A schedule as JSON lines: what it is, one line for each input, and then what happens in the order of time.
///
/// ```
/// {"schedule":"zab","seed":"17","violates":"C1"}
/// {"set":"cluster.replicas","to":"3"}
/// {"at":"1.2s","crash":"leader","for":"300ms"}
/// {"at":"1.204s","client":"3","f":"put","key":"k1","val":"9","payload":"16B"}
/// ```
extension Schedule {
  // MARK: Writing

  public var text: String {
    var head = [("schedule", protocolName), ("seed", "\(seed)")]
    if hasSectors { head.append(("sectors", "yes")) }
    if mayLoseQuorum { head.append(("may-lose-quorum", "yes")) }
    if let mutant { head.append(("mutant", mutant)) }
    if let invariant { head.append(("violates", invariant)) }
    var lines = [Self.line(head)]
    for key in ExperimentKey.all where key.isUsed(settings) {
      lines.append(Self.line([("set", key.path), ("to", key.text(settings))]))
    }
    let events =
      faults.map { (at: $0.at, line: Self.line($0)) } + operations.map { (at: $0.at, line: Self.line($0)) }
    lines += events.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element.line)
    return lines.map { $0 + "\n" }.joined()
  }

  private static func line(_ fields: [(name: String, value: String)]) -> String {
    func quoted(_ text: String) -> String {
      "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
    return "{" + fields.map { "\(quoted($0.name)):\(quoted($0.value))" }.joined(separator: ",") + "}"
  }
  private static func line(_ fault: ScheduledFault) -> String {
    var fields = [("at", ValueForm<Duration>.offset.print(fault.at)), (fault.fault.word, fault.fault.value)]
    if let length = fault.fault.length { fields.append(("for", ValueForm<Duration>.positiveDuration.print(length))) }
    return line(fields)
  }
  private static func line(_ scheduled: ScheduledOperation) -> String {
    let operation = scheduled.operation
    var fields = [("at", ValueForm<Duration>.offset.print(scheduled.at))]
    if let client = scheduled.client { fields.append(("client", "\(client)")) }
    fields += [("f", History.name(operation.kind)), ("key", "k\(operation.key)")]
    if operation.kind == .put || operation.kind == .cas {
      fields.append(("val", "\(operation.value)"))
      if operation.kind == .cas { fields.append(("from", "\(operation.expected)")) }
      fields.append(("payload", ValueForm<Int>.bytes(0...64 << 20).print(Int(scheduled.padding))))
    }
    return line(fields)
  }

  // MARK: Reading

  /// The schedule that `text` is; an error names the line.
  public init(_ text: String) throws(InputError) {
    var reader: ScheduleReader?
    var number = 0
    for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      if line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r") }) {
        continue
      }
      do throws(InputError) {
        let fields: JSONLine
        do throws(JSONLineError) { fields = try JSONLine(Array(line)) } catch { throw InputError(error.reason) }
        if reader == nil { reader = try ScheduleReader(head: fields) } else { try reader!.take(fields, line: number) }
      } catch {
        throw error.at("line \(number)")
      }
    }
    guard let reader else {
      throw InputError("there is nothing in it; the first line of a schedule begins {\"schedule\":")
    }
    self = try reader.finished()
  }
}

/// Takes a schedule line by line.
private struct ScheduleReader {
  private var schedule: Schedule
  private var seen: Set<String> = []
  /// Where each fault and each operation is written.
  private var entries: [FaultSchedule.Entry] = []
  private var lines: [Int] = []

  init(head: JSONLine) throws(InputError) {
    guard head.names.contains("schedule") else {
      throw InputError("the first line of a schedule names the protocol: {\"schedule\":\"zab\",\"seed\":\"1\"}")
    }
    try Self.expect(head, in: ["schedule", "seed", "sectors", "may-lose-quorum", "mutant", "violates"])
    schedule = Schedule(
      protocolName: try Self.word(head, "schedule"), seed: try Self.number(head, "seed"), settings: .init())
    schedule.hasSectors = try Self.flag(head, "sectors")
    schedule.mayLoseQuorum = try Self.flag(head, "may-lose-quorum")
    if head.names.contains("mutant") { schedule.mutant = try Self.word(head, "mutant") }
    if head.names.contains("violates") { schedule.invariant = try Self.word(head, "violates") }
  }

  mutating func take(_ fields: JSONLine, line: Int) throws(InputError) {
    let names = fields.names
    if names.contains("set") { return try set(fields) }
    guard names.contains("at") else { throw InputError("neither 'set' nor 'at': what is it?") }
    guard names.contains("f") else { return try fault(fields, line: line) }
    try operation(fields)
    lines.append(line)
  }

  func finished() throws(InputError) -> Schedule {
    for key in ExperimentKey.all where key.isUsed(schedule.settings) && !seen.contains(key.path) {
      throw InputError("'\(key.path)' is not set: {\"set\":\"\(key.path)\",\"to\":…}")
    }
    if let (key, reason) = schedule.settings.contradiction() { throw InputError("\(key): \(reason)") }
    if let (place, reason) = FaultSchedule(entries).contradiction(schedule.settings) {
      throw InputError(place.isEmpty ? reason : "\(place): \(reason)")
    }
    for (operation, line) in zip(schedule.operations, lines) {
      do throws(InputError) { try check(operation) } catch { throw error.at("line \(line)") }
    }
    return schedule
  }

  private func check(_ operation: ScheduledOperation) throws(InputError) {
    let isClosed = schedule.settings.arrival == .closed
    switch operation.client {
    case let client? where isClosed && client >= schedule.settings.clients:
      throw InputError("client \(client) is not one of \(schedule.settings.clients); the first is 0 (workload.clients)")
    case nil where isClosed: throw InputError("an operation names no client, and workload.arrival is closed")
    case _? where !isClosed: throw InputError("an operation names its client, and workload.arrival is not closed")
    default: break
    }
    let (key, count) = (operation.operation.key, schedule.settings.workload.keys)
    guard key < UInt32(count) else {
      throw InputError("key k\(key) is not one of \(count); the first is k0 (workload.keys)")
    }
  }

  private mutating func set(_ fields: JSONLine) throws(InputError) {
    try Self.expect(fields, in: ["set", "to"])
    let key = try ExperimentKey.named(Self.word(fields, "set"))
    guard seen.insert(key.path).inserted else { throw InputError("'\(key.path)' is set twice") }
    do throws(InputError) { try key.set(Self.word(fields, "to"), in: &schedule.settings) } catch {
      throw error.at(key.path)
    }
  }

  private mutating func fault(_ fields: JSONLine, line: Int) throws(InputError) {
    let words = fields.names.filter { $0 != "at" && $0 != "for" }
    guard let word = words.first, words.count == 1 else {
      throw InputError(words.isEmpty ? "what happens?" : "'\(words[0])' and '\(words[1])' in one line")
    }
    guard let form = FaultForm.all.first(where: { $0.name == word }) else {
      throw InputError.unknown("fault", word, among: FaultForm.all.map(\.name))
    }
    let length = fields.names.contains("for") ? try Self.word(fields, "for") : nil
    var entry = try form.entry(Self.word(fields, word), at: Self.word(fields, "at"), for: length)
    guard entry.at.lowerBound == entry.at.upperBound else {
      throw InputError("'at' is one time in a schedule, no range")
    }
    guard entry.fault.drawnTargets == 0 else {
      throw InputError("a schedule names who is struck, and 'any' does not")
    }
    entry.place = "line \(line)"
    entries.append(entry)
    schedule.faults.append(.init(at: entry.at.lowerBound, entry.fault))
  }

  private mutating func operation(_ fields: JSONLine) throws(InputError) {
    try Self.expect(fields, in: ["at", "client", "f", "key", "val", "from", "payload"])
    let at: Duration
    do throws(InputError) { at = try ValueForm<Duration>.offset.parse(Self.word(fields, "at")) } catch {
      throw error.at("at")
    }
    let name = try Self.word(fields, "key")
    guard name.hasPrefix("k"), let key = UInt32(name.dropFirst()), "k\(key)" == name else {
      throw InputError("'key' is \(excerpt(name)); keys are k0, k1 and so on")
    }
    var operation = Operation(.get, key: key)
    switch try Self.word(fields, "f") {
    case "get": break
    case "delete": operation.kind = .delete
    case "put": (operation.kind, operation.value) = (.put, try Self.number(fields, "val"))
    case "cas":
      operation = .cas(key, from: try Self.number(fields, "from"), to: try Self.number(fields, "val"))
    case let other: throw InputError.unknown("operation", other, among: ["get", "put", "cas", "delete"])
    }
    var client: UInt32?
    if fields.names.contains("client") {
      guard let index = UInt32(exactly: try Self.number(fields, "client")) else {
        throw InputError("'client' is too large")
      }
      client = index
    }
    var padding = 0
    if fields.names.contains("payload") {
      do throws(InputError) {
        padding = try ValueForm<Int>.bytes(0...64 << 20).parse(Self.word(fields, "payload"))
      } catch {
        throw error.at("payload")
      }
    }
    schedule.operations.append(.init(at: at, client: client, operation, padding: UInt32(padding)))
  }

  private static func expect(_ fields: JSONLine, in known: [String]) throws(InputError) {
    if let other = fields.names.first(where: { !known.contains($0) }) {
      throw InputError.unknown("field", other, among: known)
    }
  }
  private static func word(_ fields: JSONLine, _ name: String) throws(InputError) -> String {
    do throws(JSONLineError) { return try fields.word(name) } catch { throw InputError(error.reason) }
  }
  private static func flag(_ fields: JSONLine, _ name: String) throws(InputError) -> Bool {
    guard fields.names.contains(name) else { return false }
    do throws(InputError) { return try ValueForm<Bool>.flag.parse(word(fields, name)) } catch { throw error.at(name) }
  }
  private static func number(_ fields: JSONLine, _ name: String) throws(InputError) -> UInt64 {
    do throws(JSONLineError) { return try fields.number(name) } catch { throw InputError(error.reason) }
  }
}
