import Consensus

/// How long a client waits, and how it tries again. Shared by all protocols.
public struct RetryPolicy: Hashable, Sendable {
  /// An attempt without an answer is given up after this.
  public var timeout: Duration
  /// Pause before the next attempt after a refusal without a hint or a broken connection; doubles up to `maximumPause`.
  public var pause: Duration
  public var maximumPause: Duration
  /// After this long without an answer the operation's fate is unknown, and its session is left.
  public var abandon: Duration

  public init(
    timeout: Duration = .seconds(1), pause: Duration = .milliseconds(5), maximumPause: Duration = .milliseconds(100),
    abandon: Duration = .seconds(30)
  ) {
    self.timeout = timeout
    self.pause = pause
    self.maximumPause = maximumPause
    self.abandon = abandon
  }
}

/// One client of the service: a session with one outstanding command, which it repeats under the same number until it is
/// answered. A pure state machine; its host owns clock and wires.
public struct ClientSession: Sendable {
  public enum Action: Sendable, Equatable {
    /// Send the outstanding command to `node`, and call `timedOut` with this attempt's number after the policy's timeout.
    case send(Command, to: NodeID, attempt: UInt32)
    /// Call `resume` with this attempt's number after the pause.
    case wait(Duration, attempt: UInt32)
    /// Answered; `reply` is what the operation did.
    case done(Reply)
    /// The service does not know the session any more: whether the command was executed is unknown.
    case lost
    case none
  }

  /// The session's name; nil until it was opened.
  public private(set) var name: UInt64?
  /// Whom it will try next.
  public private(set) var target: NodeID
  public private(set) var outstanding: Command?
  /// Every attempt of the outstanding command was refused for certain.
  public private(set) var isDefinitelyUnexecuted = true
  /// Answers to older attempts than this are late; they count all the same, because a command is executed once.
  public private(set) var attempt: UInt32 = 0
  private var sequence: UInt64 = 0
  private var refusals: Int = 0
  private var isInFlight = false
  private let nonce: UInt64
  private let nodes: Int
  private let policy: RetryPolicy

  /// `nonce` distinguishes the `open` commands of different clients.
  public init(nonce: UInt64, target: NodeID, nodes: Int, policy: RetryPolicy) {
    self.nonce = nonce
    self.target = target
    self.nodes = nodes
    self.policy = policy
  }

  /// Tries `node` next.
  public mutating func prefer(_ node: NodeID) { target = node }

  /// Starts the next command; `open` first. One at a time.
  public mutating func start(_ operation: Operation, padding: UInt32) -> Action {
    precondition(outstanding == nil, "a session has one outstanding command")
    if operation.kind == .open {
      outstanding = Command(id: .init(client: nonce, sequence: 0), operation: operation)
    } else {
      guard let name else { preconditionFailure("a session is opened before it is used") }
      sequence += 1
      outstanding = Command(id: .init(client: name, sequence: sequence), operation: operation, padding: padding)
    }
    isDefinitelyUnexecuted = true
    refusals = 0
    return send()
  }

  /// The command with this name was answered.
  public mutating func answered(_ id: Command.ID, _ reply: Reply) -> Action {
    guard let command = outstanding, command.id == id else { return .none }
    if command.operation.kind == .open { name = reply.value }
    outstanding = nil
    isInFlight = false
    return .done(reply)
  }

  /// A replica refused this attempt: it appended nothing.
  public mutating func refused(_ attempt: UInt32, hint: NodeID?) -> Action {
    guard isCurrent(attempt) else { return .none }
    isInFlight = false
    if let hint, hint != target {
      target = hint
      refusals += 1
      // Two replicas that each take the other for the leader must not make a client spin.
      if refusals < 2 * nodes { return send() }
    } else {
      advanceTarget()
    }
    return pause()
  }

  /// The replica cannot say what became of this attempt: it lost leadership, or the connection broke.
  public mutating func interrupted(_ attempt: UInt32, hint: NodeID?) -> Action {
    guard isCurrent(attempt) else { return .none }
    isDefinitelyUnexecuted = false
    isInFlight = false
    if let hint, hint != target { target = hint } else { advanceTarget() }
    return pause()
  }

  public mutating func timedOut(_ attempt: UInt32) -> Action {
    guard isCurrent(attempt) else { return .none }
    if !planted("C-06") { isDefinitelyUnexecuted = false }
    isInFlight = false
    advanceTarget()
    return send()
  }

  /// The pause is over.
  public mutating func resume(_ attempt: UInt32) -> Action {
    guard outstanding != nil, self.attempt == attempt, !isInFlight else { return .none }
    return send()
  }

  /// The session is unknown to the service.
  public mutating func expired(_ id: Command.ID) -> Action {
    guard outstanding?.id == id else { return .none }
    isDefinitelyUnexecuted = false
    return .lost
  }

  private func isCurrent(_ attempt: UInt32) -> Bool { outstanding != nil && isInFlight && self.attempt == attempt }
  private mutating func advanceTarget() { target = NodeID((Int(target.index) + 1) % nodes) }

  private mutating func send() -> Action {
    guard let command = outstanding else { return .none }
    attempt &+= 1
    isInFlight = true
    return .send(command, to: target, attempt: attempt)
  }
  private mutating func pause() -> Action {
    refusals += 1
    let doublings = min(refusals - 1, 10)
    return .wait(min(policy.maximumPause, policy.pause * (1 << doublings)), attempt: attempt)
  }
}
