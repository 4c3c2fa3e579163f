import Consensus
import Measurement

/// The trials of one configuration, as far as they are, and the rows that they come to.
///
/// Trials are taken in their order, whatever the order in which they end: how many are kept is a function of their results alone, and
/// the same with any number of threads. What was begun beyond the last one that counts is thrown away.
struct PointProgress: Sendable {
  let point: ExperimentPoint
  let effort: Double
  /// The first trial's number, and how many may be run from there on.
  private let first: Int
  private let budget: Int
  private let target: FixedDecimal?
  private var begun = 0
  /// Over, while one before it is not; by its place among them.
  private var early: [Int: Trial] = [:]
  private(set) var kept = 0
  private var isPrecise = false
  private var isVerified = true

  /// Nil before the first trial: empty histograms are large.
  private var latencies: Latencies?
  /// Of each trial, as long as there are too few of them to be drawn whole.
  private var series: [LatencySeries] = []
  /// Of each trial.
  private var client: [ResamplingUnit] = []
  private var commit: [ResamplingUnit] = []
  private var tables = ResultTables()
  private var resumption = Spread()
  private var latency = Spread()

  /// Without a precision where one trial is asked for by its number.
  init(_ point: ExperimentPoint, onlyTrial: Int?) {
    self.point = point
    effort = point.effort
    first = onlyTrial ?? 0
    budget = onlyTrial == nil ? point.trials : 1
    target = onlyTrial == nil ? point.precision : nil
  }

  /// A void trial voids the configuration, and no further one can make it precise.
  var isComplete: Bool { isPrecise || kept == budget || (target != nil && !isVerified) }
  /// The most trials that it can still come to; exact once it is complete.
  var most: Int { isComplete ? kept : budget }
  /// Whether `most` may be more than it takes.
  var isOpenEnded: Bool { target != nil && !isComplete }

  /// The next trial to begin, and its place; nil if none is left.
  mutating func begin() -> (place: Int, number: Int)? {
    guard !isComplete, begun < budget else { return nil }
    defer { begun += 1 }
    return (begun, first + begun)
  }

  /// Takes a trial that is over; returns those that count from now on, in their order.
  mutating func end(_ trial: Trial, at place: Int) -> [Trial] {
    guard !isComplete else { return [] }
    early[place] = trial
    var counted: [Trial] = []
    while !isComplete, let next = early.removeValue(forKey: kept) {
      keep(next)
      counted.append(next)
    }
    if isComplete { early.removeAll() }
    return counted
  }

  /// Lets go of everything that its rows were made of.
  mutating func clear() {
    (latencies, series, client, commit, tables) = (nil, [], [], [], ResultTables())
  }

  private mutating func keep(_ trial: Trial) {
    kept += 1
    if latencies == nil { latencies = trial.latencies } else { latencies?.merge(trial.latencies) }
    tables.append(trial)
    client.append(trial.latencies.client.unit)
    commit.append(trial.latencies.commit.unit)
    if kept < Bootstrap.leastUnits, let own = trial.series { series.append(own) } else { series = [] }
    if trial.report.verdict != .ok { isVerified = false }
    if let election = trial.election { resumption.add(election.d3) }
    latency.add(trial.latencies.client.mean)
    isPrecise = isMet ?? false
  }

  // MARK: Precision

  /// D3, which a client feels and which has every other part in it, where a fail-over was measured; elsewhere the mean client latency
  /// of a trial: the one number to which every operation contributes.
  private var headline: (metric: HeadlineMetric, spread: Spread) {
    var (metric, spread) = resumption == Spread() ? (HeadlineMetric.client, latency) : (.d3, resumption)
    // A number from a void trial is none.
    if !isVerified { spread.add(nil) }
    return (metric, spread)
  }

  /// Trials before which no spread is believed. Ten are what Law recommends for stopping at an estimated relative error (*Simulation
  /// Modeling and Analysis*, 5th edition, section 9.4.1): from fewer the estimate is too often too small by chance. A fail-over is one
  /// number a trial, and the median of such numbers needs ten below it and ten above.
  static func least(_ metric: HeadlineMetric) -> Int { metric == .d3 ? 2 * Distribution.samplesAbove : 10 }

  private var isMet: Bool? {
    guard let target else { return nil }
    let (metric, spread) = headline
    guard spread.count >= Self.least(metric), let error = spread.relativeError else { return false }
    return error <= target
  }

  // MARK: Rows

  /// What the configuration comes to once it is complete.
  func rows(seed: UInt64) -> ResultTables {
    let subject = point.subject
    let latencies = latencies ?? Latencies()
    var rows = tables
    rows.append(point.rows, subject, latencies)
    if isVerified { rows.intervals = intervals(subject, latencies, seed) }
    let (metric, spread) = headline
    rows.precision = [
      PrecisionRow(
        subject, metric, spread, trials: kept, budget: budget, target: target, isMet: isMet)
    ]
    return rows
  }

  private func intervals(_ subject: Subject, _ latencies: Latencies, _ seed: UInt64) -> [IntervalRow] {
    // A stream for each metric and configuration: no row depends on which others there are.
    func random(_ stream: UInt64) -> RandomSource {
      RandomSource(seed: seed ^ subject.configuration.fingerprint.value, stream: 0xB007_0000 + stream)
    }
    var rows: [IntervalRow] = []
    func append(_ metric: IntervalMetric, _ times: [Int?], _ stream: UInt64) {
      var random = random(stream)
      rows += IntervalRow.rows(subject, metric, times, using: &random)
    }
    append(.d1, tables.elections.map(\.d1), 1)
    append(.d2, tables.elections.map(\.d2), 2)
    append(.d3, tables.elections.map(\.d3), 3)
    func append(_ metric: IntervalMetric, _ all: Distribution, _ units: [ResamplingUnit], _ stream: UInt64) {
      var random = random(stream)
      rows += IntervalRow.rows(subject, metric, all, units, hasEnoughTrials ? .trial : .block, using: &random)
    }
    append(.client, latencies.client, hasEnoughTrials ? client : blocks(\.client, latencies), 4)
    append(.commit, latencies.commit, hasEnoughTrials ? commit : blocks(\.commit, latencies), 5)
    return rows
  }

  /// Operations that are near each other in time wait in the same queues, so none of them is drawn alone. Trials share nothing and are
  /// drawn whole where there are enough of them. Otherwise each is cut into equal blocks of virtual time (E. Carlstein, *The Use of
  /// Subseries Values for Estimating the Variance of a General Statistic from a Stationary Sequence*, Annals of Statistics 14(3), 1986).
  private func blocks(_ path: KeyPath<LatencySeries, TimedSamples>, _ latencies: Latencies) -> [ResamplingUnit] {
    let count = (Self.leastBlocks + kept - 1) / kept
    // Shorter blocks would know of each other; a run that falls behind, whose latency grows with time, ends here as well.
    let longest = (latencies.client.quantile(.percent(99)) ?? latencies.client.max ?? 0) * Self.blockOverLatency
    guard series.count == kept, series.allSatisfy({ $0.window.count / count >= longest }) else { return [] }
    return series.flatMap { $0[keyPath: path].blocks(count, of: $0.window) }
  }
  private var hasEnoughTrials: Bool { kept >= Bootstrap.leastUnits }
  /// Blocks in all trials together, at least: twice as many as trials, because neighbours are never quite strangers.
  private static let leastBlocks = 2 * Bootstrap.leastUnits
  /// How much longer than nearly every operation a block must be.
  private static let blockOverLatency = 10
}
