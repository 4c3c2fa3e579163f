import Consensus
import Simulator
import Verification

/// A failing run, as small as it could be made.
public struct ShrunkRun: Sendable {
  public var schedule: Schedule
  /// Faults and operations before.
  public var eventsBefore: Int
  /// Runs that it took.
  public var tries: Int
}

extension TortureRun.Failure {
  /// Shrinks it; nil if writing it out made it go away, which a run that is not the same twice does.
  public func shrunk(among variants: [ProtocolVariant], progress: @escaping (Int) -> Void = { _ in }) -> ShrunkRun? {
    guard let variant = variants.first(where: { $0.name == self.variant }) else { return nil }
    let schedule = variant.schedule(seed: seed, replicas: replicas)
    guard var shrinker = Shrinker(schedule, progress: progress, trial: variant.trial) else { return nil }
    shrinker.shrink()
    return ShrunkRun(schedule: shrinker.best, eventsBefore: schedule.events, tries: shrinker.tries)
  }
}

extension ProtocolVariant {
  /// What a seed of ``TortureRun`` runs.
  func torture(seed: UInt64, replicas: Int) -> SimulationConfiguration {
    TortureConfiguration.make(
      seed: seed, replicas: replicas, sessionsOnly: requiresSessions, transfers: transfersLeadership)
  }

  /// A seed of ``TortureRun`` written out: replayed it is the same run.
  public func schedule(seed: UInt64, replicas: Int) -> Schedule {
    let configuration = torture(seed: seed, replicas: replicas)
    let result = simulate(configuration, nil, nil, true)
    return Schedule(
      protocolName: name, invariant: result.verification.violations.first?.invariant, configuration,
      operations: result.operations)
  }

  func trial(_ schedule: Schedule) -> (invariant: String, at: Duration)? {
    let result = simulate(schedule.configuration, nil, nil, false)
    guard let violation = result.verification.violations.first else { return nil }
    return (violation.invariant, .nanoseconds(result.end - result.windowStart))
  }

  /// Runs a schedule.
  public func replay(_ schedule: Schedule, trace: @escaping (String) -> Void) -> RecordedRun {
    RecordedRun(simulate(schedule.configuration, nil, trace, true))
  }
}
