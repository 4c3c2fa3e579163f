import Consensus
import Testing

@testable import WriteAheadLog

@Suite("Format") struct FormatTests {
  private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { byte in
      let digits = String(byte, radix: 16)
      return digits.count < 2 ? "0" + digits : digits
    }.joined()
  }

  @Test("The bytes of a record and of a superblock are these")
  func golden() throws {
    var (disk, log) = try formatted()
    log.append(Note(1, bytes: 3))
    try log.commit(to: &disk)
    let segment = try disk.read(.segment(2))
    #expect(
      Self.hexadecimal(segment[4_096..<4_184])
        == "0102574c10000000010000000000000000000000000000000200000001000000"
        + "02000000000000009b9ae744450b47b6d74e6dbf7de882922bb91095ed4e6abd"
        + "0701000000000000000300000001203f0000000000000000")
    #expect(
      Self.hexadecimal(try disk.read(.superblock)[..<96])
        == "0106574c19000000000000000000000000000000000000000100000000000000"
        + "000000000000000000000000000000009e8c0988d4e5b8329037208caee85a23"
        + "0000000000000000000000000000000001000000000000000000000000000000")
  }

  @Test("A checksum notices every change of one byte, and every change of length")
  func checksum() {
    let bytes = (0..<100).map { UInt8($0) }
    var seen = Set<UInt64>()
    for length in 0...bytes.count { seen.insert(Checksum.of(bytes[..<length], seed: 1)) }
    #expect(seen.count == 101)
    let sum = Checksum.of(bytes[...], seed: 1)
    #expect(Checksum.of(bytes[...], seed: 2) != sum)
    for index in bytes.indices {
      for change in 1...255 as ClosedRange<UInt8> {
        var other = bytes
        other[index] ^= change
        #expect(Checksum.of(other[...], seed: 1) != sum)
      }
    }
  }
}
