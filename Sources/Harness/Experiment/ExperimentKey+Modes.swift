import Faults
import Measurement
import Simulator

extension ExperimentKey {
  /// Whether it decides anything in `mode`: what the simulator models is what it is in real time.
  func exists(in mode: RunMode) -> Bool {
    guard mode != .sim else { return true }
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
  func real(in mode: RunMode) -> ExperimentSettings {
    guard mode != .sim else { return self }
    var real = self
    real.environment.link = LinkModel(delay: .constant(.zero))
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
    if case .constant = workload.payload { return nil }
    return ("workload.payload", "mode tcp sends payloads of one size only")
  }
}

extension RunMode {
  /// Whether `fault` can be made to happen.
  func makes(_ fault: Fault) -> Bool {
    switch (self, fault) {
    case (.sim, _): true
    case (.memory, _): false
    case (.tcp, .crash), (.tcp, .restart), (.tcp, .pause), (.tcp, .crashAll): true
    case (.tcp, _): false
    }
  }
}
