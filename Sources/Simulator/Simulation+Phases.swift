import Consensus
import Faults
import Verification

extension Simulation {
  /// Every client has its session: the load begins.
  func beginWarmUp() {
    let measure = configuration.measure
    phase = .warmUp
    result.hasFormed = true
    result.windowStart = now + measure.warmUp.nanoseconds
    result.windowEnd = result.windowStart + measure.window.nanoseconds
    queue.push(.phase(.window), at: result.windowStart, urgent: true)
    queue.push(.phase(.healing), at: result.windowEnd, urgent: true)
    for (index, fault) in configuration.faults.faults.enumerated() {
      queue.push(.fault(index), at: max(now, result.windowStart + fault.at.nanoseconds))
    }
    if let leader = leaderNow() { takePlaces(leader) } else { awaitsLeader = true }
    clients.begin(at: now, window: result.windowStart)
    for index in clients.clients.indices { proceed(index) }
    if clients.isOpenLoop { scheduleArrival() }
  }

  func reach(_ next: SimulationPhase) {
    switch next {
    case .window where phase == .warmUp:
      phase = .window
      clients.presence.start(at: now)
    case .healing where phase == .window: endWindow()
    case .healing where phase == .draining && now >= drainedBy:
      censorOutstanding()
      beginHealing()
    case .over where phase == .forming:
      phase = .over
    case .over where phase >= .healing && now >= deadline:
      result.isAtRest = false
      findings.expect(
        hasLostQuorum, "LIVE", nil,
        "no rest \(configuration.measure.patience) after all faults ended, and all that they had made slow: \(restlessness() ?? "")"
      )
      phase = .over
    default: break
    }
  }

  private func endWindow() {
    result.windowEnd = min(result.windowEnd, now)
    result.load.inSystem = clients.presence.stop(at: now)
    if isFaulty {
      censorOutstanding()
    } else if isSlowed, awaitsMeasured {
      phase = .draining
      dropBacklog()
      drainedBy = now + configuration.measure.patience.nanoseconds / 2
      return queue.push(.phase(.healing), at: drainedBy)
    }
    beginHealing()
  }

  /// Whoever is slow to the end of the window is slow for everything that was due in it: otherwise the last operations would be
  /// better off than they are where nothing is taken back.
  func healIfDrained() {
    if phase == .draining, !awaitsMeasured { beginHealing() }
  }
  private var awaitsMeasured: Bool { clients.clients.contains { $0.isMeasured && $0.entry != nil } }

  private func beginHealing() {
    phase = .healing
    deadline = max(now, slowUntil) + configuration.measure.patience.nanoseconds
    queue.push(.phase(.over), at: deadline)
    heal()
    dropBacklog()
    for index in clients.clients.indices where !clients.clients[index].isBusy { proceed(index) }
    settleIfQuiet()
  }

  /// How long what is under way may take, because something was slow when it began.
  private var slowUntil: Int64 {
    lastCondition == 0 ? now : nodes.reduce(lateUntil) { max($0, $1.busyUntil, $1.sendingUntil) }
  }

  private func dropBacklog() {
    // What was due and found no client is not started any more: it is unanswered.
    for (lane, due) in clients.stopWaiting() {
      if due < result.windowStart {
        result.load.before += now - result.windowStart
      } else {
        result.counts.unanswered += 1
        if clients.lanes > 1 { result.load.asked[lane] += 1 }
        recorder?.censored(due: due, sent: nil, end: now)
      }
    }
  }

  /// Something does not work that `heal` will set right.
  var isFaulty: Bool {
    isLosingMore || !obstacles.isEmpty || obstacles.isFlapping(at: now)
      || nodes.contains { (!$0.isUp && !$0.isHalted) || $0.isPaused || $0.isStalled }
  }
  /// Whoever waits while faults last would be helped by their end, which is no merit of the cluster's: what is not answered within the
  /// window counts as unanswered.
  private func censorOutstanding() {
    for index in clients.clients.indices where clients.clients[index].isMeasured && clients.clients[index].entry != nil
    {
      noteResidence(clients.clients[index])
      clients.clients[index].isMeasured = false
      result.counts.unanswered += 1
      recorder?.censored(due: clients.clients[index].due, sent: clients.clients[index].sent, end: now)
    }
  }

  /// Takes every fault back: all replicas run, all links are open and lose nothing.
  private func heal() {
    obstacles.removeAll()
    conditions.removeAll()
    applyConditions()
    loss = 0
    trace?.fault(now, "heal", nil)
    for node in nodes {
      mendDisk(of: node)
      if !node.isUp { restart(node) }
      resumeDisk(of: node)
      if node.isPaused { queue.push(.resume(node.id, incarnation: node.incarnation), at: now) }
    }
  }

  func settleIfQuiet() {
    guard phase == .healing, clients.clients.allSatisfy({ !$0.isBusy && $0.hasProven }) else { return }
    phase = .settling
    settle()
  }

