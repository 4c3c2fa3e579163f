import Consensus
import Faults
import Replication
import Simulator

/// How operations come, as an experiment file names it.
enum ArrivalKind: String, Hashable, Sendable, CaseIterable { case constant, poisson, closed, none }

/// The value of every key. Unlike a `SimulationConfiguration` it keeps the ones that the chosen arrival process ignores, so
/// that keys may be set in any order.
struct ExperimentSettings: Hashable, Sendable {
  var environment = Environment(
    replicas: 1, link: LinkModel(delay: .constant(.zero)),
    timing: Timing(heartbeat: .milliseconds(1), electionTimeout: .milliseconds(2)...(.milliseconds(2))))
  var workload = Workload(arrival: .none)
  var arrival = ArrivalKind.none
  var rate = 1.0
  var clients = 1
  var think = DelayDistribution.constant(.zero)
  var measure = Measure(window: .seconds(1))

  /// What one trial runs, but for its seed.
  func configuration(faults: FaultPlan = FaultPlan(), seed: UInt64 = 0) -> SimulationConfiguration {
    var workload = workload
    workload.arrival =
      switch arrival {
      case .constant: .constant(perSecond: rate)
      case .poisson: .poisson(perSecond: rate)
      case .closed: .closed(clients: clients, think: think)
      case .none: .none
      }
    return SimulationConfiguration(
      environment: environment, workload: workload, measure: measure, faults: faults, seed: seed)
  }

  /// What does not fit together, with the key to blame; nil: all is well.
  func contradiction() -> (key: String, reason: String)? {
    func text(_ duration: Duration) -> String { ValueForm<Duration>.duration.print(duration) }
    let timing = environment.timing
    if timing.electionTimeout.lowerBound <= timing.heartbeat {
      return (
        "timing.election-timeout",
        "begins at \(text(timing.electionTimeout.lowerBound)), but a living leader shows itself only every "
          + "\(text(timing.heartbeat)) (timing.heartbeat)"
      )
    }
    if workload.reads + workload.swaps + workload.deletes > 1 {
      return ("workload.reads", "workload.reads, workload.swaps and workload.deletes add up to more than 1")
    }
    if let problem = environment.geography.contradiction { return problem }
    let retry = environment.retry
    if retry.maximumPause < retry.pause {
      return ("retry.maximum-pause", "\(text(retry.maximumPause)) is shorter than retry.pause, \(text(retry.pause))")
    }
    if retry.abandon < retry.timeout {
      return ("retry.abandon", "\(text(retry.abandon)) is shorter than retry.timeout, \(text(retry.timeout))")
    }
    let link = environment.link
    if link.sessionTimeout < link.retransmission {
      return (
        "link.session-timeout",
        "\(text(link.sessionTimeout)) is shorter than link.retransmission, \(text(link.retransmission))"
      )
    }
    if let reason = FaultSchedule.contradiction(loss: link.loss, burst: link.burst) { return ("link.loss", reason) }
    if case .hot = workload.keyChoice, workload.keyChoice.watched(of: workload.keys) == workload.keys {
      return ("workload.key-choice", "of \(workload.keys) keys (workload.keys) all would be hot")
    }
    let sessions = arrival == .closed ? clients : arrival == .none ? 0 : workload.sessions
    if sessions > environment.sessionLimit {
      return (
        "sessions.limit",
        "\(environment.sessionLimit) is less than the \(sessions) sessions that the workload opens "
          + "(\(arrival == .closed ? "workload.clients" : "workload.sessions"))"
      )
    }
    return nil
  }
}
