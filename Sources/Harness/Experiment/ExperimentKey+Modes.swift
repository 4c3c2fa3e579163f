import Faults
import Measurement
import Simulator
import TCPRuntime

extension ExperimentKey {
  /// Whether it decides anything in `mode`: what the simulator models is what it is in real time. `links`: what is asked of links over
  /// TCP.
  func exists(in mode: RunMode, _ links: RealLinks) -> Bool {
    guard mode != .sim else { return true }
    if mode == .tcp, links.counts(path) { return true }
    switch path.prefix(while: { $0 != "." }) {
    case "link", "client", "cpu": return false
    default: break
    }
    switch path {
    case "cluster.sites", "cluster.leader-site", "cluster.start-within", "disk.fsync", "disk.candidate-fsync",
      "disk.group-commit", "workload.think":
      return false
    case "workload.bursts": return mode == .memory
    case "measure.stops-when-recovered": return mode == .tcp
    default: return true
    }
  }

  /// What leaves it without effect on a configuration that is run in `mode`, such as `workload.arrival closed`.
  func obstacle(_ inputs: [ExperimentPoint.Input], in mode: RunMode) -> String {
    if mode == .tcp, RealLinks.ofLosses.contains(path) {
      return "mode tcp while nothing can be lost: set link.loss, or plan a fault of links"
    }
    return exists(in: mode, .init()) ? obstacle(inputs) : "mode \(mode.rawValue)"
  }

  /// The keys that decide something about a replica of a real cluster.
  static let ofReplicas = all.map(\.path).filter { path in
    let section = path.prefix { $0 != "." }
    if section == "replication" { return path != "replication.retransmission" }
    return ["timing", "batch", "snapshot", "sessions"].contains(section) || path == "disk.leader"
  }
  /// What a running cluster has fixed.
  static let ofClusters = ["cluster.replicas"] + ofReplicas
}

extension ExperimentSettings {
  /// These, without what does not exist in `mode`.
  func real(in mode: RunMode, _ links: RealLinks = .init()) -> ExperimentSettings {
    guard mode != .sim else { return self }
    var real = self
    real.environment.link = LinkModel(delay: .constant(.zero))
    if mode == .tcp { real.environment.link = links.link(environment.link) }
    real.environment.geography = .init()
    real.environment.clientDelay = .zero
    real.environment.bandwidth = nil
    real.environment.cpu = .init()
    real.environment.startWithin = .zero
    real.environment.fsync = .constant(.zero)
    real.environment.candidateFsync = nil
    real.environment.groupCommit = .natural
    real.environment.shared.retransmission = nil
    real.think = .constant(.zero)
    if mode == .tcp { real.workload.bursts = nil }
    if mode == .memory { real.measure.stopsWhenRecovered = false }
    return real
  }

  /// What cannot be run in `mode`, with the key to blame; nil: all can.
  func obstacle(to mode: RunMode) -> (key: String, reason: String)? {
    guard mode == .tcp else { return nil }
    if environment.link.kind == .datagram { return ("link.kind", "mode tcp has streams only") }
    guard case .constant(let payload) = workload.payload else {
      return ("workload.payload", "mode tcp sends payloads of one size only")
    }
    let limit = ConnectionLimits.payloadBytes
    if payload > limit {
      return ("workload.payload", "over TCP at most \(ValueForm<Int>.bytes(0...limit).print(limit))")
    }
    return tooLong
  }

  /// What a replica on TCP would send, and no peer take.
  var tooLong: (key: String, reason: String)? {
    let limit = ConnectionLimits.messageBytes
    let shared = environment.shared
    let sizes = [
      ("batch.bytes", environment.batch.bytes), ("replication.message-bytes", shared.messageBytes),
      ("snapshot.piece-bytes", shared.snapshotPieceBytes),
    ]
    return sizes.first { $0.1 > limit }.map {
      ($0.0, "over TCP at most \(ValueForm<Int>.bytes(0...limit).print(limit))")
    }
  }
}

/// The inputs of links that count over TCP. Links are there what they are, and the default environment's say what they are in the
/// simulator; so only what an experiment itself asks for is done to frames on top, and nothing if it asks for nothing.
struct RealLinks {
  private static let ofFrames: Set = ["link.delay", "link.loss", "link.burst"]
  /// What becomes of frames that are lost.
  static let ofLosses: Set = ["link.retransmission", "link.session-timeout", "link.reconnect"]

  private var counting: Set<String> = []

  init() {}
  /// `asked`: the keys that the experiment, its profile or `--set` gives or sweeps. `faults`: all that may happen in it.
  init(asked: some Sequence<String>, faults: [Fault]) {
    counting = Self.ofFrames.intersection(asked)
    let isLossy = counting.contains("link.loss") || counting.contains("link.burst")
    if isLossy || faults.contains(where: \.isOfLinks) { counting.formUnion(Self.ofLosses) }
  }

  func counts(_ path: String) -> Bool { counting.contains(path) }

  /// What happens to frames on a link that is modelled as `link`.
  func link(_ link: LinkModel) -> LinkModel {
    var real = LinkModel(kind: link.kind, delay: .constant(.zero))
    if counts("link.delay") { real.delay = link.delay }
    if counts("link.loss") { real.loss = link.loss }
    if counts("link.burst") { real.burst = link.burst }
    (real.retransmission, real.sessionTimeout) = (link.retransmission, link.sessionTimeout)
    real.reconnect = link.reconnect
    return real
  }
}

extension RunMode {
  /// Whether `fault` can be made to happen.
  func makes(_ fault: Fault) -> Bool {
    switch (self, fault) {
    case (.sim, _): true
    case (.memory, _): false
    case (.tcp, .crash), (.tcp, .restart), (.tcp, .pause), (.tcp, .crashAll): true
    case (.tcp, .change(.bandwidth, _)): false
    case (.tcp, _): fault.isOfLinks
    }
  }
}
