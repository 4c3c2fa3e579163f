import Measurement
import Testing

@testable import Harness

extension AnswerTests {
  @Test("The median of fail-overs counts the trials that never recover; of too few trials it gives the range")
  func recovery() {
    var made = Made()
    made.add("raft")
    made.addElections((1...21).map { $0 * 1_000_000 })
    made.add("zab")
    made.addElections((1...9).map { $0 * 1_000_000 } + Array(repeating: nil, count: 12))
    #expect(
      made.answer("election-cdf") == """
        After the fault, half of the trials serve a client again within 11.0 ms with raft, never with zab; 12 of 42 trials \
        never recover.
        """)
    var few = Made()
    few.add("raft")
    few.addElections([5_000_000, nil, 3_000_000])
    few.addTimeline([], faults: [0])
    #expect(
      few.answer("election-cdf") == """
        After the crash, in a few trials, clients are served again with raft between 3.00 ms and 5.00 ms; 1 of 3 trials never \
        recover.
        """)
    #expect(
      few.answer("failover-parts")
        == "The longest part of a fail-over is, in the mean, with raft detection, 75 % of 4.00 ms.")
  }

  @Test("A swept fail-over says from where to where it goes and by which part, and how long the slowest trial takes")
  func sweptFailovers() {
    var made = Made()
    for (loss, times) in [("0.02", [30_000_000, nil]), ("0", [10_000_000, 14_000_000])] {
      made.add("raft", Self.loss(loss))
      made.addElections(times)
    }
    #expect(
      made.answer("failover-parts") == """
        By link.loss, the mean fail-over goes with raft from 12.0 ms at 0 to 30.0 ms at 0.02 (2.50 times, mostly detection); \
        1 of 4 trials never recover.
        """)
    #expect(
      made.answer("survival") == """
        After the fault, the slowest trial serves a client again after 14.0 ms with raft at link.loss = 0; 30.0 ms with raft \
        at link.loss = 0.02; 1 of 4 trials never recover.
        """)
    var kinds = Made()
    for (kind, time) in [("hang", 20_000_000), ("crash", 12_000_000), ("isolate", 16_000_000), ("stall", nil)] {
      kinds.add("raft", [("fault", kind)])
      if let time { kinds.addElections([time]) }
    }
    #expect(
      kinds.answer("failover-parts") == """
        By fault, the mean fail-over goes with raft from 12.0 ms at crash to 20.0 ms at hang (1.67 times, mostly detection), \
        and none at stall.
        """)
  }

  @Test("The answer of returns has the medians of time and bytes, and counts those that nobody caught up with")
  func catchUps() {
    var made = Made()
    for (away, times) in [("100ms", [1_000_000, 2_000_000, 9_000_000]), ("3s", [4_000_000, 8_000_000, nil])] {
      made.add("raft", [("away", away)])
      for (trial, time) in times.enumerated() {
        var row = CatchUpRow()
        row.run = RunKey(made.tables.summary[made.tables.summary.count - 1].run.subject, seed: 1, trial: trial)
        row.caughtUp = time
        row.bytes = time.map { $0 / 1_000 }
        made.tables.catchUps.append(row)
      }
    }
    #expect(
      made.answer("catch-up") == """
        From away = 100ms to 3s, the median time to catch up goes with raft from 2.00 ms to 8.00 ms (4.00 times). From \
        away = 100ms to 3s, the median of what is sent to it goes with raft from \(Humane.bytes(2_000)) to \
        \(Humane.bytes(8_000)) (4.00 times); 1 of 6 returns never are.
        """)
  }
}
