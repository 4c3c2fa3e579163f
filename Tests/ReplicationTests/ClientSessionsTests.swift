import Consensus
import Testing

@testable import Replication

/// Lets an expectation call a mutating method.
@dynamicMemberLookup private final class Box<Value> {
  var value: Value
  init(_ value: Value) { self.value = value }
  subscript<Member>(dynamicMember path: KeyPath<Value, Member>) -> Member { value[keyPath: path] }
}
extension Box where Value == ClientSessions {
  func apply(_ command: Command, slot: Slot, index: Int) -> ExecutionOutcome {
    value.apply(command, slot: slot, index: index)
  }
}
extension Box where Value == KeyValueStore {
  func apply(_ operation: Operation) -> Reply { value.apply(operation) }
}
extension Box where Value == Intake {
  func add(_ command: Command) -> Intake.Arrival { value.add(command) }
  func removeFirst() -> Command { value.removeFirst() }
  func release(_ batch: Batch) { value.release(batch) }
  func batch() -> Batch { value.batch() }
}
extension Box where Value == ClientSession {
  func start(_ operation: Operation, padding: UInt32) -> ClientSession.Action {
    value.start(operation, padding: padding)
  }
  func timedOut(_ attempt: UInt32) -> ClientSession.Action { value.timedOut(attempt) }
  func resume(_ attempt: UInt32) -> ClientSession.Action { value.resume(attempt) }
  func refused(_ attempt: UInt32, hint: NodeID?) -> ClientSession.Action { value.refused(attempt, hint: hint) }
  func answered(_ id: Command.ID, _ reply: Reply) -> ClientSession.Action { value.answered(id, reply) }
  func expired(_ id: Command.ID) -> ClientSession.Action { value.expired(id) }
}

@Suite("Client sessions in the replicated service") struct ClientSessionsTests {
  private func opened(_ sessions: Box<ClientSessions>, slot: UInt64, index: Int = 0) -> UInt64 {
    let command = Command(id: .init(client: 99, sequence: 0), operation: .open)
    guard case .applied(let reply) = sessions.apply(command, slot: Slot(slot), index: index) else { return 0 }
    return reply.value
  }
  private func command(_ client: UInt64, _ sequence: UInt64, _ operation: Operation) -> Command {
    Command(id: .init(client: client, sequence: sequence), operation: operation)
  }

  @Test("Dissertation §6.3 A command that was executed is answered again, not executed again")
  func once() {
    let sessions = Box(ClientSessions(limit: 10))
    let client = opened(sessions, slot: 1)
    let swap = command(client, 1, .cas(5, from: 0, to: 7))
    #expect(sessions.apply(swap, slot: Slot(2), index: 0) == .applied(Reply(applied: true, value: 0)))
    // Executed again it would fail: the value is no longer absent.
    #expect(sessions.apply(swap, slot: Slot(3), index: 0) == .repeated(Reply(applied: true, value: 0)))
    #expect(sessions.value.service[5] == 7)
  }

  @Test("A command out of sequence is neither executed nor answered")
  func stale() {
    let sessions = Box(ClientSessions(limit: 10))
    let client = opened(sessions, slot: 1)
    #expect(sessions.apply(command(client, 2, .put(1, 1)), slot: Slot(2), index: 0) == .stale)
    #expect(sessions.apply(command(client, 0, .put(1, 1)), slot: Slot(2), index: 1) == .stale)
    #expect(sessions.value.service[1] == 0)
  }

  @Test("A command of an unknown session is an error, never a silent execution")
  func unknown() {
    let sessions = Box(ClientSessions(limit: 10))
    #expect(sessions.apply(command(12, 1, .put(1, 1)), slot: Slot(2), index: 0) == .unknownSession)
    #expect(sessions.value.service[1] == 0)
  }

  @Test("Sessions opened in one slot have different names")
  func names() {
    let sessions = Box(ClientSessions(limit: 10))
    #expect(opened(sessions, slot: 1, index: 0) != opened(sessions, slot: 1, index: 1))
  }

