/// What pairs of one build with itself say about a machine: how often they raise a false alarm, and how many of them it takes until
/// a change would be seen.
public struct DetectionTable: Sendable, Equatable {
  /// How much longer the head is made to take, in percent.
  public static let effects = [2, 5, 10, 20, 50]
  /// Pairs in one comparison.
  public static let sizes = [20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640]
  /// Comparisons for each size.
  public static let repetitions = 400

  /// A change, and the fewest pairs that show it in 80 and in 90 of 100 comparisons; nil: not even the most.
  public struct Row: Sendable, Equatable {
    public var percent: Int
    public var pairsFor80: Int?
    public var pairsFor90: Int?
  }
  public var rows: [Row]
  /// Of comparisons of `leastPairs` pairs that followed each other, as they were measured: how many ended with each verdict.
  public var verdicts: [(verdict: PairedComparison.Verdict, count: Int)]
  /// Of `repetitions` comparisons of `leastPairs` pairs drawn at random: how many called the build faster or slower than itself.
  public var falseAlarms = 0
  public var threshold: FixedDecimal

  /// Resamples `times`, pairs of a build with itself in the order in which they were measured; nil with fewer than one comparison takes.
  public init?(
    _ times: [(base: Int, head: Int)], threshold: FixedDecimal = PairedComparison.threshold,
    using generator: inout some RandomNumberGenerator
  ) {
    let least = PairedComparison.leastPairs
    guard times.count >= least else { return nil }
    self.threshold = threshold
    func compare(_ pairs: [(base: Int, head: Int)]) -> PairedComparison? {
      PairedComparison(pairs, threshold: threshold, using: &generator)
    }
    var counts: [PairedComparison.Verdict: Int] = [:]
    for start in stride(from: 0, through: times.count - least, by: least) {
      if let verdict = compare(Array(times[start..<start + least]))?.verdict { counts[verdict, default: 0] += 1 }
    }
    verdicts = PairedComparison.Verdict.allCases.map { ($0, counts[$0] ?? 0) }

    rows = Self.effects.map { Row(percent: $0) }
    // What is not above the threshold is not to be called slower, however well it is known.
    func isOpen(_ row: Row) -> Bool { row.pairsFor90 == nil && row.percent * 10_000 > threshold.millionths }
    for size in Self.sizes where size == least || rows.contains(where: isOpen) {
      var seen = Array(repeating: 0, count: rows.count)
      for _ in 0..<Self.repetitions {
        let drawn = (0..<size).map { _ in times[Int(generator.next().multipliedFullWidth(by: UInt64(times.count)).high)]
        }
        guard let comparison = compare(drawn) else { continue }
        if size == least, [.slower, .faster].contains(comparison.verdict) { falseAlarms += 1 }
        for (index, row) in rows.enumerated() where comparison.verdict(ifSlowerBy: row.percent) == .slower {
          seen[index] += 1
        }
      }
      for index in rows.indices {
        if rows[index].pairsFor80 == nil, seen[index] * 100 >= 80 * Self.repetitions { rows[index].pairsFor80 = size }
        if rows[index].pairsFor90 == nil, seen[index] * 100 >= 90 * Self.repetitions { rows[index].pairsFor90 = size }
      }
    }
  }

  public static func == (a: Self, b: Self) -> Bool {
    a.rows == b.rows && a.falseAlarms == b.falseAlarms && a.threshold == b.threshold
      && a.verdicts.map(\.count) == b.verdicts.map(\.count)
  }

  public var text: String {
    let total = verdicts.reduce(0) { $0 + $1.count }
    let parts = verdicts.map { "\($0.count) \($0.verdict.rawValue)" }
    var table = TextTable([("head slower by", .right), ("pairs for 80 %", .right), ("for 90 %", .right)])
    for row in rows {
      table.add(["\(row.percent) %", shown(row.pairsFor80, row), shown(row.pairsFor90, row)])
    }
    return """
      Of \(total) comparisons of \(PairedComparison.leastPairs) pairs each, in the order of measurement: \(parts.joined(separator: ", ")).
      Of \(Self.repetitions) drawn from all pairs: \(falseAlarms) faster or slower.
      Pairs until a slower head is called slower in 80 and in 90 of 100 comparisons, at a threshold of \(Humane.percent(threshold)):
      \(table.text)
      """
  }
  private func shown(_ pairs: Int?, _ row: Row) -> String {
    if row.percent * 10_000 <= threshold.millionths { return "does not matter" }
    return pairs.map(String.init) ?? "> \(Self.sizes.last ?? 0)"
  }
}
