import Consensus
import Foundation
import Measurement
import Simulator
import Verification

/// One run against a cluster that somebody else started, and goes on running: driven, and verified by what its clients see.
///
/// Earlier runs may have left values, and commands that are still on their way, so a run has keys that no other one ever had: the
/// service itself gives them out, by a counter in its last key that only `cas` moves. A command of an earlier run then touches nothing
/// of this one, whenever it is executed.
final class RunningCluster {
  /// Holds the first key that nobody was given yet.
  static let counter = UInt32.max

  private let configuration: SimulationConfiguration
  private let clients: ClusterClients
  private var result = SimulationResult()

  private init(_ configuration: SimulationConfiguration, _ file: NodeFile) {
    self.configuration = configuration
    clients = ClusterClients(configuration, file)
    result.messages = file.variant.messageKinds.map { _ in MessageCount() }
  }

  /// Runs `configuration` once.
  static func run(
    _ configuration: SimulationConfiguration, _ file: NodeFile, recorder: (any Recorder)?
  ) -> TCPRun.Outcome {
    let before = ProcessGroup.Usage.own
    let run = RunningCluster(configuration, file)
    do throws(InputError) { try run.drive(recorder) } catch {
      run.result.verification.violations = [Violation("RUN", "\(error.description)")]
    }
    return TCPRun.Outcome(
      result: run.result, client: .own - before, clientPeak: ProcessCost.now().peakResident, lag: run.clients.lag)
  }

  private func drive(_ recorder: (any Recorder)?) throws(InputError) {
    clients.firstKey = try takeKeys()
    result.hasFormed = true
    result.windowStart = try clients.begin() + configuration.measure.warmUp.nanoseconds
    result.windowEnd = result.windowStart + configuration.measure.window.nanoseconds
    while ClusterClients.now() < result.windowEnd {
      if try clients.hasEnough(since: result.windowStart) {
        result.windowEnd = ClusterClients.now()
        break
      }
      usleep(UInt32(max(0, min(5_000_000, result.windowEnd - ClusterClients.now())) / 1_000))
    }
    try clients.drain()
    let load = try clients.finish()
    let last = try clients.readAll(after: load)
    result.end = ClusterClients.now()
    load.count(configuration.workload, end: result.end, into: &result, recorder)
    result.history += last.reads
    var findings = Findings()
    result.verification = VerificationReport(
      fromOutside: result.history, &findings, missing: last.missing.map { [$0] } ?? [])
  }

  /// The first of as many keys as the workload is about.
  private func takeKeys() throws(InputError) -> UInt32 {
    let count = UInt64(max(1, configuration.workload.keys))
    var next = try clients.ask(.get(Self.counter)).value
    while true {
      guard next + count <= UInt64(Self.counter) else {
        throw InputError("the cluster has no \(count) keys left that no run has used; start it anew")
      }
      // Asked again after an answer that was lost, it does not match: then these keys are nobody's.
      let reply = try clients.ask(.cas(Self.counter, from: next, to: next + count))
      if reply.applied { return UInt32(next) }
      next = reply.value
    }
  }
}