  @Test("The session that was used longest ago, by the log, expires when one more is opened")
  func expiry() {
    let sessions = Box(ClientSessions(limit: 2))
    let first = opened(sessions, slot: 1)
    let second = opened(sessions, slot: 2)
    _ = sessions.apply(command(first, 1, .put(1, 1)), slot: Slot(3), index: 0)
    let third = opened(sessions, slot: 4)
    #expect(sessions.count == 2)
    #expect(sessions.apply(command(second, 1, .put(1, 9)), slot: Slot(5), index: 0) == .unknownSession)
    #expect(sessions.apply(command(first, 2, .get(1)), slot: Slot(6), index: 0) == .applied(Reply(value: 1)))
    #expect(sessions.apply(command(third, 1, .get(1)), slot: Slot(7), index: 0) == .applied(Reply(value: 1)))
  }

  @Test("The image holds the session table: a repeat is still a repeat after a restore")
  func image() throws {
    let sessions = Box(ClientSessions(limit: 10))
    let client = opened(sessions, slot: 1)
    let swap = command(client, 1, .cas(5, from: 0, to: 7))
    _ = sessions.apply(swap, slot: Slot(2), index: 0)
    sessions.value.finish(Slot(2))
    let restored = Box(try ClientSessions(image: sessions.value.image(), limit: 10))
    #expect(restored.digest == sessions.digest)
    #expect(restored.value.image() == sessions.value.image())
    #expect(restored.apply(swap, slot: Slot(3), index: 0) == .repeated(Reply(applied: true, value: 0)))
  }

  @Test("An image that is cut short is an error")
  func truncatedImage() {
    let sessions = Box(ClientSessions(limit: 10))
    _ = opened(sessions, slot: 1)
    let image = sessions.value.image()
    for end in 0..<image.count {
      #expect(throws: WireError.self) { try ClientSessions(image: Array(image[..<end]), limit: 10) }
    }
  }

  @Test("Operations do what they say", arguments: [0, 4] as [UInt64])
  func semantics(start: UInt64) {
    let store = Box(KeyValueStore())
    _ = store.apply(.put(1, start))
    #expect(store.apply(.get(1)) == Reply(value: start))
    #expect(store.apply(.cas(1, from: start + 1, to: 5)) == Reply(applied: false, value: start))
    #expect(store.apply(.cas(1, from: start, to: 5)) == Reply(applied: true, value: start))
    #expect(store.apply(.get(1)) == Reply(value: 5))
    #expect(store.apply(.delete(1)) == Reply())
    #expect(store.apply(.get(1)) == Reply(value: 0))
    #expect(store.count == 0)
  }
}

@Suite("A client's own session") struct ClientSessionTests {
  private let policy = RetryPolicy(
    timeout: .seconds(1), pause: .milliseconds(5), maximumPause: .milliseconds(20), abandon: .seconds(9))
  private func ready() -> Box<ClientSession> {
    var session = ClientSession(nonce: 5, target: NodeID(0), nodes: 3, policy: policy)
    _ = session.start(.open, padding: 0)
    _ = session.answered(.init(client: 5, sequence: 0), Reply(value: 77))
    return Box(session)
  }

