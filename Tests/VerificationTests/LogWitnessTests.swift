import Consensus
import Testing

@testable import Verification

/// A witness with two replicas and a client, and the log that they execute.
private struct Scene {
  var witness: LogWitness
  var findings = Findings()
  let a = NodeID(0)
  let b = NodeID(1)
  private(set) var digests: [UInt64] = []
  private var model: ServiceModel

  init(sessionLimit: Int = 10) {
    witness = LogWitness(cluster: Cluster(count: 3), sessionLimit: sessionLimit)
    model = ServiceModel(sessionLimit: sessionLimit)
  }

  var found: Set<String> { Set(findings.violations.map(\.invariant)) }

  static func open(_ nonce: UInt64) -> Command {
    Command(id: .init(client: nonce, sequence: 0), operation: Operation(.open, key: 0))
  }
  static func put(_ session: UInt64, _ sequence: UInt64, _ value: UInt64) -> Command {
    Command(id: .init(client: session, sequence: sequence), operation: .put(1, value))
  }
  static func name(_ slot: UInt64, _ index: UInt64 = 0) -> UInt64 { slot << 16 | index }

  mutating func submit(_ command: Command) {
    witness.invoked(command, at: 0)
    model.submit(command)
  }
  /// `node` executes the next slot of the log, or that slot again.
  mutating func execute(_ node: NodeID, _ slot: UInt64, _ commands: [Command], spoil: UInt64 = 0) {
    if slot > UInt64(digests.count) {
      for (index, command) in commands.enumerated() { _ = model.execute(command, at: Self.name(slot, UInt64(index))) }
      model.finish(Slot(slot))
      digests.append(model.digest.value)
    }
    let entry = Entry(stamp: Stamp(1), value: .batch(Batch(commands)))
    witness.executes(node, Slot(slot), entry, &findings)
    let digest = slot > 0 && slot <= UInt64(digests.count) ? digests[Int(slot) - 1] : 0
    witness.executed(node, Slot(slot), stateDigest: digest ^ spoil, &findings)
  }

  /// A session is open and has written 7; both replicas executed it.
  static func served() -> Scene {
    var scene = Scene()
    scene.submit(open(1))
    for node in [scene.a, scene.b] { scene.execute(node, 1, [open(1)]) }
    scene.submit(put(name(1), 1, 7))
    for node in [scene.a, scene.b] { scene.execute(node, 2, [put(name(1), 1, 7)]) }
    return scene
  }
  /// The history of the same.
  static func history(_ outcome: ClientOperation.Outcome = .ok(Reply())) -> [ClientOperation] {
    var operation = ClientOperation(
      process: 0, id: .init(client: name(1), sequence: 1), operation: .put(1, 7), invoked: 10)
    operation.outcome = outcome
    operation.returned = 20
    return [operation]
  }
  mutating func audit(_ history: [ClientOperation], finals: [(UInt64, UInt64)]? = nil) {
    let last = (UInt64(digests.count), digests.last ?? 0)
    witness.audit(
      history,
      finals: (finals ?? [last, last]).enumerated().map { (NodeID($0), Slot($1.0), $1.1) }, &findings)
  }
}

@Suite("The log as witness") struct LogWitnessTests {
  @Test("A run in which all replicas execute the same and answer what the log says is found in order")
  func silence() {
    var scene = Scene.served()
    scene.witness.replied(scene.a, .init(client: 1, sequence: 0), Reply(value: Scene.name(1)), &scene.findings)
    scene.witness.replied(scene.b, .init(client: Scene.name(1), sequence: 1), Reply(), &scene.findings)
    scene.witness.recovered(scene.b, at: Slot(1), stateDigest: scene.digests[0], &scene.findings)
    scene.execute(scene.b, 2, [Scene.put(Scene.name(1), 1, 7)])
    scene.witness.installed(scene.b, through: Slot(2), stateDigest: scene.digests[1], &scene.findings)
    scene.audit(Scene.history())
    #expect(scene.findings.isEmpty, "\(scene.findings.violations)")
    #expect(scene.witness.chosenCount == 2)
    #expect(scene.witness.chosen(at: Slot(3)) == nil && scene.witness.chosen(at: Slot(0)) == nil)
  }

  @Test("C1: two replicas execute different values in one slot")
  func stateMachineSafety() {
    var scene = Scene()
    scene.submit(Scene.open(1))
    scene.submit(Scene.open(2))
    scene.execute(scene.a, 1, [Scene.open(1)])
    scene.execute(scene.b, 1, [Scene.open(2)])
    #expect(scene.found == ["C1"])
  }

