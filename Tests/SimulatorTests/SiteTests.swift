import Consensus
import Faults
import Raft
import Testing

@testable import Simulator

@Suite("Sites and clients") struct SiteTests {
  private static let names = ["A", "B", "C"]

  /// Three sites, 10, 20 and 40 ms apart; only from C to A it takes 60 ms.
  private func geography(_ clients: Geography.ClientPlace, leader: String = "A") -> Geography {
    let sites = Self.names.map(Site.init)
    var distances = SiteDistances()
    for (from, to, time) in [
      ("A", "B", 10), ("B", "A", 10), ("A", "C", 40), ("C", "A", 60), ("B", "C", 20), ("C", "B", 20),
    ] {
      _ = distances.insert(.init(from: Site(from), to: Site(to), .constant(.milliseconds(time))))
    }
    return Geography(sites: sites, leaderSite: Site(leader), distances: distances, clients: clients)
  }
  private func run(
    _ geography: Geography, replicas: Int = 3, clients: Int = 1, clientDelay: Duration = .zero, samples: Samples
  ) -> SimulationResult {
    var environment = environment(
      replicas: replicas, heartbeat: .milliseconds(100), electionTimeout: .seconds(1)...(.seconds(2)))
    environment.geography = geography
    environment.clientDelay = clientDelay
    let result = simulate(
      .init(
        environment: environment,
        workload: Workload(arrival: .closed(clients: clients, think: .milliseconds(503)), keys: 10, payload: 16),
        measure: Measure(window: .seconds(20)), seed: 1), recorder: samples)
    expectOK(result)
    #expect(samples.commits.count > 20)
    return result
  }
  /// Every commit's and every answer's latency, ms.
  private func latencies(
    _ geography: Geography, replicas: Int = 3, clients: Int = 1, clientDelay: Duration = .zero
  ) -> (commits: Set<Int64>, clients: Set<Int64>) {
    let samples = Samples()
    _ = run(geography, replicas: replicas, clients: clients, clientDelay: clientDelay, samples: samples)
    return (Set(samples.commits.map { $0 / millisecond }), Set(samples.client.map { $0 / millisecond }))
  }

  @Test(
    "A commit takes the round trip to the nearest site, whichever replica leads and whichever way is longer",
    arguments: [("A", 20), ("B", 20), ("C", 40)])
  func commits(leader: String, time: Int64) {
    let result = latencies(geography(.leader, leader: leader))
    #expect(result.commits == [time] && result.clients == [time])
  }

  @Test("Where clients stand everywhere, an open loop asks from each place in turn, however few sessions are busy")
  func everywhereInTurn() {
    let samples = Samples()
    var environment = environment(
      replicas: 3, heartbeat: .milliseconds(100), electionTimeout: .seconds(1)...(.seconds(2)))
    environment.geography = geography(.everywhere)
    let result = simulate(
      .init(
        environment: environment,
        workload: Workload(arrival: .constant(perSecond: 2), sessions: 30, keys: 10, payload: 16),
        measure: Measure(warmUp: .seconds(30), window: .seconds(30)), seed: 1), recorder: samples)
    expectOK(result)
    #expect(result.load.asked.allSatisfy { abs(Int($0) - 20) <= 1 } && result.load.asked.count == 3)
    // A commit takes 20 ms; to the leader at A and back it is nothing, 20 ms and 100 ms.
    let times = samples.client.map { $0 / millisecond }
    #expect(Set(times) == [20, 40, 120] && [20, 40, 120].allSatisfy { time in times.count { $0 == time } >= 19 })
  }

  @Test("Replicas of one site are link.delay apart, those of two what the matrix says and no more")
  func sameSite() {
    // A B C A B: the leader at C waits for two others, of which the nearest are the two at B.
    #expect(latencies(geography(.leader, leader: "C"), replicas: 5).commits == [40])
    // The leader at A has a neighbour in A, 1 ms away, and one in B.
    #expect(latencies(geography(.leader, leader: "A"), replicas: 5).commits == [20])
    #expect(latencies(geography(.leader, leader: "A"), replicas: 4).commits == [20])
  }

  @Test("A client elsewhere adds the way there and back, and what it has to its own replica")
  func elsewhere() {
    #expect(latencies(geography(.site(Site("C")))).clients == [120])
    #expect(latencies(geography(.site(Site("C"))), clientDelay: .milliseconds(2)).clients == [124])
    #expect(latencies(geography(.follower)).clients == [40])
    #expect(latencies(geography(.everywhere), clients: 6).clients == [20, 40, 120])
  }

  @Test("A client asks the replica that it finds where it stands, and learns from it who leads")
  func redirected() {
    let samples = Samples()
    let far = run(geography(.follower), clients: 5, samples: samples)
    #expect(count("clients redirected", in: far) >= 5)
  }

  @Test("Without sites every replica is a place of its own, link.delay from the others")
  func withoutSites() {
    #expect(latencies(Geography(clients: .follower)).clients == [4])
    #expect(latencies(Geography(clients: .everywhere), clients: 3, clientDelay: .milliseconds(3)).clients == [8, 10])
    #expect(latencies(Geography(clients: .leader), clientDelay: .milliseconds(3)).clients == [8])
  }
}
