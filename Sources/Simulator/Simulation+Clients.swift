import Consensus
import Replication
import Verification

extension Simulation {
  // MARK: What clients do

  func openClientSessions() {
    for index in clients.clients.indices { openSession(ofClient: index) }
    if clients.clients.isEmpty { beginWarmUp() }
  }

  private func openSession(ofClient index: Int) { start(.open, 0, index) }

  private func start(_ operation: Operation, _ padding: UInt32, _ index: Int) {
    let action = clients.clients[index].session.start(operation, padding: padding)
    guard let command = clients.clients[index].session.outstanding else { return }
    witness.invoked(command, at: now)
    if operation.kind != .open {
      clients.clients[index].entry = clients.history.count
      clients.history.append(
        ClientOperation(process: UInt32(index), id: command.id, operation: operation, invoked: now))
    }
    act(action, index)
  }

  /// An open-loop operation is due.
  func arrive() {
    guard phase == .warmUp || phase == .window else { return }
    if phase == .window, let limit = configuration.measure.operations, result.counts.due >= UInt64(limit) {
      return reach(.healing)
    }
    let due = now
    if phase == .window { result.counts.due += 1 }
    clients.presence.enter(at: now)
    let lane = clients.nextLane()
    if let client = clients.takeIdle(lane) {
      begin(client, due: due)
    } else {
      if phase == .window { noteWait(in: lane) }
      clients.wait(due, in: lane)
    }
    scheduleArrival()
  }

  func scheduleArrival() {
    if let next = clients.nextArrival() { queue.push(.arrival, at: max(now, next)) }
  }

  /// All sessions are taken: because the cluster is behind, or only because there are so few?
  private func noteWait(in lane: Int) {
    result.load.waited += 1
    guard isServing(lane) else { return }
    let isBehind = nodes.contains { node in
      guard let process = node.process, node.isUp else { return false }
      return node.waitingRequests > 0 || process.replica.isBacklogged || node.sendingUntil > now
        || !node.outbox.isEmpty || node.isPaused && !node.inbox.isEmpty
    }
    if !isBehind { result.load.starved += 1 }
  }

  /// Whether one session more would have been of use. During an outage it would not, nor while what the outage left is worked off: one
  /// leads; the last answer came no longer ago than it took itself, so that answers still come; and whatever waits in front
  /// was due after that leader was elected.
  private func isServing(_ lane: Int) -> Bool {
    guard let leader = leaderNow(), leader.isRunning, let elected = result.leaderships.last?.at,
      let answer = clients.lastAnswer, now - answer.at <= answer.at - answer.sent
    else { return false }
    return clients.longestWaiting(in: lane) ?? now >= elected
  }

  /// A client starts its next operation, which was due at `due`.
  private func begin(_ index: Int, due: Int64) {
    let (operation, padding) = clients.nextOperation(index, at: now)
    let isMeasured = due >= result.windowStart && phase >= .window && due < result.windowEnd
    clients.clients[index].due = due
    clients.clients[index].sent = now
    clients.clients[index].isMeasured = isMeasured
    if isMeasured {
      result.counts.longestWait = max(result.counts.longestWait, now - due)
      result.load.note(operation, padding, isWatched: operation.key < clients.watchedKeys)
      if clients.lanes > 1 { result.load.asked[Int(clients.clients[index].home.index)] += 1 }
    }
    clients.clients[index].hasTimedOut = false
    start(operation, padding, index)
  }

  /// The client has nothing outstanding: what next?
  func proceed(_ index: Int) {
    switch phase {
    case .forming:
      if clients.clients.allSatisfy({ $0.session.name != nil && !$0.isBusy }) { beginWarmUp() }
    case .warmUp, .window:
      if clients.isOpenLoop {
        if let due = clients.takeWaiting(for: index) { begin(index, due: due) } else { clients.rest(index) }
      } else if case .closed(_, let think) = clients.workload.arrival {
        guard let pause = clients.pause(index, think, at: now) else { return }
        if phase == .window {
          result.load.rests += 1
          result.load.rested += pause
        }
        setAlarm(index, .think, at: now + pause)
      }
    case .draining: healIfDrained()
    case .healing:
      if clients.clients[index].hasProven {
        settleIfQuiet()
      } else if !clients.clients[index].isBusy {
        clients.clients[index].isProving = true
        begin(index, due: now)
      }
    case .settling, .over: break
    }
  }

  /// The closed loop's client has thought.
  private func think(_ index: Int) {
    guard phase == .warmUp || phase == .window, !clients.clients[index].isBusy else { return }
    if phase == .window {
      if let limit = configuration.measure.operations, result.counts.due >= UInt64(limit) { return reach(.healing) }
      result.counts.due += 1
    }
    clients.presence.enter(at: now)
    begin(index, due: now)
  }

