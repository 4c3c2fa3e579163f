import Consensus
import NIOCore
import Replication

/// How a journal tells its replica what became of it, from any thread.
public struct JournalReports: Sendable {
  public var synced: @Sendable (UInt64) -> Void
  public var failed: @Sendable (String) -> Void

  public init(synced: @escaping @Sendable (UInt64) -> Void, failed: @escaping @Sendable (String) -> Void) {
    self.synced = synced
    self.failed = failed
  }
}

/// A journal without a disk: what is submitted is durable at the loop's next turn. It outlives a replica that is stopped in its
/// process, and nothing else.
///
/// Unchecked: confined to its event loop.
public final class MemoryJournal<Record: WireCodable>: Journal, @unchecked Sendable {
  private let loop: any EventLoop
  private let reports: JournalReports
  private let keeps: Bool
  private var checkpoint: Checkpoint<Record>
  private var position: UInt64 = 0
  private var isReporting = false

  /// `keeps`: its records can be recovered from; otherwise it only counts them.
  public init(
    _ loop: any EventLoop, from checkpoint: Checkpoint<Record> = .init(), keeps: Bool = true, reports: JournalReports
  ) {
    self.loop = loop
    self.checkpoint = checkpoint
    self.keeps = keeps
    self.reports = reports
  }

  /// What a successor starts from.
  public var contents: Checkpoint<Record> { checkpoint }

  public func append(_ record: Record) {
    position += 1
    if keeps { checkpoint.records.append(record) }
  }
  public func submit() {
    guard !isReporting else { return }
    isReporting = true
    loop.execute { [self] in
      isReporting = false
      reports.synced(position)
    }
  }
  public func cut(_ checkpoint: Checkpoint<Record>, waits: Bool) {
    position += 1
    if keeps { self.checkpoint = checkpoint }
    submit()
  }
}
