import Consensus
import Faults
import Measurement
import Simulator

extension FaultRow {
  /// The faults that struck in one run.
  static func rows(_ run: RunKey, _ result: SimulationResult) -> [FaultRow] {
    result.struck.enumerated().map { number, struck in
      FaultRow(
        run, number: number, at: Int(struck.at - result.windowStart), kind: struck.fault.word,
        target: [struck.node.map { struck.fault.role + $0.description }, struck.fault.object].compactMap { $0 }
          .joined(separator: " "),
        length: struck.fault.length.map { Int($0.nanoseconds) })
    }
  }
}

extension Fault {
  /// The word of its ``FaultForm``.
  var word: String {
    switch self {
    case .crash: "crash"
    case .crashAll: "crash-all"
    case .restart: "restart"
    case .pause: "pause"
    case .partition: "partition"
    case .partialPartition: "partial-partition"
    case .isolate: "isolate"
    case .cut: "cut"
    case .mute(_, let inbound, _): inbound ? "mute-inbound" : "mute-outbound"
    case .star: "star"
    case .flap: "flap"
    case .heal: "heal"
    case .stallDisk: "disk-stall"
    case .breakDisk(_, let fault, _): fault.rawValue
    case .transfer: "transfer"
    case .reconnect: "reconnect"
    case .oldDuplicates: "old-duplicates"
    case .change(let condition, _):
      switch condition {
      case .loss: "loss"
      case .burst: "burst"
      case .bandwidth: "bandwidth"
      case .delay: "delay"
      case .disk: "slow-disk"
      case .processor: "slow-cpu"
      case .clock: "clock-rate"
      }
    }
  }

  /// What its target is called, before who that was; nothing where it names a replica.
  fileprivate var role: String {
    switch target {
    case .leader: "leader "
    case .follower: "follower "
    case .laterFollower(let number): "follower-\(number) "
    case .node, .any, nil: ""
    }
  }

  /// What stands behind the word besides a target; nil: nothing.
  fileprivate var object: String? {
    switch self {
    case .partition(let group, _): group.map(\.description).joined(separator: " ")
    case .partialPartition(let one, let other, _):
      ValueForm<(one: [FaultTarget], other: [FaultTarget])>.groups.print((one, other))
    case .cut(let from, let to, _): "\(from) \(to)"
    case .flap(.pair(let from, let to), let period, _): "\(from) \(to) \(ValueForm<Duration>.duration.print(period))"
    case .flap(.target, let period, _): ValueForm<Duration>.duration.print(period)
    case .change(.disk(_, .factor(let factor)), _), .change(.processor(_, let factor), _),
      .change(.clock(_, let factor), _):
      ValueForm<Double>.factor.print(factor)
    case .change(.disk(_, .write(let time)), _): ValueForm<DelayDistribution>.delay.print(time)
    case .change(.loss(let probability), _): ValueForm<Double>.probability.print(probability)
    case .change(.burst(let length), _): ValueForm<Double>.burst.print(length)
    case .change(.bandwidth(let limit), _): ValueForm<UInt64>.bandwidth.or("unlimited").print(limit)
    case .change(.delay(_, let delay), _): ValueForm<DelayDistribution>.delay.print(delay)
    case .crashAll, .heal: "all"
    case .crash, .restart, .pause, .isolate, .mute, .star, .stallDisk, .breakDisk, .transfer, .reconnect,
      .oldDuplicates:
      nil
    }
  }

  /// How long it lasts; nil: it says nothing of that.
  var length: Duration? {
    switch self {
    case .crash(_, let length), .partition(_, let length), .partialPartition(_, _, let length), .isolate(_, let length),
      .cut(_, _, let length), .mute(_, _, let length), .star(_, let length), .flap(_, _, let length),
      .change(_, let length):
      length
    case .pause(_, let length), .stallDisk(_, let length): length
    case .breakDisk(_, let fault, let length): fault.lasts ? length : nil
    case .crashAll, .restart, .heal, .transfer, .reconnect, .oldDuplicates: nil
    }
  }
}
