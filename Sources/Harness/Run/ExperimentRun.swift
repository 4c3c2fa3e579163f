import Dispatch
import Foundation
import Measurement
import Synchronization
import Verification

/// Runs all trials of some experiments, and keeps the rows of each configuration as soon as it is complete.
public final class ExperimentRun: Sendable {
  /// What to run, and how.
  public struct Plan: Sendable {
    public var experiments: [Experiment]
    public var seed: UInt64
    /// Only this trial of each configuration, as a command that repeats a failure asks for.
    public var onlyTrial: Int?
    /// Threads. Costs are counted only where there is one: another one's work could not be told apart.
    public var jobs: Int
    /// Where clusters of processes may be started; nil: nowhere, and mode tcp cannot be run.
    public var place: ClusterPlace?

    public init(
      experiments: [Experiment], seed: UInt64, onlyTrial: Int? = nil, jobs: Int = 1, place: ClusterPlace? = nil
    ) {
      self.place = place
      self.experiments = experiments
      self.seed = seed
      self.onlyTrial = onlyTrial
      self.jobs = jobs
    }

    var points: [ExperimentPoint] { experiments.flatMap(\.points) }
  }

  /// A trial whose numbers are void, and how to see it again.
  public struct Failure: Sendable {
    public var point: ExperimentPoint
    public var trial: Int
    public var report: VerificationReport
  }

  /// What a run came to.
  public struct Outcome: Sendable {
    public var tables = ResultTables()
    public var failures: [Failure] = []
    /// Configurations of which every trial that they need was run, and all.
    public var complete = 0
    public var configurations = 0
    public var isInterrupted: Bool { complete < configurations }
  }

  /// How far it is.
  public struct Progress: Sendable, Equatable {
    /// Trials that count.
    public var finished: Int
    /// All that there will be; if a precision decides, the most there can be.
    public var most: Int
    public var isAtMost: Bool
    /// How much of the work is done, between 0 and 1, by an estimate of what each trial takes; if a precision decides, at least.
    public var share: Double
  }

  private struct Work: Sendable {
    var point: Int
    var place: Int
    var number: Int
  }
  private struct State: Sendable {
    /// All before it have begun all that they need.
    var first = 0
    var points: [PointProgress]
    var finished = 0
    var most: Int
    /// The same by effort.
    var done = 0.0
    var work: Double
    /// Configurations that may take fewer trials than `most` says.
    var openEnded: Int
    var outcome = Outcome()

    init(_ points: [PointProgress]) {
      self.points = points
      most = points.reduce(0) { $0 + $1.most }
      work = points.reduce(0) { $0 + Double($1.most) * $1.effort }
      openEnded = points.count { $0.isOpenEnded }
    }
    var progress: Progress {
      Progress(finished: finished, most: most, isAtMost: openEnded > 0, share: work > 0 ? done / work : 1)
    }

    /// The trials that count from now on.
    mutating func end(_ trial: Trial, _ work: Work) -> [Trial] {
      let (most, isOpenEnded) = (points[work.point].most, points[work.point].isOpenEnded)
      let counted = points[work.point].end(trial, at: work.place)
      finished += counted.count
      self.most += points[work.point].most - most
      done += Double(counted.count) * points[work.point].effort
      self.work += Double(points[work.point].most - most) * points[work.point].effort
      if isOpenEnded, !points[work.point].isOpenEnded { openEnded -= 1 }
      return counted
    }
  }

  private let plan: Plan
  private let state: Mutex<State>

  public init(_ plan: Plan) {
    self.plan = plan
    let points = plan.points.map { PointProgress($0, onlyTrial: plan.onlyTrial) }
    state = Mutex(State(points))
  }

  /// Before anything has run.
  public var start: Progress { state.withLock(\.progress) }

