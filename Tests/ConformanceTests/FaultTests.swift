import Consensus
import Faults
import Harness
import Replication
import Simulator
import Testing

/// What every protocol must survive: nothing acknowledged is lost, nothing refused appears, and service comes back. That is what
/// the verdict of each run says (C1-C8, L1-L4, and the protocol's own invariants); the tests make sure that something happened.
@Suite("Conformance: faults") struct FaultTests {
  struct Mix: Sendable, CustomTestStringConvertible {
    var name: String
    var faults: [ScheduledFault]
    /// What must have happened, by the simulator's own count.
    var met: String
    var testDescription: String { name }

    init(_ name: String, met: String, _ faults: [ScheduledFault]) {
      self.name = name
      self.met = met
      self.faults = faults
    }
  }
  static let mixes = [
    Mix(
      "the leader crashes, again and again", met: "crashes",
      (1...4).map { .init(at: .milliseconds(1_203 * $0), .crash(.leader, downtime: .milliseconds(700))) }),
    Mix("the leader stays dead", met: "crashes", [.init(at: .seconds(1), .crash(.leader, downtime: nil))]),
    Mix(
      "the leader is cut off and comes back", met: "partitions",
      [.init(at: .seconds(1), .isolate(.leader, for: .seconds(2)))]),
    Mix(
      "a follower is away for longer than the log reaches back", met: "snapshots installed",
      [.init(at: .milliseconds(500), .crash(.follower, downtime: .seconds(4)))]),
    Mix(
      "all crash at once, twice", met: "crashes",
      [
        .init(at: .seconds(1), .crashAll(downtime: .milliseconds(150))),
        .init(at: .seconds(4), .crashAll(downtime: .milliseconds(1))),
      ]),
    Mix(
      "the leader sleeps past the election timeout", met: "pauses",
      [.init(at: .seconds(1), .pause(.leader, .seconds(1))), .init(at: .seconds(4), .pause(.follower, .seconds(1)))]),
    Mix(
      "a minority is cut off with the leader in it, or without", met: "partitions",
      [.init(at: .seconds(1), .partition(NodeSet(NodeID(0)), for: .seconds(3)))]),
    Mix(
      "one link is dead one way", met: "partitions",
      [
        .init(at: .seconds(1), .cut(from: NodeID(0), to: NodeID(1), for: .seconds(2))),
        .init(at: .seconds(4), .cut(from: NodeID(2), to: NodeID(0), for: .seconds(1))),
      ]),
    Mix(
      "the leader hears nothing", met: "partitions",
      [.init(at: .seconds(1), .mute(.leader, inbound: true, for: .seconds(2)))]),
    Mix(
      "the leader is not heard", met: "partitions",
      [.init(at: .seconds(1), .mute(.leader, inbound: false, for: .seconds(2)))]),
    Mix(
      "the leader's links flap, and then it and a follower lose each other", met: "partitions",
      [
        .init(at: .seconds(1), .flap(.target(.leader), period: .milliseconds(700), for: .seconds(2))),
        .init(at: .seconds(4), .partialPartition([.leader], [.follower], for: .seconds(2))),
      ]),
    Mix(
      "disks stall, machines and links are slow, and the leader is cut off", met: "partitions",
      [
        .init(at: .milliseconds(500), .change(.disk(.follower, .factor(20)), for: .seconds(3))),
        .init(at: .milliseconds(600), .change(.delay(.follower, .constant(.milliseconds(40))), for: nil)),
        .init(at: .seconds(1), .stallDisk(.leader, .seconds(1))),
        .init(at: .milliseconds(1_500), .crash(.leader, downtime: .milliseconds(200))),
        .init(at: .seconds(3), .stallDisk(.follower, .seconds(2))),
        .init(at: .seconds(4), .isolate(.leader, for: .seconds(1))),
      ]),
    Mix(
      "only a follower reaches all others, and then only the leader", met: "partitions",
      [
        .init(at: .seconds(1), .star(.follower, for: .seconds(2))),
        .init(at: .seconds(4), .star(.leader, for: .seconds(2))),
      ]
    ),
    Mix(
      "a tenth of all transmissions is lost", met: "segments retransmitted", [.init(at: .milliseconds(100), .loss(0.1))]
    ),
  ]

  private func run(_ variant: ProtocolVariant, _ mix: Mix, replicas: Int, seed: UInt64) -> SimulationResult {
    var environment = environment(replicas, delay: .uniform(.microseconds(200)...(.milliseconds(2))))
    environment.fsync = .uniform(.milliseconds(1)...(.milliseconds(3)))
    environment.retry = RetryPolicy(timeout: .milliseconds(500))
    environment.snapshotEvery = 60
    environment.retained = 10
    environment.shared.snapshotPieceBytes = 128
    environment.link.retransmission = .milliseconds(20)
    environment.link.sessionTimeout = .milliseconds(400)
    return variant.simulate(
      SimulationConfiguration(
        environment: environment,
        workload: Workload(
          arrival: .closed(clients: 8, think: .milliseconds(5)), keys: 4, reads: 0.3, swaps: 0.3, payload: 16),
        measure: Measure(warmUp: .milliseconds(200), window: .seconds(7)), faults: FaultPlan(mix.faults), seed: seed),
      nil, nil, false)
  }