  @Test("C2: a slot is skipped, repeated, or gives another state; so does a snapshot")
  func noGap() {
    for (slot, commands) in [(3, []), (1, [Scene.open(1)])] as [(UInt64, [Command])] {
      var scene = Scene.served()
      scene.execute(scene.a, slot, commands)
      if slot == 3 { #expect(scene.found.isEmpty) } else { #expect(scene.found == ["C2"]) }
    }
    var gap = Scene.served()
    gap.execute(gap.a, 4, [])
    #expect(gap.found == ["C2"])
    var state = Scene.served()
    state.execute(state.a, 3, [], spoil: 1)
    #expect(state.found == ["C2"])
    for move in 0..<4 {
      var scene = Scene.served()
      switch move {
      case 0: scene.witness.recovered(scene.a, at: Slot(1), stateDigest: 5, &scene.findings)
      case 1: scene.witness.installed(scene.a, through: Slot(2), stateDigest: 5, &scene.findings)
      case 2: scene.witness.installed(scene.a, through: Slot(1), stateDigest: scene.digests[0], &scene.findings)
      default: scene.witness.recovered(scene.a, at: Slot(9), stateDigest: 5, &scene.findings)
      }
      #expect(scene.found == ["C2"], "move \(move)")
    }
  }

  @Test("C5: a reply to what is not chosen, not yet executed here, or other than the log gives")
  func replies() {
    let id = Command.ID(client: Scene.name(1), sequence: 1)
    var early = Scene.served()
    early.witness.replied(NodeID(2), id, Reply(), &early.findings)
    #expect(early.found == ["C5"])
    var unknown = Scene.served()
    unknown.witness.replied(unknown.a, .init(client: Scene.name(1), sequence: 2), Reply(), &unknown.findings)
    #expect(unknown.found == ["C5"])
    var wrong = Scene.served()
    wrong.witness.replied(wrong.a, id, Reply(value: 3), &wrong.findings)
    #expect(wrong.found == ["C5"])
    var session = Scene.served()
    session.witness.replied(session.a, .init(client: 1, sequence: 0), Reply(value: 99), &session.findings)
    #expect(session.found == ["C5"])
    var gone = Scene.served()
    gone.witness.replied(gone.a, unknownSession: id, &gone.findings)
    #expect(gone.found == ["C5"])
  }

  @Test("A session that expired by the log's order may be called gone, and its commands do nothing")
  func expiry() {
    var scene = Scene(sessionLimit: 1)
    for nonce in 1...2 as ClosedRange<UInt64> {
      scene.submit(Scene.open(nonce))
      scene.execute(scene.a, nonce, [Scene.open(nonce)])
    }
    let id = Command.ID(client: Scene.name(1), sequence: 1)
    scene.submit(Scene.put(Scene.name(1), 1, 7))
    scene.execute(scene.a, 3, [Scene.put(Scene.name(1), 1, 7)])
    scene.witness.replied(scene.a, unknownSession: id, &scene.findings)
    #expect(scene.findings.isEmpty)
    scene.witness.replied(scene.b, unknownSession: id, &scene.findings)
    #expect(scene.found == ["C5"], "it has not executed so far")
  }

  @Test("C8: the log holds what no client submitted, or with another content")
  func validity() {
    var scene = Scene()
    scene.execute(scene.a, 1, [Scene.open(1)])
    #expect(scene.found == ["C8"])
    var changed = Scene.served()
    changed.submit(Scene.put(Scene.name(1), 2, 8))
    changed.execute(changed.a, 3, [Scene.put(Scene.name(1), 2, 9)])
    #expect(changed.found == ["C8"])
  }

  @Test("C6: what was reported as failed is in the log")
  func ambiguity() {
    var scene = Scene.served()
    scene.audit(Scene.history(.failed))
    #expect(scene.found == ["C6"])
    var unknown = Scene.served()
    unknown.audit(Scene.history(.unknown))
    #expect(unknown.findings.isEmpty)
  }

  @Test("L2: what was acknowledged is not in the log, has another reply there, or stands twice in the history")
  func exactlyOnce() {
    var absent = Scene.served()
    var history = Scene.history()
    history[0].id.sequence = 2
    absent.audit(history)
    #expect(absent.found == ["L2"])
    var other = Scene.served()
    other.audit(Scene.history(.ok(Reply(value: 4))))
    #expect(other.found == ["L2"])
    var twice = Scene.served()
    twice.audit(Scene.history() + Scene.history())
    #expect(twice.found == ["L2"])
  }

  @Test("A repeated command is executed once")
  func repeated() {
    var scene = Scene.served()
    scene.execute(scene.a, 3, [Scene.put(Scene.name(1), 1, 7)])
    scene.execute(scene.b, 3, [Scene.put(Scene.name(1), 1, 7)])
    scene.audit(Scene.history())
    #expect(scene.findings.isEmpty)
  }

  @Test("L4: a replica comes to rest short of the log's end, or in another state")
  func finalStates() {
    var short = Scene.served()
    short.audit([], finals: [(1, short.digests[0])])
    #expect(short.found == ["L4"])
    var state = Scene.served()
    state.audit([], finals: [(2, 5)])
    #expect(state.found == ["L4"])
  }

  @Test("L1: the log puts an operation before another that was answered before it was asked")
  func realTime() {
    var scene = Scene.served()
    scene.submit(Scene.open(2))
    scene.execute(scene.a, 3, [Scene.open(2)])
    scene.submit(Scene.put(Scene.name(3), 1, 8))
    scene.execute(scene.a, 4, [Scene.put(Scene.name(3), 1, 8)])
    var later = ClientOperation(
      process: 1, id: .init(client: Scene.name(3), sequence: 1), operation: .put(1, 8), invoked: 1)
    later.outcome = .ok(Reply())
    later.returned = 15
    scene.audit(Scene.history() + [later])
    #expect(scene.findings.isEmpty, "they overlap")
    later.returned = 5
    scene.audit(Scene.history() + [later])
    #expect(scene.found == ["L1"])
  }
}
