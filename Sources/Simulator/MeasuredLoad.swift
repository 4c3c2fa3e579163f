import Consensus
import Verification

/// One operation of a run in real time, as its client saw it. Nanoseconds of one clock.
public struct MeasuredOperation: Hashable, Sendable {
  /// `invoked` is when it was sent first.
  public var client: ClientOperation
  public var padding: UInt32
  /// When it was to begin.
  public var due: Int64
  /// When it was answered or given up; nil: it was open at the end.
  public var ended: Int64?
  public var hasTimedOut = false

  public init(_ client: ClientOperation, _ padding: UInt32, due: Int64) {
    self.client = client
    self.padding = padding
    self.due = due
  }
  public mutating func end(_ outcome: ClientOperation.Outcome, at time: Int64) {
    client.outcome = outcome
    if case .ok = outcome { client.returned = time }
    ended = time
  }
}

/// What the clients of a run in real time asked: kept while it runs, and counted afterwards.
public struct MeasuredLoad: Sendable {
  /// In the order in which they began.
  public var operations: [MeasuredOperation] = []
  /// When those were due that no session was free for.
  public var unbegun: [Int64] = []
  /// What opened sessions.
  public var opened: [Command] = []

  public init() {}

  /// Everything that was ever submitted.
  public var commands: [Command] {
    opened + operations.map { Command(id: $0.client.id, operation: $0.client.operation, padding: $0.padding) }
  }

  /// Fills in all that `result` says of clients and their load, and tells `recorder` what the simulator would; its window is known
  /// already. `end`: what is open then takes longer.
  public func count(
    _ workload: Workload, end: Int64, into result: inout SimulationResult, _ recorder: (any Recorder)?
  ) {
    let window = result.windowStart..<max(result.windowStart, result.windowEnd)
    let watched = UInt32(workload.keyChoice.watched(of: max(1, workload.keys)))
    for operation in operations {
      tell(recorder, of: operation, window, end)
      if case .ok = operation.client.outcome, let at = operation.ended, window.contains(at) {
        result.counts.answeredInWindow += 1
      }
      guard window.contains(operation.due) else {
        if operation.due < window.lowerBound { result.load.noteBefore(until: operation.ended ?? end, window) }
        continue
      }
      result.counts.due += 1
      result.counts.longestWait = max(result.counts.longestWait, operation.client.invoked - operation.due)
      if operation.client.invoked > operation.due { result.load.waited += 1 }
      result.load.note(
        operation.client.operation, operation.padding, isWatched: operation.client.operation.key < watched)
      result.load.beyond += max(0, (operation.ended ?? end) - window.upperBound)
      switch operation.client.outcome {
      case .ok:
        result.counts.answered += 1
        if operation.hasTimedOut { result.counts.timedOut += 1 }
      case .failed: result.counts.failed += 1
      case .unknown, .pending: result.counts.unanswered += 1
      }
    }
    for due in unbegun {
      guard window.contains(due) else {
        if due < window.lowerBound { result.load.noteBefore(until: end, window) }
        continue
      }
      result.counts.due += 1
      result.counts.unanswered += 1
      result.load.waited += 1
      result.load.beyond += max(0, end - window.upperBound)
      recorder?.censored(due: due, sent: nil, end: end)
    }
    result.load.inSystem = presence(window, end)
    result.history = operations.map(\.client)
  }

  private func tell(
    _ recorder: (any Recorder)?, of operation: MeasuredOperation, _ window: Range<Int64>, _ end: Int64
  ) {
    guard let recorder else { return }
    let isMeasured = window.contains(operation.due)
    let sent = operation.client.invoked
    guard let ended = operation.ended else {
      if isMeasured { recorder.censored(due: operation.due, sent: sent, end: end) }
      return
    }
    if case .ok = operation.client.outcome {
      recorder.completed(sinceWindowStart: ended - window.lowerBound, latency: ended - operation.due)
      if isMeasured { recorder.answered(due: operation.due, sent: sent, at: ended) }
    } else {
      recorder.abandoned(sinceWindowStart: ended - window.lowerBound)
      if isMeasured { recorder.censored(due: operation.due, sent: sent, end: ended) }
    }
  }

  /// Operations in the system, integrated over the window, from the moments at which they come and go alone.
  private func presence(_ window: Range<Int64>, _ end: Int64) -> Int64 {
    let comings = (operations.map(\.due) + unbegun).sorted()
    let goings = (operations.map { $0.ended ?? end } + unbegun.map { _ in end }).sorted()
    var present = Presence()
    var (coming, going) = (0, 0)
    func step(_ time: Int64) {
      while coming < comings.count || going < goings.count {
        let next = min(
          coming < comings.count ? comings[coming] : .max, going < goings.count ? goings[going] : .max)
        guard next < time else { return }
        if coming < comings.count, comings[coming] == next {
          present.enter(at: next)
          coming += 1
        } else {
          present.leave(at: next)
          going += 1
        }
      }
    }
    step(window.lowerBound)
    present.start(at: window.lowerBound)
    step(window.upperBound)
    return present.stop(at: window.upperBound)
  }
}

extension GeneratedLoad {
  /// Of the time in the system of one operation that was due before the window, what lay in it.
  fileprivate mutating func noteBefore(until end: Int64, _ window: Range<Int64>) {
    before += max(0, min(end, window.upperBound) - window.lowerBound)
  }
}
