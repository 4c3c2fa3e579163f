import Consensus
import NIOCore
import Raft
import TCPRuntime
import Testing

@Suite("Stages of a command's way through its leader", .serialized)
struct StageTests {
  @Test("Each batch has its stamps in order, and each command that the leader received and answered counts once")
  func stamps() async throws {
    let cluster = LoopbackCluster<Raft>(.standard)
    try await cluster.start()
    let leader = try await cluster.leader()
    for member in cluster.members { try await member.keepLatencies() }
    let client = cluster.client(8)
    let begin = Int64(NIODeadline.now().uptimeNanoseconds)
    try await client.start()
    #expect(try await eventually { try await client.progress() >= 300 })
    try await client.drain()
    #expect(try await eventually { try await client.outstanding() == 0 })
    let result = try await client.finish()
    let samples = try await leader.takeLatencies()
    let end = Int64(NIODeadline.now().uptimeNanoseconds)
    for sample in samples {
      let stamps = [sample.proposed, sample.committed, sample.applied, sample.replied]
      #expect(stamps == stamps.sorted() && sample.replied <= end)
      #expect(sample.waits.allSatisfy { $0 >= 0 && sample.proposed - $0 >= begin })
    }
    let counted = samples.reduce(0) { $0 + $1.waits.count }
    #expect(counted > 0 && counted <= result.answered)
    // A busy machine may have made clients ask again, or somebody else the leader.
    let leadsStill = try await leader.statusNow().status?.role == .leader
    if result.timeouts == 0, leadsStill { #expect(counted == result.answered) }
    for follower in cluster.members where follower.id != leader.id {
      #expect(try await follower.takeLatencies().isEmpty)
    }
    #expect(try await leader.takeLatencies().isEmpty, "what was taken is gone")
    try await cluster.stop()
  }
}
