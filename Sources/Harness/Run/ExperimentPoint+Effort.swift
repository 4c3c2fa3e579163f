import Consensus
import Faults

extension ExperimentPoint {
  /// About how many events a trial has, from its inputs alone: trials differ by a factor of a hundred, and the time that is left of a run
  /// must not be told as if they did not. Within a factor of two for most of what is shipped; it decides nothing. In real time: its seconds.
  var effort: Double {
    let measure = template.measure
    let rate: Double =
      switch template.workload.arrival {
      case .constant(let rate), .poisson(let rate): rate
      // An answer takes about a millisecond.
      case .closed(let clients, let think): Double(clients) / (Self.seconds(think) + 0.001)
      default: 0
      }
    var window = Self.seconds(measure.window)
    if let operations = measure.operations, rate > 0 { window = min(window, Double(operations) / rate) }
    // Leaders are found within a second of the last fault, as a rule.
    if measure.stopsWhenRecovered {
      window = min(window, 1 + (faults.entries.map { Self.seconds($0.at.upperBound) }.max() ?? 0))
    }
    let time = Self.seconds(measure.warmUp) + window
    // Over TCP processes start first, and at the end every key is read and everybody asked for the state.
    if mode != .sim { return time + (mode == .tcp ? 1 : 0) }
    // Each operation comes, is sent, answered and checked; a batch is sent, received, written and acknowledged at each replica. Beyond
    // some rate batches grow instead of becoming more.
    let perReplica = 6 * min(rate, 10_000) + 3 / Self.seconds(template.environment.timing.heartbeat)
    return time * (4 * rate + perReplica * Double(replicas)) + 500
  }

  private static func seconds(_ duration: Duration) -> Double { Double(duration.nanoseconds) / 1e9 }
  private static func seconds(_ delay: DelayDistribution) -> Double { Double(delay.mean) / 1e9 }
}
