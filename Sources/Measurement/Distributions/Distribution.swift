import Histogram

/// Durations in nanoseconds: a histogram of three significant digits beside the exact count, minimum, maximum and sum.
///
/// Failed and timed-out operations enter as *censored*: they count in every quantile as at least the timeout, so that
/// a stall cannot improve a percentile, and in the sum as the time waited. Everything is integers: the same samples give the same text everywhere.
public struct Distribution: Sendable, Equatable {
  /// A quantile with fewer samples above it is noise, and is not given.
  public static let samplesAbove = 10

  private var histogram: Histogram<UInt64>
  /// Samples, the censored ones included.
  public private(set) var count = 0
  /// Samples that are only known to be at least what was recorded.
  public private(set) var censored = 0
  /// The exact sum in ns, in which what is censored counts as the time waited; traps beyond 292 years.
  public private(set) var sum = 0
  private var smallest = Int.max
  private var largest = 0

  public init() {
    histogram = Self.empty
    // Nothing is recorded, but the copy is made now and not in a run.
    histogram.record(0, count: 0)
  }
  /// Making one takes longer than many a run, copying it does not. Growing is dear: what a healthy run records fits from the
  /// start, and only an outage makes it grow.
  private static let empty = {
    var histogram = Histogram<UInt64>(highestTrackableValue: 1 << 30, numberOfSignificantValueDigits: .three)
    histogram.autoResize = true
    return histogram
  }()

  /// The exact minimum in ns; nil without samples.
  public var min: Int? { count == 0 ? nil : smallest }
  /// The exact maximum in ns, a lower bound if anything was censored; nil without samples.
  public var max: Int? { count == 0 ? nil : largest }

  /// The mean in ns, rounded; nil without samples.
  public var mean: Int? { count == 0 ? nil : (2 * sum + count) / (2 * count) }

  /// Records one duration in ns; traps on a negative one, which only a broken clock can give.
  public mutating func record(_ nanoseconds: Int64) {
    add(nanoseconds)
    sum += Int(nanoseconds)
  }

  private mutating func add(_ nanoseconds: Int64) {
    precondition(nanoseconds >= 0, "a duration of \(nanoseconds) ns")
    let value = Int(nanoseconds)
    histogram.record(UInt64(value))
    count += 1
    smallest = Swift.min(smallest, value)
    largest = Swift.max(largest, value)
  }

  /// Records an operation that nobody waited for any longer after `nanoseconds`: it would have taken at least that long. In quantiles and
  /// extremes it counts as `least` at least, which is what a client waits before it takes an operation for lost.
  public mutating func recordCensored(after nanoseconds: Int64, least: Int64 = 0) {
    add(Swift.max(nanoseconds, least))
    sum += Int(nanoseconds)
    censored += 1
  }

  /// Adds all samples of `other`, as if they had been recorded here.
  public mutating func merge(_ other: Distribution) {
    histogram.add(other.histogram)
    count += other.count
    censored += other.censored
    sum += other.sum
    smallest = Swift.min(smallest, other.smallest)
    largest = Swift.max(largest, other.largest)
  }

  /// The value in ns that `quantile` of the samples do not exceed, to three significant digits; nil with fewer than
  /// `samplesAbove` samples above it. Several at once cost as much as one: use `quantiles`.
  public func quantile(_ quantile: Quantile) -> Int? { quantiles([quantile])[0] }

  /// `quantile` for each of `asked`, in their order, by one pass over the histogram.
  public func quantiles(_ asked: [Quantile]) -> [Int?] { points(asked).map { $0?.value } }

  /// What a quantile would give for a sample of `nanoseconds`: the highest value of its bucket. It depends on the number of digits
  /// alone, not on what the histogram holds.
  static func rounded(_ nanoseconds: Int) -> Int { Int(ruler.highestEquivalentForValue(UInt64(nanoseconds))) }
  private static let ruler = Histogram<UInt64>(highestTrackableValue: 2048, numberOfSignificantValueDigits: .three)

  /// All samples as one unit of a bootstrap.
  public var unit: ResamplingUnit {
    ResamplingUnit(
      steps: histogram.recordedValues().map { .init(value: Int($0.value), count: Int($0.count)) }, sum: sum)
  }

  /// The printable part of `grid`, for a percentile spectrum.
  public func spectrum(_ grid: [Quantile] = Quantile.spectrum) -> [SpectrumPoint] { points(grid).compactMap { $0 } }

  private func points(_ asked: [Quantile]) -> [SpectrumPoint?] {
    var points: [SpectrumPoint?] = Array(repeating: nil, count: asked.count)
    var open = asked.indices.filter { count - asked[$0].rank(of: count) >= Self.samplesAbove }
    if open.isEmpty { return points }
    open.sort { asked[$0] > asked[$1] }
    var below = 0
    for bucket in histogram.recordedValues() {
      below += Int(bucket.count)
      while let next = open.last, asked[next].rank(of: count) <= below {
        // A bucket stands for its highest value; no sample lies outside the exact extremes.
        let value = Swift.min(Swift.max(Int(bucket.value), smallest), largest)
        points[next] = SpectrumPoint(quantile: asked[next], value: value, countAtOrBelow: below)
        open.removeLast()
      }
      if open.isEmpty { break }
    }
    return points
  }
}

/// One point of a percentile spectrum.
public struct SpectrumPoint: Hashable, Sendable {
  public var quantile: Quantile
  /// In ns, to three significant digits.
  public var value: Int
  /// Samples in the value's bucket and all below.
  public var countAtOrBelow: Int
}
