import Consensus
import DequeModule
import Faults

/// What happens to frames on their way to a peer: a link's model, and delays that come on top of its own.
public struct ShapedLink: Hashable, Sendable {
  public private(set) var model: LinkModel
  public private(set) var addedDelays: [DelayDistribution]

  /// Delays of nothing are left out.
  public init(_ model: LinkModel, adding delays: [DelayDistribution] = []) {
    let all = ([model.delay] + delays).filter { $0 != .constant(.zero) }
    self.model = model
    self.model.delay = all.first ?? .constant(.zero)
    addedDelays = Array(all.dropFirst())
  }

  /// All of them, in the order in which they are drawn.
  public var delays: [DelayDistribution] {
    model.delay == .constant(.zero) ? [] : [model.delay] + addedDelays
  }
  /// Frames pass at once: only what is cut waits.
  public var isTransparent: Bool { model.loss <= 0 && delays.isEmpty }
}

/// One direction of a session under a ``Faults/LinkModel``: what the simulator does to a stream, done to frames before they reach the
/// socket. A lost transmission is a delay with everything behind it, and too long a one ends the session.
struct LinkShaper {
  enum Outcome: Equatable {
    /// Call `advance` at this time.
    case wait(until: Int64)
    case nothing
    case breaksSession
  }

  var link: ShapedLink
  private var pipe = StreamPipe()
  private var losses = LossProcess()
  private var random: RandomSource
  /// Not through yet: the first was lost, the others are behind it.
  private var blocked = Deque<[UInt8]>()
  private var retryAt: Int64?
  /// Through, and on their way until their time.
  private var underWay = Deque<(at: Int64, body: [UInt8])>()
  private(set) var bytes = 0
  /// Nothing passes.
  var isCut = false

  var isEmpty: Bool { blocked.isEmpty && underWay.isEmpty }

  init(_ link: ShapedLink, seed: UInt64) {
    self.link = link
    random = RandomSource(seed: seed)
  }

  private var model: LinkModel { link.model }
  private mutating func isLost() -> Bool { isCut || losses.loses(model.loss, burst: model.burst, &random) }
  private mutating func delay() -> Int64 {
    link.addedDelays.reduce(model.delay.sample(&random)) { $0 + $1.sample(&random) }
  }

  /// Takes a frame's body.
  mutating func send(_ body: [UInt8], at now: Int64) -> Outcome {
    bytes += body.count
    if pipe.isBlocked {
      blocked.append(body)
      return .nothing
    }
    transmit(body, at: now)
    return next
  }

  private mutating func transmit(_ body: [UInt8], at now: Int64) {
    if isLost() {
      blocked.append(body)
      retryAt = pipe.block(at: now, model)
    } else {
      underWay.append((pipe.transmit(at: now, delay: delay()), body))
    }
  }

  /// Hands over what has arrived by `now`.
  mutating func advance(to now: Int64, deliver: ([UInt8]) -> Void) -> Outcome {
    if let due = retryAt, due <= now {
      let outcome = pipe.retry(at: due, lost: isLost(), delay: delay(), model)
      switch outcome {
      case .breaksSession: return .breaksSession
      case .again(let at): retryAt = at
      case .through(let arrival):
        retryAt = nil
        underWay.append((arrival, blocked.removeFirst()))
        // What waited behind it leaves now, and may be lost in turn.
        var behind = Deque<[UInt8]>()
        swap(&behind, &blocked)
        while let body = behind.popFirst() {
          if pipe.isBlocked { blocked.append(body) } else { transmit(body, at: now) }
        }
      }
    }
    while let first = underWay.first, first.at <= now {
      underWay.removeFirst()
      bytes -= first.body.count
      deliver(first.body)
    }
    return next
  }

  private var next: Outcome {
    let time = min(underWay.first?.at ?? .max, retryAt ?? .max)
    return time == .max ? .nothing : .wait(until: time)
  }
}
