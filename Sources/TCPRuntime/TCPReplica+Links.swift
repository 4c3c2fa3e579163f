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
  public func shape(_ link: LinkModel?, to peers: NodeSet) async throws {
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
    let link = links[Int(peer.index)]
    guard link != nil || isolated.contains(peer) || connection.shaper != nil else { return }
    // Without a model there is no delay of its own: only what was cut is late.
    let model = link ?? LinkModel(delay: .constant(.zero))
    if connection.shaper == nil { connection.shaper = LinkShaper(model, seed: random.next()) }
    connection.shaper?.model = model
    connection.shaper?.isCut = isolated.contains(peer)
    dropIfIdle(connection, to: peer)
  }

  /// A shaper that holds nothing and does nothing goes: frames take the short way again.
  private func dropIfIdle(_ connection: Connection, to peer: NodeID) {
    guard let shaper = connection.shaper, shaper.isEmpty, !shaper.isCut, links[Int(peer.index)] == nil else { return }
    connection.shaper = nil
  }

  /// The way of a message where links are modelled.
  func send(_ body: [UInt8], through connection: Connection) {
    guard let outcome = connection.shaper?.send(body, at: now) else { return }
    follow(outcome, connection)
  }

  private func follow(_ outcome: LinkShaper.Outcome, _ connection: Connection) {
    switch outcome {
    case .nothing: break
    case .breaksSession: end(connection, "a frame was not through in time")
    case .wait(let time):
      guard time < connection.shaperAlarm else { return }
      connection.shaperAlarm = time
      loop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(time))) { [weak self, weak connection] in
        guard let self, let connection, case .peer(let peer) = connection.standing else { return }
        connection.shaperAlarm = .max
        var due: [[UInt8]] = []
        guard let outcome = connection.shaper?.advance(to: now, deliver: { due.append($0) }) else { return }
        for body in due { write(.message, body, on: connection) }
        follow(outcome, connection)
        dropIfIdle(connection, to: peer)
      }
    }
  }
}
