import Consensus
import Faults

extension Fault {
  /// What an experiment file writes behind its word.
  var value: String {
    func text(_ target: FaultTarget) -> String { ValueForm<FaultTarget>.target.print(target) }
    switch self {
    case .crash(let target, _), .restart(let target), .pause(let target, _), .isolate(let target, _),
      .mute(let target, _, _), .star(let target, _), .stallDisk(let target, _), .transfer(let target),
      .breakDisk(let target, _, _), .reconnect(let target), .oldDuplicates(let target):
      return text(target)
    case .crashAll(let step): return ValueForm<Duration>.positiveDuration.print(step)
    case .partition(let group, _): return ValueForm<NodeSet>.group.print(group)
    case .partialPartition(let one, let other, _):
      return ValueForm<(one: [FaultTarget], other: [FaultTarget])>.groups.print((one, other))
    case .cut(let from, let to, _): return ValueForm<(from: NodeID, to: NodeID)>.path.print((from, to))
    case .flap(let links, let period, _):
      return ValueForm<(links: FlappingLinks, period: Duration)>.flapping.print((links, period))
    case .heal: return "all"
    case .change(let condition, _): return Self.value(of: condition)
    }
  }

  private static func value(of condition: Condition) -> String {
    switch condition {
    case .loss(let probability): ValueForm<Double>.probability.print(probability)
    case .burst(let length): ValueForm<Double>.burst.print(length)
    case .bandwidth(let limit): ValueForm<UInt64>.bandwidth.or("unlimited").print(limit)
    case .delay(let target, let delay):
      ValueForm<(target: FaultTarget?, delay: DelayDistribution)>.addedDelay.print((target, delay))
    case .disk(let target, let speed):
      ValueForm<(target: FaultTarget, speed: DiskSpeed)>.diskSpeed.print((target, speed))
    case .processor(let target, let factor), .clock(let target, let factor):
      ValueForm<(target: FaultTarget, factor: Double)>.processorFactor.print((target, factor))
    }
  }

  /// The whole fault in one line, but for its time.
  var text: String {
    "\(word) \(value)" + (length.map { " for \(ValueForm<Duration>.duration.print($0))" } ?? "")
  }

  /// The same fault, but for another length; one that has no length stays as it is.
  func lasting(_ length: Duration) -> Fault {
    let text = ValueForm<Duration>.positiveDuration.print(length)
    return (try? FaultForm.all.first { $0.name == word }?.entry(value, at: "0s", for: text))?.fault ?? self
  }
}
