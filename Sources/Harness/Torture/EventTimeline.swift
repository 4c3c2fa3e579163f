import Consensus
import Verification

/// A run as people read it, made from its trace: what happened where, in the order of time.
public struct EventTimeline {
  enum Lane: Hashable {
    /// Across all columns.
    case fault
    case clients
    case node(Int)
  }
  struct Entry {
    var time: Int64
    var lane: Lane
    var text: String
    /// Happens all the time and changes nothing: left out.
    var isQuiet = false
    /// A message or a timer led to it.
    var hasInput = false
    /// What it sent: the text, and to whom.
    var sent: [(message: String, to: [Int])] = []
  }
  /// One copy of a message on its way between two replicas.
  struct Flight {
    var from: Int
    var to: Int
    var message: String
    var sent: Int64
    var arrived: Int64?
    var isLost = false
  }

  let replicas: Int
  private(set) var entries: [Entry] = []
  private(set) var flights: [Flight] = []
  private(set) var violations: [Violation] = []
  /// Each replica's fields after its last step, as text.
  private(set) var states: [[(name: String, value: String)]]
  private let purposes: [String: MessagePurpose]
  /// What a replica takes in just now.
  private var inputs: [String?]
  private var inputPurposes: [MessagePurpose?]
  /// What clients sent, and to whom.
  private var requests: [(request: Request, to: Int)] = []
  /// What clients heard other than a reply.
  private var heard: [Line] = []
  private typealias Line = (time: Int64, client: UInt32, text: String)
  private struct Request: Hashable {
    var client: UInt32
    var time: Int64
  }
  /// By the name that violations use.
  private(set) var commands: [String: ClientOperation] = [:]
  /// Flights that have neither arrived nor been lost, by way.
  private var underWay: [[Int]]

  public init(replicas: Int, kinds: [MessageKind]) {
    self.replicas = replicas
    purposes = Dictionary(kinds.map { ($0.name, $0.purpose) }, uniquingKeysWith: { first, _ in first })
    states = Array(repeating: [], count: replicas)
    inputs = Array(repeating: nil, count: replicas)
    inputPurposes = Array(repeating: nil, count: replicas)
    underWay = Array(repeating: [], count: replicas * replicas)
  }

  // MARK: Taking a trace

  /// One line of the trace.
  public mutating func take(_ line: String) {
    guard let fields = try? JSONLine(Array(line.utf8)), let event = try? fields.word("event"),
      let time = (try? fields.number("t")).flatMap({ Int64(exactly: $0) })
    else { return }
    let node = (try? fields.number("node")).map { Int($0) }
    if let client = try? Int(fields.number("client")) { return asked(client, event, fields, at: time) }
    switch event {
    case "sent", "delivered", "dropped":
      guard let from = try? Int(fields.number("from")), let to = try? Int(fields.number("to")),
        let message = try? fields.word("message")
      else { return }
      switch event {
      case "sent": sent(message, from, to, at: time)
      case "delivered": delivered(message, from, to, at: time)
      default: dropped(message, from, to, at: time)
      }
    case "timer":
      guard let node, let timer = try? fields.word("timer") else { return }
      (inputs[node], inputPurposes[node]) = ("timer \(timer)", nil)
    case "checkpoint":
      guard let node, let slot = try? fields.word("through") else { return }
      entries.append(.init(time: time, lane: .node(node), text: "on disk: the checkpoint through \(slot)"))
    case "synced": disk(node, "on disk", fields, at: time)
    case "kept": disk(node, "was on its way and reached the disk", fields, at: time)
    case "lost": disk(node, "LOST, as it was not on disk", fields, at: time)
    case "step": if let node { stepped(node, fields, at: time) }
    default:
      // What leads shows in the step.
      if event.hasPrefix("leads") { return }
      let links = (try? fields.word("links")).map { ": \($0)" } ?? ""
      entries.append(.init(time: time, lane: .fault, text: (node.map { "n\($0) " } ?? "") + event + links))
    }
  }

  private mutating func asked(_ client: Int, _ event: String, _ fields: JSONLine, at time: Int64) {
    if event == "request" {
      guard let to = try? Int(fields.number("to")) else { return }
      return requests.append((.init(client: UInt32(client), time: time), to))
    }
    heard.append((time, UInt32(client), Self.answers[event] ?? event))
  }
  private static let answers = [
    "refused": "← refused, not proposed", "interrupted": "← it leads no more", "expired": "← session is gone",
    "failed": "gives up: NOT EXECUTED", "unknown": "gives up: unknown",
  ]

  private mutating func disk(_ node: Int?, _ what: String, _ fields: JSONLine, at time: Int64) {
    guard let node, let records = try? fields.word("records") else { return }
    var list = records.split(separator: "; ")
    if list.count > 4 { list.replaceSubrange(2..<(list.count - 1), with: ["… \(list.count - 3) more …"]) }
    entries.append(.init(time: time, lane: .node(node), text: "\(what): \(list.joined(separator: ", "))"))
  }

