import Consensus
import Faults
import Foundation
import Simulator
import Testing

@testable import Harness

@Suite("The trials of an experiment") struct ExperimentTestsTrials {
  private static let lines = """
    protocols: [raft, raft-plain, unreplicated]
    faults: [{at: 1s..1.05s, crash: leader, for: 5s}, {at: -10ms..10ms, loss: 1%}]
    """

  @Test("A trial has one seed and one set of fault times for all protocols and the whole sweep, in any order")
  func seeds() throws {
    let one = try Bench.experiment(Self.lines + "\nsweep: {cluster.replicas: [3, 5], link.loss: [0, 1%]}")
    let other = try Bench.experiment(Self.lines + "\nsweep: {link.loss: [1%, 0], cluster.replicas: [5, 3]}")
    for trial in 0..<20 {
      let all = (one.points + other.points).map { $0.configuration(seed: 7, trial: trial) }
      #expect(Set(all.map(\.seed)).count == 1)
      #expect(Set(all.map(\.faults)).count == 1)
    }
  }

  @Test("Every trial and every run has a seed of its own")
  func distinctSeeds() throws {
    let point = try #require(Bench.experiment(Self.lines).points.first)
    var seeds: Set<UInt64> = []
    for seed in 0..<50 as Range<UInt64> {
      for trial in 0..<50 { seeds.insert(point.configuration(seed: seed, trial: trial).seed) }
    }
    #expect(seeds.count == 2_500)
    #expect(point.configuration(seed: 1, trial: 0) == point.configuration(seed: 1, trial: 0))
  }

  @Test("The times of faults are drawn over the whole of their range, and nowhere else")
  func faultTimes() throws {
    let point = try #require(Bench.experiment(Self.lines).points.first)
    var crashes: [Int64] = []
    for trial in 0..<2_000 {
      let faults = point.configuration(seed: 1, trial: trial).faults.faults
      #expect(faults.map(\.fault) == [.loss(0.01), .crash(.leader, downtime: .seconds(5))])
      #expect((-10_000_000...10_000_000).contains(faults[0].at.nanoseconds))
      crashes.append(faults[1].at.nanoseconds)
    }
    crashes.sort()
    #expect(crashes[0] >= 1_000_000_000 && crashes[1_999] <= 1_050_000_000)
    // Of 2,000 uniform draws the least is beyond 1 % of the range with probability e^-20; the median is 45 standard
    // deviations of 0.011 away from the ends.
    #expect(crashes[0] < 1_000_500_000 && crashes[1_999] > 1_049_500_000)
    #expect((1_022_000_000...1_028_000_000).contains(crashes[1_000]))
    #expect(Set(crashes).count > 1_990)
  }

