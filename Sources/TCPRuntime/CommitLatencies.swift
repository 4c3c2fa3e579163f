import Consensus
import DequeModule
import Replication

/// One batch of a leader, in nanoseconds of the machine's monotonic clock.
public struct CommitSample: Hashable, Sendable {
  public var proposed: Int64
  /// The leader knew that a quorum had it on disk.
  public var committed: Int64
  /// All its commands were executed.
  public var applied: Int64
  /// The answers to them were given to the sockets.
  public var replied: Int64
  /// How long each of its commands that this leader had received and now answered had waited when it was proposed.
  public var waits: ArraySlice<Int64>

  public init(proposed: Int64, committed: Int64, applied: Int64, replied: Int64, waits: ArraySlice<Int64> = []) {
    self.proposed = proposed
    self.committed = committed
    self.applied = applied
    self.replied = replied
    self.waits = waits
  }
}

/// The batches that a replica proposed in its leaderships, and how long each took.
///
/// A batch costs one stamp for each of its stages, whatever is in it; a command one, when it arrives.
struct CommitLatencies {
  private struct Times {
    var proposed: Int64
    var committed: Int64
    var applied: Int64 = 0
    var replied: Int64 = 0
    /// Where its commands' waits end, and those of the next one begin.
    var end = 0
  }
  private var underWay = Deque<(batch: Batch, at: Int64)>()
  private var executing: Times?
  private var batches: [Times] = []
  private var waits: [Int64] = []
  /// Of `batches`, those whose answers have left.
  private var replied = 0

  mutating func proposed(_ batch: Batch, at now: Int64) { underWay.append((batch, now)) }
  mutating func committed(_ batch: Batch, at now: Int64) {
    while let first = underWay.popFirst() {
      guard first.batch === batch else { continue }
      executing = Times(proposed: first.at, committed: now)
      return
    }
  }
  /// A command of the batch that is being executed is answered here.
  mutating func answered(received: Int64) {
    if let executing { waits.append(executing.proposed - received) }
  }
  mutating func applied(at now: Int64) {
    guard var batch = executing else { return }
    executing = nil
    batch.applied = now
    batch.end = waits.count
    batches.append(batch)
  }
  /// What was to be sent is on its way.
  mutating func left(at now: Int64) {
    for index in replied..<batches.count { batches[index].replied = now }
    replied = batches.count
  }
  var isAnswering: Bool { replied < batches.count }

  /// What is under way is another leader's to commit.
  mutating func leadershipEnded() { underWay.removeAll() }
  /// Those whose answers have left.
  mutating func take() -> [CommitSample] {
    var start = 0
    let samples = batches[..<replied].map { batch in
      defer { start = batch.end }
      return CommitSample(
        proposed: batch.proposed, committed: batch.committed, applied: batch.applied, replied: batch.replied,
        waits: waits[start..<batch.end])
    }
    batches = []
    waits = []
    replied = 0
    return samples
  }
}

extension TCPReplica {
  /// From now on it keeps the times of its batches, until they are taken. From any thread.
  public func keepLatencies() async throws { try await loop.submit { self.latencies = CommitLatencies() }.get() }
  /// What it kept since they were taken last.
  public func takeLatencies() async throws -> [CommitSample] {
    try await loop.submit { self.latencies?.take() ?? [] }.get()
  }
}
