import Consensus
import Faults
import Replication
import Simulator
import Testing

@testable import MultiPaxos

/// Keeps every commit latency of a run.
final class Samples: Recorder {
  var commits: [Int64] = []

  func answered(due: Int64, sent: Int64, at: Int64) {}
  func censored(due: Int64, sent: Int64?, end: Int64) {}
  func completed(sinceWindowStart: Int64, latency: Int64) {}
  func abandoned(sinceWindowStart: Int64) {}
  func committed(proposed: Int64, at: Int64) { commits.append(at - proposed) }
  func staged(received: Int64, proposed: Int64, committed: Int64, applied: Int64, replied: Int64) {}
}

/// Nothing costs anything but what a test adds: one-way delay 1 ms, no write time.
func environment(
  replicas: Int = 3, delay: DelayDistribution = .constant(.milliseconds(1)), fsync: Duration = .zero,
  disk: LeaderDisk = .parallelAnyMajority, kind: LinkModel.Kind = .stream, loss: Double = 0
) -> Environment {
  Environment(
    replicas: replicas, link: LinkModel(kind: kind, delay: delay, loss: loss), fsync: .constant(fsync),
    timing: Timing(heartbeat: .milliseconds(50), electionTimeout: .milliseconds(150)...(.milliseconds(300))),
    shared: SharedTuning(leaderDisk: disk))
}

/// One client that rests for `think` after each answer.
func isolated(think: Duration, payload: Int = 16) -> Workload {
  Workload(arrival: .closed(clients: 1, think: think), keys: 10, payload: payload)
}

func simulate(
  _ configuration: SimulationConfiguration, tuning: MultiPaxos.Tuning = .standard, recorder: (any Recorder)? = nil,
  trace: ((String) -> Void)? = nil
) -> SimulationResult {
  Simulation<MultiPaxos>(configuration, tuning: tuning, recorder: recorder, trace: trace).run()
}

/// The run was checked and found in order.
func expectOK(_ result: SimulationResult, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation)
{
  #expect(
    result.verification.verdict == .ok && result.isSettled,
    "\(comment?.rawValue ?? "") \(result.verification.violations)", sourceLocation: sourceLocation)
}

func count(_ name: String, in result: SimulationResult) -> Int {
  result.coverage.first { $0.name == name }?.count ?? -1
}

func frames(_ purpose: MessagePurpose, of result: SimulationResult) -> UInt64 {
  zip(MultiPaxos.messageKinds, result.messages).filter { $0.0.purpose == purpose }.reduce(0) { $0 + $1.1.frames }
}
func frames(named name: String, of result: SimulationResult) -> UInt64 {
  zip(MultiPaxos.messageKinds, result.messages).first { $0.0.name == name }?.1.frames ?? 0
}
