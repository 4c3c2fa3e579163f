import Testing

@testable import Measurement

@Suite struct ComparisonTests {
  private func report(_ edit: (inout ResultTables) -> Void, sameBuild: Bool = true) -> ComparisonReport {
    var found = sampleTables()
    edit(&found)
    return ResultComparison.compare(baseline: sampleTables(), found: found, sameBuild: sameBuild)
  }

  @Test("A result compared with itself holds, whatever the order of its rows")
  func same() throws {
    let shuffled = report {
      $0.summary.reverse()
      $0.latency.reverse()
    }
    #expect(shuffled.result == .holds && shuffled.differences.isEmpty)
    try withFolder { folder in
      try sampleTables().write(to: folder)
      #expect(ResultComparison.compare(baseline: folder, found: folder).result == .holds)
    }
  }

  @Test("One more message is a regression that names row and column")
  func extraMessage() {
    let report = report { $0.messages[1].frames += 1 }
    #expect(report.result == .regression)
    #expect(report.differences.count == 1)
    let difference = report.differences.first
    #expect(difference?.file == "messages.csv" && difference?.column == "frames")
    #expect(difference?.baseline == "8" && difference?.found == "9" && difference?.direction == .worse)
    #expect(difference?.row.contains("protocol raft, seed 10, trial 0, kind AppendEntries") == true)
    #expect(report.text.contains("messages.csv frames: 8 -> 9 (worse)"))
  }

  @Test("A second fsync and lost goodput are regressions, their opposites improvements")
  func directions() {
    #expect(report { $0.summary[0].fsyncs += 1 }.result == .regression)
    #expect(report { $0.summary[0].fsyncs -= 1 }.result == .improvement)
    #expect(report { $0.summary[0].goodputPerSecond = FixedDecimal(999, over: 1) }.result == .regression)
    #expect(report { $0.summary[0].goodputPerSecond = FixedDecimal(1001, over: 1) }.result == .improvement)
    #expect(report { $0.elections[0].isCensored = true }.result == .regression)
    #expect(
      report {
        $0.summary[0].fsyncs -= 1
        $0.summary[1].client.max! += 1
      }.result == .regression)
  }

  @Test("Another run hash is nothing beside an improvement, and a change of behaviour alone")
  func hashes() {
    let alone = report { $0.summary[0].runHash = Fingerprint(1) }
    #expect(alone.result == .regression && alone.headline.hasPrefix("Behaviour changed"))
    let beside = report {
      $0.summary[0].runHash = Fingerprint(1)
      $0.summary[0].fsyncs -= 1
    }
    #expect(beside.result == .improvement)
  }

  @Test("A verdict, a quantile that cannot be printed any more and a lost or new row are regressions")
  func changes() {
    #expect(report { $0.summary[0].verdict = .unchecked }.result == .regression)
    #expect(report { $0.summary[0].client.p99 = nil }.result == .regression)
    let lost = report { $0.elections.removeLast() }
    #expect(lost.result == .regression && lost.differences.first?.change == "the row is missing")
    let new = report { $0.timeline.append(TimelineRow()) }
    #expect(new.result == .regression && new.differences.first?.change == "the row is new")
  }

  @Test("Wall-clock time is never compared, allocations only between equal builds")
  func costs() {
    #expect(
      report {
        for index in $0.costs.indices { $0.costs[index].wall *= 2 }
      }.result == .holds)
    #expect(report { $0.costs[0].allocations! += 1 }.result == .regression)
    let other = report({ $0.costs[0].allocations! += 1 }, sameBuild: false)
    #expect(other.result == .holds && other.notes.count == 1)
    #expect(report { $0.costs = [] }.result == .regression, "what is no longer counted is no longer held")
  }

  @Test("Another configuration is refused, with the input that differs")
  func configurations() {
    let report = report { tables in
      let inputs = [(key: "cluster.size", value: "7"), (key: "protocol", value: "raft")]
      let old = tables.configurations[0].subject.configuration
      for index in tables.configurations.indices where tables.configurations[index].subject.configuration == old {
        tables.configurations[index].subject.configuration = ConfigurationID(of: inputs)
        if tables.configurations[index].key == "cluster.size" { tables.configurations[index].value = "7" }
      }
    }
    guard case .mismatch(let reason) = report.result else {
      Issue.record("not refused: \(report.headline)")
      return
    }
    #expect(reason.contains("cluster.size: 5 against 7"))
    #expect(report.differences.isEmpty)
  }

  @Test("Another number of trials is refused, and not shown as missing rows")
  func trials() {
    let report = report { $0.precision[0].budget += 1 }
    #expect(report.result.name == "mismatch" && report.headline.contains("trials"))
  }

  @Test("Results of real time and unreadable folders are refused")
  func refused() throws {
    let tcp = report { $0.configurations[0].mode = .tcp }
    #expect(tcp.result.name == "mismatch" && tcp.headline.contains("tcp"))
    let missing = ResultComparison.compare(baseline: "/nonexistent/a", found: "/nonexistent/b")
    #expect(missing.result.name == "mismatch" && missing.headline.contains("/nonexistent/a/configurations.csv"))
    try withFolder { folder in
      try sampleTables().write(to: folder)
      try AtomicFile.write("schema,other\n2,x\n", to: "\(folder)/summary.csv")
      let report = ResultComparison.compare(baseline: folder, found: folder)
      #expect(report.headline.contains("summary.csv:2, column schema: schema version 2"))
    }
  }

  @Test("The text shows the first twenty differences, how many more, and counts all by column")
  func manyDifferences() {
    let report = report {
      for index in $0.latency.indices { $0.latency[index].value += 1 }
      $0.summary[0].fsyncs += 1
    }
    let lines = report.text.split(separator: "\n")
    #expect(report.differences.count > 60)
    #expect(lines.filter { $0.contains("(worse)") }.count == 20)
    #expect(lines.contains("  … and \(report.differences.count - 20) more"))
    #expect(lines.contains("  latency.csv value_ns: \(report.differences.count - 1)"))
    #expect(lines.contains("  summary.csv fsyncs: 1"))
    #expect(report.junit.contains("tests=\"2\" failures=\"2\" errors=\"0\""))
    #expect(report.annotations.split(separator: "\n").count == 2 && report.annotations.hasPrefix("::error"))
    #expect(report.markdown.contains("| `summary.csv fsyncs` | 15 | 16 | worse |"))
    #expect(report.json.contains("\"result\" : \"regression\""))
  }

  @Test("What reports quote cannot break out of their format")
  func escaping() {
    let report = report { $0.configurations[0].value = "<a & \"b\"|%\nc>" }
    #expect(report.junit.contains("&lt;a &amp; &quot;b&quot;|%"))
    #expect(report.markdown.contains("\\|"))
    #expect(report.annotations.contains("%25%0Ac") && report.annotations.split(separator: "\n").count == 1)
  }
}
