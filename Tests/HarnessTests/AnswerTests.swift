import Measurement
import Testing

@testable import Harness

@Suite("The answers of charts") struct AnswerTests {
  /// Results of one experiment, made by hand.
  struct Made {
    var tables = ResultTables()

    /// Adds one configuration with one run.
    mutating func add(
      _ name: String, _ inputs: [(key: String, value: String)] = [], median: Int? = nil, offered: Int? = nil,
      goodput: Int = 0, verdict: Verdict = .ok, change: (inout SummaryRow) -> Void = { _ in }
    ) {
      let id = ConfigurationID(of: inputs.map { ($0.key, $0.value) } + [("protocol", name)])
      let subject = Subject(configuration: id, experiment: "probe", protocolName: name)
      for (key, value) in inputs + [("link.kind", "stream")] {
        tables.configurations.append(
          ConfigurationRow(
            subject, mode: .sim, fingerprint: Fingerprint(0), key: key, value: value, isSwept: key != "link.kind"))
      }
      var row = SummaryRow()
      row.run = RunKey(subject, seed: 1)
      row.verdict = verdict
      row.offeredPerSecond = offered.flatMap { FixedDecimal($0, over: 1) }
      row.goodputPerSecond = FixedDecimal(goodput, over: 1)
      change(&row)
      tables.summary.append(row)
      for metric in [LatencyMetric.client, .commit] {
        guard let median else { continue }
        var latency = LatencyRow()
        latency.subject = subject
        latency.metric = metric
        latency.value = median
        tables.latency.append(latency)
      }
    }

    /// Adds trials of a fail-over to the last configuration; nil: it never recovered.
    mutating func addElections(_ times: [Int?]) {
      for (trial, time) in times.enumerated() {
        var row = ElectionRow()
        row.run = RunKey(tables.summary[tables.summary.count - 1].run.subject, seed: 1, trial: trial)
        row.verdict = .ok
        row.isCensored = time == nil
        row.d3 = time
        row.detection = time.map { $0 * 3 / 4 }
        row.election = time.map { $0 / 4 }
        tables.elections.append(row)
      }
    }

    /// Adds a timeline to the last run: what was answered in each interval of 500 ms.
    mutating func addTimeline(_ completed: [Int], faults: [Int] = [], kind: String = "crash", trial: Int = 0) {
      tables.summary[tables.summary.count - 1].window = completed.count * 500_000_000
      var run = tables.summary[tables.summary.count - 1].run
      run.trial = trial
      for (index, count) in completed.enumerated() {
        var row = TimelineRow()
        row.run = run
        row.start = index * 500_000_000
        row.interval = 500_000_000
        row.completed = count
        row.latencySum = count * count * 1_000_000
        tables.timeline.append(row)
      }
      for (number, at) in faults.enumerated() {
        tables.faults.append(FaultRow(run, number: number, at: at, kind: kind, target: "n0", length: nil))
      }
    }

    func answer(_ chart: String) -> String? { ChartAnswer.sentence(chart, "probe", tables) }
  }

  static func loss(_ value: String) -> [(key: String, value: String)] { [("link.loss", value)] }

