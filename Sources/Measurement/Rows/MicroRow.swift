/// What one micro-benchmark came to.
public struct MicroRow: CSVRow {
  public var benchmark = ""
  /// Of one sample.
  public var operations = 0
  public var samples = 0
  public var allocations = FixedDecimal()
  public var bytes = FixedDecimal()
  public var time = FixedDecimal()

  public init() {}

  public static let fileName = "micro.csv"
  /// The ending of an empty file that is there while a benchmark runs, and stays if it fails.
  public static let begun = ".begun"
  public static let rowMeaning = "One row per micro-benchmark."
  public static let columns: [Column<Self>] = [
    Column("benchmark", \.benchmark, "Its name.").key,
    Column("operations", \.operations, "Operations of one sample."),
    Column("samples", \.samples, "Samples taken, each of which began anew.", .none, .fixed, .never),
    Column(
      "allocations_per_operation", \.allocations, "Calls of the allocator, the same in every sample.", .none,
      .lowerIsBetter, .sameBuild),
    Column(
      "bytes_per_operation", \.bytes, "What they were given, likewise.", .bytes, .lowerIsBetter, .sameBuild),
    Column(
      "cpu_ns_per_operation", \.time, "Processor time of the fastest sample.", .nanoseconds, .lowerIsBetter, .sameBuild),
  ]
}

extension MicroRow {
  /// By what factor processor times may differ. The fastest of many samples wavers on a machine that others use as well (see
  /// Measurement.docc), so that only what is coarse is found: half as much again.
  public static let tolerance = 1.5

  /// Everything in which two results differ and should not: allocations exactly, if the build is the same; processor times beyond
  /// ``tolerance``, if the machine is the same as well.
  public static func differences(
    _ baseline: [MicroRow], _ found: [MicroRow], sameBuild: Bool, sameMachine: Bool
  ) -> [Difference] {
    let judged = found.map { row in
      guard let before = baseline.first(where: { $0.benchmark == row.benchmark })?.time else { return row }
      let ratio = Double(row.time.millionths) / Double(before.millionths)
      var row = row
      if !sameMachine || (1 / tolerance...tolerance).contains(ratio) { row.time = before }
      return row
    }
    return ResultComparison.differences(baseline, judged, sameBuild: sameBuild)
  }
}
