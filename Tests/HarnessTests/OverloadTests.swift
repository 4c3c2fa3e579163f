import Measurement
import Testing

@testable import Harness

@Suite("Overload, and the stages of a commit") struct OverloadTests {
  private static let inputs = [
    "workload.bursts": "0.4x for 1500ms every 2s", "workload.rate": "60000/s", "measure.warm-up": "500ms",
    "measure.window": "3s",
  ]

  @Test("An overload is the busy part of a period that begins in the window, whether bursts are high or low")
  func times() throws {
    let low = try #require(Overload(Self.inputs))
    #expect(low.time == 1_000_000_000..<1_500_000_000 && low.end == 3_000_000_000)
    #expect(low.rate == 168_000 && low.calmRate == 24_000)
    var inputs = Self.inputs
    inputs["workload.bursts"] = "2.8x for 500ms every 2s"
    let high = try #require(Overload(inputs))
    #expect(high.time == 1_500_000_000..<2_000_000_000 && high.end == 3_000_000_000)
    #expect(high.rate == 168_000 && high.calmRate == 24_000)
    for bursts in ["none", "1x for 1s every 2s", "unused"] {
      inputs["workload.bursts"] = bursts
      #expect(Overload(inputs) == nil, "\(bursts)")
    }
    inputs["workload.bursts"] = "2.8x for 500ms every 2s"
    inputs["measure.window"] = "2s"
    #expect(Overload(inputs) == nil, "nothing comes after it")
    inputs["measure.warm-up"] = "0s"
    inputs["measure.window"] = "3s"
    #expect(Overload(inputs) == nil, "nothing comes before it")
  }

  /// A case of two protocols, with answers in intervals of 500 ms, of a mean latency of as many ms.
  private func add(_ made: inout AnswerTests.Made, _ name: String, _ value: String, _ completed: [Int]) {
    made.add(name, [("case", value)] + Self.inputs.map { ($0.key, $0.value) })
    made.addTimeline(completed)
  }

  @Test("Latency is normal again after the last interval with twice that before the overload, or never")
  func answer() throws {
    var made = AnswerTests.Made()
    add(&made, "raft", "alone", [10, 10, 40, 30, 19, 10])
    add(&made, "zab", "alone", [10, 10, 41, 10, 10, 10])
    add(&made, "raft", "crash", [10, 10, 40, 0, 20, 10])
    add(&made, "zab", "crash", [10, 10, 40, 30, 30, 30])
    for index in made.tables.configurations.indices where Self.inputs[made.tables.configurations[index].key] != nil {
      made.tables.configurations[index].isSwept = false
    }
    #expect(
      made.answer("overload") == """
        Of 168 000/s for 500 ms, with 24 000/s before and after, at case = alone 80/s with raft, 82/s with zab are answered, and \
        latency is normal again after 0 s with zab, 500 ms with raft; at case = crash 80/s with raft and zab are answered, and \
        latency is normal again after 1.00 s with raft, never with zab (from the end of the overload to that of the last \
        interval of 500 ms with twice the latency before it, in the worst trial).
        """)
  }

  @Test("The knee also needs a 99th percentile of at most ten times that at the lowest load, in each panel")
  func knee() {
    var made = AnswerTests.Made()
    for (disk, tails) in [("1ms", [1_000, 10_000, 10_001]), ("2ms", [1_000, 10_001, 9_000])] {
      for (offered, tail) in zip([1_000, 2_000, 4_000], tails) {
        made.add(
          "raft", [("workload.rate", "\(offered)/s"), ("disk.fsync", disk)], median: tail, offered: offered,
          goodput: offered)
      }
    }
    for index in made.tables.latency.indices { made.tables.latency[index].quantile = .percent(99) }
    #expect(
      made.answer("latency-load") == """
        The knee, the highest load of which 99 % is answered with a 99th percentile of at most 10 times that at the lowest \
        load, is at disk.fsync = 1ms 2 000/s with raft; the most that is answered at all is 4 000/s with raft, and at the \
        highest load 4 000/s with raft; at disk.fsync = 2ms 4 000/s with raft; the most that is answered at all is 4 000/s \
        with raft, and at the highest load 4 000/s with raft.
        """)
  }

  @Test("The longest stage is that of the means, and its share is of their sum")
  func stages() {
    var made = AnswerTests.Made()
    for (name, times) in [("raft", [1, 6, 0, 3]), ("zab", [7, 2, 0, 1])] {
      made.add(name, [("disk.leader", "serial")])
      for (stage, time) in zip(Stage.allCases, times) {
        var row = StageRow()
        row.subject = made.tables.summary[made.tables.summary.count - 1].run.subject
        (row.stage, row.count, row.sum) = (stage, 10, time * 10_000_000)
        made.tables.stages.append(row)
      }
    }
    #expect(
      made.answer("stages") == """
        The longest stage of a command's way through its leader is, in the mean, at disk.leader = serial with raft from \
        proposal to commit, 60 % of 10.0 ms, with zab from receipt to proposal, 70 % of 10.0 ms.
        """)
    made.tables.stages = []
    #expect(made.answer("stages") == ChartAnswer.nothing)
  }
}
