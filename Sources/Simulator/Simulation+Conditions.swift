import Consensus
import Faults

// Faults that change how fast or how well something works, for a time.
extension Simulation {
  /// Whether there was somebody to strike.
  func begin(_ condition: Condition, for length: Duration?) -> Bool {
    // Whose leader or follower it is, is decided when it begins.
    guard let condition = condition.decided({ resolve($0)?.id }) else { return false }
    lastCondition += 1
    conditions.append((lastCondition, condition))
    coverage.conditions += 1
    trace?.fault(now, "change \(lastCondition) begins", condition.node)
    applyConditions()
    if let length { queue.push(.conditionEnds(lastCondition), at: now + length.nanoseconds) }
    return true
  }

  func endCondition(_ number: Int) {
    guard let index = conditions.firstIndex(where: { $0.number == number }) else { return }
    trace?.fault(now, "change \(number) ends", conditions[index].condition.node)
    conditions.remove(at: index)
    applyConditions()
  }

  /// Everything as the environment has it, and on top what lasts just now, oldest first.
  func applyConditions() {
    var links = LinkConditions(environment.link, bandwidth: environment.bandwidth)
    let before = nodes.map { ($0.slowness, $0.pace) }
    for node in nodes {
      node.slowness = 1
      node.fsync = environment.fsync
      node.fsyncFactor = 1
      node.cpu = environment.cpu
      node.clockRate = 1
    }
    for (_, condition) in conditions {
      links.add(condition, among: everyone)
      switch condition {
      case .disk(_, .factor(let factor)):
        machine(condition).fsyncFactor = min(machine(condition).fsyncFactor * factor, longest)
      case .disk(_, .write(let time)): machine(condition).fsync = time
      case .processor(_, let factor): machine(condition).slowness *= factor
      case .clock(_, let rate): machine(condition).clockRate *= rate
      case .loss, .burst, .bandwidth, .delay: break
      }
    }
    let oldBandwidth = bandwidth
    (loss, burst, bandwidth, addedDelays) = (links.loss, links.burst, links.bandwidth, links.addedDelays)
    for (node, (slowness, pace)) in zip(nodes, before) {
      node.slowness = node.cpu.slow(by: node.slowness)
      if node.slowness != slowness { goOn(node, at: node.slowness / slowness) }
      if node.pace != pace, pace > 0 { goOnWriting(node, at: node.pace / pace) }
    }
    hasOwnDelays = !routes.isEmpty || !addedDelays.isEmpty
    if bandwidth != oldBandwidth { bandwidthChanged(from: oldBandwidth) }
  }
  /// The rest of what a processor is at takes so many times as long.
  private func goOn(_ node: SimulatedNode<Core>, at factor: Double) {
    let moment = node.isPaused ? node.pausedAt : now
    func moved(_ time: Int64) -> Int64 { moment + slowed(max(0, time - moment), by: factor) }
    node.busyUntil = moved(node.busyUntil)
    node.interruption = slowed(node.interruption, by: factor)
    node.serviceEnds = moved(node.serviceEnds)
    if node.isProcessing, !node.isPaused { serve(node, until: node.serviceEnds) }
    processorChanged(node, moved)
  }
  private func machine(_ condition: Condition) -> SimulatedNode<Core> { nodes[Int(condition.node!.index)] }

  /// More is lost just now than the environment loses, or in longer bursts.
  var isLosingMore: Bool { loss > environment.link.loss || loss > 0 && burst > environment.link.burst }
  /// Something is slower or faster just now than the environment has it.
  var isSlowed: Bool {
    bandwidth != environment.bandwidth || addedDelays.contains { $0.delay != .constant(.zero) }
      || nodes.contains { $0.fsync != environment.fsync || $0.fsyncFactor != 1 || $0.cpu != environment.cpu }
  }

  // MARK: Links that flap

  func toggle(_ number: Int) {
    guard phase < .healing, let change = obstacles.toggle(number, at: now) else { return }
    trace?.links(now, change.isDown ? "block" : "open", change.obstacle)
    if let next = change.next { queue.push(.flap(number), at: next) }
  }

  // MARK: Disks that stall

  func stallDisk(of node: SimulatedNode<Core>, _ length: Duration) {
    coverage.conditions += 1
    trace?.fault(now, "disk stalls", node.id)
    node.stalledUntil = max(node.stalledUntil, now + length.nanoseconds)
    queue.push(.diskResumes(node.id), at: node.stalledUntil)
  }

  func resumeDisk(of node: SimulatedNode<Core>) {
    guard node.stalledUntil > 0 else { return }
    trace?.fault(now, "disk resumes", node.id)
    node.stalledUntil = 0
    let held = node.heldWrites
    node.heldWrites = []
    for event in held { handle(event) }
    dirty.insert(node.id)
  }

  // MARK: Sessions that break at once

  /// Whether there was somebody with sessions.
  func reconnect(_ target: FaultTarget) -> Bool {
    guard environment.link.kind == .stream, let node = resolve(target), node.isUp else { return false }
    noteStruck([node.id])
    coverage.conditions += 1
    trace?.fault(now, "reconnects", node.id)
    for peer in everyone.removing(node.id) { resetSession(node.id, peer) }
    return true
  }

  // MARK: A planned hand-over

  /// Whether there was a leader to ask, and another replica to follow it.
  func transfer(to target: FaultTarget) -> Bool {
    guard let leader = leaderNow(), leader.isRunning, let heir = resolve(target), heir.id != leader.id else {
      return false
    }
    coverage.conditions += 1
    trace?.fault(now, "asked to hand over to \(heir.id)", leader.id)
    failover.strike(leader.id, epoch: leader.status.epoch, at: now, isHandOver: true)
    carry(leader) { $0.handle(.transfer(to: heir.id), cause: 0, on: leader) }
    return true
  }
}

/// Nanoseconds of a day: nothing here takes longer, however many factors meet.
let longest = 86_400e9

/// So many times as long.
func slowed(_ nanoseconds: Int64, by factor: Double) -> Int64 {
  Int64(min(Double(nanoseconds) * factor, longest).rounded())
}

extension CPUModel {
  /// By `factor`, or by as much of it as can be; gives back which.
  fileprivate mutating func slow(by factor: Double) -> Double {
    let most = max(perMessageIn, perMessageOut, perByte).nanoseconds
    guard factor != 1, most > 0 else { return 1 }
    let factor = min(max(factor, 1 / longest), longest / Double(most))
    func slowed(_ time: Duration) -> Duration { .nanoseconds(Simulator.slowed(time.nanoseconds, by: factor)) }
    perMessageIn = slowed(perMessageIn)
    perMessageOut = slowed(perMessageOut)
    perByte = slowed(perByte)
    return factor
  }
}
