import Consensus

/// Why a text is no history: the line, and what is wrong with it.
public struct HistoryError: Error, Equatable, Sendable, CustomStringConvertible {
  public var line: Int
  public var reason: String

  public var description: String { "line \(line): \(reason)" }
}

/// Histories as JSON lines, in the form that other checkers read:
/// `{"proc":3,"type":"invoke","f":"put","key":"k1","val":"7","t":123}`.
///
/// `type` is `invoke`, `ok`, `fail` (it did not and will not happen) or `info` (unknown); a `cas` whose comparison was false is an `ok`
/// with `"applied":false`. `t` is in nanoseconds. `val` is what a `put` or `cas` writes and what a `get` or `cas` found.
public enum History {
  // MARK: Writing

  /// Events in order of time.
  public static func encode(_ history: [ClientOperation]) -> String {
    var events: [(time: Int64, isReturn: Bool, operation: Int)] = []
    for (index, operation) in history.enumerated() {
      events.append((operation.invoked, false, index))
      if operation.outcome != .pending { events.append((operation.returned ?? .max, true, index)) }
    }
    events.sort { ($0.time, $0.isReturn ? 0 : 1, $0.operation) < ($1.time, $1.isReturn ? 0 : 1, $1.operation) }
    var end: Int64 = 0
    for event in events where event.time < .max { end = max(end, event.time) }
    return events.map { line(history[$0.operation], isReturn: $0.isReturn, at: min($0.time, end)) + "\n" }.joined()
  }

  private static func line(_ operation: ClientOperation, isReturn: Bool, at time: Int64) -> String {
    let asked = operation.operation
    var type = "invoke"
    var value: UInt64?
    var applied = ""
    if isReturn {
      switch operation.outcome {
      case .ok(let reply):
        type = "ok"
        value = asked.kind == .get || asked.kind == .cas ? reply.value : asked.value
        if asked.kind == .cas { applied = ",\"applied\":\(reply.applied)" }
      case .failed: type = "fail"
      case .unknown, .pending: type = "info"
      }
    } else if asked.kind == .put || asked.kind == .cas {
      value = asked.value
    }
    var line =
      "{\"proc\":\(operation.process),\"type\":\"\(type)\",\"f\":\"\(name(asked.kind))\",\"key\":\"k\(asked.key)\""
    if let value { line += ",\"val\":\"\(value)\"" }
    if !isReturn, asked.kind == .cas { line += ",\"from\":\"\(asked.expected)\"" }
    return line + applied + ",\"t\":\(time)}"
  }
  package static func name(_ kind: Operation.Kind) -> String {
    switch kind {
    case .open: "open"
    case .get: "get"
    case .put: "put"
    case .cas: "cas"
    case .delete: "delete"
    }
  }

  // MARK: Reading

  /// The operations of a text of JSON lines, by whomever written: unknown fields are skipped, keys may have any name, and what
  /// never returned is unknown.
  public static func parse(_ text: String) throws(HistoryError) -> [ClientOperation] {
    var reader = HistoryReader()
    var number = 0
    for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      if line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r") }) {
        continue
      }
      do throws(JSONLineError) {
        try reader.take(JSONLine(Array(line)))
      } catch {
        throw HistoryError(line: number, reason: error.reason)
      }
    }
    return reader.operations
  }
}

/// Pairs invocations with their returns.
private struct HistoryReader {
  var operations: [ClientOperation] = []
  /// Each process's operation that has not returned.
  private var open: [UInt64: Int] = [:]
  private var keys: [String: UInt32] = [:]
  private var sequences: [UInt64: UInt64] = [:]
  private var lastTime = Int64.min

  mutating func take(_ line: JSONLine) throws(JSONLineError) {
    let process = try line.number("proc")
    let type = try line.word("type")
    let kind = try kind(of: line.word("f"))
    let key = try self.key(line.word("key"))
    let rawTime = try line.number("t")
    guard process <= UInt64(UInt32.max) else { throw .init("'proc' is too large") }
    guard let time = Int64(exactly: rawTime) else { throw .init("'t' is too large") }
    guard time >= lastTime else { throw .init("'t' goes back from \(lastTime) to \(time)") }
    lastTime = time
    switch type {
    case "invoke": try invoke(process, kind, key, time, line)
    case "ok", "fail", "info": try finish(process, type, kind, key, time, line)
    default: throw .init("'type' is \"\(type)\"; it must be invoke, ok, fail or info")
    }
  }

  private mutating func invoke(
    _ process: UInt64, _ kind: Operation.Kind, _ key: UInt32, _ time: Int64, _ line: JSONLine
  ) throws(JSONLineError) {
    guard open[process] == nil else { throw .init("process \(process) asks again before its last operation returned") }
    var operation = Operation(kind, key: key)
    if kind == .put || kind == .cas { operation.value = try line.number("val") }
    if kind == .cas { operation.expected = try line.number("from") }
    let sequence = sequences[process, default: 0] + 1
    sequences[process] = sequence
    open[process] = operations.count
    var entry = ClientOperation(
      process: UInt32(process), id: .init(client: process, sequence: sequence), operation: operation, invoked: time)
    entry.outcome = .unknown
    operations.append(entry)
  }

  private mutating func finish(
    _ process: UInt64, _ type: String, _ kind: Operation.Kind, _ key: UInt32, _ time: Int64, _ line: JSONLine
  ) throws(JSONLineError) {
    guard let index = open.removeValue(forKey: process) else {
      throw .init("process \(process) returns without asking")
    }
    guard operations[index].operation.kind == kind, operations[index].operation.key == key else {
      throw .init("process \(process) returns from another operation than it asked for")
    }
    switch type {
    case "ok":
      operations[index].returned = time
      let value = kind == .get || kind == .cas ? try line.number("val") : 0
      operations[index].outcome = .ok(Reply(applied: try line.flag("applied") ?? true, value: value))
    case "fail": operations[index].outcome = .failed
    default: operations[index].outcome = .unknown
    }
  }

  private func kind(of word: String) throws(JSONLineError) -> Operation.Kind {
    switch word {
    case "get": return .get
    case "put": return .put
    case "cas": return .cas
    case "delete": return .delete
    default: throw .init("'f' is \"\(word)\"; it must be get, put, cas or delete")
    }
  }
  /// `k7` is key 7; any other name gets a number of its own, above those.
  private mutating func key(_ name: String) -> UInt32 {
    if name.first == "k", let number = UInt32(name.dropFirst()), number < 1 << 31 { return number }
    if let known = keys[name] { return known }
    let fresh = 1 << 31 + UInt32(keys.count)
    keys[name] = fresh
    return fresh
  }
}