  /// Runs everything. Both closures are called from any of the run's threads, one at a time: `progress` after each trial, `save` with
  /// all rows so far whenever a configuration is complete. Stops early, between two trials, when `isCancelled` says so.
  public func run(
    isCancelled: @escaping @Sendable () -> Bool = { false },
    progress: @escaping @Sendable (Progress) -> Void = { _ in },
    save: @escaping @Sendable (ResultTables) -> Void = { _ in }
  ) -> Outcome {
    let countsCosts = plan.jobs == 1
    let probe = countsCosts ? AllocationProbe() : nil
    if countsCosts { warmUp() }
    DispatchQueue.concurrentPerform(iterations: max(1, min(plan.jobs, start.most))) { _ in
      while !isCancelled(), let (work, point) = take() {
        let trial = Trial(
          of: point, seed: plan.seed, number: work.number, probe: probe, countsCosts: countsCosts,
          keepsSeries: point.mayNeedBlocks(atPlace: work.place), place: plan.place)
        guard let complete = add(trial, work, progress) else { continue }
        let rows = complete.rows(seed: plan.seed)
        state.withLock { state in
          state.outcome.complete += 1
          state.outcome.tables.append(rows)
          save(state.outcome.tables)
        }
      }
    }
    return state.withLock { state in
      state.outcome.configurations = state.points.count
      return state.outcome
    }
  }

  private func take() -> (Work, ExperimentPoint)? {
    state.withLock { state in
      while state.first < state.points.count {
        let index = state.first
        if let (place, number) = state.points[index].begin() {
          return (Work(point: index, place: place, number: number), state.points[index].point)
        }
        state.first += 1
      }
      return nil
    }
  }

  /// The configuration, if this trial was the last that it needed.
  private func add(_ trial: Trial, _ work: Work, _ progress: (Progress) -> Void) -> PointProgress? {
    state.withLock { state in
      let counted = state.end(trial, work)
      // Whether it counts or not: what went wrong went wrong.
      if trial.report.verdict != .ok {
        let point = state.points[work.point].point
        state.outcome.failures.append(.init(point: point, trial: trial.key.trial, report: trial.report))
      }
      progress(state.progress)
      guard !counted.isEmpty, state.points[work.point].isComplete else { return nil }
      defer { state.points[work.point].clear() }
      return state.points[work.point]
    }
  }

  /// What a process allocates once, the first time that it does something, belongs to no trial.
  private func warmUp() {
    for point in plan.points where point.mode == .sim {
      _ = Trial(of: point.shortened, seed: plan.seed, number: 0, probe: nil, countsCosts: false)
    }
  }
}

extension ExperimentPoint {
  /// The same for a moment only.
  fileprivate var shortened: ExperimentPoint {
    var point = self
    point.template.measure.warmUp = .zero
    point.template.measure.operations = 100
    return point
  }

  /// Whether its trials may turn out too few to be resampled whole. A fault makes the parts of a window different from each other, so
  /// that none can stand for another.
  ///
  /// Once there are as many as it takes, those before them are let go of, so from that place on none is kept.
  func mayNeedBlocks(atPlace place: Int) -> Bool {
    faults.entries.isEmpty && place + 1 < Bootstrap.leastUnits && (trials < Bootstrap.leastUnits || precision != nil)
  }
}

extension ResultTables {
  mutating func append(_ trial: Trial) {
    summary.append(trial.summary)
    messages += trial.messages
    timeline += trial.timeline
    if let election = trial.election { elections.append(election) }
    faults += trial.faults
    catchUps += trial.catchUps
    if let cost = trial.cost { costs.append(cost) }
    processes += trial.processes
  }
  /// The rows of a configuration as a whole.
  mutating func append(_ rows: [ConfigurationRow], _ subject: Subject, _ latencies: Latencies) {
    configurations += rows
    latency += LatencyRow.rows(subject, .client, latencies.client)
    latency += LatencyRow.rows(subject, .service, latencies.service)
    latency += LatencyRow.rows(subject, .commit, latencies.commit)
    stages += zip(Stage.allCases, latencies.stages).map { StageRow(subject, $0, $1) }
  }
}
