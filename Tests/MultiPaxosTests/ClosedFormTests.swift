import Consensus
import Faults
import Simulator
import Testing

@testable import MultiPaxos

/// Equalities with constant delays: nobody here chose the numbers.
@Suite("Closed forms") struct ClosedFormTests {
  private func steady(
    _ replicas: Int, _ tuning: MultiPaxos.Tuning, _ disk: LeaderDisk = .parallelAnyMajority, seed: UInt64 = 1,
    recorder: (any Recorder)? = nil
  ) -> SimulationResult {
    simulate(
      .init(
        environment: environment(
          replicas: replicas, delay: .constant(.microseconds(700)), fsync: .microseconds(300), disk: disk),
        workload: isolated(think: .milliseconds(7)), measure: Measure(window: .seconds(10)), seed: seed),
      tuning: tuning, recorder: recorder)
  }

  @Test(
    "Piggyback: exactly 2(n-1) frames per batch, n-1 of them with the values, and none to say what is chosen",
    arguments: [3, 5, 7])
  func piggyback(replicas: Int) {
    let n = UInt64(replicas)
    for disk in LeaderDisk.allCases {
      let result = steady(replicas, .standard, disk)
      expectOK(result)
      #expect(result.slots > 1_000)
      #expect(frames(.replication, of: result) == result.slots * 2 * (n - 1), "\(disk)")
      #expect(frames(named: "Accept", of: result) == result.slots * (n - 1))
      #expect(frames(.notice, of: result) == 0)
      #expect(frames(.synchronization, of: result) == 0)
      #expect(frames(.heartbeat, of: result) > 0)
    }
  }

  @Test("Explicit: n-1 notices more, 3(n-1) in all", arguments: [3, 5, 7])
  func explicit(replicas: Int) {
    let n = UInt64(replicas)
    for disk in LeaderDisk.allCases {
      let result = steady(replicas, .explicit, disk)
      expectOK(result)
      #expect(frames(.replication, of: result) == result.slots * 2 * (n - 1), "\(disk)")
      #expect(frames(.notice, of: result) == result.slots * (n - 1), "\(disk)")
      #expect(frames(.synchronization, of: result) == 0)
    }
  }

  @Test(
    "All-learn: n(n-1) frames where the leader's disk comes first, (n-1)(n+1) where it does not", arguments: [3, 5, 7])
  func allLearn(replicas: Int) {
    let n = UInt64(replicas)
    for disk in LeaderDisk.allCases {
      let result = steady(replicas, .allLearn, disk)
      expectOK(result)
      let perBatch = disk == .serial ? n * (n - 1) : (n - 1) * (n + 1)
      #expect(frames(.replication, of: result) == result.slots * perBatch, "\(disk)")
      #expect(frames(.notice, of: result) == 0 && frames(.synchronization, of: result) == 0)
      #expect(count("values learned by counting", in: result) == Int(result.slots * (n - 1)), "\(disk)")
    }
  }

  /// The same where nobody competed for the first leadership: each replica writes one ballot.
  private func undisputed(_ replicas: Int, _ tuning: MultiPaxos.Tuning) -> SimulationResult {
    for seed in 1...20 as ClosedRange<UInt64> {
      let result = steady(replicas, tuning, seed: seed)
      if count("ballots prepared", in: result) == 1 { return result }
    }
    return steady(replicas, tuning)
  }

  @Test(
    "Thrifty: 2(q2-1) frames and q2 writes per batch; what the others learn later is counted apart",
    arguments: [(3, 2, 2), (5, 3, 3), (7, 4, 4), (5, 4, 2), (7, 6, 2)])
  func thrifty(replicas: Int, phase1: Int, phase2: Int) {
    let (n, q2) = (UInt64(replicas), UInt64(phase2))
    for commit in [MultiPaxos.Commit.piggyback, .explicit] {
      let result = undisputed(
        replicas, MultiPaxos.Tuning(commit: commit, isThrifty: true, phase1Quorum: phase1, phase2Quorum: phase2))
      expectOK(result)
      #expect(frames(.replication, of: result) == result.slots * 2 * (q2 - 1))
      #expect(frames(named: "Accept", of: result) == result.slots * (q2 - 1))
      #expect(frames(.notice, of: result) == (commit == .explicit ? result.slots * (n - 1) : 0))
      #expect(frames(.synchronization, of: result) > 0)
      #expect(count("values learned", in: result) == Int(result.slots * (n - q2)))
      // Each replica writes one ballot; the first command may share the no-op's write.
      let writes = result.fsyncs.reduce(0, +)
      #expect([result.slots * q2 + n, (result.slots - 1) * q2 + n].contains(writes))
    }
  }

  @Test("One write on each replica for a batch", arguments: [3, 5, 7])
  func writes(replicas: Int) {
    let n = UInt64(replicas)
    for tuning in [MultiPaxos.Tuning.standard, .explicit, .allLearn] {
      let result = undisputed(replicas, tuning)
      let writes = result.fsyncs.reduce(0, +)
      #expect([(result.slots + 1) * n, result.slots * n].contains(writes))
    }
  }

  @Test("Pipelined and batched, it is still 2(n-1) frames per batch", arguments: [3, 5])
  func underLoad(replicas: Int) {
    let result = simulate(
      .init(
        environment: environment(replicas: replicas, fsync: .microseconds(300)),
        workload: Workload(arrival: .poisson(perSecond: 20_000), sessions: 256, payload: 64),
        measure: Measure(warmUp: .milliseconds(100), window: .seconds(1)), seed: 2))
    expectOK(result)
    #expect(result.commands > 15_000)
    #expect(frames(.replication, of: result) == result.slots * 2 * UInt64(replicas - 1))
  }

  @Test("Commit latency is 2δ+W with a parallel leader disk and 2δ+2W with a serial one", arguments: [3, 5, 7])
  func commitLatency(replicas: Int) {
    let flexible = MultiPaxos.Tuning.flexible(phase1: replicas - 1, phase2: 2)
    for tuning in [MultiPaxos.Tuning.standard, .explicit, .allLearn, .thrifty, .upToDate, flexible] {
      for (disk, writes) in [
        (LeaderDisk.parallelAnyMajority, 1), (.parallelLeaderRequired, 1), (.serial, 2),
      ] as [(LeaderDisk, Int64)] {
        let samples = Samples()
        let result = steady(replicas, tuning, disk, seed: 3, recorder: samples)
        expectOK(result)
        #expect(samples.commits.count > 500)
        #expect(Set(samples.commits) == [2 * 700_000 + writes * 300_000], "\(tuning) \(disk)")
      }
    }
  }
}
