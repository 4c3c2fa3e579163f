import Consensus
import DequeModule
import Replication

/// One batch of a leader, in nanoseconds of the machine's monotonic clock.
public struct CommitSample: Hashable, Sendable {
  public var proposed: Int64
  /// The leader knew that a quorum had it on disk.
  public var committed: Int64

  public init(proposed: Int64, committed: Int64) {
    self.proposed = proposed
    self.committed = committed
  }
}

/// The batches that a replica proposed in its leaderships, and how long each took.
struct CommitLatencies {
  private var underWay = Deque<(batch: Batch, at: Int64)>()
  private var samples: [CommitSample] = []

  mutating func proposed(_ batch: Batch, at now: Int64) { underWay.append((batch, now)) }
  mutating func committed(_ batch: Batch, at now: Int64) {
    while let first = underWay.popFirst() {
      guard first.batch === batch else { continue }
      return samples.append(CommitSample(proposed: first.at, committed: now))
    }
  }
  /// What is under way is another leader's to commit.
  mutating func leadershipEnded() { underWay.removeAll() }
  mutating func take() -> [CommitSample] {
    defer { samples = [] }
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
