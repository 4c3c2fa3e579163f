import Consensus
import Replication

extension TCPReplica: ReplicaHost {
  public var network: TCPReplica { self }
  public var storage: TCPReplica { self }
  public var timers: TCPReplica { self }
  public var probe: TCPReplica { self }

  /// The connection that asked last is answered.
  func take(_ request: RequestFrame, on connection: Connection) {
    guard let process else { return }
    attended[request.command.id] = Attendance(
      connection: connection, token: request.token, attempt: request.attempt, isProposed: false,
      received: latencies == nil ? 0 : now)
    process.replica.take(request.command, on: self)
    wantTurn()
  }

  public func repeated(_ command: Command.ID, isProposed: Bool) {
    guard isProposed else { return }
    attended[command]?.isProposed = true
    attended[command]?.received = 0
  }
  public func proposed(_ batch: Batch) {
    if latencies != nil { latencies?.proposed(batch, at: now) }
    guard !attended.isEmpty else { return }
    for command in batch.commands { attended[command.id]?.isProposed = true }
  }
  public func committed(_ entry: Entry, at slot: Slot, isOwn: Bool) {
    counts.commits += 1
    guard case .batch(let batch) = entry.value else { return }
    counts.commands += UInt64(batch.commands.count)
    if isOwn, latencies != nil { latencies?.committed(batch, at: now) }
  }

  public func executed(_ command: Command.ID, _ outcome: ExecutionOutcome) {
    guard !attended.isEmpty, let waiting = attended.removeValue(forKey: command) else { return }
    switch outcome {
    case .applied(let reply), .repeated(let reply):
      // Opening a session is no operation.
      if waiting.received > 0, command.sequence > 0 { latencies?.answered(received: waiting.received) }
      answer(command, waiting, .reply(reply))
    case .unknownSession: answer(command, waiting, .expired)
    case .stale: break
    }
  }
  public func refused(_ command: Command.ID, hint: NodeID?) {
    guard let waiting = attended.removeValue(forKey: command) else { return }
    answer(command, waiting, .refused(hint: hint))
  }
  public func finished(_ slot: Slot, _ entry: Entry, digest: UInt64) {
    if latencies != nil { latencies?.applied(at: now) }
  }
  func noteAnswers() {
    if latencies?.isAnswering ?? false { latencies?.left(at: now) }
  }
  public func installed(through slot: Slot, digest: UInt64) {}

  /// It halts; its peers see their sessions end.
  public func broken(_ reason: String) {
    // A step is being carried out, and what is left of it may find the same again.
    guard !isBroken else { return }
    isBroken = true
    settings.log("replica=\(id) event=halted reason=\"\(reason)\"")
    settings.halted(reason)
    loop.execute { [self] in
      isStopped = true
      process = nil
      clocks.cancel()
      listener?.close(promise: nil)
      for connection in connections.values {
        connection.standing = .ended
        connection.channel?.close(promise: nil)
      }
    }
  }

  public func statusChanged(from old: ReplicaStatus, to new: ReplicaStatus) {
    if old.role != new.role || old.epoch != new.epoch || old.leader != new.leader
      || old.isEstablished != new.isEstablished
    {
      settings.log(
        "replica=\(id) event=status role=\(new.role) epoch=\(new.epoch) leader=\(new.leader?.description ?? "-") "
          + "established=\(new.isEstablished)")
    }
    guard old.role == .leader, new.role != .leader || new.epoch != old.epoch else { return }
    latencies?.leadershipEnded()
    // What was proposed in the leadership that ended: nobody here knows what becomes of it.
    for (command, waiting) in attended where waiting.isProposed {
      attended[command] = nil
      answer(command, waiting, .interrupted(hint: new.leader == id ? nil : new.leader))
    }
  }

  private func answer(_ id: Command.ID, _ waiting: Attendance, _ content: AnswerFrame.Content) {
    guard waiting.connection.standing == .client else { return }
    let answer = AnswerFrame(token: waiting.token, attempt: waiting.attempt, id: id, content: content)
    scratch.removeAll()
    answer.encode(into: &scratch)
    write(answer.kind, scratch.bytes, on: waiting.connection)
    if waiting.connection.exceedsOutgoing, waiting.connection.pauseReading(.answers) { counts.pauses += 1 }
  }
}