  private func act(_ action: ClientSession.Action, _ index: Int) {
    switch action {
    case .none: break
    case .send(_, to: let node, attempt: let attempt):
      detach(index)
      trace?.client(now, "request", clients.clients[index], index, to: node)
      queue.push(.request(node, client: Int32(index), attempt: attempt), at: now + delay(ofClient: index, to: node))
      setAlarm(index, .timeout, at: now + environment.retry.timeout.nanoseconds)
    case .wait(let pause, attempt: _): setAlarm(index, .pause, at: now + pause.nanoseconds)
    case .done(let reply): complete(index, reply)
    case .lost: abandon(index)
    }
  }

  // MARK: Alarms

  private func setAlarm(_ index: Int, _ kind: SimulatedClient.Waking, at time: Int64) {
    clients.clients[index].alarm = (time, kind)
    if let queued = clients.clients[index].queuedAlarm, queued <= time { return }
    clients.clients[index].queuedAlarm = time
    queue.push(.wake(client: Int32(index)), at: time)
  }

  func wake(_ client: Int32) {
    let index = Int(client)
    guard clients.clients[index].queuedAlarm == now else { return }
    clients.clients[index].queuedAlarm = nil
    guard let alarm = clients.clients[index].alarm else { return }
    if alarm.time > now { return setAlarm(index, alarm.kind, at: alarm.time) }
    clients.clients[index].alarm = nil
    switch alarm.kind {
    case .think: think(index)
    case .pause:
      if isDueToAbandon(index) { return abandon(index) }
      act(clients.clients[index].session.resume(clients.clients[index].session.attempt), index)
    case .timeout:
      coverage.timeouts += 1
      clients.clients[index].hasTimedOut = true
      let action = clients.clients[index].session.timedOut(clients.clients[index].session.attempt)
      if isDueToAbandon(index) { return abandon(index) }
      act(action, index)
    }
  }

  private func isDueToAbandon(_ index: Int) -> Bool {
    let client = clients.clients[index]
    return client.entry != nil && now - client.sent >= environment.retry.abandon.nanoseconds
  }

  // MARK: Ends of an operation

  private func complete(_ index: Int, _ reply: Reply) {
    clients.clients[index].alarm = nil
    detach(index)
    guard let entry = clients.clients[index].entry else {
      if let name = clients.clients[index].session.name { clients.byName[name] = Int32(index) }
      return proceed(index)
    }
    clients.clients[index].entry = nil
    if clients.clients[index].isProving { clients.clients[index].hasProven = true }
    clients.history[entry].returned = now
    clients.history[entry].outcome = .ok(reply)
    let client = clients.clients[index]
    clients.lastAnswer = (client.sent, now)
    clients.presence.leave(at: now)
    noteResidence(client)
    recorder?.completed(sinceWindowStart: now - result.windowStart, latency: now - client.due)
    if now >= result.windowStart, now < result.windowEnd, phase >= .window { result.counts.answeredInWindow += 1 }
    if client.isMeasured {
      result.counts.answered += 1
      if client.hasTimedOut { result.counts.timedOut += 1 }
      recorder?.answered(due: client.due, sent: client.sent, at: now)
      recordStages(client)
    }
    failover.answered(begun: client.sent, at: now)
    if configuration.measure.stopsWhenRecovered, phase == .window, failover.last?.isComplete == true { reach(.healing) }
    proceed(index)
  }

  /// An operation leaves the system: how much of its time there lay on the other side of the window's edges.
  func noteResidence(_ client: SimulatedClient) {
    if client.isMeasured {
      result.load.beyond += max(0, now - result.windowEnd)
    } else if client.due < result.windowStart, phase >= .window {
      result.load.before += min(now, result.windowEnd) - result.windowStart
    }
  }

  private func recordStages(_ client: SimulatedClient) {
    guard let proposed = client.proposed, let executed = client.executed else { return }
    recorder?.staged(
      received: client.received, proposed: proposed, committed: executed, applied: executed, replied: now)
  }

  /// The client gives up: it leaves its session, because it cannot know whether the command was executed, and opens another.
  private func abandon(_ index: Int) {
    clients.clients[index].alarm = nil
    detach(index)
    coverage.abandoned += 1
    let client = clients.clients[index]
    if let entry = client.entry {
      let isDefinite = client.session.isDefinitelyUnexecuted
      trace?.client(now, isDefinite ? "failed" : "unknown", client, index)
      clients.history[entry].outcome = isDefinite ? .failed : .unknown
      clients.presence.leave(at: now)
      noteResidence(client)
      recorder?.abandoned(sinceWindowStart: now - result.windowStart)
      if client.isMeasured {
        if isDefinite { result.counts.failed += 1 } else { result.counts.unanswered += 1 }
        recorder?.censored(due: client.due, sent: client.sent, end: now)
      }
    }
    if let name = client.session.name { clients.byName[name] = nil }
    clients.clients[index].entry = nil
    clients.clients[index].generation += 1
    clients.clients[index].session = clients.session(index, generation: clients.clients[index].generation)
    openSession(ofClient: index)
  }

  // MARK: At the replica

  func request(_ node: SimulatedNode<Core>, _ client: Int32, _ attempt: UInt32) {
    guard node.isUp else {
      queue.push(
        .answer(client: client, .refused(attempt: attempt, hint: nil)),
        at: now + delay(ofClient: Int(client), from: node.id))
      return
    }
    enqueue(.request(client: client, attempt: attempt), at: node)
  }

