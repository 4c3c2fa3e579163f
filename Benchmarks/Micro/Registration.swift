import Benchmark
import Foundation
import Measurement

/// A benchmark whose samples each begin anew, do the same operations, and say whether they did them.
///
/// `prepare` makes what a sample works on, which is not measured. `run` does ``Scale/operations`` operations on it. `complaint` says what is
/// wrong with the outcome: a benchmark that did nothing is an error, and no fast benchmark.
struct Subject<State> {
  var name: String
  var prepare: () -> State
  var run: (State) -> Void
  var complaint: (State) -> String?
}

/// How long a sample is: long enough to be timed, and short enough for some of many to be left alone by whoever else is on the machine.
enum Scale {
  static var factor: BenchmarkScalingFactor { .kilo }
  static var operations: Int { factor.rawValue }
}

extension Subject {
  private static var allocations: BenchmarkMetric {
    .custom("Allocations of a sample", polarity: .prefersSmaller, useScalingFactor: false)
  }

  /// Registers it with the library, which warms it up, takes samples for a second and prints their distribution.
  func register() {
    let result = Samples(name)
    Benchmark(
      name,
      configuration: .init(
        metrics: [.wallClock, Self.allocations], warmupIterations: 3, scalingFactor: Scale.factor,
        maxDuration: .seconds(1))
    ) { benchmark in
      let timed = prepare()
      benchmark.startMeasurement()
      let before = ProcessCost.now().cpu
      run(timed)
      let time = ProcessCost.now().cpu - before
      benchmark.stopMeasurement()
      // Counted apart, since reading jemalloc's counters takes longer than many an operation.
      let counted = prepare()
      let (_, allocated) = result.probe.count { run(counted) }
      benchmark.measurement(Self.allocations, allocated.calls)
      var failure = complaint(timed) ?? complaint(counted)
      if failure == nil, benchmark.currentIteration >= benchmark.configuration.warmupIterations {
        failure = result.add(time, allocated)
      }
      if let failure { benchmark.error("\(name): \(failure)") }
      result.isFailed = result.isFailed || failure != nil
    } setup: {
      try result.begin()
    } teardown: {
      try result.write()
    }
  }
}

/// What the samples of one benchmark have in common.
private final class Samples {
  let probe: AllocationProbe
  private let name: String
  /// Where results go: the folder that the environment names, if it names one.
  private let folder = ProcessInfo.processInfo.environment["MICRO_RESULTS"]
  private var file: String { name.replacing(" ", with: "-") }
  var isFailed = false
  private var count = 0
  private var fastest = Int.max
  private var allocated: AllocationCount?

  init(_ name: String) {
    guard let probe = AllocationProbe() else {
      fatalError("jemalloc does not serve this process, or has no statistics: allocations cannot be counted")
    }
    self.probe = probe
    self.name = name
  }

  /// Says what is wrong if this sample did not allocate what the others did.
  func add(_ time: Int, _ allocated: AllocationCount) -> String? {
    count += 1
    fastest = min(fastest, time)
    if let first = self.allocated, first != allocated { return "one sample allocated \(first), another \(allocated)" }
    self.allocated = allocated
    return nil
  }

  /// The library passes over benchmarks that fail or crash: what has begun and not ended tells of them.
  func begin() throws {
    if let folder { try AtomicFile.write("", to: "\(folder)/\(file)\(MicroRow.begun)") }
  }

  func write() throws {
    guard let folder, let allocated, !isFailed else { return }
    var row = MicroRow()
    row.benchmark = name
    row.operations = Scale.operations
    row.samples = count
    row.allocations = per(allocated.calls)
    row.bytes = per(allocated.bytes)
    row.time = per(fastest)
    try AtomicFile.write(MicroRow.encode([row]), to: "\(folder)/\(file).csv")
    try FileManager.default.removeItem(atPath: "\(folder)/\(file)\(MicroRow.begun)")
  }
  private func per(_ total: Int) -> FixedDecimal {
    FixedDecimal(total, over: Scale.operations) ?? FixedDecimal()
  }
}
