import Consensus
import Faults
import Measurement
import Simulator
import Verification

/// Whether the generator of the load drove a run as its configuration says, and whether the books balance: a run for
/// which it did not is void, however well the cluster did.
///
/// Counts are exact; what was random may differ from its expectation by no more than Bernstein's inequality allows with
/// a probability of e^-20 in either direction (Boucheron, Lugosi and Massart, Concentration Inequalities, 2013,
/// sections 2.7 and 2.8). For many operations that is 6.3 standard deviations, for few it is more. Each check then
/// condemns a sound run once in 200 million.
struct LoadAudit {
  private(set) var summary = GeneratorSummary()
  private(set) var complaints: [Violation] = []

  /// The sum of all measured latencies is in ns, the censored ones included.
  init(_ configuration: SimulationConfiguration, _ result: SimulationResult, latencySum: Int) {
    let load = result.load
    summary.due = Int(result.counts.due)
    summary.begun = Int(load.begun)
    summary.waited = Int(load.waited)
    summary.starved = Int(load.starved)
    summary.inSystem = Int(load.inSystem)
    summary.residence = latencySum - Int(load.beyond) + Int(load.before)
    guard result.hasFormed else { return }
    checkArrivals(configuration, result)
    checkPlaces(configuration, load)
    if configuration.workload.arrival != .none { checkContent(configuration.workload, load) }
    if case .closed(_, let think) = configuration.workload.arrival { checkRests(think, load) }
    if summary.starved * Self.starvedShare > summary.due {
      complain(
        "\(summary.starved) of \(summary.due) operations waited for a session of a cluster that served, and had no request waiting: "
          + "the limit was workload.sessions, not the cluster")
    }
    if summary.inSystem != summary.residence {
      complaints.append(
        Violation(
          "LITTLE",
          "operations in the system, integrated over the window: \(summary.inSystem) ns; from their latencies: "
            + "\(summary.residence) ns"))
    }
  }

  /// A run whose numbers are sound but for this is void.
  func judged(_ report: VerificationReport) -> VerificationReport {
    guard report.verdict == .ok else { return report }
    var report = report
    report.checked.append("load")
    if !complaints.isEmpty {
      report.violations += complaints
      report.verdict = .void
    }
    return report
  }

  /// One in so many operations may wait for the pool alone: the 99th percentile then does not show it.
  private static var starvedShare: Int { 100 }
  /// The natural logarithm of one over the probability of a false alarm in one direction.
  private static var certainty: Double { 20 }

  /// How far a sum of independent variables may be from its mean: `variance` is the sum's, and no variable is further
  /// from its own mean than `largest`. A sum that cannot vary must not.
  private static func tolerance(variance: Double, largest: Double) -> Double {
    guard variance > 0 else { return 0 }
    let linear = certainty * largest / 3
    return linear + (linear * linear + 2 * certainty * variance).squareRoot()
  }

  private mutating func complain(_ detail: String) { complaints.append(Violation("LOAD", detail)) }
  private mutating func expect(_ what: String, _ found: Double, _ expected: Double, within tolerance: Double) {
    // Beyond 2^53 not every count is a `Double`.
    guard (found - expected).magnitude > tolerance + expected.magnitude * 1e-12 else { return }
    complain("\(what): \(Int(found)), expected \(Int(expected.rounded())) give or take \(Int(tolerance.rounded()))")
  }

  private mutating func checkArrivals(_ configuration: SimulationConfiguration, _ result: SimulationResult) {
    let rate: Double
    let isRandom: Bool
    switch configuration.workload.arrival {
    case .constant(let perSecond): (rate, isRandom) = (perSecond, false)
    case .poisson(let perSecond): (rate, isRandom) = (perSecond, true)
    case .closed, .none: return
    }
    let begin = Double(configuration.measure.warmUp.nanoseconds)
    let end = begin + Double(result.windowEnd - result.windowStart)
    let passed = configuration.workload.bursts.map { $0.passed(at: end) - $0.passed(at: begin) } ?? end - begin
    let expected = rate * passed / 1e9
    summary.dueExpected = FixedDecimal(rounding: expected)
    // One more or less at the edges.
    let spread = isRandom ? Self.tolerance(variance: expected, largest: 1) : 0
    expect("operations due", Double(summary.due), expected, within: spread + 1)
  }

