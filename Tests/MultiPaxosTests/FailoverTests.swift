import Consensus
import Faults
import Simulator
import Testing

@testable import MultiPaxos

@Suite("Fail-over") struct FailoverTests {
  private func trial(
    _ tuning: MultiPaxos.Tuning, seed: UInt64, replicas: Int = 5, kind: LinkModel.Kind = .stream
  ) -> SimulationResult {
    simulate(
      .init(
        environment: environment(
          replicas: replicas, delay: .constant(.microseconds(800)), fsync: .microseconds(300), kind: kind),
        workload: Workload(arrival: .constant(perSecond: 200), sessions: 8, keys: 5, payload: 16),
        measure: Measure(warmUp: .milliseconds(300), window: .seconds(5), stopsWhenRecovered: true),
        faults: FaultPlan([.init(at: .milliseconds(103), .crash(.leader, downtime: nil))]), seed: seed),
      tuning: tuning)
  }

  @Test("From the winner's timeout to its first commit: 4δ+3W", arguments: [3, 5, 7])
  func failover(replicas: Int) throws {
    for tuning in [
      MultiPaxos.Tuning.standard, .explicit, .allLearn, .thrifty, .upToDate, MultiPaxos.Tuning(checkQuorum: false),
    ] {
      var undisputed = 0
      var shared = 0
      for seed in 1...60 as ClosedRange<UInt64> {
        let result = trial(tuning, seed: seed, replicas: replicas)
        expectOK(result, "seed \(seed)")
        let failover = try #require(result.failovers.first)
        #expect(failover.isComplete)
        guard failover.candidates == 1, let suspected = failover.suspected, let established = failover.established,
          let resumed = failover.resumed, let elected = failover.elected
        else { continue }
        undisputed += 1
        #expect(established - suspected == 4 * 800_000 + 3 * 300_000, "\(tuning) seed \(seed)")
        #expect(elected - suspected == 2 * 800_000 + 2 * 300_000, "\(tuning) seed \(seed)")
        #expect(failover.rounds == 1 && failover.splitVotes == 0)
        // A command that waited at the winner shares the first write; one that waited elsewhere is redirected.
        #expect(resumed >= established)
        if resumed == established { shared += 1 }
      }
      #expect(undisputed >= 30)
      #expect(shared >= 1 || replicas != 5, "no command ever waited at the winner")
    }
  }

  @Test(
    "An undisputed phase 1 costs (n-1) Prepares and (n-2) Promises, the dead leader being asked too",
    arguments: [3, 5, 7])
  func electionFrames(replicas: Int) throws {
    var undisputed = 0
    for seed in 1...20 as ClosedRange<UInt64> {
      let result = trial(.standard, seed: seed, replicas: replicas, kind: .datagram)
      expectOK(result, "seed \(seed)")
      let failover = try #require(result.failovers.first)
      // The first election, of all, was undisputed too, and nobody stood again when the dead leader came back.
      guard failover.candidates == 1, result.leaderships.map({ $0.epoch >> 8 }) == [1, 2],
        count("ballots prepared", in: result) == 2
      else { continue }
      undisputed += 1
      let n = UInt64(replicas)
      #expect(frames(.election, of: result) == 2 * (n - 1) + (n - 1) + (n - 2))
    }
    #expect(undisputed >= 5)
  }

  @Test(
    "A new leader proposes again exactly the open slots, in one frame of Accept to each peer, and nothing else",
    arguments: [0, 1, 4])
  func openSlots(open: Int) {
    let old = ballot(1, 2)
    let accepted = (1...(3 + open)).map { Entry.of(old, $0) }
    // All know that 3 slots are chosen; the rest is open.
    var acceptors = (0...1).map { Server($0, accepted: accepted) }
    for index in 0...1 { acceptors[index].receive(.beat(old, chosen: 3), from: 2) }
    for index in 0...1 { acceptors[index].step(.timeout(.stickiness)) }
    let campaign = acceptors[0].step(.timeout(.election))
    guard let own = campaign.promise, case .prepare(let request)? = campaign.sent.first?.message else {
      return #expect(Bool(false), "it did not stand")
    }
    #expect(request.from == Slot(4))
    let reply = acceptors[1].receive(.prepare(request), from: 0).promise
    #expect(reply?.reports.map(\.slot.number) == Array(4..<UInt64(4 + open)), "no value moves but the open slots'")
    acceptors[0].receive(.promise(own), from: 0)
    let opening = acceptors[0].receive(.promise(reply!), from: 1)
    #expect(opening.accepts.map(\.first) == [Slot(4)])
    #expect(opening.accepts.map(\.values) == [open == 0 ? [.noop] : (0..<open).map { .of(4 + $0) }])
    #expect(opening.ahead.map(\.to) == [NodeSet(bits: 0b110)])
    // New commands need not wait.
    #expect(acceptors[0].step(.propose(.of(99))).accepts.map(\.first) == [Slot(UInt64(4 + max(1, open)))])
  }

  /// All timers start together, one of five is dead: whoever times out before the first Prepare reaches it competes.
  @Test(
    "Candidates within one message delay: the highest ballot wins in the first round, in 2l to 3l, over 10,000 trials",
    arguments: [0.02, 0.1])
  func competition(share: Double) {
    let delay = Duration.nanoseconds(Int64(150_000_000 * share))
    var environment = environment(replicas: 5, delay: .constant(delay), kind: .datagram)
    environment.snapshotEvery = 0
    var disputed = 0
    for seed in 1...5_000 as ClosedRange<UInt64> {
      var candidates: [(node: UInt64, at: Int64)] = []
      let result = simulate(
        .init(
          environment: environment, workload: Workload(arrival: .none),
          measure: Measure(warmUp: .zero, window: .milliseconds(299) + delay * 2),
          faults: FaultPlan([.init(at: .zero, .crash(.node(NodeID(4)), downtime: nil))]), seed: seed),
        trace: { line in
          guard line.contains(#""timer":"election""#), let timer = Expiry(line) else { return }
          candidates.append((timer.node, timer.time))
        })
      guard result.verification.verdict == .ok else { return expectOK(result, "seed \(seed)") }
      let first = candidates[0].at
      let rivals = candidates.filter { $0.at < first + delay.nanoseconds }
      if rivals.count > 1 { disputed += 1 }
      let winner = rivals.map(\.node).max()!
      guard let leadership = result.leaderships.first else { return #expect(Bool(false), "nobody led, seed \(seed)") }
      let took = leadership.at - first
      let isRight =
        leadership.epoch == 1 << 8 | winner && took >= 2 * delay.nanoseconds && took <= 3 * delay.nanoseconds
      #expect(isRight, "seed \(seed): \(rivals), and \(leadership) led")
      if !isRight { return }
    }
    #expect(disputed > (share > 0.05 ? 1_000 : 200))
  }

  /// A trace line of a timer that expired.
  private struct Expiry {
    var time: Int64
    var node: UInt64

    init?(_ line: String) {
      func number(after key: String) -> Int64? {
        guard let range = line.firstRange(of: key) else { return nil }
        return Int64(line[range.upperBound...].prefix { $0.isNumber })
      }
      guard let time = number(after: #""t":"#), let node = number(after: #""node":"#) else { return nil }
      self.time = time
      self.node = UInt64(node)
    }
  }
}
