import Consensus
import DequeModule
import Faults

/// One direction of a session, with what waits behind a lost segment.
struct StreamDirection<Message> {
  var pipe = StreamPipe()
  /// It has passed the card, but not before `departure`.
  var waiting = Deque<(message: Message, bytes: Int32, departure: Int64)>()
  var waitingBytes = 0
  /// More bytes than this behind a lost segment end the session: queues are bounded. 64 MiB, the size of a generous socket buffer.
  static var limit: Int { 64 << 20 }

  /// The pair's session, open or opening, kept with the direction from the lower name to the higher; 0: none.
  var session: UInt32 = 0
  /// An attempt to open the next session is queued.
  var isReopening = false

  init() {}
}

extension Simulation {
  func pipeIndex(_ from: NodeID, _ to: NodeID) -> Int { Int(from.index) * environment.replicas + Int(to.index) }

  // MARK: Leaving

  /// It leaves at `time`: what becomes of it?
  func launch(
    _ message: Core.Message, _ from: NodeID, _ to: NodeID, _ session: UInt32, _ bytes: Int32, at time: Int64
  ) {
    switch environment.link.kind {
    case .datagram:
      if isLost(from, to) { return drop(message, from, to) }
      switch fate(from, to) {
      case .arrives(let delay):
        queue.push(.deliver(message, from: from, to: to, session: 0, bytes: bytes), at: time + delay)
      case .arrivesTwice(let first, let second):
        coverage.duplicates += 1
        queue.push(.deliver(message, from: from, to: to, session: 0, bytes: bytes), at: time + first)
        queue.push(.deliver(message, from: from, to: to, session: 0, bytes: bytes), at: time + second)
      }
    case .stream: launchOnStream(message, from, to, session, bytes, at: time)
    }
  }

  private func fate(_ from: NodeID, _ to: NodeID) -> Fate {
    guard hasOwnDelays else { return environment.link.datagramFate(&linkRandom) }
    var link = environment.link
    link.delay = route(from, to)
    switch link.datagramFate(&linkRandom) {
    case .arrives(let delay): return .arrives(delay + addedDelay(from, to))
    case .arrivesTwice(let first, let second):
      return .arrivesTwice(first + addedDelay(from, to), second + addedDelay(from, to))
    }
  }

  private func isLost(_ from: NodeID, _ to: NodeID) -> Bool {
    obstacles.blocks(from: from, to: to)
      || losses[pipeIndex(from, to)].loses(loss, burst: burst, &linkRandom)
  }

  func drop(_ message: Core.Message, _ from: NodeID, _ to: NodeID) {
    coverage.dropped += 1
    trace?.dropped(now, message.description, from, to)
  }

  func deliver(
    _ message: Core.Message, _ from: NodeID, _ node: SimulatedNode<Core>, _ session: UInt32, _ bytes: Int32
  ) {
    if keepsOld { node.memory.note(message, from, bytes, &memoryRandom) }
    guard node.isUp, session == node.sessions[Int(from.index)] || node.isPaused else { return }
    enqueue(.message(message, from: from, session: session, bytes: bytes), at: node)
  }

  // MARK: Streams

  private func launchOnStream(
    _ message: Core.Message, _ from: NodeID, _ to: NodeID, _ session: UInt32, _ bytes: Int32, at time: Int64
  ) {
    // The session may have ended while this waited for the card.
    guard session == nodes[Int(from.index)].sessions[Int(to.index)] else { return }
    let index = pipeIndex(from, to)
    if pipes[index].pipe.isBlocked {
      pipes[index].waiting.append((message, bytes, time))
      pipes[index].waitingBytes += Int(bytes)
      if pipes[index].waitingBytes > StreamDirection<Core.Message>.limit { resetSession(from, to) }
    } else if isLost(from, to) {
      block(index, message, bytes, from, to, session, at: time)
    } else {
      let arrival = pipes[index].pipe.transmit(at: time, delay: delay(from, to))
      queue.push(.deliver(message, from: from, to: to, session: session, bytes: bytes), at: arrival)
    }
  }

