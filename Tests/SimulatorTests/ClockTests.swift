import Consensus
import Faults
import Raft
import Testing

@testable import Simulator

@Suite("Clocks and reconnections") struct ClockTests {
  private static func run(
    _ faults: [ScheduledFault], kind: LinkModel.Kind = .stream, workload: Workload = Workload(arrival: .none)
  ) -> SimulationResult {
    simulate(
      .init(
        environment: environment(kind: kind), workload: workload,
        measure: Measure(warmUp: .milliseconds(500), window: .seconds(2)), faults: FaultPlan(faults), seed: 4))
  }

  @Test("A leader whose clock runs twice as fast sends twice as many heartbeats, and half as many at half the rate")
  func heartbeats() {
    let whole = Self.run([.init(at: .zero, .change(.clock(.leader, 1), for: nil))])
    let fast = Self.run([.init(at: .zero, .change(.clock(.leader, 2), for: nil))])
    let slow = Self.run([.init(at: .zero, .change(.clock(.leader, 0.5), for: nil))])
    for result in [whole, fast, slow] { expectOK(result) }
    // Two seconds of 50 ms are 40 rounds; about a dozen lie before the window.
    let rounds = [whole, fast, slow].map { Int(frames(.heartbeat, of: $0)) / 4 }
    #expect(abs(rounds[1] - rounds[0] - 40) <= 2 && abs(rounds[0] - rounds[2] - 20) <= 2, "\(rounds)")
  }

  @Test("Followers whose clocks are slow doubt a silent leader later, by as much")
  func timeouts() {
    func wait(_ rate: Double) -> Int64 {
      let clocks = (0..<3).map { node in
        ScheduledFault(at: .zero, .change(.clock(.node(NodeID(node)), rate), for: nil))
      }
      let result = Self.run(clocks + [.init(at: .milliseconds(500), .crash(.leader, downtime: nil))])
      expectOK(result)
      return result.failovers.first?.suspected.map { $0 - result.failovers[0].fault } ?? -1
    }
    let (usual, slow) = (wait(1), wait(0.5))
    #expect(usual > 100 * millisecond && slow > 2 * usual - 60 * millisecond, "\(usual) and \(slow)")
  }

  @Test("A clock's rate ends with its fault")
  func ends() {
    let fault = Fault.change(.clock(.leader, 2), for: .seconds(1))
    let half = Self.run([.init(at: .zero, fault)])
    let whole = Self.run([.init(at: .zero, .change(.clock(.leader, 2), for: nil))])
    #expect(frames(.heartbeat, of: half) < frames(.heartbeat, of: whole) - 60)
  }

  @Test("All sessions of a replica break at once, are opened again, and everybody is served")
  func reconnect() {
    let workload = Workload(arrival: .closed(clients: 3, think: .milliseconds(5)), keys: 3)
    let result = Self.run([.init(at: .milliseconds(300), .reconnect(.leader))], workload: workload)
    expectOK(result)
    #expect(count("sessions broken", in: result) == 2 && result.struck.count == 1)
    #expect(result.counts.answered > 500)
    let datagrams = Self.run([.init(at: .milliseconds(300), .reconnect(.leader))], kind: .datagram, workload: workload)
    #expect(datagrams.struck.isEmpty, "datagrams have no session that could break")
  }

  @Test(
    "What reached a replica in another life and under another leader reaches it again, and changes nothing that counts")
  func oldDuplicates() {
    let workload = Workload(arrival: .closed(clients: 3, think: .milliseconds(5)), keys: 3)
    let faults: [ScheduledFault] = [
      .init(at: .milliseconds(200), .crash(.node(NodeID(0)), downtime: .milliseconds(20))),
      .init(at: .milliseconds(400), .crash(.node(NodeID(1)), downtime: .milliseconds(400))),
      .init(at: .milliseconds(1_500), .oldDuplicates(.node(NodeID(0)))),
      .init(at: .milliseconds(1_600), .oldDuplicates(.node(NodeID(1)))),
      .init(at: .milliseconds(1_700), .oldDuplicates(.node(NodeID(2)))),
    ]
    let result = Self.run(faults, kind: .datagram, workload: workload)
    expectOK(result)
    #expect(result.struck.count == 5 && count("old duplicates", in: result) == 3 * 64)
    let last = result.leaderships.last?.epoch
    #expect(
      result.leaderships.contains { $0.at < 1_500 * millisecond && $0.epoch == last }, "nobody is deposed by them")
    let stream = Self.run(faults, workload: workload)
    expectOK(stream)
    #expect(stream.struck.count == 2, "a session that has ended delivers nothing")
  }
}
