import Consensus

/// What a link between two replicas does to messages. Pure and seeded; every mode interprets the same model.
public struct LinkModel: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// What users of TCP see: first in, first out; a lost segment is a delay, and everything behind it waits; past a limit the
    /// session breaks and what was queued on it is gone.
    case stream
    /// Messages vanish, repeat and overtake each other.
    case datagram
  }

  public var kind: Kind
  /// One way.
  public var delay: DelayDistribution
  /// The probability that one transmission is lost.
  public var loss: Double
  /// The mean number of transmissions lost in a row, one way between two replicas; 1: each is lost or not independently of the last.
  public var burst: Double
  /// `datagram`: the probability that a message arrives twice.
  public var duplication: Double
  /// `datagram`: the probability that a message is held back by up to `reorderingSpan` more.
  public var reordering: Double
  public var reorderingSpan: Duration
  /// `stream`: a lost segment is sent again after this, then after twice this, and so on.
  public var retransmission: Duration
  /// `stream`: a segment that is not through after this breaks its session.
  public var sessionTimeout: Duration
  /// `stream`: pause between attempts to open a session again.
  public var reconnect: Duration

  public init(
    kind: Kind = .stream, delay: DelayDistribution, loss: Double = 0, burst: Double = 1, duplication: Double = 0,
    reordering: Double = 0,
    reorderingSpan: Duration = .milliseconds(10), retransmission: Duration = .milliseconds(200),
    sessionTimeout: Duration = .seconds(1), reconnect: Duration = .milliseconds(50)
  ) {
    self.kind = kind
    self.delay = delay
    self.loss = loss
    self.burst = burst
    self.duplication = duplication
    self.reordering = reordering
    self.reorderingSpan = reorderingSpan
    self.retransmission = retransmission
    self.sessionTimeout = sessionTimeout
    self.reconnect = reconnect
  }
}

/// Whether one transmission after the other is lost on one way between two replicas.
///
/// Gilbert's model (Capacity of a Burst-Noise Channel, 1960) with its two states told apart by the loss itself: in a burst everything
/// is lost. Of all transmissions the share `loss` is, whatever the length of bursts.
public struct LossProcess: Sendable {
  private var isInBurst = false

  public init() {}

  /// The most that can be lost in bursts of this mean length, short of everything: between two of them at least one transmission passes.
  public static func most(inBurstsOf burst: Double) -> Double { burst > 1 ? burst / (burst + 1) : 1 }

  /// `loss` and `burst` as in ``LinkModel``; they may change from call to call.
  public mutating func loses(_ loss: Double, burst: Double, _ random: inout RandomSource) -> Bool {
    guard burst > 1, loss > 0, loss < 1 else { return random.chance(loss) }
    // A burst ends with probability 1/burst; it begins so often that the share of time in bursts is `loss`.
    isInBurst = isInBurst ? !random.chance(1 / burst) : random.chance(loss / ((1 - loss) * burst))
    return isInBurst
  }
}

/// What becomes of a datagram that is not lost.
public enum Fate: Equatable, Sendable {
  /// Nanoseconds until it arrives.
  case arrives(Int64)
  case arrivesTwice(Int64, Int64)
}

extension LinkModel {
  /// The fate of one datagram that is not lost.
  @inlinable public func datagramFate(_ random: inout RandomSource) -> Fate {
    let first = datagramDelay(&random)
    return random.chance(duplication) ? .arrivesTwice(first, datagramDelay(&random)) : .arrives(first)
  }
  @inlinable func datagramDelay(_ random: inout RandomSource) -> Int64 {
    let delay = delay.sample(&random)
    return random.chance(reordering) ? delay + random.duration(in: .zero...reorderingSpan).nanoseconds : delay
  }
}

/// One direction of a stream session: the order that TCP keeps, and the waiting that it costs.
///
/// A lost segment blocks the pipe: it is tried again after `retransmission`, doubling, and what is sent meanwhile waits behind it
/// (head-of-line blocking). Past `sessionTimeout` the session breaks. Fast retransmission is not modelled.
public struct StreamPipe: Sendable {
  public enum Retry: Equatable, Sendable {
    /// The segment is through: it arrives at this time, and what waits behind it may go.
    case through(arrival: Int64)
    /// Lost again: try at this time.
    case again(at: Int64)
    case breaksSession
  }

  private var lastArrival: Int64 = 0
  private var waited: Int64 = 0
  private var timeout: Int64 = 0
  /// A lost segment waits for its retransmission, and everything else behind it.
  public private(set) var isBlocked = false

  public init() {}

  /// A segment leaves at `now`: the time of its arrival, never before an earlier one's.
  @inlinable public mutating func transmit(at now: Int64, delay: Int64) -> Int64 { arrival(at: now + delay) }
  @usableFromInline mutating func arrival(at time: Int64) -> Int64 {
    lastArrival = max(lastArrival, time)
    return lastArrival
  }
  /// A segment that left at `now` is lost: the time of its retransmission.
  public mutating func block(at now: Int64, _ model: LinkModel) -> Int64 {
    isBlocked = true
    waited = 0
    timeout = model.retransmission.nanoseconds
    return now + timeout
  }
  /// The blocked segment is sent once more.
  public mutating func retry(at now: Int64, lost: Bool, delay: Int64, _ model: LinkModel) -> Retry {
    waited += timeout
    guard lost else {
      isBlocked = false
      return .through(arrival: arrival(at: now + delay))
    }
    timeout *= 2
    if waited + timeout > model.sessionTimeout.nanoseconds { return .breaksSession }
    return .again(at: now + timeout)
  }
}
