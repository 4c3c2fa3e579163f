import Foundation
import Testing

@testable import Measurement

@Suite("Reports for people and build servers") struct GateReportTests {
  private struct Sample: GateReport {
    var cases: [GateCase]
    var text: String { "" }
    var markdown: String { "" }
    var document: [String: Any] { [:] }
  }

  @Test("In JUnit what is worse or better fails, what nobody knows is skipped, and what is refused is an error")
  func junit() {
    let sample = Sample(cases: [
      GateCase("a", .passed, ""), GateCase("b", .failed("slower"), "1 < 2"), GateCase("c", .improved("faster"), ""),
      GateCase("d", .unknown, "x\ny"), GateCase("e", .refused, ""),
    ])
    let lines = sample.junit.split(separator: "\n")
    #expect(lines[1].hasSuffix("tests=\"5\" failures=\"2\" errors=\"1\" skipped=\"1\">"))
    #expect(lines[2] == "<testcase classname=\"gate\" name=\"a\"/>")
    #expect(lines[3].contains("<failure type=\"slower\" message=\"1 &lt; 2\"/>"))
    #expect(lines[4].contains("<failure type=\"faster\""))
    #expect(lines[5].contains("<skipped message=\"x&#10;y\"/>") && lines[6].contains("<error "))
  }

  @Test("GitHub gets an error for what is worse, a notice for what is better or unknown, and nothing for what passed")
  func annotations() {
    let sample = Sample(cases: [
      GateCase("a", .passed, ""), GateCase("b: c, d", .failed("slower"), "1\n2"), GateCase("c", .unknown, "m"),
    ])
    #expect(
      sample.annotations
        == "::error title=Benchmark gate (b%3A c%2C d)::1%0A2\n::notice title=Benchmark gate (c)::m\n")
  }

  private func pairs(_ head: Int) throws -> PairedComparison {
    var generator = TestGenerator(state: 1)
    return try #require(
      PairedComparison(Array(repeating: (base: 1_000, head: head), count: 20), using: &generator))
  }

  @Test("A comparison of pairs is one case, whose outcome is its verdict")
  func paired() throws {
    #expect(try pairs(1_000).gateCase.outcome == .passed)
    #expect(try pairs(1_100).gateCase.outcome == .failed("slower"))
    #expect(try pairs(900).gateCase.outcome == .improved("faster"))
    var generator = TestGenerator(state: 1)
    let few = try #require(PairedComparison([(base: 1, head: 1)], using: &generator))
    #expect(few.gateCase.outcome == .unknown)
    #expect(try pairs(1_100).document["low"] as? String == "1.100000")
  }

  @Test("Two results beside each other are reported in every form, each number better or worse")
  func sideBySide() throws {
    var head = sampleTables()
    for index in head.latency.indices where head.latency[index].quantile == .median { head.latency[index].value *= 2 }
    var generator = TestGenerator(state: 1)
    func compare(_ base: ResultTables, _ head: ResultTables) -> SideBySide {
      SideBySide(base: base, head: head, origins: (nil, nil), using: &generator)
    }
    let worse = compare(sampleTables(), head)
    #expect(worse.result == .regression && worse.cases.allSatisfy { $0.outcome == .failed("worse") })
    #expect(worse.markdown.contains("| client p50 |") && worse.json.contains("\"direction\" : \"worse\""))
    let better = compare(head, sampleTables())
    #expect(better.result == .improvement && better.cases.allSatisfy { $0.outcome == .improved("better") })
    #expect(compare(head, head).result == .holds && compare(head, head).cases.map(\.outcome) == [.passed])
  }
}

