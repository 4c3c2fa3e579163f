/// What a bootstrap draws as a whole: samples that depend on each other stay together (a trial, or a block of virtual time).
public struct ResamplingUnit: Sendable, Equatable {
  /// A value and how many samples have it.
  struct Step: Sendable, Equatable {
    var value: Int
    var count: Int
  }
  /// Values ascending.
  private(set) var steps: [Step] = []
  public private(set) var count = 0
  /// Exact where it is made of a distribution or of samples, whatever they are rounded to.
  private(set) var sum: Int128 = 0

  /// One sample.
  public init(_ value: Int) { self.init([value]) { $0 } }

  /// Samples in any order, each of which counts as `rounded` says.
  init(_ samples: [Int], rounded: (Int) -> Int) {
    count = samples.count
    for sample in samples.sorted() {
      let value = rounded(sample)
      sum += Int128(sample)
      if steps.last?.value == value {
        steps[steps.count - 1].count += 1
      } else {
        steps.append(Step(value: value, count: 1))
      }
    }
  }

  init(steps: [Step], sum: Int) {
    self.steps = steps
    self.sum = Int128(sum)
    count = steps.reduce(0) { $0 + $1.count }
  }
}

/// Samples with the time of each, from one trial: what blocks of virtual time are cut from.
public struct TimedSamples: Sendable, Equatable {
  private struct Sample: Sendable, Equatable {
    var time: Int64
    var value: Int64
  }
  private var samples: [Sample] = []

  public init() {}
  public mutating func append(_ value: Int64, at time: Int64) { samples.append(Sample(time: time, value: value)) }

  /// The samples of each of `count` equal parts of `window`, rounded as a ``Distribution`` rounds them; parts without any are left
  /// out. What lies outside counts for the part that is nearest.
  public func blocks(_ count: Int, of window: Range<Int64>) -> [ResamplingUnit] {
    guard !window.isEmpty, count > 0 else { return [] }
    var parts: [[Int]] = Array(repeating: [], count: count)
    let length = window.upperBound - window.lowerBound
    for sample in samples {
      let time = min(max(sample.time - window.lowerBound, 0), length - 1)
      // A product of a window of days and a few dozen blocks stays far below 2^63.
      parts[Int(time * Int64(count) / length)].append(Int(sample.value))
    }
    return parts.filter { !$0.isEmpty }.map { ResamplingUnit($0, rounded: Distribution.rounded) }
  }
}
