import Measurement
import Simulator

/// Takes one trial's measurements into histograms and a timeline as they come.
final class TrialRecorder: Recorder {
  private(set) var latencies = Latencies()
  /// Of every operation when it was due, and of every batch when it was proposed; nil if nobody will cut blocks from it.
  private(set) var series: LatencySeries?
  private var timeline: Timeline
  private let timeout: Int64

  /// All in ns of virtual time; the timeline covers `window` in steps of `interval`. What is not answered counts in quantiles as `timeout`
  /// at least.
  init(window: Int64, interval: Int64, timeout: Int64, keepsSeries: Bool = false) {
    self.timeout = timeout
    timeline = Timeline(from: 0, to: window, interval: interval)
    series = keepsSeries ? LatencySeries() : nil
  }

  func answered(due: Int64, sent: Int64, at: Int64) {
    latencies.client.record(at - due)
    latencies.service.record(at - sent)
    series?.client.append(at - due, at: due)
  }
  func censored(due: Int64, sent: Int64?, end: Int64) {
    latencies.client.recordCensored(after: end - due, least: timeout)
    if let sent { latencies.service.recordCensored(after: end - sent, least: timeout) }
    series?.client.append(max(end - due, timeout), at: due)
  }
  func completed(sinceWindowStart time: Int64, latency: Int64) { timeline.record(at: time, latency: latency) }
  func abandoned(sinceWindowStart time: Int64) { timeline.recordFailure(at: time) }
  func committed(proposed: Int64, at: Int64) {
    latencies.commit.record(at - proposed)
    series?.commit.append(at - proposed, at: proposed)
  }
  func staged(received: Int64, proposed: Int64, committed: Int64, applied: Int64, replied: Int64) {
    let stamps = [received, proposed, committed, applied, replied]
    for index in latencies.stages.indices { latencies.stages[index].record(stamps[index + 1] - stamps[index]) }
  }

  /// The intervals that begin within the first `window` ns: it may have ended earlier than planned.
  func timelineRows(_ run: RunKey, window: Int64) -> [TimelineRow] {
    TimelineRow.rows(run, timeline).filter { $0.start < Int(window) }
  }
}

/// A trial's latencies with the time of each.
struct LatencySeries: Sendable {
  var client = TimedSamples()
  var commit = TimedSamples()
  /// Where the trial's window began and ended.
  var window: Range<Int64> = 0..<0
}

/// What becomes one configuration's rows once all its trials are in.
struct Latencies: Sendable {
  var client = Distribution()
  var service = Distribution()
  var commit = Distribution()
  /// By `Stage.allCases`.
  var stages = Array(repeating: Distribution(), count: Stage.allCases.count)

  mutating func merge(_ other: Latencies) {
    client.merge(other.client)
    service.merge(other.service)
    commit.merge(other.commit)
    for index in stages.indices { stages[index].merge(other.stages[index]) }
  }
}
