import Consensus
import Faults
import NIOCore

extension TCPReplica {
  /// From now on no frame passes to `peers`, and no session with them opens; the ones that are open break when their time is up.
  /// To be called from any thread; for a partition at both ends.
  public func cut(off peers: NodeSet) async throws {
    try await loop.submit { [self] in
      isolated = peers
      reshape()
    }.get()
  }

  /// From now on `link` is what happens to frames on their way to `peers`; nil: nothing. From any thread.
  public func shape(_ link: ShapedLink?, to peers: NodeSet) async throws {
    try await loop.submit { [self] in
      for peer in peers { links[Int(peer.index)] = link }
      reshape()
    }.get()
  }

  private func reshape() {
    for connection in connections.values {
      if case .peer(let peer) = connection.standing { shape(connection, to: peer) }
    }
  }

  /// Gives a session's connection what happens to its frames. What is under way stays under way.
  func shape(_ connection: Connection, to peer: NodeID) {
    guard isShaped(peer) || connection.shaper != nil else { return }
    // Without a model there is no delay of its own: only what was cut is late.
    let link = links[Int(peer.index)] ?? ShapedLink(LinkModel(delay: .constant(.zero)))
    if connection.shaper == nil { connection.shaper = LinkShaper(link, seed: random.next()) }
    connection.shaper?.link = link
    connection.shaper?.isCut = isolated.contains(peer)
    dropIfIdle(connection, to: peer)
  }

  private func isShaped(_ peer: NodeID) -> Bool {
    isolated.contains(peer) || !(links[Int(peer.index)]?.isTransparent ?? true)
  }

  /// A shaper that holds nothing and does nothing goes: frames take the short way again.
  private func dropIfIdle(_ connection: Connection, to peer: NodeID) {
    guard let shaper = connection.shaper, shaper.isEmpty, !isShaped(peer) else { return }
    connection.shaper = nil
  }

  /// The way of a message where links are modelled.
  func send(_ body: [UInt8], through connection: Connection) {
    let now = now
    guard let outcome = connection.shaper?.send(body, at: now) else { return }
    // Nothing keeps it: it leaves with this turn, as it would without a model.
    if case .wait(let time) = outcome, time <= now { advance(connection, to: now) } else { follow(outcome, connection) }
  }

  private func advance(_ connection: Connection, to now: Int64) {
    guard case .peer(let peer) = connection.standing else { return }
    var due: [[UInt8]] = []
    guard let outcome = connection.shaper?.advance(to: now, deliver: { due.append($0) }) else { return }
    for body in due { write(.message, body, on: connection) }
    follow(outcome, connection)
    dropIfIdle(connection, to: peer)
  }

  private func follow(_ outcome: LinkShaper.Outcome, _ connection: Connection) {
    switch outcome {
    case .nothing: break
    case .breaksSession:
      // Where nothing passes, neither does the news of the session's end: the peer's own patience has to run out.
      let shaper = connection.shaper
      let notice = shaper?.isCut ?? false ? shaper?.link.model.sessionTimeout : nil
      end(connection, "a frame was not through in time", noticedAfter: notice)
    case .wait(let time):
      guard time < connection.shaperAlarm else { return }
      connection.shaperAlarm = time
      loop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(time))) { [weak self, weak connection] in
        guard let self, let connection else { return }
        connection.shaperAlarm = .max
        advance(connection, to: now)
      }
    }
  }
}