  private func block(
    _ index: Int, _ message: Core.Message, _ bytes: Int32, _ from: NodeID, _ to: NodeID, _ session: UInt32,
    at time: Int64
  ) {
    coverage.retransmissions += 1
    trace?.dropped(now, message.description, from, to)
    pipes[index].waiting.prepend((message, bytes, time))
    pipes[index].waitingBytes += Int(bytes)
    let retry = pipes[index].pipe.block(at: time, environment.link)
    queue.push(.retransmit(from: from, to: to, session: session), at: retry)
  }

  /// The lost segment leaves once more, at `time`.
  func retry(_ from: NodeID, _ to: NodeID, _ session: UInt32, at time: Int64) {
    guard nodes[Int(from.index)].sessions[Int(to.index)] == session else { return }
    let index = pipeIndex(from, to)
    let lost = isLost(from, to)
    let delay = lost ? 0 : delay(from, to)
    switch pipes[index].pipe.retry(at: time, lost: lost, delay: delay, environment.link) {
    case .again(let time): queue.push(.retransmit(from: from, to: to, session: session), at: time)
    case .breaksSession: resetSession(from, to)
    case .through(let arrival):
      if let (message, bytes, _) = pipes[index].waiting.popFirst() {
        queue.push(.deliver(message, from: from, to: to, session: session, bytes: bytes), at: arrival)
      }
      let waiting = pipes[index].waiting
      pipes[index].waiting.removeAll()
      pipes[index].waitingBytes = 0
      for (message, bytes, departure) in waiting {
        launchOnStream(message, from, to, session, bytes, at: max(time, departure))
      }
    }
  }

  // MARK: Sessions

  /// Opens the session of a pair, for both ends at one instant, once both have seen the end of the last one; tries again later
  /// while an end is blind to that or nothing passes. A replica that comes back starts the attempts anew.
  func openSession(_ a: NodeID, _ b: NodeID) {
    let pair = pipeIndex(a, b)
    let (one, other) = (nodes[Int(a.index)], nodes[Int(b.index)])
    pipes[pair].isReopening = false
    guard one.isUp, other.isUp, pipes[pair].session == 0 else { return }
    guard one.sessions[Int(b.index)] == 0, other.sessions[Int(a.index)] == 0, !isLost(a, b), !isLost(b, a) else {
      return reopen(a, b)
    }
    lastSession += 1
    pipes[pair] = .init()
    pipes[pipeIndex(b, a)] = .init()
    pipes[pair].session = lastSession
    let time = now + delay(a, b)
    queue.push(.sessionUp(a, peer: b, session: lastSession), at: time)
    queue.push(.sessionUp(b, peer: a, session: lastSession), at: time)
  }

  private func reopen(_ a: NodeID, _ b: NodeID) {
    let pair = pipeIndex(a, b)
    guard !pipes[pair].isReopening else { return }
    pipes[pair].isReopening = true
    queue.push(.openSession(a, b), at: now + max(1, environment.link.reconnect.nanoseconds))
  }

  /// The session that is open, or opening, between a pair; 0: none.
  func currentSession(_ a: NodeID, _ b: NodeID) -> UInt32 { pipes[pipeIndex(min(a, b), max(a, b))].session }

  /// Ends the session of a pair: `node` sees it now, `peer` after the link's delay.
  func resetSession(_ node: NodeID, _ peer: NodeID) {
    let session = currentSession(node, peer)
    guard session != 0 else { return }
    nodes[Int(node.index)].outbox.forget(peer)
    endSession(node, peer, session)
    queue.push(.sessionDown(node, peer: peer, session: session), at: now)
    reopen(min(node, peer), max(node, peer))
  }

  /// The process is gone: so are its ends of all sessions.
  func loseSessions(of node: SimulatedNode<Core>) {
    for peer in everyone.removing(node.id) {
      node.sessions[Int(peer.index)] = 0
      let session = currentSession(node.id, peer)
      if session != 0 { endSession(node.id, peer, session) }
    }
  }

  private func endSession(_ node: NodeID, _ peer: NodeID, _ session: UInt32) {
    coverage.sessionsBroken += 1
    pipes[pipeIndex(min(node, peer), max(node, peer))].session = 0
    // The other end learns of it after a delay or, if nothing passes, when its own patience ends.
    let notice =
      obstacles.blocks(from: node, to: peer)
      ? environment.link.sessionTimeout.nanoseconds : delay(node, peer)
    queue.push(.sessionDown(peer, peer: node, session: session), at: now + notice)
  }
}