  @Test("Every protocol survives every mix of faults", arguments: replicated)
  func mixes(variant: ProtocolVariant) {
    for mix in Self.mixes {
      for replicas in [3, 5] {
        for seed in 1...3 as ClosedRange<UInt64> {
          let result = run(variant, mix, replicas: replicas, seed: seed)
          expectOK(result, "\(variant.name), \(mix.name), \(replicas) replicas, seed \(seed)")
          #expect(result.count(mix.met) > 0, "\(variant.name), \(mix.name): no \(mix.met)")
          #expect(
            result.counts.answered > 300, "\(variant.name), \(mix.name), seed \(seed): hardly anything was answered")
        }
      }
    }
  }

  @Test("Random faults: no violation, and every seed lives again after healing", arguments: replicated)
  func torture(variant: ProtocolVariant) {
    for seed in 1...30 as ClosedRange<UInt64> {
      for replicas in [3, 5] {
        let result = variant.simulate(
          TortureConfiguration.make(seed: seed, replicas: replicas, sessionsOnly: variant.requiresSessions), nil, nil,
          false)
        expectOK(
          result, "consensus-bench replay --protocol \(variant.name) --replicas \(replicas) --seed \(seed)")
      }
    }
  }

  @Test(
    "What the checks take to be durable is what recovery reads back, whatever disks do, and nobody else starts",
    arguments: replicated)
  func shadows(variant: ProtocolVariant) {
    var met: [String: Int] = [:]
    for seed in 1...60 as ClosedRange<UInt64> {
      var configuration = TortureConfiguration.make(
        seed: seed, replicas: seed % 2 == 0 ? 3 : 5, sessionsOnly: variant.requiresSessions)
      guard configuration.faults.faults.contains(where: { if case .breakDisk = $0.fault { true } else { false } })
      else {
        continue
      }
      configuration.hasSectors = true
      // More starts, so that more is read back.
      configuration.faults = FaultPlan(
        configuration.faults.faults
          + (1...8).map { .init(at: .milliseconds(2_300 * $0), .crash(.follower, downtime: .milliseconds(30))) })
      let result = variant.simulate(configuration, nil, nil, false)
      expectOK(result, "\(variant.name), seed \(seed)")
      // Every start compares the two (C7): the same state, or a refusal that names what is lost.
      for (name, count) in result.coverage { met[name, default: 0] += count }
      met["halted", default: 0] += result.halted.count
    }
    for name in ["crashes", "torn tails dropped", "sectors torn", "damaged disks refused", "halted", "compactions"] {
      #expect(met[name, default: 0] > 0, "\(variant.name): never \(name)")
    }
    #expect(met["crashes", default: 0] > 2 * met["halted", default: 0], "most starts read everything back")
  }

  /// What torture does not draw, on top of what it draws.
  @Test(
    "Stalls, flapping links, slow machines and retransmission between random faults: no violation",
    arguments: replicated)
  func moreTorture(variant: ProtocolVariant) {
    for seed in 1...20 as ClosedRange<UInt64> {
      var configuration = TortureConfiguration.make(seed: seed, replicas: 5, sessionsOnly: variant.requiresSessions)
      configuration.environment.shared.retransmission = .milliseconds(30)
      configuration.environment.groupCommit =
        [.natural, .none, .delay(.milliseconds(2), count: 4)][Int(seed % 3)]
      let slow = DelayDistribution.uniform(.zero...(.milliseconds(40)))
      configuration.faults = FaultPlan(
        configuration.faults.faults + [
          .init(at: .seconds(2), .stallDisk(.leader, .seconds(1))),
          .init(at: .seconds(4), .flap(.target(.follower), period: .milliseconds(600), for: .seconds(3))),
          .init(at: .seconds(6), .stallDisk(.follower, .seconds(4))),
          .init(at: .seconds(9), .change(.disk(.leader, .factor(20)), for: .seconds(4))),
          .init(at: .seconds(11), .partialPartition([.leader], [.follower], for: .seconds(3))),
          .init(at: .seconds(15), .change(.delay(.leader, slow), for: .seconds(3))),
          .init(at: .seconds(17), .transfer(to: .follower)), .init(at: .seconds(18), .transfer(to: .node(NodeID(4)))),
        ])
      expectOK(variant.simulate(configuration, nil, nil, false), "\(variant.name), seed \(seed)")
    }
  }

  @Test("The same seed gives the same run, event for event, and another seed another", arguments: replicated)
  func determinism(variant: ProtocolVariant) {
    func hash(_ seed: UInt64) -> UInt64 {
      variant.simulate(
        TortureConfiguration.make(seed: seed, replicas: 3, sessionsOnly: variant.requiresSessions), nil, nil, false
      ).hash
    }
    #expect(hash(77) == hash(77))
    #expect(hash(77) != hash(78))
  }

  @Test("Clusters of every size serve, and survive the failures that their size tolerates", arguments: replicated)
  func sizes(variant: ProtocolVariant) {
    for replicas in [1, 2, 3, 4, 6, 7, 9] {
      let tolerated = (replicas - 1) / 2
      let faults = (0..<tolerated).map {
        ScheduledFault(at: .milliseconds(500), .crash(.node(NodeID($0)), downtime: nil))
      }
      let result = variant.simulate(
        SimulationConfiguration(
          environment: environment(replicas, fsync: .milliseconds(1)), workload: isolated(.milliseconds(5)),
          measure: Measure(warmUp: .milliseconds(100), window: .seconds(4)), faults: FaultPlan(faults), seed: 3),
        nil, nil, false)
      expectOK(result, "\(variant.name), \(replicas) replicas without \(tolerated)")
      #expect(result.counts.answeredInWindow > 100, "\(variant.name), \(replicas) replicas without \(tolerated)")
    }
  }
}
