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

    public init(experiments: [Experiment], seed: UInt64, onlyTrial: Int? = nil, jobs: Int = 1) {
      self.experiments = experiments
      self.seed = seed
      self.onlyTrial = onlyTrial
      self.jobs = jobs
    }

    var points: [ExperimentPoint] { experiments.flatMap(\.points) }
    func trials(of point: ExperimentPoint) -> [Int] { onlyTrial.map { [$0] } ?? Array(0..<point.trials) }
    public var trialCount: Int { points.reduce(0) { $0 + trials(of: $1).count } }
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
    /// Configurations of which every trial was run, and all.
    public var complete = 0
    public var configurations = 0
    public var isInterrupted: Bool { complete < configurations }
  }

  private struct Work: Sendable {
    var point: Int
    var trial: Int
  }
  private struct Progress: Sendable {
    var latencies = Latencies()
    var tables = ResultTables()
    var missing: Int
  }
  private struct State: Sendable {
    var next = 0
    var finished = 0
    var points: [Progress]
    var outcome = Outcome()
  }

  private let plan: Plan
  private let points: [ExperimentPoint]
  private let work: [Work]
  private let state: Mutex<State>

  public init(_ plan: Plan) {
    self.plan = plan
    points = plan.points
    work = points.indices.flatMap { index in
      plan.trials(of: plan.points[index]).map { Work(point: index, trial: $0) }
    }
    let missing = points.map { plan.trials(of: $0).count }
    state = Mutex(State(points: missing.map { Progress(missing: $0) }))
  }

  /// Runs everything. Both closures are called from any of the run's threads, one at a time: `progress` after each trial with how
  /// many are finished, `save` with all rows so far whenever a configuration is complete. Stops early, between two trials, when
  /// `isCancelled` says so.
  public func run(
    isCancelled: @escaping @Sendable () -> Bool = { false }, progress: @escaping @Sendable (Int) -> Void = { _ in },
    save: @escaping @Sendable (ResultTables) -> Void = { _ in }
  ) -> Outcome {
    let countsCosts = plan.jobs == 1
    let probe = countsCosts ? AllocationProbe() : nil
    if countsCosts { warmUp() }
    DispatchQueue.concurrentPerform(iterations: max(1, min(plan.jobs, work.count))) { _ in
      while !isCancelled(), let next = take() {
        let trial = Trial(
          of: points[next.point], seed: plan.seed, number: next.trial, probe: probe, countsCosts: countsCosts)
        add(trial, at: next.point, progress, save)
      }
    }
    return state.withLock { state in
      state.outcome.configurations = points.count
      return state.outcome
    }
  }

  private func take() -> Work? {
    state.withLock { state in
      guard state.next < work.count else { return nil }
      defer { state.next += 1 }
      return work[state.next]
    }
  }

  private func add(
    _ trial: Trial, at index: Int, _ progress: (Int) -> Void, _ save: (ResultTables) -> Void
  ) {
    state.withLock { state in
      state.points[index].latencies.merge(trial.latencies)
      state.points[index].tables.append(trial)
      state.points[index].missing -= 1
      state.finished += 1
      if trial.report.verdict != .ok {
        state.outcome.failures.append(.init(point: points[index], trial: trial.key.trial, report: trial.report))
      }
      if state.points[index].missing == 0 {
        let point = points[index]
        state.outcome.complete += 1
        state.outcome.tables.append(state.points[index].tables)
        state.outcome.tables.append(point.rows, point.subject, state.points[index].latencies)
        state.points[index].tables = ResultTables()
        save(state.outcome.tables)
      }
      progress(state.finished)
    }
  }

  /// What a process allocates once, the first time that it does something, belongs to no trial.
  private func warmUp() {
    for point in points {
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
}

extension ResultTables {
  mutating func append(_ trial: Trial) {
    summary.append(trial.summary)
    messages += trial.messages
    timeline += trial.timeline
    if let election = trial.election { elections.append(election) }
    faults += trial.faults
    if let cost = trial.cost { costs.append(cost) }
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
