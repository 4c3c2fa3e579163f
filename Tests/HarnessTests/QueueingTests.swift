import Measurement
import Testing

@testable import Harness

/// Queueing theory's closed forms, held against the rows that a run writes.
@Suite("Queueing") struct QueueingTests {
  private func row(_ lines: String, seed: UInt64 = 1) throws -> SummaryRow {
    let point = try #require(Bench.experiment(lines).points.first)
    let trial = Trial(of: point, seed: seed, number: 0, probe: nil, countsCosts: false)
    #expect(trial.report.verdict == .ok, "\(trial.report.violations)")
    return trial.summary
  }
  /// Nothing takes time but what `lines` add, and no two commands share a batch.
  private static func bare(_ name: String) -> String {
    """
    protocols: [\(name)]
    disk.fsync: 0s
    link: {delay: 100us, bandwidth: unlimited}
    batch: {commands: 1, window: 10000}
    snapshot.every: never
    replication.inflight: 1M

    """
  }

  /// One replica whose processor takes 1 ms per request and nothing else takes time is an M/D/1 queue, exactly:
  /// requests come at random, are served first come, first served, each for as long, and answered at once. Its mean
  /// wait is ρS/(2(1-ρ)) (Pollaczek and Khinchine; Kleinrock, Queueing Systems, volume 1, 1975, section 5.6).
  @Test(
    "Poisson arrivals and fixed service: the mean wait is within 5 % of Pollaczek and Khinchine's",
    arguments: [0.2, 0.5, 0.8])
  func meanWait(load: Double) throws {
    let service = 1e6
    // More operations where waits are long and alike for long.
    let row = try row(
      Self.bare("unreplicated") + """
        cpu: {per-message-in: 1ms, per-message-out: 0s, per-byte: 0s}
        workload: {arrival: poisson, rate: \(load * 1_000)/s}
        measure: {warm-up: 5s, window: \(load > 0.7 ? 300 : 150)s}
        """)
    let wait = Double(row.client.sum) / Double(row.client.count) - service
    let expected = load * service / (2 * (1 - load))
    #expect(abs(wait / expected - 1) < 0.05, "\(wait) ns, expected \(expected) ns")
    #expect(row.client.min == 1_000_000, "who finds nobody waits for nothing")
    // Little's law as the textbook has it, without a look at the window's edges: few operations of many lie across
    // them.
    let inSystem = Double(row.generator.inSystem) / Double(row.window)
    let arrivals = Double(row.generator.due) / Double(row.window)
    #expect(abs(inSystem / (arrivals * Double(row.client.sum) / Double(row.client.count)) - 1) < 0.01)
  }

  /// At the leader a batch of b commands takes: to receive its requests and send its replies, b (in + out); to send
  /// each proposal to n-1 peers and receive their acknowledgements, (n-1)(out + in); Zab's announcements of what is
  /// committed, (n-1) out. Heartbeats take a part in a thousand.
  @Test(
    "Past the knee the goodput is a plateau within 2 % of the leader's service rate, as its processor's costs have it",
    arguments: ["multipaxos", "raft", "zab", "unreplicated"], [1, 8])
  func plateau(name: String, batch: Int) throws {
    let (take, give) = (20.0, 10.0)
    let peers = name == "unreplicated" ? 0.0 : 4.0
    let copies = name == "zab" ? 2.0 : 1.0
    let service = take + give + peers * (take + copies * give) / Double(batch)
    for overload in [1.2, 2.0] {
      let row = try row(
        Self.bare(name).replacing("commands: 1,", with: "commands: \(batch),") + """
          cpu: {per-message-in: \(Int(take))us, per-message-out: \(Int(give))us, per-byte: 0s}
          workload: {arrival: poisson, rate: \((overload * 1e6 / service).rounded())/s}
          measure: {warm-up: 500ms, window: 2s}
          """)
      let goodput = Double(row.goodputPerSecond?.millionths ?? 0) / 1e6
      #expect(
        abs(goodput * service / 1e6 - 1) < 0.02,
        "\(goodput)/s, expected \(1e6 / service)/s, \(row.framesPerBatch!) frames a batch")
      #expect(row.generator.waited > 0 && row.generator.starved * 100 <= row.generator.due)
    }
  }

  @Test("Pauses shorter than a request's service make it begin anew, and no processor faster")
  func pauses() throws {
    let pauses = (1...100).map { "{at: \(20 * $0 + 3)ms, pause: n0, for: 1ms}" }.joined(separator: ", ")
    let row = try row(
      Self.bare("unreplicated") + """
        cpu: {per-message-in: 10ms, per-message-out: 0s, per-byte: 0s}
        workload: {arrival: closed, clients: 4, think: 0s}
        faults: [\(pauses)]
        measure: {warm-up: 500ms, window: 3s}
        """)
    // Of 300 services in 3 s each pause costs what it lasts and what was done of one, less than 11 ms.
    let answered = (row.goodputPerSecond?.millionths ?? 0) * 3 / 1_000_000
    #expect(answered <= 300 - 100 / 10 && answered > 300 - 110, "\(answered)")
  }

  @Test(
    "One closed-loop client: the throughput is one over the latency, to the nanosecond",
    arguments: ["multipaxos", "raft", "zab", "unreplicated"])
  func oneClient(name: String) throws {
    let row = try row(
      Self.bare(name).replacing("disk.fsync: 0s", with: "disk.fsync: 250us") + """
        cpu: {per-message-in: 0s, per-message-out: 0s, per-byte: 0s}
        workload: {arrival: closed, clients: 1, think: 0s}
        measure: {warm-up: 100ms, window: 2s}
        """)
    let latency = name == "unreplicated" ? 250_000 : 450_000
    #expect(row.client.min == latency && row.client.max == latency)
    // There is always exactly one operation in the system.
    #expect(row.generator.inSystem == row.window)
    let answered = (row.goodputPerSecond?.millionths ?? 0) * 2 / 1_000_000
    #expect(abs(answered * latency - row.window) < latency, "\(answered) answers")
  }

  /// Asymptotic bounds (Lazowska, Zahorjan, Graham and Sevcik, Quantitative System Performance, 1984, chapter 5).
  @Test(
    "N closed-loop clients: the throughput is at most min(N/(Z+R), 1/S), and reaches it at both ends",
    arguments: [1, 2, 5, 10, 11, 20, 50])
  func clients(count: Int) throws {
    let row = try row(
      Self.bare("unreplicated") + """
        cpu: {per-message-in: 1ms, per-message-out: 0s, per-byte: 0s}
        workload: {arrival: closed, clients: \(count), think: 9ms}
        measure: {warm-up: 1s, window: 20s}
        """)
    // Z + R is 10 ms; each client may be one answer ahead at the window's edge.
    let answered = Double(row.goodputPerSecond?.millionths ?? 0) * 20 / 1e6
    let bound = min(Double(count) / 10e-3, 1 / 1e-3) * 20
    #expect(answered <= bound + Double(count))
    #expect(answered >= bound - Double(count), "with constant times nothing is lost between the bounds")
  }
}
