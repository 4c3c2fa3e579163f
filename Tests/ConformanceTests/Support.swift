import Consensus
import Faults
import Harness
import Replication
import Simulator
import Testing

@testable import consensus_bench

/// Every protocol that has peers, with each variant: a new one is covered by being listed in the catalogue.
let replicated = ProtocolCatalogue.all.filter { $0.fixedReplicas == nil }

extension ProtocolVariant: CustomTestStringConvertible {
  public var testDescription: String { name }
}

/// Nothing costs anything but what a test adds.
func environment(
  _ replicas: Int, delay: DelayDistribution = .constant(.milliseconds(1)), fsync: Duration = .zero,
  disk: LeaderDisk = .parallelAnyMajority, kind: LinkModel.Kind = .stream
) -> Environment {
  Environment(
    replicas: replicas, link: LinkModel(kind: kind, delay: delay), fsync: .constant(fsync),
    timing: Timing(heartbeat: .milliseconds(50), electionTimeout: .milliseconds(150)...(.milliseconds(300))),
    shared: SharedTuning(leaderDisk: disk))
}

/// One client that rests for `think` after each answer.
func isolated(_ think: Duration) -> Workload {
  Workload(arrival: .closed(clients: 1, think: think), keys: 10, payload: 16)
}

/// Keeps how long each batch took to commit, and each operation to be answered; ns.
final class Samples: Recorder {
  var commits: [Int64] = []
  var client: [Int64] = []

  func answered(due: Int64, sent: Int64, at: Int64) { client.append(at - due) }
  func censored(due: Int64, sent: Int64?, end: Int64) {}
  func completed(sinceWindowStart: Int64, latency: Int64) {}
  func abandoned(sinceWindowStart: Int64) {}
  func committed(proposed: Int64, at: Int64) { commits.append(at - proposed) }
  func staged(received: Int64, proposed: Int64, committed: Int64, applied: Int64, replied: Int64) {}
}

extension SimulationResult {
  /// Frames between replicas of messages that are for `purpose`.
  func frames(_ purpose: MessagePurpose, _ variant: ProtocolVariant) -> Int {
    zip(variant.messageKinds, messages).reduce(0) { $0 + ($1.0.purpose == purpose ? Int($1.1.frames) : 0) }
  }
  func count(_ name: String) -> Int { coverage.first { $0.name == name }?.count ?? 0 }
}

/// The run was checked and found in order, and came to rest if it could.
func expectOK(
  _ result: SimulationResult, _ comment: @autoclosure () -> String, sourceLocation: SourceLocation = #_sourceLocation
) {
  let isFine = result.verification.verdict == .ok && result.isSettled
  #expect(isFine, "\(comment()): \(result.verification.violations)", sourceLocation: sourceLocation)
}
