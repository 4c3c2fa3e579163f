import Consensus
import NIOCore
import Testing

@testable import TCPRuntime

@Suite("Frames")
struct FrameTests {
  private func request(_ padding: UInt32) -> [UInt8] {
    var writer = ByteWriter()
    let command = Command(id: .init(client: 7, sequence: 3), operation: .put(1, 2), padding: padding)
    RequestFrame(token: 5, attempt: 9, command: command).encode(into: &writer)
    return writer.bytes
  }

  @Test("A stream gives the same frames however it is cut")
  func cuts() throws {
    var buffer = ByteBuffer()
    for padding in [0, 1, 255, 4000] as [UInt32] { buffer.writeFrame(.request, request(padding)) }
    let bytes = Array(buffer.readableBytesView)
    for piece in [1, 2, 3, 7, 64, 1000, bytes.count] {
      var reader = FrameReader(limit: 1 << 16)
      var paddings: [UInt32] = []
      for start in stride(from: 0, to: bytes.count, by: piece) {
        bytes[start..<min(start + piece, bytes.count)].withUnsafeBytes { reader.append($0) }
        while let (kind, body) = try reader.next() {
          #expect(kind == .request)
          paddings.append(try RequestFrame(body: body).command.padding)
        }
        reader.forgetRead()
      }
      #expect(paddings == [0, 1, 255, 4000])
      #expect(reader.pendingBytes == 0)
    }
  }

  @Test("Lengths over the limit, no kind and unknown kinds are errors before the body is there")
  func bounds() {
    func first(_ bytes: [UInt8]) -> FrameError? {
      var reader = FrameReader(limit: 100)
      bytes.withUnsafeBytes { reader.append($0) }
      do { _ = try reader.next() } catch { return error }
      return nil
    }
    #expect(first([101, 0, 0, 0]) == .tooLong(101, limit: 100))
    #expect(first([0xFF, 0xFF, 0xFF, 0xFF]) == .tooLong(0xFFFF_FFFF, limit: 100))
    #expect(first([0, 0, 0, 0]) == .empty)
    #expect(first([9, 0, 0, 0, 77]) == .unknownKind(77))
    #expect(first([100, 0, 0, 0, 3]) == nil)
  }

  @Test("Answers and greetings come back as they were sent")
  func roundTrips() throws {
    let id = Command.ID(client: 1 << 60, sequence: 4)
    let contents: [AnswerFrame.Content] = [
      .reply(.init(applied: false, value: 8)), .refused(hint: nil), .refused(hint: NodeID(2)), .expired,
      .interrupted(hint: NodeID(1)),
    ]
    for content in contents {
      let answer = AnswerFrame(token: 1, attempt: 2, id: id, content: content)
      var writer = ByteWriter()
      answer.encode(into: &writer)
      #expect(try AnswerFrame(answer.kind, body: writer.bytes[...]) == answer)
    }
    let identity = ClusterIdentity(cluster: "a", protocolName: "raft", variant: "", schema: 3)
    let hello = Hello(role: .peer, identity: identity, from: NodeID(0), to: NodeID(1))
    var writer = ByteWriter()
    hello.encode(into: &writer)
    #expect(try Hello(body: writer.bytes[...]) == hello)
  }

  @Test("Random and mutated bytes never crash the reader, and never make it hold more than the limit and one read")
  func fuzz() {
    var random = RandomSource(seed: 4)
    let limit = 512
    var frames = 0
    var errors = 0
    for round in 0..<10_000 {
      var buffer = ByteBuffer()
      for _ in 0..<3 { buffer.writeFrame(.request, request(UInt32(random.below(300)))) }
      var bytes = Array(buffer.readableBytesView)
      if round % 2 == 0 {
        for _ in 0...random.below(4) { bytes[Int(random.below(UInt64(bytes.count)))] = UInt8(random.below(256)) }
      } else {
        bytes = (0..<Int(random.below(200))).map { _ in UInt8(random.below(256)) }
      }
      var reader = FrameReader(limit: limit)
      do {
        var start = 0
        while start < bytes.count {
          let end = min(bytes.count, start + 1 + Int(random.below(200)))
          bytes[start..<end].withUnsafeBytes { reader.append($0) }
          start = end
          while let (kind, body) = try reader.next() {
            frames += 1
            switch kind {
            case .request: _ = try RequestFrame(body: body)
            case .hello: _ = try Hello(body: body)
            default: _ = try AnswerFrame(kind, body: body)
            }
          }
          reader.forgetRead()
          #expect(reader.pendingBytes <= limit + FrameReader.headerBytes + 200)
        }
      } catch { errors += 1 }
    }
    #expect(frames > 5_000)
    #expect(errors > 2_500)
  }
}