@Suite("Where two results come from") struct ComparabilityTests {
  @Test("Another toolchain, build or allocator is named, and so is another machine where times are concerned")
  func named() {
    let here = Provenance.current()
    #expect(here.buildDiffers(from: here) == nil && here.timesDiffer(from: here) == nil)
    var there = here
    there.host.processor = "Z80"
    #expect(here.buildDiffers(from: there) == nil)
    #expect(here.timesDiffer(from: there)?.hasPrefix("another processor, ") == true)
    there = here
    there.build.toolchain = "Swift 7"
    for difference in [here.buildDiffers(from: there), here.timesDiffer(from: there)] {
      #expect(difference == "another toolchain, \(here.build.toolchain) against Swift 7")
    }
  }
}

@Suite("What pairs can show") struct DetectionTests {
  /// Pairs of one build with itself, either time up to `noise` millionths longer.
  private func times(_ count: Int, noise: Int) -> [(base: Int, head: Int)] {
    var generator = TestGenerator(state: 7)
    func time() -> Int { 1_000_000 + (noise == 0 ? 0 : Int(generator.next() % UInt64(noise))) }
    return (0..<count).map { _ in (time(), time()) }
  }
  private func table(_ times: [(base: Int, head: Int)], threshold: Int = 50_000) throws -> DetectionTable {
    var generator = TestGenerator(state: 3)
    return try #require(
      DetectionTable(times, threshold: FixedDecimal(millionths: threshold), using: &generator))
  }

  @Test("Without noise the fewest pairs show every change above the threshold, and no number shows one below it")
  func quiet() throws {
    let table = try table(times(60, noise: 0))
    #expect(table.rows.map(\.percent) == [2, 5, 10, 20, 50])
    #expect(
      table.rows.map(\.pairsFor80) == [nil, nil, 20, 20, 20]
        && table.rows.map(\.pairsFor90) == table.rows.map(\.pairsFor80))
    #expect(
      table.falseAlarms == 0 && table.verdicts.map(\.count) == [0, 0, 3, 0]
        && table.verdicts[2].verdict == .noDifference)
    #expect(table.text.contains("does not matter") && table.text.contains("Of 3 comparisons of 20 pairs each"))
  }

  @Test("Noise takes more pairs, the more the smaller the change, and a lower threshold takes fewer")
  func noisy() throws {
    let noisy = times(200, noise: 200_000)
    let high = try table(noisy)
    let ten = try #require(high.rows[2].pairsFor80)
    #expect(try ten > 20 && ten >= #require(high.rows[3].pairsFor80) && #require(high.rows[2].pairsFor90) >= ten)
    let low = try table(noisy, threshold: 10_000)
    #expect(try #require(low.rows[2].pairsFor80) <= ten && low.rows[1].pairsFor80 != nil)
  }

  @Test("Pairs that are not of one build with itself raise alarms, all of them")
  func alarms() throws {
    let table = try table(times(60, noise: 0).map { (base: $0.base, head: $0.head * 2) })
    #expect(table.falseAlarms == DetectionTable.repetitions && table.verdicts.map(\.count) == [0, 3, 0, 0])
  }

  @Test("A verdict on a head that takes longer is that on its pairs")
  func scaled() throws {
    let noisy = times(40, noise: 100_000)
    for percent in [0, 2, 5, 10, 20] {
      var (one, other) = (TestGenerator(state: 1), TestGenerator(state: 1))
      let slower = noisy.map { (base: $0.base, head: $0.head * (100 + percent) / 100) }
      let measured = try #require(PairedComparison(slower, using: &one))
      #expect(try #require(PairedComparison(noisy, using: &other)).verdict(ifSlowerBy: percent) == measured.verdict)
    }
  }

  @Test("Fewer pairs than a verdict takes are no table")
  func few() {
    var generator = TestGenerator(state: 1)
    #expect(DetectionTable(times(19, noise: 0), using: &generator) == nil)
  }

  @Test("Pairs are written and read as they were measured")
  func file() throws {
    let rows = (1...12).map { PairRow($0, base: 10 * $0, head: 11 * $0) }
    #expect(try PairRow.sorted(PairRow.decode(PairRow.encode(rows))) == rows)
  }
}