  @Test("A repeated attempt carries the same number")
  func sameNumber() {
    let session = ready()
    guard case .send(let first, _, let attempt) = session.start(.put(1, 2), padding: 0) else {
      return #expect(Bool(false))
    }
    guard case .send(let second, let node, _) = session.timedOut(attempt) else { return #expect(Bool(false)) }
    #expect(first.id == second.id)
    #expect(first.id == .init(client: 77, sequence: 1))
    #expect(node == NodeID(1))
    #expect(!session.isDefinitelyUnexecuted)
  }

  @Test("A hint is followed at once, but two replicas that point at each other do not make a client spin")
  func redirect() {
    let session = ready()
    guard case .send(_, _, var attempt) = session.start(.put(1, 2), padding: 0) else { return #expect(Bool(false)) }
    var sends = 0
    while case .send(_, let node, let next) = session.refused(attempt, hint: NodeID(sends % 2 == 0 ? 1 : 2)) {
      sends += 1
      attempt = next
      #expect(node == NodeID(sends % 2 == 1 ? 1 : 2))
      guard sends < 50 else { break }
    }
    #expect((1...10).contains(sends))
    #expect(session.isDefinitelyUnexecuted)
  }

  @Test("Without a hint it pauses longer each time, up to the maximum, and tries the next replica")
  func backOff() {
    let session = ready()
    guard case .send(_, _, var attempt) = session.start(.put(1, 2), padding: 0) else { return #expect(Bool(false)) }
    var pauses: [Duration] = []
    for _ in 0..<4 {
      guard case .wait(let pause, let waiting) = session.refused(attempt, hint: nil) else {
        return #expect(Bool(false))
      }
      pauses.append(pause)
      guard case .send(_, _, let next) = session.resume(waiting) else { return #expect(Bool(false)) }
      attempt = next
    }
    #expect(pauses == [.milliseconds(5), .milliseconds(10), .milliseconds(20), .milliseconds(20)])
  }

  @Test("A late answer to an older attempt counts, a late refusal does not")
  func late() {
    let session = ready()
    guard case .send(let command, _, let first) = session.start(.get(1), padding: 0) else {
      return #expect(Bool(false))
    }
    _ = session.timedOut(first)
    #expect(session.refused(first, hint: NodeID(2)) == .none)
    #expect(session.answered(command.id, Reply(value: 3)) == .done(Reply(value: 3)))
    #expect(session.outstanding == nil)
  }

  @Test("An expired session is lost, and its command's fate unknown")
  func lost() {
    let session = ready()
    guard case .send(let command, _, _) = session.start(.get(1), padding: 0) else { return #expect(Bool(false)) }
    #expect(session.expired(command.id) == .lost)
    #expect(!session.isDefinitelyUnexecuted)
  }
}

@Suite("Intake") struct IntakeTests {
  private func command(_ number: UInt64, padding: UInt32 = 0) -> Command {
    Command(id: .init(client: 1, sequence: number), operation: .get(1), padding: padding)
  }

  @Test("A batch holds what has arrived, in order, up to both limits")
  func limits() {
    let intake = Box(Intake(BatchPolicy(commands: 3, bytes: 300, window: 1, waiting: 10)))
    for number in 1...5 { #expect(intake.add(command(UInt64(number), padding: number == 2 ? 250 : 0)) == .waits) }
    #expect(intake.batch().commands.map(\.id.sequence) == [1])
    #expect(intake.batch().commands.map(\.id.sequence) == [2])
    #expect(intake.batch().commands.map(\.id.sequence) == [3, 4, 5])
    #expect(intake.isEmpty)
  }

  @Test("A command over the byte limit goes alone")
  func oversize() {
    let intake = Box(Intake(BatchPolicy(commands: 3, bytes: 10, window: 1, waiting: 10)))
    #expect(intake.add(command(1)) == .waits)
    #expect(intake.batch().commands.count == 1)
  }

  @Test("The queue is bounded")
  func bounded() {
    let intake = Box(Intake(BatchPolicy(waiting: 2)))
    #expect(intake.add(command(1)) == .waits)
    #expect(intake.add(command(2)) == .waits)
    #expect(intake.add(command(3)) == .exceeds)
    #expect(intake.add(command(1)) == .isHeld, "what is here already is not refused")
  }

  @Test("A command is held from its arrival until it is released, and one that is held is not taken again")
  func held() {
    let intake = Box(Intake(BatchPolicy(commands: 1)))
    for number: UInt64 in [1, 2] { #expect(intake.add(command(number)) == .waits) }
    #expect(intake.add(command(1)) == .isHeld)
    let first = intake.batch()
    #expect(intake.add(command(1)) == .isHeld, "proposed, and not yet executed")
    intake.release(first)
    #expect(intake.add(command(1)) == .waits)
    #expect(intake.removeFirst().id.sequence == 2)
    #expect(intake.add(command(2)) == .waits, "a command that is sent away is no longer held")
    #expect(intake.count == 2)
  }
}