  /// Clients that stand everywhere are asked in turn.
  private mutating func checkPlaces(_ configuration: SimulationConfiguration, _ load: GeneratedLoad) {
    let places = min(configuration.environment.replicas, configuration.workload.sessions)
    guard configuration.environment.geography.clients == .everywhere, places > 1 else { return }
    switch configuration.workload.arrival {
    case .constant, .poisson: break
    case .closed, .none: return
    }
    for place in 0..<places {
      let found = place < load.asked.count ? Double(load.asked[place]) : 0
      expect("operations asked where replica \(place) stands", found, Double(summary.due) / Double(places), within: 1)
    }
  }

  private mutating func checkContent(_ workload: Workload, _ load: GeneratedLoad) {
    summary.gets = share("gets", load.gets, workload.reads)
    summary.swaps = share("swaps", load.swaps, workload.swaps)
    summary.deletes = share("deletes", load.deletes, workload.deletes)
    summary.watchedKeys = workload.keyChoice.watched(of: workload.keys)
    summary.watched = share(
      "operations on the \(summary.watchedKeys) most popular keys", load.watched,
      workload.keyChoice.watchedShare(of: workload.keys))
    let (mean, variance) = workload.payload.moments
    let writes = Int(load.begun - load.gets - load.deletes)
    summary.payload = Int(load.payload)
    summary.payloadMean = FixedDecimal(summary.payload, over: writes)
    summary.payloadMeanExpected = FixedDecimal(rounding: mean)
    expectSum(
      "bytes of payload", summary.payload, of: writes, mean, variance: variance,
      largest: Double(workload.payload.largest))
  }

  private mutating func checkRests(_ think: DelayDistribution, _ load: GeneratedLoad) {
    summary.rests = Int(load.rests)
    summary.rested = Int(load.rested)
    summary.restMean = summary.rests > 0 ? summary.rested / summary.rests : nil
    let moments = think.moments
    summary.restMeanExpected = Int(moments.mean.rounded())
    expectSum(
      "ns of rest", summary.rested, of: summary.rests, moments.mean, variance: moments.variance,
      largest: moments.largest, slack: moments.slack)
  }

  private mutating func share(_ what: String, _ count: UInt64, _ p: Double) -> ObservedShare {
    var observed = ObservedShare()
    observed.count = Int(count)
    observed.share = FixedDecimal(Int(count), over: summary.begun)
    observed.expected = FixedDecimal(rounding: p)
    let all = Double(summary.begun)
    expect(
      "\(what) among \(summary.begun)", Double(count), all * p,
      within: Self.tolerance(variance: all * p * (1 - p), largest: 1))
    return observed
  }

  /// `slack` is by how much the true mean may be above or below `mean`.
  private mutating func expectSum(
    _ what: String, _ sum: Int, of count: Int, _ mean: Double, variance: Double, largest: Double, slack: Double = 0
  ) {
    let all = Double(count)
    let spread = Self.tolerance(variance: all * variance, largest: largest)
    expect("\(what) in \(count)", Double(sum), all * mean, within: spread + all * slack)
  }
}

extension FixedDecimal {
  /// The closest one.
  fileprivate init(rounding value: Double) { self.init(millionths: Int((value * 1e6).rounded())) }
}

extension DelayDistribution {
  /// Of what is drawn, in ns; `largest` as Bernstein's inequality takes it, and how far rounding and the cut at zero
  /// may move the mean.
  fileprivate var moments: (mean: Double, variance: Double, largest: Double, slack: Double) {
    switch self {
    case .constant(let time): return (Double(time.nanoseconds), 0, 0, 0)
    case .uniform(let range):
      let (low, high) = (Double(range.lowerBound.nanoseconds), Double(range.upperBound.nanoseconds))
      return ((low + high) / 2, ((high - low + 1) * (high - low + 1) - 1) / 12, high - low, 0)
    case .exponential(let mean, let shift):
      // No bound, but the inequality holds all the same for a gamma variable of this scale, which it takes three times.
      let scale = Double(mean.nanoseconds)
      return (scale + Double(shift.nanoseconds), scale * scale, 3 * scale, 1)
    case .normal(let mean, let deviation):
      // The cut moves the mean by the density at zero over the share that is left, which is at least half.
      let (middle, spread) = (Double(mean.nanoseconds), Double(deviation.nanoseconds))
      let distance = spread > 0 ? middle / spread : 37
      let density = distance < 37 ? 0.3989422804014327 * Faults.exponential(-distance * distance / 2) : 0
      return (middle, spread * spread, 0, 1 + 2 * spread * density)
    case .empirical(let values):
      let range = Double((values.last ?? .zero).nanoseconds - (values.first ?? .zero).nanoseconds)
      return (Double(mean), range * range / 4, range, 2)
    }
  }
}