  /// Over when there is one established leader that all follow, and all have executed the same and have it on disk.
  func settle() {
    guard phase == .settling, restlessness() == nil else { return }
    phase = .over
  }

  private func restlessness() -> String? {
    if phase == .healing {
      let busy = clients.clients.filter { $0.isBusy }.count
      return "\(busy) clients still wait"
    }
    guard let leader = leaderNow(), leader.status.isEstablished else { return "nobody leads" }
    guard let slot = leader.process?.replica.last.slot else { return "the leader is down" }
    for node in nodes where !node.isHalted {
      guard node.isRunning, let replica = node.process?.replica.last else { return "\(node.id) is down" }
      if node.status.epoch != leader.status.epoch || node.status.leader != leader.id {
        return "\(node.id) does not follow \(leader.id)"
      }
      if replica.slot != slot { return "\(node.id) executed \(replica.slot), the leader \(slot)" }
      if node.journal.pendingCount > 0 { return "the disk of \(node.id) is busy" }
    }
    return nil
  }

  /// Who leads in the highest epoch.
  func leaderNow() -> SimulatedNode<Core>? {
    var best: SimulatedNode<Core>?
    for node in nodes where node.isUp && node.status.role == .leader {
      if best == nil || node.status.epoch > best!.status.epoch { best = node }
    }
    return best
  }

  // MARK: Faults

  func resolve(_ target: FaultTarget) -> SimulatedNode<Core>? {
    target.resolved(among: everyone, leader: leaderNow()?.id) { nodes[Int($0.index)].isUp }
      .map { nodes[Int($0.index)] }
  }

  /// What is on the plan, and keeps a note of it if there was something to strike.
  func strike(planned index: Int) {
    let fault = configuration.faults.faults[index].fault
    let node = fault.target.flatMap { resolve($0)?.id }
    guard strike(fault) else { return }
    result.struck.append(StruckFault(fault, node: node, at: now))
    if let node { noteAbsence(of: node, fault) }
  }

  /// Whether there was something to strike.
  private func strike(_ fault: Fault) -> Bool {
    guard phase < .draining else { return false }
    switch fault {
    case .crash(let target, let downtime):
      guard let node = resolve(target), node.isUp else { return false }
      noteStruck([node.id])
      crash(node)
      if let downtime { queue.push(.restart(node.id, incarnation: node.incarnation), at: now + downtime.nanoseconds) }
    case .crashAll(let downtime):
      noteStruck(everyone)
      for (index, node) in nodes.enumerated() {
        crash(node)
        queue.push(.restart(node.id, incarnation: node.incarnation), at: now + downtime.nanoseconds * Int64(index + 1))
      }
    case .restart(let target):
      guard let node = resolve(target), !node.isUp else { return false }
      restart(node)
    case .pause(let target, let length):
      guard let node = resolve(target), node.isRunning else { return false }
      noteStruck([node.id])
      coverage.pauses += 1
      trace?.fault(now, "pause", node.id)
      node.isPaused = true
      node.pausedAt = now
      node.service &+= 1
      queue.push(.resume(node.id, incarnation: node.incarnation), at: now + length.nanoseconds)
    case .heal:
      obstacles.removeAll()
      noteOpened(nil)
      trace?.fault(now, "heal", nil)
    case .stallDisk(let target, let length):
      guard let node = resolve(target) else { return false }
      noteStruck([node.id])
      stallDisk(of: node, length)
    case .breakDisk(let target, let fault, let length):
      guard let node = resolve(target) else { return false }
      return breakDisk(of: node, fault, length)
    case .change(let condition, let length): return begin(condition, for: length)
    case .transfer(let target): return transfer(to: target)
    case .reconnect(let target): return reconnect(target)
    case .oldDuplicates(let target): return repeatOld(to: target)
    case .partition, .partialPartition, .isolate, .cut, .mute, .star, .flap: return block(fault)
    }
    return true
  }

  private func block(_ fault: Fault) -> Bool {
    guard let blocking = fault.blocking(among: everyone, { resolve($0)?.id }) else { return false }
    noteStruck(blocking.struck)
    coverage.partitions += 1
    if let period = blocking.period {
      toggle(obstacles.flap(blocking.pairs, period: period, from: now, for: blocking.length))
    } else {
      let obstacle = obstacles.add(blocking.pairs)
      lastObstacle = obstacle
      trace?.links(now, "block", obstacle)
      if let length = blocking.length { queue.push(.lift(obstacle), at: now + length.nanoseconds) }
    }
    return true
  }

  func lift(_ obstacle: Obstacle) {
    guard phase < .healing, obstacles.lift(obstacle) else { return }
    trace?.links(now, "open", obstacle)
    noteOpened(obstacle)
  }

  /// A fail-over begins if one of these leads.
  func noteStruck(_ struck: some Sequence<NodeID>) {
    guard let leader = leaderNow(), struck.contains(leader.id) else { return }
    failover.strike(leader.id, epoch: leader.status.epoch, at: now)
  }
}
