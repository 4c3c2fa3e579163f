import Consensus

// From the processor of a replica through its network card.
//
// The card takes what it can send within `ring` into a ring of its own, where its way is settled and out of anyone's hands: so the
// common case costs no event. Everything else waits in the node's outbox, and is settled when it leaves.
extension Simulation {
  /// A millisecond, chosen: shorter than any fault that matters, and at 10 Gbit/s longer than all that is ever sent at once.
  private static var ring: Int64 { 1_000_000 }

  func transmit(_ message: Core.Message, from node: SimulatedNode<Core>, to peers: NodeSet) {
    let bytes = message.byteCount
    let frames = peers.count
    hash.fold(peers.bits ^ UInt64(message.tag) << 56 ^ UInt64(bytes) << 20)
    result.messages[Int(message.tag)].frames += UInt64(frames)
    result.messages[Int(message.tag)].bytes += UInt64(frames * bytes)
    if trace != nil { for peer in peers { trace?.sent(now, message.description, node.id, peer) } }
    guard costsCPU || bandwidth != nil || !node.outbox.isEmpty else {
      for peer in peers { launch(message, node.id, peer, session(node, peer), Int32(bytes), at: now) }
      return
    }
    let cpu = node.cpu
    charge(node, cpu.time(forBytes: bytes))
    for peer in peers {
      charge(node, cpu.perMessageOut.nanoseconds)
      if let departure = departure(node, Int32(bytes), ready: node.busyUntil) {
        launch(message, node.id, peer, session(node, peer), Int32(bytes), at: departure)
      } else {
        wait(
          .init(
            message: message, to: peer, session: session(node, peer), bytes: Int32(bytes), ready: node.busyUntil),
          node)
      }
    }
  }

  /// A lost segment is due to be sent again. It takes the card's time like anything else.
  func retransmit(_ from: NodeID, _ to: NodeID, _ session: UInt32) {
    let node = nodes[Int(from.index)]
    guard node.isUp, node.sessions[Int(to.index)] == session else { return }
    guard let bytes = pipes[pipeIndex(from, to)].waiting.first?.bytes else { return }
    if let departure = departure(node, bytes, ready: now) {
      retry(from, to, session, at: departure)
    } else {
      wait(.init(message: nil, to: to, session: session, bytes: bytes, ready: now), node)
    }
  }

  private func session(_ node: SimulatedNode<Core>, _ peer: NodeID) -> UInt32 { node.sessions[Int(peer.index)] }

  /// When the card is through with so many bytes, if it takes them at once; nil: they have to wait.
  @inline(__always)
  private func departure(_ node: SimulatedNode<Core>, _ bytes: Int32, ready: Int64) -> Int64? {
    guard node.outbox.isEmpty else { return nil }
    var departure = max(node.sendingUntil, ready)
    if let bandwidth { departure += onWire(UInt64(bytes) * 8, bandwidth) }
    guard departure <= now + Self.ring else { return nil }
    if bandwidth != nil { node.sendingUntil = departure }
    return departure
  }
  /// Nanoseconds, rounded up.
  private func onWire(_ bits: UInt64, _ bandwidth: UInt64) -> Int64 {
    Int64((bits * 1_000_000_000 + bandwidth - 1) / bandwidth)
  }

  private func wait(_ item: Outbox<Core.Message>.Item, _ node: SimulatedNode<Core>) {
    if node.outbox.bytes(to: item.to) + Int(item.bytes) > StreamDirection<Core.Message>.limit {
      if environment.link.kind == .stream { return resetSession(node.id, item.to) }
      if let message = item.message { drop(message, node.id, item.to) }
      return
    }
    node.outbox.append(item)
    if node.outbox.service == nil { advance(node) }
  }

  func depart(_ node: SimulatedNode<Core>, _ generation: UInt32) {
    if node.outbox.generation == generation { advance(node) }
  }

  /// Lets leave what has been sent by now, and sees to the next.
  private func advance(_ node: SimulatedNode<Core>) {
    while let first = node.outbox.first {
      let service =
        node.outbox.service ?? (bits: UInt64(first.bytes) * 8, since: max(now, node.sendingUntil, first.ready))
      let end = service.since + (bandwidth.map { onWire(service.bits, $0) } ?? 0)
      guard end <= now else {
        node.outbox.service = service
        node.outbox.generation &+= 1
        queue.push(.depart(node.id, generation: node.outbox.generation), at: end)
        return
      }
      let item = node.outbox.removeFirst()
      if bandwidth != nil { node.sendingUntil = end }
      if let message = item.message {
        launch(message, node.id, item.to, item.session, item.bytes, at: now)
      } else {
        retry(node.id, item.to, item.session, at: now)
      }
    }
  }

  /// The bandwidth was `old` until now: what is being sent goes on at the new one.
  func bandwidthChanged(from old: UInt64?) {
    for node in nodes where !node.outbox.isEmpty {
      if let old, let (bits, since) = node.outbox.service, since < now {
        // The four operations round alike everywhere, and the product may be too large for an integer.
        let sent = UInt64(min(Double(bits), Double(now - since) * Double(old) / 1e9))
        node.outbox.service = (bits - sent, now)
      }
      advance(node)
    }
  }

  /// The processor is through with its messages at other times than it promised.
  func processorChanged(_ node: SimulatedNode<Core>, _ moved: (Int64) -> Int64) {
    node.outbox.moveReady(after: now, moved)
    if !node.outbox.isEmpty { advance(node) }
  }
}