  @Test("A sweep's answer goes from the smallest to the largest value, and other data change who gains and who loses")
  func sweep() {
    func answer(_ raft: [Int], _ zab: [Int]) -> String? {
      var made = Made()
      for (name, values) in [("zab", zab), ("raft", raft)] {
        for (value, median) in zip(["0.02", "0", "0.005"], values) { made.add(name, Self.loss(value), median: median) }
      }
      return made.answer("latency-sweep")
    }
    #expect(
      answer([2_000_000, 1_000_000, 9_000_000], [9_100_000, 700_000, 1]) == """
        From link.loss = 0 to 0.02, the median client latency goes with raft from 1.00 ms to 2.00 ms (2.00 times), with zab \
        from 700 µs to 9.10 ms (13.0 times).
        """)
    #expect(
      answer([500_000, 1_000_000, 9_000_000], [500_000, 1_000_000, 1]) == """
        From link.loss = 0 to 0.02, the median client latency goes with raft and zab from 1.00 ms to 500 µs (2.00 times less).
        """)
  }

  @Test("A second swept input is told apart, and a value that is missing at one end leaves its protocol out")
  func panels() {
    var made = Made()
    for burst in ["1", "8"] {
      for (loss, median) in [("0", 1_000), ("0.005", 2_000), ("0.02", burst == "1" ? 4_000 : 3_000)] {
        made.add("raft", [("link.burst", burst), ("link.loss", loss)], median: median)
      }
      made.add("zab", [("link.burst", burst), ("link.loss", "0")], median: 1_000)
    }
    #expect(
      made.answer("latency-sweep") == """
        From link.loss = 0 to 0.02, the median client latency goes at link.burst = 1 with raft from 1.00 µs to 4.00 µs \
        (4.00 times); at link.burst = 8 with raft from 1.00 µs to 3.00 µs (3.00 times).
        """)
  }

  @Test("What is not verified is in no answer, and without verified data it says so")
  func unverified() {
    var made = Made()
    made.add("raft", Self.loss("0"), median: 1_000, verdict: .violated)
    made.add("raft", Self.loss("0.02"), median: 2_000, verdict: .unknown)
    for chart in ["latency-sweep", "latency-cdf", "latency-load", "election-cdf", "cost-bars", "timeline", "trade-off"]
    {
      let reason = "(raft is left out: 2 of 2 runs are not verified.)"
      #expect(made.answer(chart) == "\(ChartAnswer.nothing) \(reason)", "\(chart)")
    }
    made.add("zab", Self.loss("0"), median: 3_000)
    made.add("zab", Self.loss("0.02"), median: 3_000)
    #expect(made.answer("latency-sweep")?.contains("with raft") == false)
    #expect(made.answer("latency-sweep")?.contains("with zab from 3.00 µs to 3.00 µs") == true)
    #expect(ChartAnswer.sentence("nobody-knows-it", "probe", made.tables) == nil)
  }

  @Test("Who is left out is named with its runs, and whether that is all of them")
  func leftOut() {
    var made = Made()
    for loss in ["0", "0.02"] {
      made.add("raft", Self.loss(loss), median: 1_000)
      made.add("zab", Self.loss(loss), median: 1_000, verdict: .void)
    }
    made.add("raft", Self.loss("0.5"), median: 1_000, verdict: .unknown)
    #expect(
      made.answer("latency-sweep")?.hasSuffix(
        "(raft is left out in part: 1 of 3 runs are not verified; zab is left out: 2 of 2 runs are not verified.)")
        == true)
  }

  @Test("Panels that do not have the same values each give their own ends")
  func unevenPanels() {
    var made = Made()
    for (burst, values) in [("1", ["0", "0.02"]), ("8", ["0.005", "0.5"])] {
      for (loss, median) in zip(values, [1_000, 2_000]) {
        made.add("raft", [("link.burst", burst), ("link.loss", loss)], median: median)
      }
    }
    #expect(
      made.answer("latency-sweep") == """
        The median client latency goes at link.burst = 1 from link.loss = 0 to 0.02 with raft from 1.00 µs to 2.00 µs \
        (2.00 times); at link.burst = 8 from link.loss = 0.005 to 0.5 with raft from 1.00 µs to 2.00 µs (2.00 times).
        """)
  }

  @Test("The fastest comes first, those that are alike together, and the order follows the data")
  func ranking() {
    func answer(_ values: [(String, Int)]) -> String? {
      var made = Made()
      for (name, median) in values { made.add(name, [("cluster.replicas", "5")], median: median) }
      return made.answer("latency-cdf")
    }
    #expect(
      answer([("raft", 675_000), ("zab", 690_000), ("multipaxos", 675_000)]) == """
        Half of the batches are durable on a majority within 675 µs with multipaxos (n = 5) and raft (n = 5), 690 µs with zab \
        (n = 5).
        """)
    #expect(answer([("raft", 700_000), ("zab", 690_000)])?.contains("within 690 µs with zab (n = 5), 700 µs") == true)
  }

  @Test("Where more than the size is swept, commit latency is told at the first and the last values, with their names")
  func commitLatencyOfSweep() {
    var made = Made()
    for (loss, median) in [("0.05", 447_000_000), ("0", 700_000), ("0.005", 952_000)] {
      for size in ["5", "3"] {
        let inputs = [("cluster.replicas", size), ("link.loss", loss)]
        made.add("raft", inputs.map { (key: $0.0, value: $0.1) }, median: median - (size == "3" ? 100_000 : 0))
      }
    }
    #expect(
      made.answer("latency-cdf") == """
        Half of the batches are durable on a majority at link.loss = 0 within 700 µs with raft (n = 5); at link.loss = 0.05 \
        within 447 ms with raft (n = 5).
        """)
  }

  @Test("Numbers that read alike are not ranked: no factor of one, no place where the goodput is highest")
  func alike() {
    func made(_ goodput: [Int]) -> Made {
      var made = Made()
      for (index, goodput) in goodput.enumerated() {
        let inputs = [("batch.window", "\(index % 2 + 1)"), ("link.loss", index < 2 ? "0" : "0.05")]
        made.add("raft", inputs.map { (key: $0.0, value: $0.1) }, median: 1_000, goodput: goodput)
      }
      return made
    }
    #expect(made([505, 504, 505, 505]).answer("heat-map") == "The goodput is everywhere the same with raft (505/s).")
    #expect(made([505, 504, 505, 455]).answer("heat-map")?.contains("1.11 times the least") == true)
    #expect(made([505, 504, 505, 505]).answer("goodput-sweep")?.contains("times") == false)
    #expect(made([505, 504, 505, 455]).answer("goodput-sweep")?.contains("(1.11 times less)") == true)
    #expect(made([1, 1, 1, 1]).answer("latency-bars")?.contains("the same for all (1.00 µs)") == true)
  }

  @Test("Who answers more than was offered is named, with the reason; who answers what was offered is not")
  func surplus() {
    var made = Made()
    for (loss, goodput) in [("0", 511), ("0.05", 553)] {
      made.add("zab", Self.loss(loss), median: 1_000, offered: 511, goodput: goodput)
      made.add("raft", Self.loss(loss), median: 1_000, offered: 511, goodput: 511)
    }
    let answer = made.answer("goodput-sweep")
    #expect(
      answer?.contains("; with zab it is more than was offered in places, because operations of the warm-up") == true)
    #expect(answer?.contains("raft it is more") == false)
  }

  @Test("A sweep over the loss of streams says how long what is lost waits, and one of datagrams does not")
  func lossOfStreams() {
    for kind in ["stream", "datagram"] {
      var made = Made()
      for loss in ["0", "0.05"] { made.add("raft", Self.loss(loss), median: 1_000) }
      for row in made.tables.configurations where row.key == "link.kind" {
        var wait = row
        wait.key = "link.retransmission"
        wait.value = kind == "stream" ? "200ms" : "unused"
        made.tables.configurations.append(wait)
      }
      for index in made.tables.configurations.indices where made.tables.configurations[index].key == "link.kind" {
        made.tables.configurations[index].value = kind
      }
      made.tables.latency += made.tables.latency.filter { $0.metric == .client }.map { row in
        var tail = row
        tail.quantile = .percent(99)
        return tail
      }
      let says = made.answer("latency-sweep")?.contains("what a stream loses waits 200ms or more, because fast")
      #expect(says == (kind == "stream"))
    }
  }

  @Test("The knee is the highest load of which 99 % is answered; a protocol that never answers so much has none")
  func knee() {
    var made = Made()
    for (offered, raft, zab) in [(1_000, 1_000, 900), (2_000, 1_985, 1_500), (4_000, 2_100, 1_400)] {
      let rate = [(key: "workload.rate", value: "\(offered)/s")]
      made.add("raft", rate, offered: offered, goodput: raft)
      made.add("zab", rate, offered: offered, goodput: zab)
    }
    #expect(
      made.answer("latency-load") == """
        The knee, the highest load of which 99 % is answered, is 2 000/s with raft, none with zab; the most that is answered at \
        all is 1 500/s with zab, 2 100/s with raft, and at the highest load 1 400/s with zab, 2 100/s with raft.
        """)
  }

  @Test("Failures that a size lives through are counted from what was answered, and even sizes compared with odd ones")
  func tolerance() {
    func answer(_ four: [Int]) -> String? {
      var made = Made()
      made.add("raft", [("cluster.replicas", "3")], offered: 100)
      made.addTimeline([50, 50, 0, 20, 50, 50, 0, 0, 0, 0], faults: [1_000_000_000, 3_000_000_000])
      made.add("raft", [("cluster.replicas", "4")], offered: 100)
      made.addTimeline(four, faults: [1_000_000_000, 3_000_000_000])
      return made.answer("tolerance-map")
    }
    #expect(
      answer([50, 50, 0, 20, 50, 50, 0, 0, 0, 0]) == """
        Clusters serve on with raft after 1 and 1 failures with 3 and 4 replicas, no even size more than the odd one below.
        """)
    #expect(
      answer([50, 50, 0, 20, 50, 50, 0, 20, 50, 50]) == """
        Clusters serve on with raft after 1 and 2 failures with 3 and 4 replicas, some even sizes more than the odd ones below.
        """)
  }

  @Test("One trial that does not serve on is enough, however well the others do; one without the failure says nothing")
  func everyTrial() {
    func answer(_ trials: [[Int]]) -> String? {
      var made = Made()
      made.add("raft", [("cluster.replicas", "3")], offered: 100)
      for (trial, completed) in trials.enumerated() {
        made.addTimeline(completed, faults: completed.count > 4 ? [1_000_000_000] : [], trial: trial)
      }
      return made.answer("tolerance-map")
    }
    let (good, bad) = ([50, 50, 0, 20, 50, 50], [50, 50, 0, 0, 0, 0])
    #expect(answer([good, [50, 50]]) == "Clusters serve on with raft after 1 failures with 3 replicas.")
    #expect(
      answer(Array(repeating: good, count: 20) + [bad])
        == "Clusters serve on with raft after 0 failures with 3 replicas.")
  }

  @Test("An answer calls what struck first by its name, and counts the trials in which nothing could be struck")
  func struck() {
    func answer(_ kinds: [String], planned: String = "transfer") -> String? {
      var made = Made()
      made.add("raft", [("faults", "0s \(planned) n1")])
      made.addElections([3_000_000, 5_000_000])
      for (trial, kind) in kinds.enumerated() { made.addTimeline([], faults: [0], kind: kind, trial: trial) }
      var second = made.tables.summary[0]
      second.run.trial = 1
      made.tables.summary.append(second)
      return made.answer("election-cdf")
    }
    #expect(answer(["flap", "flap"])?.hasPrefix("After the flap, in a few trials") == true)
    #expect(answer(["disk-stall", "transfer"])?.hasPrefix("After the disk-stall or transfer, in a few") == true)
    #expect(answer(["transfer", "transfer"])?.contains("nothing to") == false)
    #expect(answer(["transfer"])?.hasSuffix("; in 1 of 2 trials there was nothing to hand over.") == true)
    #expect(answer(["crash"], planned: "crash")?.hasSuffix("; in 1 of 2 trials there was nothing to strike.") == true)
  }

  private static let intervals =
    "(in whole intervals of 500 ms, so at least; slow: at twice the latency of the median interval or more)"

  @Test("An outage is the longest row of empty intervals of the worst trial, and slow intervals are counted apart")
  func outage() {
    var made = Made()
    made.add("raft")
    made.addTimeline([5, 0, 0, 0, 5, 0], faults: [400_000_000])
    made.addTimeline([5, 0, 5, 5, 5, 0], faults: [400_000_000], trial: 1)
    made.add("zab")
    made.addTimeline([5, 5, 5, 12, 5, 10])
    #expect(
      made.answer("timeline") == """
        In the worst trial, no answer comes for 0 s with zab, 1.50 s with raft, and answers are slow for 0 s with raft, \
        1.00 s with zab \(Self.intervals); the longest mean latency of an interval 5.00 ms with raft, 12.0 ms with zab; what \
        struck: crash.
        """)
  }

  @Test("An interval that the window cuts off counts as far as it goes")
  func cutOff() {
    var made = Made()
    made.add("raft")
    made.addTimeline([5, 5, 0, 0])
    made.tables.summary[0].window = 1_600_000_000
    #expect(made.answer("timeline")?.contains("no answer comes for 600 ms with raft") == true)
  }

  @Test("Of a sweep, each case has its own outage")
  func outages() {
    var made = Made()
    for (name, value, completed) in [("raft", "1", [5, 0, 5]), ("raft", "2", [5, 0, 0]), ("zab", "2", [5, 5, 10])] {
      made.add(name, Self.loss(value))
      made.addTimeline(completed)
    }
    #expect(
      made.answer("timelines") == """
        In the worst trial, at link.loss = 1 no answer comes for 500 ms with raft, and answers are slow for 0 s with raft; \
        at link.loss = 2 no answer comes for 0 s with zab, 1.00 s with raft, and answers are slow for 0 s with raft, \
        500 ms with zab \(Self.intervals); nothing struck.
        """)
  }

  @Test("The longest wait is given for each case, named as in the file, whatever faults it stands for")
  func waits() {
    var made = Made()
    for (name, period, wait) in [
      ("raft", "70ms", 5), ("zab", "70ms", 4), ("raft", "370ms", 900), ("zab", "370ms", 950),
    ] {
      made.add(name, [("faults", "0s flap leader \(period) for 4s"), ("period", period)]) {
        $0.client.max = wait * 1_000_000
      }
      made.addTimeline([], faults: [0], kind: "flap")
    }
    #expect(
      made.answer("outages") == """
        In the mean of the trials, the longest that an operation waits is at period = 70ms 4.00 ms with zab, 5.00 ms with raft; \
        at period = 370ms 900 ms with raft, 950 ms with zab.
        """)
  }

  @Test(
    "Of many cases those are named that cost more than five election timeouts, and those are counted that change no leader"
  )
  func scenarios() {
    var made = Made()
    for (name, scenario, wait, changes) in [
      ("raft", "chained", 1, 0), ("raft", "star", 1_600, 1), ("zab", "chained", 1, 0), ("zab", "star", 1_400, 0),
    ] {
      made.add(name, [("scenario", scenario), ("timing.election-timeout", "150ms-300ms")]) {
        $0.client.max = wait * 1_000_000
        $0.leaderChanges = changes
      }
    }
    for index in made.tables.configurations.indices where made.tables.configurations[index].key != "scenario" {
      made.tables.configurations[index].isSwept = false
    }
    #expect(
      made.answer("scenario-map") == """
        In the mean of the trials, somebody waits for longer than five election timeouts (1.50 s) at scenario = star with raft; \
        none with zab; of 2 cases, the leader never changes in 1 with raft, 2 with zab.
        """)
  }

  @Test("False alarms are counted over the calm time, and none seen is fewer than one in it")
  func falseAlarms() {
    var made = Made()
    for (timeout, changes, time) in [("150ms-300ms", 10, 200), ("1s-2s", 0, 1_500)] {
      made.add("raft", [("timing.election-timeout", timeout)]) {
        $0.calm = 359_000_000_000
        $0.unprovokedLeaderChanges = changes
      }
      made.addElections([time * 1_000_000])
    }
    #expect(
      made.answer("trade-off") == """
        Changes of leaders without a failure per hour, and the median time to recover from one, at 150ms-300ms against 1s-2s: \
        with raft 100 and 200 ms against fewer than 10 and 1.50 s.
        """)
  }

  @Test("Costs are compared with the textbook's, and the furthest is named")
  func cost() {
    func answer(_ writes: Int) -> String? {
      var made = Made()
      made.add("raft", [("cluster.replicas", "3")]) { row in
        row.batches = 100
        row.frames.replication = 400
        row.framesPerBatch = FixedDecimal(4, over: 1)
        row.framesPerBatchExpected = FixedDecimal(4, over: 1)
        row.fsyncsPerBatch = FixedDecimal(writes, over: 100)
        row.fsyncsPerBatchExpected = FixedDecimal(3, over: 1)
      }
      return made.answer("cost-bars")
    }
    #expect(
      answer(301)
        == "With 3 replicas a batch takes, in messages, 4 with raft; all 2 counts are within 1 % of the textbook's.")
    #expect(answer(250)?.hasSuffix("furthest from the textbook are the disk writes of raft, 2.5 instead of 3.") == true)
  }

  @Test("Factors have three digits")
  func factors() {
    let pairs = [(1_000, 1_000), (1_000, 3_141), (1_000, 31_415), (1_000, 314_159), (3, 1), (0, 1)]
    #expect(
      pairs.map { AnswerText.factor($0.0, $0.1) }
        == ["1.00 times", "3.14 times", "31.4 times", "314 times", "0.33 times", nil])
  }

  @Test("Values are ordered as numbers with their units")
  func order() {
    let delays = ["20ms", "100us", "1ms", "5ms"].sorted(by: AnswerData.precedes)
    #expect(delays == ["100us", "1ms", "5ms", "20ms"])
    #expect(["1KiB", "64B", "16KiB"].sorted(by: AnswerData.precedes) == ["64B", "1KiB", "16KiB"])
    let jitter = ["normal 5ms sd 2ms", "normal 5ms sd 500us", "normal 5ms sd 0s"].sorted(by: AnswerData.precedes)
    #expect(jitter == ["normal 5ms sd 0s", "normal 5ms sd 500us", "normal 5ms sd 2ms"])
    #expect(["600ms-1.2s", "30ms-60ms"].sorted(by: AnswerData.precedes) == ["30ms-60ms", "600ms-1.2s"])
    #expect(
      ["unlimited", "1Gbit/s", "10Mbit/s"].sorted(by: AnswerData.precedes) == ["10Mbit/s", "1Gbit/s", "unlimited"])
    #expect(["9", "10", "1"].sorted(by: AnswerData.precedes) == ["1", "9", "10"])
  }
}