  func accept(_ client: Int32, _ attempt: UInt32, at node: SimulatedNode<Core>) {
    let index = Int(client)
    guard let command = clients.clients[index].session.outstanding, clients.clients[index].session.attempt == attempt
    else { return }
    clients.clients[index].attendant = (node.id, node.incarnation)
    clients.clients[index].received = now
    clients.clients[index].proposed = nil
    clients.clients[index].executed = nil
    node.attended += 1
    carry(node) { $0.take(command, on: node) }
  }

  /// The client whose present command this is, if it waits at `node`.
  private func waiting(for id: Command.ID, at node: SimulatedNode<Core>) -> Int? {
    guard let index = clients.client(of: id), clients.clients[index].session.outstanding?.id == id,
      let attendant = clients.clients[index].attendant, attendant == (node.id, node.incarnation)
    else { return nil }
    return index
  }

  private func detach(_ index: Int) {
    guard let attendant = clients.clients[index].attendant else { return }
    clients.clients[index].attendant = nil
    let node = nodes[Int(attendant.node.index)]
    if node.incarnation == attendant.incarnation { node.attended -= 1 }
  }

  func repeated(_ id: Command.ID, isProposed: Bool, at node: SimulatedNode<Core>) {
    coverage.joined += 1
    if isProposed, let index = waiting(for: id, at: node) { clients.clients[index].proposed = now }
  }

  func proposed(_ batch: Batch, at node: SimulatedNode<Core>) {
    for command in batch.commands {
      if let index = waiting(for: command.id, at: node) { clients.clients[index].proposed = now }
    }
  }

  func executed(_ id: Command.ID, _ outcome: ExecutionOutcome, at node: SimulatedNode<Core>) {
    guard let index = waiting(for: id, at: node) else { return }
    switch outcome {
    case .applied(let reply): answer(index, .reply(id, reply), node)
    case .repeated(let reply):
      coverage.repeated += 1
      answer(index, .reply(id, reply), node)
    case .unknownSession:
      coverage.expired += 1
      answer(index, .expired(id), node)
    case .stale: break
    }
  }

  private func answer(_ index: Int, _ answer: ClientAnswer, _ node: SimulatedNode<Core>) {
    switch answer {
    case .reply(let id, let reply): witness.replied(node.id, id, reply, &findings)
    case .expired(let id): witness.replied(node.id, unknownSession: id, &findings)
    default: break
    }
    clients.clients[index].executed = now
    detach(index)
    var time = now
    if costsCPU {
      charge(node, node.cpu.perMessageOut.nanoseconds)
      time = node.busyUntil
    }
    if case .reply(_, let reply) = answer {
      hash.fold(reply.value ^ UInt64(index) << 40 ^ (reply.applied ? 1 << 63 : 0))
    }
    queue.push(.answer(client: Int32(index), answer), at: time + delay(ofClient: index, from: node.id))
  }

  func refused(_ id: Command.ID, hint: NodeID?, at node: SimulatedNode<Core>) {
    guard let index = waiting(for: id, at: node) else { return }
    let attempt = clients.clients[index].session.attempt
    detach(index)
    if hint != nil { coverage.redirects += 1 }
    queue.push(
      .answer(client: Int32(index), .refused(attempt: attempt, hint: hint)),
      at: now + delay(ofClient: index, from: node.id))
  }

  /// The replica lost its leadership or its process: whoever waits for what it proposed cannot know. What it merely held was
  /// never appended, but only a replica that lives can say so.
  func interruptClients(of node: SimulatedNode<Core>, hint: NodeID?) {
    guard node.attended > 0 else { return }
    for index in clients.clients.indices {
      guard let attendant = clients.clients[index].attendant, attendant == (node.id, node.incarnation) else { continue }
      if node.isUp, clients.clients[index].proposed == nil { continue }
      let attempt = clients.clients[index].session.attempt
      detach(index)
      coverage.interrupted += 1
      queue.push(
        .answer(client: Int32(index), .interrupted(attempt: attempt, hint: hint)),
        at: now + delay(ofClient: index, from: node.id))
    }
  }

  func take(_ answer: ClientAnswer, _ client: Int32) {
    let index = Int(client)
    switch answer {
    case .reply(let id, let reply): act(clients.clients[index].session.answered(id, reply), index)
    case .expired(let id):
      trace?.client(now, "expired", clients.clients[index], index)
      act(clients.clients[index].session.expired(id), index)
    case .refused(let attempt, let hint):
      tell("refused", attempt, index)
      act(clients.clients[index].session.refused(attempt, hint: hint), index)
    case .interrupted(let attempt, let hint):
      tell("interrupted", attempt, index)
      act(clients.clients[index].session.interrupted(attempt, hint: hint), index)
    }
  }
  private func tell(_ what: String, _ attempt: UInt32, _ index: Int) {
    guard let trace, clients.clients[index].session.attempt == attempt else { return }
    trace.client(now, what, clients.clients[index], index)
  }
}
