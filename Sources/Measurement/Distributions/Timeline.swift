/// What completed in each interval of a fixed window of virtual time, empty intervals included: an outage is a row of zeros.
public struct Timeline: Sendable, Equatable {
  /// One interval; times in ns.
  public struct Interval: Hashable, Sendable {
    public var start: Int
    public var completed = 0
    public var failed = 0
    public var latencySum = 0
    public var latencyMax = 0
  }

  /// The length of each interval in ns; the last one may reach past the window's end.
  public let interval: Int
  public private(set) var intervals: [Interval]
  /// Events before the first interval or after the last: counted, so that none is lost unseen.
  public private(set) var outside = 0

  /// Covers `start ..< end` (ns) in steps of `interval` ns. Traps on an empty interval or a window that ends before it starts.
  public init(from start: Int64, to end: Int64, interval: Int64) {
    precondition(interval > 0 && start <= end, "a timeline from \(start) to \(end) ns by \(interval) ns")
    self.interval = Int(interval)
    intervals = stride(from: Int(start), to: Int(end), by: Int(interval)).map { Interval(start: $0) }
  }

  /// An operation that completed at `time` after `latency`, both in ns.
  public mutating func record(at time: Int64, latency: Int64) {
    guard let index = index(of: time) else {
      outside += 1
      return
    }
    intervals[index].completed += 1
    intervals[index].latencySum += Int(latency)
    intervals[index].latencyMax = max(intervals[index].latencyMax, Int(latency))
  }

  /// An operation that failed or was given up at `time` (ns).
  public mutating func recordFailure(at time: Int64) {
    guard let index = index(of: time) else {
      outside += 1
      return
    }
    intervals[index].failed += 1
  }

  private func index(of time: Int64) -> Int? {
    guard let first = intervals.first, Int(time) >= first.start else { return nil }
    let index = (Int(time) - first.start) / interval
    return index < intervals.count ? index : nil
  }
}
