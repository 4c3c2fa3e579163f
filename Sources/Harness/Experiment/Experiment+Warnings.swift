import Consensus
import Faults

extension Experiment {
  /// What may be run and is seldom meant, each in one line.
  public var warnings: [String] { [slowRoundTrips, hopelessPrecision].compactMap(\.self) }

  /// A follower that hears nothing for an election timeout has not even had an answer then; whoever stands for election while the votes
  /// for the last candidate are on their way splits the next vote too. Raft's section 5.6 asks for a timeout far above the round trip.
  private var slowRoundTrips: String? {
    let replicated = points.filter { $0.replicas > 1 }
    let slow = replicated.compactMap { point -> (trip: RoundTrip, timeout: Duration)? in
      let timeout = point.template.environment.timing.electionTimeout.lowerBound
      let trip = RoundTrip.longest(
        of: point.replicas, point.template.environment.geography, point.template.environment.link)
      return trip.mean >= timeout ? (trip, timeout) : nil
    }
    guard let worst = slow.max(by: { $0.trip.mean < $1.trip.mean }) else { return nil }
    let share = slow.count == replicated.count ? "" : "in \(slow.count) of \(replicated.count) configurations, "
    let print = ValueForm<Duration>.duration.print
    let way = worst.trip.ends.map { ", \($0.one) and \($0.other)" } ?? ""
    return
      "\(name): \(share)timing.election-timeout begins at \(print(worst.timeout)), and the longest round trip between two "
      + "replicas\(way), takes \(print(worst.trip.mean)) on average: elections may fail again and again"
  }

  /// A precision is believed only after so many trials.
  private var hopelessPrecision: String? {
    let least = PointProgress.least(.client)
    guard let point = points.first(where: { $0.precision != nil && $0.trials < least }) else { return nil }
    return
      "\(name): a precision is met after \(least) trials at least, \(PointProgress.least(.d3)) of a fail-over, and there are "
      + "\(point.trials) (trials)"
  }
}

/// There and back between two replicas.
struct RoundTrip {
  /// On average.
  var mean: Duration
  /// Nil without sites.
  var ends: (one: Site, other: Site)?

  /// The longest one in a cluster of `count` replicas, once somebody leads.
  static func longest(of count: Int, _ geography: Geography, _ link: LinkModel) -> RoundTrip {
    let places = geography.places(of: count, leader: NodeID(0))
    var longest = RoundTrip(mean: places.isEmpty ? .nanoseconds(2 * link.delay.mean) : .zero)
    for (index, one) in places.enumerated() {
      for other in places[(index + 1)...] {
        let there = one == other ? link.delay : geography.distances[one, other] ?? link.delay
        let back = one == other ? link.delay : geography.distances[other, one] ?? link.delay
        let mean = Duration.nanoseconds(there.mean + back.mean)
        if mean > longest.mean { longest = RoundTrip(mean: mean, ends: (one, other)) }
      }
    }
    return longest
  }
}
