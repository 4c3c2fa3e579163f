import Measurement
import Simulator
import Verification

/// One run with all that can be kept of it.
public struct RecordedRun: Sendable {
  public var report: VerificationReport
  public var history: [ClientOperation]
  /// Of every event: sixteen hexadecimal digits.
  public var hash: String
  /// The planned faults that struck, and what they were; only of torture.
  public var faults: [(at: Int64, text: String)] = []
  /// Virtual ns at its end.
  public var end: Int64 = 0
  /// When the clients began, from which a schedule counts; nil: the cluster never came to serve them.
  public var start: Int64?
}

extension ExperimentPoint {
  /// Runs one trial again, and keeps its history; `trace` gets a line for each event.
  public func record(
    seed: UInt64, trial: Int, trace: ((String) -> Void)? = nil, place: ClusterPlace? = nil
  ) -> RecordedRun {
    let trial = Trial(
      of: self, seed: seed, number: trial, probe: nil, countsCosts: false, trace: trace, keepsHistory: true,
      place: place)
    return RecordedRun(report: trial.report, history: trial.history, hash: "\(trial.summary.runHash)")
  }
}

extension ProtocolVariant {
  /// Runs one seed of random faults again; see ``TortureRun``.
  public func replay(seed: UInt64, replicas: Int, trace: @escaping (String) -> Void) -> RecordedRun {
    RecordedRun(simulate(torture(seed: seed, replicas: replicas), nil, trace, true))
  }
}

extension RecordedRun {
  init(_ result: SimulationResult) {
    self.init(report: result.verification, history: result.history, hash: hexadecimal(result.hash), end: result.end)
    if result.hasFormed { start = result.windowStart }
    faults = result.struck.map { struck in
      (struck.at, struck.fault.text + (struck.node.map { " (\($0))" } ?? ""))
    }
  }
}
