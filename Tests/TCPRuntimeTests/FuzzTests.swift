import Consensus
import Foundation
import NIOCore
import NIOPosix
import Raft
import Testing

@testable import TCPRuntime

@Suite("A fuzzer of frames", .serialized)
struct FuzzTests {
  private enum Guise: CaseIterable {
    /// Says anything.
    case stranger
    /// Greets, but not quite as it should.
    case mumbler
    /// Greets as a client, and asks with a byte changed here and there.
    case client
    /// Greets as a peer, and says anything.
    case peer
  }

  /// Bytes in the physical memory, where the system says it in Linux's way.
  private func resident() -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
    return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 4096 }
  }

  private func hello(_ role: Hello.Role, to peer: NodeID) -> [UInt8] {
    var writer = ByteWriter()
    let identity = LoopbackCluster<Raft>.identity()
    Hello(role: role, identity: identity, from: NodeID(0), to: peer).encode(into: &writer)
    return writer.bytes
  }

  /// What one connection says, which ends with a bad frame; and how many frames that are.
  private func speech(_ guise: Guise, to peer: NodeID, _ random: inout RandomSource) -> (bytes: ByteBuffer, frames: Int)
  {
    func anything(_ most: UInt64) -> [UInt8] { (0..<Int(random.below(most))).map { _ in UInt8(random.below(256)) } }
    func change(_ bytes: inout [UInt8]) { bytes[Int(random.below(UInt64(bytes.count)))] = UInt8(random.below(256)) }
    var buffer = ByteBuffer()
    var frames = 1
    switch guise {
    case .stranger:
      let bytes = anything(60)
      if random.chance(0.5) { buffer.writeFrame(.hello, bytes) } else { buffer.writeBytes(bytes) }
    case .mumbler:
      var bytes = hello(.client, to: peer)
      for _ in 0...random.below(3) { change(&bytes) }
      buffer.writeFrame(.hello, bytes)
    case .client:
      buffer.writeFrame(.hello, hello(.client, to: peer))
      while frames < 200 {
        let operation = random.chance(0.1) ? Operation.open : .put(UInt32(random.below(9)), random.next())
        let command = Command(
          id: .init(client: random.below(50), sequence: random.below(5)), operation: operation,
          padding: UInt32(random.below(30)))
        var writer = ByteWriter()
        RequestFrame(token: UInt32(frames), attempt: 0, command: command).encode(into: &writer)
        var bytes = writer.bytes
        if random.chance(0.5) { change(&bytes) }
        buffer.writeFrame(.request, bytes)
        frames += 1
        if (try? RequestFrame(body: bytes[...])) == nil { break }
      }
    case .peer:
      buffer.writeFrame(.hello, hello(.peer, to: peer))
      while frames < 200 {
        let bytes = [UInt8(random.below(10))] + anything(60)
        buffer.writeFrame(.message, bytes)
        frames += 1
        if (try? Raft.Message(bytes: bytes)) == nil { break }
      }
    }
    // Whatever was good so far: this is not.
    buffer.writeInteger(UInt32.max)
    return (buffer, frames + 1)
  }

  @Test(
    "Random and mutated frames at a live replica break nothing and leave nothing, and each bad connection is closed and counted"
  )
  func live() async throws {
    // FUZZ_FRAMES=1000000 for the long run.
    let total = Int(ProcessInfo.processInfo.environment["FUZZ_FRAMES"] ?? "") ?? 10_000
    let cluster = LoopbackCluster<Raft>(.standard)
    cluster.snapshotEvery = 200
    try await cluster.start()
    _ = try await cluster.leader()
    let target = cluster.members[2]
    let address = try #require(cluster.addresses[target.id])
    var random = RandomSource(seed: 23)
    var (frames, closed, turn) = (0, 0, 0)
    var early: Int?
    while frames < total {
      // A peer in disguise costs a session that has to be opened again: there are few of them.
      let guise = turn % 50 == 0 ? Guise.peer : [.stranger, .mumbler, .client, .client][turn % 4]
      turn += 1
      let speech = speech(guise, to: target.id, &random)
      let channel = try await ClientBootstrap(group: cluster.group).connect(to: address).get()
      // The replica may close before it has all.
      try? await channel.writeAndFlush(speech.bytes)
      try await channel.closeFuture.get()
      frames += speech.frames
      // A session may also end because the true peer opened another.
      if guise != .peer { closed += 1 }
      if early == nil, frames > total / 4 { early = resident() }
    }
    let counts = try await target.statusNow().counts
    #expect(counts.malformed + counts.strangers >= closed)
    #expect(counts.malformed + counts.strangers <= turn)
    if let early, let late = resident() { #expect(late - early < 64 << 20) }
    let client = cluster.client(4)
    try await client.start()
    #expect(try await eventually { try await client.progress() >= 100 })
    _ = try await client.finish()
    // Two peers are left, and nothing else.
    #expect(try await eventually { try await target.loop.submit { target.connections.count }.get() == 2 })
    #expect(try await target.loop.submit { target.attended.count }.get() == 0)
    try await cluster.stop()
  }
}
