import Consensus
import MultiPaxos
import NIOCore
import NIOPosix
import Raft
import TCPRuntime
import Testing
import Verification
import Zab

@Suite("Replicas on loopback", .serialized)
struct ClusterTests {
  private func serves<Core: ConsensusProtocol>(_ core: Core.Type, _ tuning: Core.Tuning) async throws {
    let cluster = LoopbackCluster<Core>(tuning)
    try await cluster.start()
    let client = cluster.client(8)
    try await client.start()
    #expect(try await eventually { try await client.progress() >= 500 })
    let result = try await client.finish()
    try await cluster.stop()
    #expect(result.answered >= 500)
    let check = verdict(result)
    #expect(check.verdict == .ok, "\(check.detail ?? "")")
  }

  @Test("Raft elects, commits and is linearizable") func raft() async throws { try await serves(Raft.self, .standard) }
  @Test("Multi-Paxos elects, commits and is linearizable")
  func multiPaxos() async throws { try await serves(MultiPaxos.self, .standard) }
  @Test("Zab elects, commits and is linearizable") func zab() async throws { try await serves(Zab.self, .standard) }

  private func survives<Core: ConsensusProtocol>(_ core: Core.Type, _ tuning: Core.Tuning) async throws {
    let cluster = LoopbackCluster<Core>(tuning)
    cluster.snapshotEvery = 200
    try await cluster.start()
    let client = cluster.client(8)
    try await client.start()
    for _ in 0..<3 {
      let before = try await client.progress()
      #expect(try await eventually { try await client.progress() >= before + 300 })
      let leader = try await cluster.leader()
      try await leader.stop()
      let stopped = try await client.progress()
      #expect(try await eventually { try await client.progress() >= stopped + 300 }, "two of three serve")
      try await cluster.restart(leader.id)
    }
    let result = try await client.finish()
    try await cluster.stop()
    #expect(result.disconnections >= 3)
    let check = verdict(result)
    #expect(check.verdict == .ok, "\(check.detail ?? "")")
  }

  @Test("Raft survives the crash and return of three leaders, and stays linearizable")
  func raftCrash() async throws { try await survives(Raft.self, .standard) }
  @Test("Multi-Paxos survives the crash and return of three leaders, and stays linearizable")
  func multiPaxosCrash() async throws { try await survives(MultiPaxos.self, .standard) }
  @Test("Zab survives the crash and return of three leaders, and stays linearizable")
  func zabCrash() async throws { try await survives(Zab.self, .standard) }

  @Test("A replica that is dialed before it has recovered is part of the cluster once it has")
  func dialedEarly() async throws {
    let cluster = LoopbackCluster<Raft>(.standard)
    for index in 0..<3 {
      let member = cluster.make(NodeID(index))
      cluster.addresses[member.id] = try await member.listen()
      cluster.members.append(member)
    }
    let (first, second) = (cluster.members[0], cluster.members[1])
    try await first.start(peers: cluster.endpoints) { MemoryJournal(first.loop, reports: $0) }
    #expect(
      try await eventually {
        let (dialing, dialed) = (try await first.statusNow().counts, try await second.statusNow().counts)
        return dialing.sessionsOpened > 0 || dialed.early > 0
      })
    try await second.start(peers: cluster.endpoints) { MemoryJournal(second.loop, reports: $0) }
    _ = try await cluster.leader()
    try await cluster.stop()
  }

  @Test("An open loop is answered at its rate, and its latencies count from when operations are due")
  func openLoop() async throws {
    let cluster = LoopbackCluster<Raft>(.standard)
    try await cluster.start()
    _ = try await cluster.leader()
    let client = cluster.client(16, arrival: .open(rate: 500, isPoisson: true))
    try await client.start()
    #expect(try await eventually { try await client.progress() >= 300 })
    let result = try await client.finish()
    try await cluster.stop()
    #expect(verdict(result).verdict == .ok)
    #expect(result.history.allSatisfy { $0.invoked >= $0.due })
  }
}