  private mutating func stepped(_ node: Int, _ fields: JSONLine, at time: Int64) {
    let input = inputs[node]
    let purpose = inputPurposes[node]
    (inputs[node], inputPurposes[node]) = (nil, nil)
    let names = ["role"] + fields.names.filter { !["event", "t", "node", "role", "epoch", "committed"].contains($0) }
    let state = names.map { (name: $0, value: (try? fields.word($0)) ?? "") }
    let before = states[node]
    states[node] = state
    let changes = zip(before, state).compactMap { old, new in
      old.value == new.value
        ? nil : new.name == "role" ? new.value.uppercased() : "\(new.name) \(old.value)→\(new.value)"
    }
    // A timer matters by what it changes or sends, and so do the messages of every day.
    let isRoutine = purpose != .election && purpose != .synchronization
    let parts = [input].compactMap { $0 } + (changes.isEmpty ? [] : [changes.joined(separator: ", ")])
    entries.append(
      .init(
        time: time, lane: .node(node), text: parts.joined(separator: ": "), isQuiet: changes.isEmpty && isRoutine,
        hasInput: input != nil))
  }

  private mutating func sent(_ message: String, _ from: Int, _ to: Int, at time: Int64) {
    underWay[from * replicas + to].append(flights.count)
    flights.append(.init(from: from, to: to, message: message, sent: time))
    let index = entries.lastIndex { $0.lane == .node(from) }
    guard let index, entries[index].time == time else {
      return entries.append(
        .init(time: time, lane: .node(from), text: "", isQuiet: isRoutine(message), sent: [(message, [to])]))
    }
    if !isRoutine(message) { entries[index].isQuiet = false }
    if entries[index].sent.last?.message == message {
      entries[index].sent[entries[index].sent.count - 1].to.append(to)
    } else {
      entries[index].sent.append((message, [to]))
    }
  }
  private mutating func delivered(_ message: String, _ from: Int, _ to: Int, at time: Int64) {
    inputs[to] = "n\(from) \(message)"
    inputPurposes[to] = purpose(message)
    if let flight = land(message, from, to) { flights[flight].arrived = time }
  }
  private mutating func dropped(_ message: String, _ from: Int, _ to: Int, at time: Int64) {
    guard let flight = land(message, from, to) else { return }
    (flights[flight].isLost, flights[flight].arrived) = (true, time)
    guard !isRoutine(message) else { return }
    entries.append(.init(time: time, lane: .node(from), text: "lost: \(message) to n\(to)"))
  }
  private mutating func land(_ message: String, _ from: Int, _ to: Int) -> Int? {
    let way = from * replicas + to
    // The latest: what was sent before it and has not come died with its session or process.
    guard let place = underWay[way].lastIndex(where: { flights[$0].message == message }) else { return nil }
    return underWay[way].remove(at: place)
  }

  func purpose(_ message: String) -> MessagePurpose? { purposes[String(message.prefix { $0 != "(" })] }
  private func isRoutine(_ message: String) -> Bool {
    switch purpose(message) {
    case .heartbeat, .replication, .notice: true
    case .election, .synchronization, nil: false
    }
  }

  // MARK: What the trace does not have

  /// Adds what clients saw, the planned faults, and how it ended.
  public mutating func finish(_ run: RecordedRun) {
    violations = run.report.violations
    let struck = Set(run.faults.map(\.at))
    let causes = ["crash", "pause", "change", "disk stalls", "disk: ", "asked"]
    entries.removeAll { entry in
      entry.lane == .fault && struck.contains(entry.time) && causes.contains { entry.text.contains($0) }
    }
    var faults = run.faults.map { Entry(time: $0.at, lane: .fault, text: $0.text) }
    if let start = run.start {
      faults.insert(.init(time: start, lane: .fault, text: "clients begin; a schedule counts from here"), at: 0)
    }
    var asked: [Line] = []
    var targets = Dictionary(requests.map { ($0.request, $0.to) }, uniquingKeysWith: { first, _ in first })
    for operation in run.history {
      let client = operation.process
      commands["\(operation.id)"] = operation
      let to = targets.removeValue(forKey: .init(client: client, time: operation.invoked))
      asked.append((operation.invoked, client, "\(operation.operation)\(to.map { " → n\($0)" } ?? "")"))
      guard case .ok(let reply) = operation.outcome else { continue }
      let value = operation.operation.kind == .get || operation.operation.kind == .cas ? " \(reply.value)" : ""
      heard.append((operation.returned ?? run.end, client, "← ok\(value)\(reply.applied ? "" : ", not applied")"))
    }
    for (request, to) in requests where targets[request] != nil {
      asked.append((request.time, request.client, "again → n\(to)"))
    }
    // At one moment: what went wrong, what came in, what clients heard of it and asked next, and what followed from that.
    let all =
      faults + entries.filter(\.hasInput) + Self.grouped(heard) + Self.grouped(asked) + entries.filter { !$0.hasInput }
    entries = all.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    end = run.end
  }
  /// What several clients ask or hear at one moment is one line.
  private static func grouped(_ lines: [Line]) -> [Entry] {
    var groups: [(time: Int64, clients: [UInt32], text: String)] = []
    for line in lines.enumerated().sorted(by: { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }) {
      let (time, client, text) = line.element
      if let last = groups.last, last.time == time, last.text == text {
        groups[groups.count - 1].clients.append(client)
      } else {
        groups.append((time, [client], text))
      }
    }
    return groups.map { time, clients, text in
      let names = clients.map { "c\($0)" }
      let who = names.count > 3 ? "\(names[0]) … \(names.last!) (\(names.count))" : names.joined(separator: " ")
      return Entry(time: time, lane: .clients, text: "\(who) \(text)")
    }
  }
  /// Virtual time at the end.
  private(set) var end: Int64 = 0
}
