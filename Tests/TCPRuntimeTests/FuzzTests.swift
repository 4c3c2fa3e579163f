import Consensus
import FileJournal
import Foundation
import MultiPaxos
import NIOCore
import NIOPosix
import Raft
import Replication
import Testing
import Zab

@testable import TCPRuntime

/// What a connection that means no good pretends to be. It says what true ones were heard to say, changed.
private enum Guise: CaseIterable {
  /// Says anything.
  case stranger
  /// Greets, but not quite as it should.
  case mumbler
  /// Greets as a client, and asks with a byte changed here and there.
  case client
  /// Greets as a peer, and says what is no message. What is one is true, or a lie that no replica of a crash-fault protocol withstands.
  case peer
}

/// Makes bad frames of good ones.
private struct Fuzzer<Core: ConsensusProtocol> {
  let heard: Heard
  let target: NodeID
  let limits = ConnectionLimits()
  var random = RandomSource(seed: 23)

  private mutating func anything(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(random.below(256)) } }
  private mutating func changed(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0...random.below(3) where !bytes.isEmpty {
      let index = Int(random.below(UInt64(bytes.count)))
      switch random.below(4) {
      case 0: bytes[index] = UInt8(random.below(256))
      case 1: bytes[index] ^= 1 << UInt8(random.below(8))
      case 2: bytes.removeSubrange(index...)
      default: bytes.insert(contentsOf: anything(1 + Int(random.below(8))), at: index)
      }
    }
    return bytes
  }
  private mutating func one(of list: [[UInt8]]) -> [UInt8] { list[Int(random.below(UInt64(list.count)))] }

  private func hello(_ role: Hello.Role) -> [UInt8] {
    var writer = ByteWriter()
    Hello(role: role, identity: LoopbackCluster<Core>.identity(), from: NodeID(0), to: target).encode(into: &writer)
    return writer.bytes
  }
  private mutating func request(_ number: Int, padding: Int) -> [UInt8] {
    let operation = random.chance(0.1) ? Operation.open : .put(UInt32(random.below(9)), random.next())
    let command = Command(
      id: .init(client: random.below(50), sequence: random.below(5)), operation: operation, padding: UInt32(padding))
    var writer = ByteWriter()
    RequestFrame(token: UInt32(number), attempt: 0, command: command).encode(into: &writer)
    return writer.bytes
  }
  /// Of a real message of some kind, or of nothing; never one that would be understood.
  private mutating func noMessage(isLong: Bool) -> [UInt8] {
    let kinds = heard.messages
    while true {
      var bytes = random.chance(0.8) ? changed(one(of: one(ofKinds: kinds))) : anything(Int(random.below(200)))
      // As long as may be, or a little too long.
      if isLong { bytes += [UInt8](repeating: UInt8(random.below(256)), count: limits.frame - bytes.count) }
      if (try? Core.Message(bytes: bytes)) == nil { return bytes }
    }
  }
  private mutating func one(ofKinds kinds: [[[UInt8]]]) -> [[UInt8]] { kinds[Int(random.below(UInt64(kinds.count)))] }

  /// What one connection says, which ends with a bad frame; and how many frames that are.
  mutating func speech(_ guise: Guise, isLong: Bool) -> (bytes: ByteBuffer, frames: Int) {
    var buffer = ByteBuffer()
    var frames = 1
    switch guise {
    case .stranger:
      let bytes = anything(isLong ? limits.greeting - 1 : Int(random.below(60)))
      if random.chance(0.5) { buffer.writeFrame(.hello, bytes) } else { buffer.writeBytes(bytes) }
    case .mumbler:
      var bytes = one(of: heard.greetings)
      repeat { bytes = changed(bytes) } while heard.greetings.contains(bytes)
      buffer.writeFrame(.hello, bytes)
    case .client:
      buffer.writeFrame(.hello, hello(.client))
      let most = isLong ? 4 : 200
      while frames < most {
        // One more byte of payload would be one more than a client may send.
        let padding = isLong ? ConnectionLimits.payloadBytes : Int(random.below(30))
        var bytes = request(frames, padding: padding)
        if !isLong, random.chance(0.5) { bytes = changed(bytes) }
        buffer.writeFrame(.request, bytes)
        frames += 1
        if (try? RequestFrame(body: bytes[...])) == nil { break }
      }
    case .peer:
      buffer.writeFrame(.hello, hello(.peer))
      buffer.writeFrame(.message, noMessage(isLong: isLong))
      frames += 1
    }
    // Whatever was good so far: this is not.
    buffer.writeInteger(UInt32.max)
    return (buffer, frames + 1)
  }
}

