import Consensus
import Faults
import Foundation
import Simulator

extension TCPRun {
  func act(_ action: Action) throws(InputError) {
    switch action {
    case .restart(let id): try start(id)
    case .resume(let id): cluster.resume(id)
    case .strike(let index): try strike(configuration.faults.faults[index].fault)
    case .lift(let obstacle): if links.obstacles.lift(obstacle) { try tell() }
    case .toggle(let number): try toggle(number)
    case .conditionEnds(let number):
      links.end(number)
      try tell()
    }
  }

  private func strike(_ fault: Fault) throws(InputError) {
    if case .crashAll(let downtime) = fault {
      for id in everyone { try crash(Int(id.index), fault, downtime * (Int(id.index) + 1)) }
      return
    }
    let node = fault.target.flatMap { resolve($0) }
    switch fault {
    case .crash(_, let downtime): if let node { try crash(Int(node.index), fault, downtime) }
    case .restart:
      guard let node, !cluster.isUp(Int(node.index)) else { return }
      note(fault, node)
      try start(Int(node.index))
    case .pause(_, let length):
      guard let node, cluster.isRunning(Int(node.index)) else { return }
      note(fault, node, deposing: [node])
      cluster.pause(Int(node.index))
      agenda.append((Self.now() + length.nanoseconds, .resume(Int(node.index))))
    case .heal:
      links.obstacles.removeAll()
      note(fault, nil, at: try tellAndWait())
    case .change(let condition, let length):
      guard let condition = condition.decided(resolve) else { return }
      let number = links.begin(condition)
      let at = try tellAndWait()
      note(fault, node, at: at)
      if let length { agenda.append((at + length.nanoseconds, .conditionEnds(number))) }
    default: if let blocking = fault.blocking(among: everyone, resolve) { try block(fault, node, blocking) }
    }
  }

  private func crash(_ id: Int, _ fault: Fault, _ downtime: Duration?) throws(InputError) {
    guard cluster.isUp(id) else { return }
    note(fault, NodeID(id), deposing: [NodeID(id)])
    cluster.crash(id)
    if let downtime { agenda.append((Self.now() + downtime.nanoseconds, .restart(id))) }
  }

  private func block(_ fault: Fault, _ node: NodeID?, _ blocking: Blocking) throws(InputError) {
    // Asked before: who is cut off may have lost the lead when all replicas have said that it is.
    let leader = leaderStruck(by: blocking.struck)
    if let period = blocking.period {
      let number = links.obstacles.flap(blocking.pairs, period: period, from: Self.now(), for: blocking.length)
      try toggle(number)
      note(fault, node, at: Self.now(), leader)
    } else {
      let obstacle = links.obstacles.add(blocking.pairs)
      let at = try tellAndWait()
      note(fault, node, at: at, leader)
      if let length = blocking.length { agenda.append((at + length.nanoseconds, .lift(obstacle))) }
    }
  }
  private func toggle(_ number: Int) throws(InputError) {
    guard let change = links.obstacles.toggle(number, at: Self.now()) else { return }
    if let next = change.next { agenda.append((next, .toggle(number))) }
    try tell()
  }

  // MARK: Notes

  private func note(_ fault: Fault, _ node: NodeID?, deposing struck: [NodeID] = []) {
    note(fault, node, at: Self.now(), leaderStruck(by: struck))
  }
  private func note(_ fault: Fault, _ node: NodeID?, at: Int64, _ struck: LoggedStatus? = nil) {
    result.struck.append(StruckFault(fault, node: node, at: at))
    result.faults += 1
    if let struck { strikes.append((struck.node, struck.epoch, at)) }
  }
  /// Who leads, if it is one of these.
  private func leaderStruck(by struck: [NodeID]) -> LoggedStatus? {
    guard let leader = cluster.leader, struck.contains(NodeID(leader)) else { return nil }
    return cluster.status(of: leader)
  }

  // MARK: Whom it strikes

  private var everyone: NodeSet { NodeSet(first: addresses.count) }

  private func resolve(_ target: FaultTarget) -> NodeID? {
    target.resolved(among: everyone, leader: cluster.leader.map { NodeID($0) }) { cluster.isRunning(Int($0.index)) }
  }

  // MARK: Links

  /// Starts a replica, which finds its links as they are just now.
  func start(_ id: Int) throws(InputError) {
    guard !cluster.isUp(id) else { return }
    try cluster.start(id)
    links.forget(NodeID(id))
    try tell()
  }

  /// Tells all replicas that are up what has changed.
  @discardableResult func tell() throws(InputError) -> [(id: Int, number: Int)] {
    var given: [(id: Int, number: Int)] = []
    for node in everyone where cluster.isUp(Int(node.index)) {
      for order in links.orders(for: node) {
        given.append((Int(node.index), try cluster.give(order, to: Int(node.index))))
      }
    }
    return given
  }

  /// The same, and waits until those that run do it; when the last of them began.
  private func tellAndWait() throws(InputError) -> Int64 {
    var last: Int64 = 0
    let deadline = Self.now() + configuration.measure.patience.nanoseconds
    for (id, number) in try tell() where cluster.isRunning(id) {
      while true {
        if let at = try cluster.carriedOut(number, by: id) {
          last = max(last, at)
          break
        }
        if let failure = cluster.failure() { throw InputError(failure) }
        guard Self.now() < deadline else {
          throw InputError("replica n\(id) did not carry out an order within \(configuration.measure.patience)")
        }
        usleep(500)
      }
    }
    return last == 0 ? Self.now() : last
  }
}