  @Test(
    "Every kind of fault can be written, and is printed in one way",
    arguments: [
      ("{at: 1s, crash: n1}", "1s crash n1", Fault.crash(.node(NodeID(1)), downtime: nil)),
      ("{at: 1s, crash: follower-2}", "1s crash follower-2", .crash(.laterFollower(2), downtime: nil)),
      ("{at: 1s, crash-all: 100ms}", "1s crash-all 100ms", .crashAll(downtime: .milliseconds(100))),
      ("{at: 1s, restart: n2}", "1s restart n2", .restart(.node(NodeID(2)))),
      ("{at: 1s, pause: follower, for: 1s}", "1s pause follower for 1s", .pause(.follower, .seconds(1))),
      ("{at: 1s, partition: [n1, n0]}", "1s partition n0 n1", .partition(NodeSet(first: 2), for: nil)),
      ("{at: 1s, isolate: leader, for: 2000ms}", "1s isolate leader for 2s", .isolate(.leader, for: .seconds(2))),
      (
        "{at: 1s, cut: n0 n3, for: 1s}", "1s cut n0 n3 for 1s", .cut(from: NodeID(0), to: NodeID(3), for: .seconds(1))
      ),
      ("{at: 1s, mute-inbound: n0}", "1s mute-inbound n0", .mute(.node(NodeID(0)), inbound: true, for: nil)),
      ("{at: 1s, mute-outbound: n0}", "1s mute-outbound n0", .mute(.node(NodeID(0)), inbound: false, for: nil)),
      ("{at: 1s, heal: all}", "1s heal all", .heal), ("{at: -1s, loss: 50%}", "-1s loss 0.5", .loss(0.5)),
      ("{at: 1s, loss: 5%, for: 1s}", "1s loss 0.05 for 1s", .loss(0.05, for: .seconds(1))),
      ("{at: 1s, burst: 4, for: 1s}", "1s burst 4 for 1s", .change(.burst(4), for: .seconds(1))),
      (
        "{at: 1s, delay: uniform 1ms-2ms}", "1s delay uniform 1ms-2ms",
        .change(.delay(nil, .uniform(.milliseconds(1)...(.milliseconds(2)))), for: nil)
      ),
      (
        "{at: 1s, delay: follower 5ms, for: 1s}", "1s delay follower 5ms for 1s",
        .change(.delay(.follower, .constant(.milliseconds(5))), for: .seconds(1))
      ),
      ("{at: 1s, bandwidth: 10Mbit/s}", "1s bandwidth 10Mbit/s", .change(.bandwidth(10_000_000), for: nil)),
      ("{at: 1s, bandwidth: unlimited}", "1s bandwidth unlimited", .change(.bandwidth(nil), for: nil)),
      (
        "{at: 1s, partial-partition: leader|n1, for: 1s}", "1s partial-partition leader | n1 for 1s",
        .partialPartition([.leader], [.node(NodeID(1))], for: .seconds(1))
      ),
      (
        "{at: 1s, flap: n0 n1 200ms, for: 2s}", "1s flap n0 n1 200ms for 2s",
        .flap(.pair(NodeID(0), NodeID(1)), period: .milliseconds(200), for: .seconds(2))
      ),
      (
        "{at: 1s, flap: leader 0.2s}", "1s flap leader 200ms",
        .flap(.target(.leader), period: .milliseconds(200), for: nil)
      ),
      ("{at: 1s, disk-stall: n1, for: 1s}", "1s disk-stall n1 for 1s", .stallDisk(.node(NodeID(1)), .seconds(1))),
      ("{at: 1s, slow-disk: leader 10x}", "1s slow-disk leader 10x", .change(.disk(.leader, .factor(10)), for: nil)),
      (
        "{at: 1s, slow-disk: n1 exponential 5ms}", "1s slow-disk n1 exponential 5ms",
        .change(
          .disk(.node(NodeID(1)), .write(.exponential(mean: .milliseconds(5), shift: .zero))), for: nil)
      ),
      ("{at: 1s, slow-cpu: leader 1.5x}", "1s slow-cpu leader 1.5x", .change(.processor(.leader, 1.5), for: nil)),
      ("{at: 1s, clock-rate: n1 0.5x}", "1s clock-rate n1 0.5x", .change(.clock(.node(NodeID(1)), 0.5), for: nil)),
      ("{at: 1s, reconnect: leader}", "1s reconnect leader", .reconnect(.leader)),
      ("{at: 1s, old-duplicates: follower}", "1s old-duplicates follower", .oldDuplicates(.follower)),
    ])
  func faults(_ entry: String, _ text: String, _ fault: Fault) throws {
    let point = try #require(Bench.experiment("link.loss: 1%\nfaults: [\(entry)]").points.first)
    #expect(point.value("faults") == text)
    #expect(point.configuration(seed: 1, trial: 0).faults.faults.map(\.fault) == [fault])
  }

  private static func plan(_ entries: String, trial: Int = 0, window: String = "10s") throws -> [ScheduledFault] {
    let lines = "protocols: [raft]\nmeasure.window: \(window)\nfaults: [\(entries)]"
    return try #require(Bench.experiment(lines).points.first).configuration(seed: 1, trial: trial).faults.faults
  }

