import Consensus
import Faults
import Simulator

extension TCPRun {
  func act(_ action: Action) throws(InputError) {
    switch action {
    case .restart(let id): try cluster.start(id)
    case .resume(let id): cluster.resume(id)
    case .strike(let index): try strike(configuration.faults.faults[index].fault)
    }
  }

  private func strike(_ fault: Fault) throws(InputError) {
    if case .crashAll(let downtime) = fault {
      for id in addresses.keys.sorted() {
        try crash(Int(id.index), fault, downtime * (Int(id.index) + 1))
      }
      return
    }
    guard let target = fault.target, let id = find(target) else { return }
    switch fault {
    case .crash(_, let downtime): try crash(id, fault, downtime)
    case .restart: try cluster.start(id)
    case .pause(_, let length):
      note(fault, id)
      cluster.pause(id)
      agenda.append((Self.now() + length.nanoseconds, .resume(id)))
    default: break
    }
  }
  private func crash(_ id: Int, _ fault: Fault, _ downtime: Duration?) throws(InputError) {
    note(fault, id)
    cluster.crash(id)
    if let downtime { agenda.append((Self.now() + downtime.nanoseconds, .restart(id))) }
  }
  private func note(_ fault: Fault, _ id: Int) {
    let at = Self.now()
    result.struck.append(StruckFault(fault, node: NodeID(id), at: at))
    result.faults += 1
    if let last = cluster.status(of: id), last.role == .leader {
      strikes.append((NodeID(id), last.epoch, at))
    }
  }

  private func find(_ target: FaultTarget) -> Int? {
    let leader = cluster.leader
    let followers = addresses.keys.sorted().map { Int($0.index) }.filter { $0 != leader && cluster.isRunning($0) }
    switch target {
    case .node(let node): return addresses[node] == nil ? nil : Int(node.index)
    case .leader: return leader
    case .follower: return followers.first
    case .laterFollower(let number): return number <= followers.count ? followers[number - 1] : nil
    }
  }
}
