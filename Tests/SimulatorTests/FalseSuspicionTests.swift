import Consensus
import Faults
import Foundation
import Raft
import Testing

@testable import Simulator

@Suite("False suspicion") struct FalseSuspicionTests {
  /// Heartbeats that the leader sends from one that arrives on until its follower gives it up, over many episodes.
  private func heartbeats(loss: Double, row: Int, episodes: Int) -> [Int] {
    let heartbeat = Duration.milliseconds(10)
    // Silence begins where a heartbeat arrived: `row` later ones are missed before the timer runs out, and no more.
    let timeout = heartbeat * row + .milliseconds(2)...heartbeat * row + .milliseconds(8)
    var environment = environment(
      replicas: 2, delay: .constant(.microseconds(100)), kind: .datagram, heartbeat: heartbeat, electionTimeout: timeout
    )
    environment.link.loss = loss
    environment.snapshotEvery = 0
    var counts: [Int] = []
    // In this term, by this follower; the first of them are left out, because votes and the first entry count as signs of life too.
    var (leader, sent, counted) = (-1, 0, Int?.none)
    let simulation = Simulation<Raft>(
      .init(
        environment: environment, workload: Workload(arrival: .none),
        measure: Measure(warmUp: .zero, window: .seconds(600)), seed: 5),
      tuning: .plain,
      trace: { line in
        guard let event = TraceEvent(line) else { return }
        if event.what.hasPrefix("leads epoch") {
          (leader, sent, counted) = (event.to, 0, nil)
        } else if event.from == leader, event.message.hasPrefix("Heartbeat(") {
          if event.what == "sent" {
            sent += 1
            counted = counted.map { $0 + 1 }
          } else if event.what == "delivered", sent > 20, counted == nil {
            counted = 0
          }
        } else if event.what == "timer", line.contains(#""timer":"election""#), event.to != leader {
          // From here on the follower hears this leader no more, even if nobody heard it stand.
          if let count = counted { counts.append(count) }
          (leader, counted) = (-1, nil)
        }
      })
    let result = simulation.run()
    expectOK(result)
    #expect(counts.count >= episodes, "\(counts.count) episodes")
    return counts
  }

  /// Runs of losses among independent trials (Feller, An Introduction to Probability Theory and Its Applications, volume 1, XIII.7).
  @Test(
    "A leader whose heartbeats are lost with probability p is given up after (p^-r - 1)/(1 - p) of them on average",
    arguments: [(0.3, 2), (0.3, 3), (0.5, 3), (0.5, 5)])
  func falseSuspicion(loss: Double, row: Int) {
    let counts = heartbeats(loss: loss, row: row, episodes: 250)
    let expected = (pow(loss, -Double(row)) - 1) / (1 - loss)
    let mean = Double(counts.reduce(0, +)) / Double(counts.count)
    // Nearly geometric: the deviation is about the mean, and that of the mean of 250 episodes 6.4 % of it.
    #expect(abs(mean / expected - 1) < 0.21, "\(mean) over \(counts.count) episodes, expected \(expected)")
    #expect(counts.allSatisfy { $0 >= row })
  }
}
