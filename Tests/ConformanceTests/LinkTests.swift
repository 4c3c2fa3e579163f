import Consensus
import Faults
import Foundation
import Harness
import Simulator
import Testing

@testable import consensus_bench

/// What links do to latency and throughput, against numbers that nobody here chose.
@Suite("Conformance: links") struct LinkTests {
  static let main = replicated.filter(\.isMain)
  static let overDatagrams = main.filter { !$0.requiresSessions }

  // MARK: A wide area

  /// Half of the round trips between five regions of AWS (PPM data set).
  private static func wan(leader: String, clients: Geography.ClientPlace = .leader) -> Geography {
    var distances = SiteDistances()
    for (from, to, roundTrip) in [
      ("VA", "OR", 86), ("VA", "CA", 65), ("VA", "IR", 80), ("VA", "JP", 156), ("OR", "CA", 28), ("OR", "IR", 154),
      ("OR", "JP", 131), ("CA", "IR", 137), ("CA", "JP", 115), ("IR", "JP", 218),
    ] {
      for (a, b) in [(from, to), (to, from)] {
        _ = distances.insert(.init(from: Site(a), to: Site(b), .constant(.microseconds(500 * roundTrip))))
      }
    }
    return Geography(
      sites: ["VA", "OR", "CA", "IR", "JP"].map(Site.init), leaderSite: Site(leader), distances: distances,
      clients: clients)
  }
  /// Latencies of commits and of clients, ns.
  private func acrossTheWorld(_ variant: ProtocolVariant, _ geography: Geography) -> (Set<Int64>, Set<Int64>) {
    var environment = environment(5)
    environment.geography = geography
    environment.timing = Timing(heartbeat: .milliseconds(220), electionTimeout: .milliseconds(2_200)...(.seconds(5)))
    environment.retry.timeout = .seconds(5)
    let samples = Samples()
    let result = variant.simulate(
      SimulationConfiguration(
        environment: environment, workload: isolated(.milliseconds(1_009)),
        measure: Measure(warmUp: .seconds(5), window: .seconds(60)), seed: 1),
      samples, nil, false)
    expectOK(result, "\(variant.name)")
    #expect(samples.commits.count > 40)
    return (Set(samples.commits), Set(samples.client))
  }

  @Test(
    "In a wide area a commit takes the second smallest round trip of the leader, to the nanosecond", arguments: main)
  func wideArea(variant: ProtocolVariant) {
    for (site, time) in [("VA", 80), ("OR", 86), ("CA", 65), ("IR", 137), ("JP", 131)] as [(String, Int64)] {
      let (commits, clients) = acrossTheWorld(variant, Self.wan(leader: site))
      #expect(commits == [time * 1_000_000], "\(variant.name) led from \(site)")
      #expect(clients == commits)
    }
  }

  @Test("A client in Tokyo of a leader in Ireland waits for that round trip and the commit", arguments: main)
  func farClient(variant: ProtocolVariant) {
    let (commits, clients) = acrossTheWorld(variant, Self.wan(leader: "IR", clients: .site(Site("JP"))))
    #expect(commits == [137_000_000] && clients == [(218 + 137) * 1_000_000])
  }

  // MARK: Loss

  /// Nothing but commands is on the links, each long after everything about the one before it is over.
  private func lossy(
    _ variant: ProtocolVariant, loss: Double, commands: Int, _ samples: Samples
  ) -> SimulationResult {
    var environment = environment(5, delay: .constant(.milliseconds(5)), kind: .datagram)
    environment.link.loss = loss
    // All commands together take some 300,000 s: no heartbeat comes between, whose answers make a leader send again early.
    environment.timing = Timing(
      heartbeat: .seconds(500_000), electionTimeout: .seconds(1_000_000)...(.seconds(2_000_000)))
    environment.shared.retransmission = .milliseconds(50)
    environment.retry.timeout = .seconds(1_000)
    environment.retry.abandon = .seconds(100_000_000)
    return variant.simulate(
      SimulationConfiguration(
        environment: environment, workload: isolated(.seconds(3)),
        measure: Measure(
          warmUp: .zero, window: .seconds(100_000_000), operations: commands, patience: .seconds(100_000_000)), seed: 11
      ),
      samples, nil, false)
  }

  /// E = RTT + T · sum over j >= 1 of P(Bin(m, 1-(1-q)^j) < k) with q = (1-p)²; published for n = 5, RTT 10 ms, T 50 ms.
  @Test(
    "The mean latency of an isolated command over lossy datagrams is within 1 % of its closed form",
    arguments: overDatagrams, [(0.01, 10.0016), (0.1, 11.1855), (0.3, 29.704)])
  func loss(variant: ProtocolVariant, form: (loss: Double, mean: Double)) {
    let samples = Samples()
    let commands = 100_000
    let result = lossy(variant, loss: form.loss, commands: commands, samples)
    expectOK(result, "\(variant.name), loss \(form.loss)")
    #expect(samples.commits.count >= commands - 1)
    let mean = samples.commits.reduce(0.0) { $0 + Double($1) / 1e6 } / Double(samples.commits.count)
    #expect(abs(Self.expected(loss: form.loss) / form.mean - 1) < 1e-4)
    #expect(abs(mean / form.mean - 1) < 0.01, "\(variant.name), loss \(form.loss): \(mean) ms")
    // Every command takes a round trip and a whole number of waits.
    #expect(samples.commits.allSatisfy { ($0 - 10_000_000) % 50_000_000 == 0 })
  }
  private static func expected(loss: Double) -> Double {
    let q = (1 - loss) * (1 - loss)
    var sum = 0.0
    for j in 1...1_000 {
      let through = 1 - pow(1 - q, Double(j))
      // Fewer than two of four.
      sum += pow(1 - through, 4) + 4 * through * pow(1 - through, 3)
    }
    return 10 + 50 * sum
  }

