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
        target: struck.node.map { struck.fault.role + $0.description } ?? struck.fault.object,
        length: struck.fault.length.map { Int($0.nanoseconds) }
      )
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
    case .isolate: "isolate"
    case .cut: "cut"
    case .mute(_, let inbound, _): inbound ? "mute-inbound" : "mute-outbound"
    case .heal: "heal"
    case .loss: "loss"
    }
  }

  /// What its target is called, before who that was; nothing where it names a replica.
  fileprivate var role: String {
    switch target {
    case .leader: "leader "
    case .follower: "follower "
    case .node, nil: ""
    }
  }

  /// What stands behind the word, where that is no target.
  fileprivate var object: String {
    switch self {
    case .partition(let group, _): group.map(\.description).joined(separator: " ")
    case .cut(let from, let to, _): "\(from) \(to)"
    case .loss(let probability): ValueForm<Double>.probability.print(probability)
    case .crashAll, .heal: "all"
    case .crash, .restart, .pause, .isolate, .mute: ""
    }
  }

  fileprivate var length: Duration? {
    switch self {
    case .crash(_, let length), .partition(_, let length), .isolate(_, let length), .cut(_, _, let length),
      .mute(_, _, let length):
      length
    case .pause(_, let length): length
    case .crashAll, .restart, .heal, .loss: nil
    }
  }
}
