import Testing

@testable import Measurement

@Suite struct SideBySideTests {
  private func compare(_ edit: (inout ResultTables) -> Void) -> SideBySide {
    var head = sampleTables()
    edit(&head)
    var generator = TestGenerator(state: 1)
    return SideBySide(base: sampleTables(), head: head, origins: (nil, nil), using: &generator)
  }

  @Test("A result beside itself differs in nothing, and says how many numbers were looked at")
  func same() {
    let comparison = compare { _ in }
    #expect(!comparison.lines.isEmpty && comparison.lines.allSatisfy { $0.base == $0.head })
    #expect(comparison.text.hasPrefix("All \(comparison.lines.count) numbers are the same on both sides."))
    #expect(comparison.unmatched == 0)
  }

  @Test("A number that differs stands there with both values and the change between them")
  func differs() throws {
    let comparison = compare { head in
      for index in head.latency.indices where head.latency[index].quantile == .median {
        head.latency[index].value = head.latency[index].value * 3 / 2
      }
    }
    let line = try #require(comparison.lines.first { $0.base != $0.head })
    #expect(line.metric == "client p50" && line.change.map { (499_000...500_000).contains($0) } == true)
    #expect(comparison.text.contains("client p50") && comparison.text.contains("+50.00 %"))
    #expect(comparison.text.contains("2 of \(comparison.lines.count) numbers differ"))
  }

  @Test("Times of processors of unknown machines are not compared, and a configuration of one side only is counted")
  func notes() {
    let comparison = compare { head in
      let gone = head.summary[0].run.subject
      head.summary.removeAll { $0.run.subject == gone }
      head.latency.removeAll { $0.subject == gone }
      head.elections.removeAll { $0.run.subject == gone }
    }
    #expect(comparison.cost == nil && comparison.text.contains("not known to be of one machine"))
    #expect(comparison.unmatched == 1)
  }
}