  /// (n-1)(2-p)/(1-p)²: what is lost is sent again to each follower, and its answer with it.
  @Test("Raft sends (n-1)(2-p)/(1-p)² messages until all followers have acknowledged a command", arguments: [0.1, 0.3])
  func messages(loss: Double) throws {
    let raft = try #require(Self.main.first { $0.name == "raft" })
    let result = lossy(raft, loss: loss, commands: 20_000, Samples())
    expectOK(result, "loss \(loss)")
    let expected = 4 * (2 - loss) / ((1 - loss) * (1 - loss))
    let frames = Double(result.frames(.replication, raft)) / Double(result.slots)
    #expect(abs(frames / expected - 1) < 0.01, "\(frames) of \(expected)")
  }

  // MARK: Head-of-line blocking

  /// How long each message from the leader to a follower was on its way, when everything that leaves within 3 ms is lost and 1,000
  /// operations come in a second; ms since then.
  private func transits(_ variant: ProtocolVariant, _ kind: LinkModel.Kind) throws -> [(sent: Int64, delay: Int64)] {
    var environment = environment(2, kind: kind)
    // Nobody doubts anybody: what is seen is the link.
    environment.timing = Timing(heartbeat: .milliseconds(50), electionTimeout: .seconds(5)...(.seconds(9)))
    var open: [String: [Int64]] = [:]
    var transits: [(sent: Int64, delay: Int64)] = []
    let result = variant.simulate(
      SimulationConfiguration(
        environment: environment, workload: Workload(arrival: .constant(perSecond: 1_000), sessions: 512, payload: 8),
        measure: Measure(warmUp: .milliseconds(500), window: .seconds(1)),
        faults: FaultPlan([.init(at: .milliseconds(100), .loss(1, for: .milliseconds(3)))]), seed: 1),
      nil,
      { line in
        guard let start = line.firstRange(of: "\"from\"")?.lowerBound else { return }
        let time = Int64(line.dropFirst(5).prefix { $0.isNumber }) ?? -1
        let message = String(line[start...])
        if line.contains(#""event":"sent""#) {
          open[message, default: []].append(time)
        } else if line.contains(#""event":"dropped""#) {
          // A segment of a stream is kept and sent again.
          if kind == .datagram { open[message]?.removeLast() }
        } else if open[message]?.isEmpty == false {
          let sent = open[message]!.removeFirst()
          transits.append((sent, time - sent))
        }
      }, false)
    expectOK(result, "\(variant.name), \(kind)")
    let fault = result.windowStart + 100_000_000
    return transits.map { (sent: $0.sent - fault, delay: $0.delay) }
  }

  @Test("On a stream everything behind a lost segment waits for it, and arrives at one instant", arguments: main)
  func headOfLine(variant: ProtocolVariant) throws {
    let transits = try transits(variant, .stream)
    let late = transits.filter { $0.delay > 1_000_000 && $0.sent >= 0 && $0.sent < 300_000_000 }
    #expect(late.count > 10)
    // Lost within the first 3 ms, sent again 200 ms later, and a millisecond on its way.
    let arrivals = late.map { $0.sent + $0.delay }
    #expect(arrivals.allSatisfy { $0 >= 201_000_000 && $0 <= 204_000_000 })
    // One for each direction.
    #expect(Set(arrivals).count <= 2)
    let fault: ClosedRange<Int64> = 0...3_000_000
    let behind = late.filter { !fault.contains($0.sent) }
    #expect(behind.count > 10, "what was not lost waited all the same")
  }

  @Test("Datagrams that are not lost wait for nothing", arguments: overDatagrams)
  func noHeadOfLine(variant: ProtocolVariant) throws {
    let transits = try transits(variant, .datagram)
    #expect(transits.count > 1_000)
    #expect(transits.allSatisfy { $0.delay == 1_000_000 })
  }

  // MARK: Bandwidth

  /// The leader's link carries n-1 copies of every command, and is what limits: goodput · (n-1) · bits = C.
  @Test("Under a limit on every replica's link throughput falls as 1/(n-1)", arguments: main)
  func bandwidth(variant: ProtocolVariant) {
    let limit = 50_000_000.0
    for replicas in [3, 5, 7, 9] {
      var environment = environment(replicas, delay: .constant(.microseconds(200)))
      environment.bandwidth = UInt64(limit)
      let result = variant.simulate(
        SimulationConfiguration(
          environment: environment,
          workload: Workload(arrival: .closed(clients: 64, think: .zero), keys: 10, payload: 1_024),
          measure: Measure(warmUp: .seconds(1), window: .seconds(5)), seed: 1),
        nil, nil, false)
      expectOK(result, "\(variant.name), \(replicas) replicas")
      let perSecond = Double(result.counts.answeredInWindow) / 5
      let payload = perSecond * Double(replicas - 1) * 1_024 * 8
      // Above the payload stand a command's header, one of each message, commit notices and heartbeats.
      #expect(payload / limit > 0.95 && payload < limit, "\(variant.name), \(replicas): \(payload / limit)")
    }
  }
}
