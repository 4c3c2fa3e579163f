import Consensus

/// The service and its sessions once more, written from their rules and not from their code: what the chosen log means.
struct ServiceModel: Sendable {
  private var values: [UInt32: UInt64] = [:]
  private(set) var sessions: [SessionGhost] = []
  private var names: [UInt64: Int] = [:]
  /// Sessions that live, by index.
  private var living = 0
  private let limit: Int
  /// `open` commands that clients submitted.
  private var opens: Set<UInt64> = []
  private(set) var digest = Digest()

  init(sessionLimit: Int) { limit = max(1, sessionLimit) }

  func session(named name: UInt64) -> SessionGhost? { names[name].map { sessions[$0] } }

  // MARK: What clients submit

  mutating func submit(_ command: Command) {
    if command.operation.kind == .open {
      opens.insert(command.id.client)
    } else if let index = names[command.id.client] {
      sessions[index].submit(command.id.sequence, digest: Self.digest(of: command))
    }
  }
  private static func digest(of command: Command) -> UInt64 {
    var digest = Digest()
    digest.fold(command)
    return digest.value
  }

  // MARK: What the log executes

  /// False if no client submitted this command.
  mutating func execute(_ command: Command, at place: UInt64) -> Bool {
    if command.operation.kind == .open {
      open(command.id, at: place)
      return opens.contains(command.id.client)
    }
    guard let index = names[command.id.client] else { return false }
    let known = sessions[index].execution(command.id.sequence)?.submitted == Self.digest(of: command)
    if sessions[index].expired == nil, command.id.sequence == sessions[index].sequence + 1 {
      let reply = apply(command.operation)
      sessions[index].execute(command.id.sequence, at: place, reply)
      fold(command.id, reply)
      digest.fold(UInt64(command.operation.key))
      digest.fold(values[command.operation.key] ?? 0)
    }
    return known
  }
  mutating func finish(_ slot: Slot) { digest.fold(slot.number) }

  private mutating func open(_ id: Command.ID, at place: UInt64) {
    if living >= limit { expireIdlest(at: place) }
    names[place] = sessions.count
    sessions.append(SessionGhost(nonce: id.client, opened: place))
    living += 1
    fold(id, Reply(value: place))
  }
  private mutating func expireIdlest(at place: UInt64) {
    var idlest: Int?
    for index in sessions.indices where sessions[index].expired == nil {
      if idlest == nil || sessions[index].lastUse < sessions[idlest!].lastUse { idlest = index }
    }
    guard let idlest else { return }
    sessions[idlest].expired = place >> 16
    living -= 1
  }
  private mutating func fold(_ id: Command.ID, _ reply: Reply) {
    digest.fold(id.client)
    digest.fold(id.sequence)
    digest.fold(reply.value)
    digest.fold(reply.applied ? 1 : 0 as UInt64)
  }

  private mutating func apply(_ operation: Operation) -> Reply {
    let found = values[operation.key] ?? 0
    switch operation.kind {
    case .open: return Reply(applied: false)
    case .get: return Reply(value: found)
    case .put: set(operation.key, operation.value)
    case .delete: set(operation.key, 0)
    case .cas:
      if found == operation.expected { set(operation.key, operation.value) }
      return Reply(applied: found == operation.expected, value: found)
    }
    return Reply()
  }
  private mutating func set(_ key: UInt32, _ value: UInt64) {
    if value == 0 { values.removeValue(forKey: key) } else { values[key] = value }
  }
}
