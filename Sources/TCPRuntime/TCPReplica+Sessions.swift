import Consensus
import NIOCore
import NIOPosix
import Replication

extension TCPReplica: ConnectionOwner {
  // MARK: Dialing

  func dial(_ peer: NodeID) {
    guard !isStopped, let address = addresses[peer] else { return }
    guard !isolated.contains(peer) else { return redial(peer) }
    let bootstrap = ClientBootstrap(group: loop)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .connectTimeout(.seconds(1))
      .resolver(settings.resolver)
      .channelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture {
          let connection = Connection(self, dialed: peer, limits: settings.limits, take: entries.received)
          try channel.pipeline.syncOperations.addHandler(connection)
        }
      }
    address.connect(bootstrap).whenComplete { [self] result in
      guard case .failure(let error) = result else { return unresolved.remove(peer) }
      note(peer, isUnknown: Endpoint.isUnknown(after: error))
      redial(peer)
    }
  }

  /// Said once for as long as it stays so.
  private func note(_ peer: NodeID, isUnknown: Bool) {
    guard isUnknown, let address = addresses[peer] else { return unresolved.remove(peer) }
    if unresolved.insert(peer) { logSession("replica=\(id) event=unresolved peer=\(peer) address=\(address)") }
  }

  private func redial(_ peer: NodeID) {
    guard !isStopped else { return }
    let maximum = links[Int(peer.index)]?.model.reconnect ?? settings.maximumRedial
    let pause = min(redials[Int(peer.index)], maximum)
    redials[Int(peer.index)] = min(pause * 2, maximum)
    let drawn = random.duration(in: (pause / 2)...pause)
    loop.scheduleTask(in: .nanoseconds(drawn.nanoseconds)) { [weak self] in self?.dial(peer) }
  }

  private func logStranger(_ text: String) {
    if let line = strangerLines.line(text, at: now) { settings.log(line) }
  }
  private func logSession(_ text: String) {
    if let line = sessionLines.line(text, at: now) { settings.log(line) }
  }

  // MARK: A connection's life

  func opened(_ connection: Connection) {
    // Before its core runs nobody would learn of the session, which then stayed mute for as long as it lasted: who dials comes again.
    guard !isStopped, process != nil else {
      counts.early += 1
      connection.channel?.close(promise: nil)
      return
    }
    // A name that stands for several addresses: the first that answers is the one.
    if let peer = connection.dialed, connections.values.contains(where: { $0.dialed == peer }) {
      connection.channel?.close(promise: nil)
      return
    }
    if connection.dialed == nil, connections.count >= settings.limits.connections { makeRoom() }
    connections[ObjectIdentifier(connection)] = connection
    if let peer = connection.dialed { greet(connection, peer) }
    loop.scheduleTask(in: .nanoseconds(settings.greetingTimeout.nanoseconds)) { [weak connection] in
      guard let connection, connection.isGreeting else { return }
      connection.close()
    }
  }

  /// One that has not said who it is goes first; if all have, a client.
  private func makeRoom() {
    let surplus =
      connections.values.first { $0.dialed == nil && $0.isGreeting }
      ?? connections.values.first { $0.standing == .client }
    counts.surplus += 1
    surplus?.close()
  }

  private func greet(_ connection: Connection, _ peer: NodeID) {
    let nonce = settings.authenticator == nil ? [] : Greetings.nonce()
    scratch.removeAll()
    Hello(role: .peer, identity: settings.identity, from: id, to: peer, nonce: nonce).encode(into: &scratch)
    connection.greetings.own = scratch.bytes
    write(.hello, scratch.bytes, on: connection)
  }

  func received(_ kind: FrameKind, _ body: ArraySlice<UInt8>, on connection: Connection) -> Bool {
    // Those that expired come first; what else arrived in this turn came at the same time.
    if !isTurnDue { expireTimers() }
    switch (connection.standing, kind) {
    case (.peer(let peer), .message):
      var reader = ByteReader(body)
      guard let message = try? Core.Message(from: &reader), reader.remaining == 0 else { return false }
      process?.replica.handle(.receive(message, from: peer), cause: 0, on: self)
      wantTurn()
    case (.client, .request):
      guard let request = try? RequestFrame(body: body) else { return false }
      take(request, on: connection)
    case (.greeting, .hello):
      guard let hello = try? Hello(body: body) else { return false }
      connection.greetings.other = Array(body)
      welcome(hello, connection)
    case (.proving(let hello), .proof): judge(body, of: hello, connection)
    case (.greeting, .refusal), (.proving, .refusal): wasRefused(body, connection)
    default: return false
    }
    return true
  }

  private func wasRefused(_ reason: ArraySlice<UInt8>, _ connection: Connection) {
    let peer = connection.dialed.map { "\($0)" } ?? "?"
    logSession("replica=\(id) event=was-refused peer=\(peer) reason=\"\(printable(reason))\"")
    connection.close()
  }

  private func welcome(_ hello: Hello, _ connection: Connection) {
    var objection = hello.objection(
      own: settings.identity, id: id, cluster: configuration.cluster, authenticates: settings.authenticator != nil)
    if let dialed = connection.dialed, objection == nil, hello.role != .peer || hello.from != dialed {
      objection = "from \(hello.from) where \(dialed) was dialed"
    }
    if connection.dialed == nil, objection == nil, hello.role == .peer, hello.from > id {
      objection = "\(hello.from) dialed \(id), which is for the smaller number to do"
    }
    if let objection { return refuse(connection, objection) }
    if hello.role == .peer, isolated.contains(hello.from) {
      connection.channel?.close(promise: nil)
      return
    }
    if connection.dialed == nil { greet(connection, hello.from) }
    guard let authenticator = settings.authenticator else { return admit(hello, connection) }
    connection.standing = .proving(hello)
    if connection.dialed != nil { prove(connection, authenticator) }
  }

  private func refuse(_ connection: Connection, _ objection: String) {
    counts.strangers += 1
    logStranger("replica=\(id) event=refused reason=\"\(printable(Array(objection.utf8)[...]))\"")
    connection.standing = .ended
    connection.write(.refusal, Array(objection.utf8))
    connection.close()
  }

  private func prove(_ connection: Connection, _ authenticator: any Authenticator) {
    write(.proof, authenticator.proof(of: connection.greetings.transcript(isOwn: true)), on: connection)
  }

  private func judge(_ proof: ArraySlice<UInt8>, of hello: Hello, _ connection: Connection) {
    guard let authenticator = settings.authenticator,
      authenticator.accepts(proof, of: connection.greetings.transcript(isOwn: false))
    else { return refuse(connection, "the proof of a secret that is not this cluster's") }
    if connection.dialed == nil { prove(connection, authenticator) }
    admit(hello, connection)
  }

  private func admit(_ hello: Hello, _ connection: Connection) {
    guard hello.role == .peer else { return connection.admit(as: .client) }
    let peer = hello.from
    // The end of the old session may not have been noticed here yet; the peer would not have dialed otherwise.
    if let old = peers[Int(peer.index)] { end(old, "its peer opened another") }
    noteEnd(of: peer)
    connection.admit(as: .peer(peer))
    shape(connection, to: peer)
    peers[Int(peer.index)] = connection
    redials[Int(peer.index)] = settings.redial
    counts.sessionsOpened += 1
    logSession("replica=\(id) event=connected peer=\(peer)")
    process?.replica.handle(.connected(peer), cause: 0, on: self)
    wantTurn()
  }

  private func printable(_ body: ArraySlice<UInt8>) -> String {
    String(decoding: body.prefix(200).map { (32..<127).contains($0) && $0 != 34 ? $0 : 63 }, as: UTF8.self)
  }

  func malformed(_ connection: Connection, _ reason: String) {
    counts.malformed += 1
    logStranger("replica=\(id) event=malformed reason=\"\(reason)\"")
    if case .peer = connection.standing { return end(connection, reason) }
    connection.standing = .ended
    connection.write(.refusal, Array(reason.utf8))
  }

  /// The session is over, once: nothing of it is delivered after this. `notice`: how long its other end does not hear of it.
  func end(_ connection: Connection, _ reason: String, noticedAfter notice: Duration? = nil) {
    guard case .peer(let peer) = connection.standing else { return }
    connection.standing = .ended
    if let notice {
      loop.scheduleTask(in: .nanoseconds(notice.nanoseconds)) { connection.channel?.close(promise: nil) }
    } else {
      connection.channel?.close(promise: nil)
    }
    guard peers[Int(peer.index)] === connection else { return }
    peers[Int(peer.index)] = nil
    counts.sessionsEnded += 1
    logSession("replica=\(id) event=disconnected peer=\(peer) reason=\"\(reason)\"")
    process?.replica.handle(.disconnected(peer), cause: 0, on: self)
    wantTurn()
  }

  func closed(_ connection: Connection) {
    let wasOpened = connections.removeValue(forKey: ObjectIdentifier(connection)) != nil
    end(connection, "closed")
    if connection.standing == .client {
      for (command, waiting) in attended where waiting.connection === connection { attended[command] = nil }
    }
    if let peer = connection.dialed, wasOpened { redial(peer) }
  }
}