  @Test("A fault that is repeated strikes until the window ends, or so often; in between is what 'every' says")
  func repetition() throws {
    let point = try #require(
      Bench.experiment("faults: [{at: 1s, crash: n1, for: 0.5s, every: 2000ms, times: 3}]").points.first)
    #expect(point.value("faults") == "1s crash n1 for 500ms every 2s 3 times")
    let crash = Fault.crash(.node(NodeID(1)), downtime: .milliseconds(500))
    let seconds = point.configuration(seed: 1, trial: 0).faults.faults
    #expect(seconds == [1, 3, 5].map { ScheduledFault(at: .seconds($0), crash) })
    #expect(try Self.plan("{at: 1s, heal: all, every: 3s}").map(\.at) == [1, 4, 7].map { .seconds($0) }, "not at 10 s")
    #expect(try Self.plan("{at: 1s, heal: all, every: 3s}", window: "10001ms").count == 4)
    #expect(try Self.plan("{at: 0s, heal: all, every: 20s}").count == 1)
  }

  @Test("Each strike draws a time of its own from its range, and what others draw does not depend on that")
  func repeatedRanges() throws {
    let other = "{at: 0s..5s, loss: 1%}"
    let alone = try Self.plan("{at: 1s..1.5s, heal: all}, \(other)")
    let repeated = try Self.plan("{at: 1s..1.5s, heal: all, every: 2s}, \(other)")
    #expect(repeated.filter { $0.fault != .heal } == alone.filter { $0.fault != .heal })
    let heals = repeated.filter { $0.fault == .heal }
    #expect(heals.first == alone.first { $0.fault == .heal })
    #expect(heals.count == 5)
    for (number, heal) in heals.enumerated() {
      let begin = Duration.seconds(1 + 2 * number)
      #expect((begin...begin + .milliseconds(500)).contains(heal.at))
    }
    #expect(Set(heals.map { $0.at.nanoseconds % 2_000_000_000 }).count == 5)
  }

  @Test(
    "Any replica is one that is drawn for each strike, the same for all protocols of as many replicas, each about as often"
  )
  func anyReplica() throws {
    let entry = "{at: 1s, crash: any, for: 1ms, every: 1ms}"
    let faults = try Self.plan(entry)
    var counts: [Fault: Int] = [:]
    for fault in faults { counts[fault.fault, default: 0] += 1 }
    #expect(Set(counts.keys) == Set((0..<5).map { .crash(.node(NodeID($0)), downtime: .milliseconds(1)) }))
    // Of 9,000 draws each of five has 1,800 with a deviation of 38.
    #expect(counts.values.allSatisfy { (1_600...2_000).contains($0) })
    #expect(try Self.plan(entry) == faults)
    #expect(try Self.plan(entry, trial: 1) != faults)
    let points = try Bench.experiment("protocols: [raft, raft-plain]\nfaults: [\(entry)]").points
    #expect(Set(points.map { $0.configuration(seed: 1, trial: 0).faults }).count == 1)
    for trial in 0..<50 {
      let plan = try Self.plan("{at: 1s, partial-partition: any any | any leader}", trial: trial)
      guard case .partialPartition(let one, let other, _) = plan[0].fault else { return #expect(Bool(false)) }
      #expect(Set(one + other).count == 4 && other.contains(.leader), "different ones")
    }
  }

  @Test("Who stands alone is struck by what strikes any replica, or nobody is")
  func anyOfOne() throws {
    let points = try Bench.experiment("faults: [{at: 1s, partial-partition: any | any}]").points
    let point = try #require(points.first { $0.variant.name == "unreplicated" })
    let result = point.variant.simulate(point.configuration(seed: 1, trial: 0), nil, nil, false)
    #expect(result.verification.verdict == .ok && result.struck.isEmpty)
  }
}

@Suite("The experiments that are shipped") struct ExperimentTestsShipped {
  static let names = (try? Experiment.names(in: Bench.folder)) ?? []

  @Test(
    "All in the folder can be read, are named like their files, and have both profiles", arguments: ["quick", "full"])
  func load(_ profile: String) throws {
    #expect(Self.names.contains("commit-latency"))
    for name in Self.names {
      let experiment = try Experiment.load(name, in: Bench.folder, profile: profile, catalogue: Bench.catalogue)
      #expect(experiment.name == name && !experiment.points.isEmpty && !experiment.charts.isEmpty)
      #expect(Set(experiment.points.map(\.id)).count == experiment.points.count)
    }
  }

  @Test("A file's path serves as well as its name")
  func path() throws {
    let path = Bench.folder + "/experiments/load.yaml"
    #expect(try Experiment.load(path, in: Bench.folder, catalogue: Bench.catalogue).name == "load")
  }

  @Test("A short trial of every configuration comes to rest with every operation answered", arguments: names)
  func run(_ name: String) throws {
    // What is offered beyond saturation cannot all be answered.
    let rate = name == "load" ? [("workload.rate", "20k/s")] : []
    let experiment = try Experiment.load(
      name, in: Bench.folder, overrides: [("measure.operations", "200")] + rate, catalogue: Bench.catalogue)
    for point in experiment.points {
      let result = point.variant.simulate(point.configuration(seed: 1, trial: 0), nil, nil, false)
      #expect(result.hasFormed && result.isAtRest, "\(point.variant.name)")
      // When an election trial ends the leader is still dead, and who waits for it is unanswered.
      if point.faults.entries.isEmpty { #expect(result.counts.unanswered == 0) }
    }
  }

  @Test("An election trial sees the whole of the fail-over")
  func election() throws {
    let experiment = try Experiment.load("election", in: Bench.folder, catalogue: Bench.catalogue)
    for point in experiment.points {
      for trial in 0..<5 {
        let result = point.variant.simulate(point.configuration(seed: 1, trial: trial), nil, nil, false)
        let failover = try #require(result.failovers.first)
        #expect(failover.isComplete && result.isAtRest, "\(point.variant.name), trial \(trial)")
      }
    }
  }
}
