import Consensus
import NIOPosix
import Raft
import Replication
import Synchronization
import Testing

@testable import TCPRuntime

/// What a test decides about a journal's disk, from any thread.
private final class Disk: Sendable {
  let isBehind = Atomic<Bool>(false)
  let reports = Mutex<JournalReports?>(nil)
}

/// A journal that says of its disk what a test wants.
private final class FickleJournal: Journal, @unchecked Sendable {
  private let journal: MemoryJournal<Raft.Record>
  private let disk: Disk

  init(_ journal: MemoryJournal<Raft.Record>, _ disk: Disk) {
    self.journal = journal
    self.disk = disk
  }
  func append(_ record: Raft.Record) { journal.append(record) }
  func submit() { journal.submit() }
  func cut(_ checkpoint: Checkpoint<Raft.Record>, waits: Bool) { journal.cut(checkpoint, waits: waits) }
  var isOverBound: Bool { disk.isBehind.load(ordering: .relaxed) }
}

@Suite("A replica's bounds", .serialized) struct BoundTests {
  @Test("While its journal is behind a replica reads no client; when its journal fails it halts, and says why once")
  func journal() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    let (disk, reasons) = (Disk(), Lines())
    let configuration = Configuration<Raft>(
      id: NodeID(0), cluster: Cluster(count: 1),
      timing: Timing(heartbeat: .milliseconds(20), electionTimeout: .milliseconds(50)...(.milliseconds(100))),
      shared: SharedTuning(), tuning: .standard, retained: 100, seed: 1)
    let replica = TCPReplica<Raft, FickleJournal>(
      configuration,
      TCPReplicaSettings(identity: LoopbackCluster<Raft>.identity(), halted: { reasons.add($0) }), on: group.next())
    let address = try await replica.listen()
    let loop = replica.loop
    try await replica.start(peers: [:]) { reports in
      disk.reports.withLock { $0 = reports }
      return FickleJournal(MemoryJournal(loop, reports: reports), disk)
    }
    let sessions = 8
    let client = TCPClient(
      TCPClientSettings(
        cluster: "test", addresses: [NodeID(0): Endpoint(host: "127.0.0.1", port: address.port!)], sessions: sessions,
        retry: RetryPolicy(timeout: .seconds(100)), seed: 1
      ) { random, unique in .put(UInt32(random.below(20)), unique) }, on: group.next())
    try await client.start()
    #expect(try await eventually { try await client.progress() >= 100 })

    disk.isBehind.store(true, ordering: .relaxed)
    #expect(try await eventually { try await replica.statusNow().counts.pauses == 1 })
    let before = try await client.progress()
    // Each look lets both loops read what there is.
    for _ in 0..<1_000 { _ = try await (replica.statusNow(), client.progress()) }
    let held = try await client.progress()
    #expect(held <= before + sessions, "what had been read is answered")

    disk.isBehind.store(false, ordering: .relaxed)
    let reports = try #require(disk.reports.withLock { $0 })
    reports.synced(0)
    #expect(try await eventually { try await client.progress() >= held + 100 })

    #expect(reasons.all.isEmpty)
    for _ in 0..<2 { reports.failed("no room") }
    #expect(try await eventually { try await replica.statusNow().status == nil })
    #expect(reasons.all == ["its journal failed: no room"])
    _ = try await client.finish()
    try await replica.stop()
    try await group.shutdownGracefully()
  }

  @Test("Of lines that come again and again a few are let through in each period, and the next says how many were not")
  func lines() {
    var budget = LineBudget(repeats: 2, texts: 3)
    func say(_ texts: [String], at now: Int64) -> [String] { texts.compactMap { budget.line($0, at: now) } }
    #expect(say(["a", "a", "a", "b"], at: 0) == ["a", "a", "b left_out=1"])
    #expect(say(["c", "d", "e", "c", "c"], at: 1) == ["c", "c left_out=2"])
    #expect(say(["a"], at: LineBudget.period - 1) == [])
    #expect(say(["d", "d"], at: LineBudget.period) == ["d left_out=2", "d"])
    let flood = (0..<1_000).flatMap { say(["x \($0)"], at: LineBudget.period + 1) }
    #expect(flood.count == 2)
    #expect(say(["y"], at: 2 * LineBudget.period) == ["y left_out=998"])
  }
}
