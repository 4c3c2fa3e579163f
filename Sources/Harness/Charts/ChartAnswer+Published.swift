import Measurement

// How far what was found is from what somebody else published.
extension ChartAnswer {
  /// For each range of timeouts the largest distance between a published quantile and the share of our trials that had a leader by then.
  static func publishedTimes(_ data: AnswerData) -> String? {
    let key = "timing.election-timeout"
    var deviations: [(range: String, deviation: Double)] = []
    var never: [String] = []
    var trials = 0
    for point in data.points {
      guard let range = point.inputs[key], !point.elections.isEmpty else { continue }
      let points = data.published.curve(range, of: key, "time_ms", "quantile")
      let times = point.elections.map { $0.d2.map { Double($0) / 1e6 } ?? .infinity }
      if points.isEmpty, times.allSatisfy({ $0 == .infinity }) { never.append(range) }
      guard let deviation = largestDistance(times, points) else { continue }
      trials = trials == 0 ? times.count : min(trials, times.count)
      deviations.append((range, deviation))
    }
    guard let most = deviations.max(by: { $0.deviation < $1.deviation }) else { return nil }
    let sorted = deviations.map(\.deviation).sorted()
    let curves = AnswerText.count(deviations.count, "range", "ranges")
    return
      "Over \(AnswerText.count(trials, "trial", "trials")) for each of \(curves) of timeouts, the share of trials with a leader is at "
      + "most \(hundredths(most.deviation)) from the published one at any of its quantiles (\(most.range)), and "
      + "\(hundredths(sorted[sorted.count / 2])) for the median range"
      + (never.isEmpty ? "." : "; with \(AnswerText.list(never.sorted())) no trial has one.")
  }

  /// The largest |F(x) - q| over points (x, q), F being the distribution function of `times`; nil: there is nothing to compare.
  static func largestDistance(_ times: [Double], _ points: [(x: Double, y: Double)]) -> Double? {
    guard !times.isEmpty else { return nil }
    return points.map { x, q in abs(Double(times.count { $0 <= x }) / Double(times.count) - q) }.max()
  }

  /// The throughput without a disk against the published cap of the leader's link, and both throughputs against the published ones.
  static func publishedRates(_ data: AnswerData) -> String? {
    let ratios = data.points.compactMap { point -> (size: Int, ratio: Double)? in
      guard point.inputs["disk.fsync"] == "0s", let size = Int(point.size), let goodput = point.goodput,
        let cap = published(data, "cap", size)
      else { return nil }
      return (size, Double(goodput) / cap)
    }.sorted { $0.size < $1.size }
    guard let first = ratios.first else { return nil }
    let rest = ratios.dropFirst().map(\.ratio)
    let range = rest.min().flatMap { low in rest.max().map { (low, $0) } }
    let others = range.map { low, high in
      let values = hundredths(low) == hundredths(high) ? hundredths(low) : "\(hundredths(low)) to \(hundredths(high))"
      return " and \(values) of it with more"
    }
    let distances = ["network", "disk"].compactMap { series -> String? in
      let distances = data.points.compactMap { point -> Double? in
        guard (point.inputs["disk.fsync"] == "0s") == (series == "network"), let size = Int(point.size),
          let goodput = point.goodput, let there = published(data, series, size)
        else { return nil }
        return abs(Double(goodput) / there - 1)
      }
      let name = series == "disk" ? "with the disk" : "without one"
      return distances.max().map { "\(Int(($0 * 100).rounded())) % \(name)" }
    }
    return
      "With \(first.size) replicas and no disk the throughput is \(hundredths(first.ratio)) of what the leader's link is said to carry"
      + "\(others ?? ""); it is at most \(AnswerText.list(distances)) from the published one."
  }
  private static func published(_ data: AnswerData, _ series: String, _ size: Int) -> Double? {
    data.published.curve(series, of: "series", "cluster.replicas", "operations_per_s").first { $0.x == Double(size) }?.y
  }

  private static func hundredths(_ value: Double) -> String {
    let whole = Int((value * 100).rounded())
    return "\(whole / 100).\(whole % 100 < 10 ? "0" : "")\(whole % 100)"
  }
}