@Suite("A fuzzer of frames", .serialized)
struct FuzzTests {
  /// Bytes in the physical memory, where the system says it in Linux's way.
  private func resident() -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
    return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * Int(getpagesize()) }
  }

  /// FUZZ_FRAMES=1000000 for the long run.
  private func withstands<Core: ConsensusProtocol, Storage: Journal & SendableMetatype>(
    _ core: Core.Type, _ tuning: Core.Tuning, journal: @escaping @Sendable (any EventLoop, JournalReports) -> Storage
  ) async throws where Storage.Record == Core.Record {
    let total = Int(ProcessInfo.processInfo.environment["FUZZ_FRAMES"] ?? "") ?? 3_000
    let cluster = LoopbackCluster<Core>(tuning)
    cluster.snapshotEvery = 200
    let target: TCPReplica<Core, Storage> = cluster.replica(NodeID(2))
    for index in 0..<2 {
      cluster.members.append(cluster.make(NodeID(index)))
      cluster.addresses[NodeID(index)] = try await cluster.members[index].listen()
    }
    let address = try await target.listen()
    cluster.addresses[target.id] = address
    // Replicas and clients reach the target, and each other, by way of whoever listens in.
    let tap = try await Tap(to: cluster.addresses, on: cluster.group.next())
    for member in cluster.members {
      let loop = member.loop
      try await member.start(peers: tap.endpoints) { MemoryJournal(loop, reports: $0) }
    }
    let loop = target.loop
    try await target.start(peers: tap.endpoints) { journal(loop, $0) }
    func serves() async throws {
      let client = cluster.client(4, endpoints: tap.endpoints)
      try await client.start()
      #expect(try await eventually { try await client.progress() >= 100 })
      _ = try await client.finish()
    }
    try await serves()

    var fuzzer = Fuzzer<Core>(heard: tap.heard, target: target.id)
    try #require(fuzzer.heard.messages.count >= 4 && fuzzer.heard.greetings.count >= 4)
    var (frames, closed, turn) = (0, 0, 0)
    var (first, most) = (0, 0)
    let begin = ContinuousClock.now
    while frames < total {
      let guise = Guise.allCases[turn % 4]
      // Two long ones of each kind at first, whose memory the allocator may keep; then few.
      let isLong = turn < 8 || turn % 2_003 < 4
      turn += 1
      let speech = fuzzer.speech(guise, isLong: isLong)
      let channel = try await ClientBootstrap(group: cluster.group).connect(to: address).get()
      // The replica may close before it has all.
      try? await channel.writeAndFlush(speech.bytes)
      try await channel.closeFuture.get()
      frames += speech.frames
      // A session may also end because the true peer opened another.
      if guise != .peer { closed += 1 }
      if turn % 50 == 0 {
        let held = try await target.loop.submit {
          #expect(target.connections.count <= 8 && target.attended.count <= 1_000)
          return target.connections.values.reduce(0) { $0 + $1.incomingBytes + $1.outgoingBytes }
        }.get()
        most = max(most, held)
        if first == 0, frames > total / 4 { first = resident() ?? 0 }
      }
    }
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    let counts = try await target.statusNow().counts
    #expect(counts.malformed + counts.strangers >= closed)
    #expect(counts.malformed + counts.strangers <= turn)
    #expect(most < 1 << 20, "no connection keeps what was said before it, and few are open")
    if first > 0, let last = resident() {
      #expect(last - first < 64 << 20)
      if total >= 1_000_000 {
        print(
          "\(Core.name): \(frames) frames, \(counts.malformed) malformed and \(counts.strangers) strangers of \(turn) connections closed,",
          "\(Int(seconds)) s, resident \(first >> 20) MiB after a quarter and \(last >> 20) MiB at the end, held \(most) bytes"
        )
      }
    }
    try await serves()
    // Its two peers are left, and nothing else but the clients that have just gone.
    #expect(try await eventually { try await target.loop.submit { target.connections.count }.get() == 2 })
    #expect(try await target.loop.submit { target.attended.count }.get() == 0)
    try await target.stop()
    try await target.journalNow { ($0 as? FileJournal<Core.Record>)?.close() }
    try await cluster.stop()
  }

  @Test(
    "Frames of Raft, changed, random and long, break nothing and leave nothing; bad connections are closed and counted")
  func raft() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await withstands(Raft.self, .standard) { _, reports in
      let owner = JournalOwner(cluster: "test", replicas: 3, node: NodeID(2), protocolName: Raft.name, variant: "")
      // Small segments: some are finished, and freed.
      return try! FileJournal<Raft.Record>.open(
        SystemFiles(folder: folder), owner: owner, segmentBlocks: 64, synced: reports.synced,
        failed: { error, _ in reports.failed("\(error)") }
      ).journal
    }
  }
  @Test("The same with Multi-Paxos") func multiPaxos() async throws {
    try await withstands(MultiPaxos.self, .standard) { MemoryJournal($0, reports: $1) }
  }
  @Test("The same with Zab") func zab() async throws {
    try await withstands(Zab.self, .standard) { MemoryJournal($0, reports: $1) }
  }
}
