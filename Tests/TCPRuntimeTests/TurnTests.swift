import Consensus
import NIOCore
import NIOPosix
import Raft
import Replication
import Testing

@testable import TCPRuntime

/// A journal that does nothing unless it is told to, and keeps what it was told.
private final class ToldJournal: Journal, @unchecked Sendable {
  enum Call: Equatable, Sendable { case append, submit, cut }
  private(set) var calls: [Call] = []

  func append(_ record: Raft.Record) { calls.append(.append) }
  func submit() { calls.append(.submit) }
  func cut(_ checkpoint: Checkpoint<Raft.Record>, waits: Bool) { calls.append(.cut) }
}

@Suite("A replica's turn")
struct TurnTests {
  @Test("What one turn makes durable is submitted once, at its end, and a snapshot needs no record behind it for that")
  func submits() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    // Its timers do not expire while this runs.
    let timing = Timing(heartbeat: .seconds(50), electionTimeout: .seconds(100)...(.seconds(200)))
    let configuration = Configuration<Raft>(
      id: NodeID(0), cluster: Cluster(count: 3), timing: timing, shared: SharedTuning(), tuning: .standard,
      retained: 100, seed: 1)
    let replica = TCPReplica<Raft, ToldJournal>(
      configuration, TCPReplicaSettings(identity: LoopbackCluster<Raft>.identity()), on: group.next())
    let journal = ToldJournal()
    try await replica.start(peers: [:]) { _ in journal }
    // Whatever the start brought has been submitted.
    try await replica.loop.submit {}.get()
    let before = try await replica.loop.submit { journal.calls.count }.get()
    try await replica.loop.submit {
      for _ in 0..<3 { replica.cut(Checkpoint(), waits: true) }
      replica.submit()
    }.get()
    try await replica.loop.submit {}.get()
    let calls = try await replica.loop.submit { Array(journal.calls[before...]) }.get()
    #expect(calls == [.cut, .cut, .cut, .submit])
    try await replica.stop()
    try await group.shutdownGracefully()
  }
}
