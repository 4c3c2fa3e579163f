import Consensus

/// The one form of everything on disk: a header of 64 bytes and a body, filled up with zeros to a multiple of eight.
///
/// The header has a checksum of its own, so that it says what stood here even where the body is damaged. It covers the
/// checksum of the frame before it, so that all frames of a log are one chain in which nothing can be replaced by something
/// older; and the place where it was meant to be, so that a frame in a wrong place betrays itself.
struct Frame {
  enum Kind: UInt8 {
    /// The first frame of a segment.
    case segment = 1
    /// A record of the protocol.
    case record
    /// A checkpoint of compaction was cut here: it stands for what was appended before, and so do the records themselves.
    case cut
    /// The snapshot of a peer was adopted here: without its checkpoint nothing behind this is of use.
    case install
    /// Nothing more was appended for now. The next batch overwrites it.
    case synced
    case superblock
    case checkpoint
  }
  static let headerBytes = 64
  /// "WL", and the version of the format.
  private static let mark: UInt32 = 0x4C57_0001

  var kind: Kind
  /// Of the record or cut; for other frames, of the last one before it. Counts from 1 over the journal's whole life.
  var position: UInt64
  /// When this was written, everything up to this position was durable.
  var synced: UInt64
  /// Lives of the process so far.
  var incarnation: UInt32
  /// The number of the file, and the block in it, where the header is meant to be.
  var number: UInt64
  var block: UInt32
  /// The checksum of the frame before it in the log.
  var previous: UInt64
  var length = 0
  private var bodyChecksum: UInt64 = 0
  /// Of the header, and by it of everything.
  private(set) var checksum: UInt64 = 0

  init(
    _ kind: Kind, position: UInt64, synced: UInt64, incarnation: UInt32, number: UInt64, block: Int, previous: UInt64
  ) {
    self.kind = kind
    self.position = position
    self.synced = synced
    self.incarnation = incarnation
    self.number = number
    self.block = UInt32(truncatingIfNeeded: block)
    self.previous = previous
  }

  /// Bytes of a frame with a body of `length`.
  static func size(_ length: Int) -> Int { headerBytes + (length + 7) & ~7 }

  /// Appends the frame with its body, and gives back its checksum.
  func written(_ body: [UInt8], to bytes: inout [UInt8], identity: UInt64) -> UInt64 {
    var header = ByteWriter(capacity: Self.headerBytes)
    header.write(Self.mark | UInt32(kind.rawValue) << 8)
    header.write(UInt32(body.count))
    header.write(position)
    header.write(synced)
    header.write(incarnation)
    header.write(block)
    header.write(number)
    header.write(previous)
    header.write(Checksum.of(body[...], seed: identity))
    let checksum = Checksum.of(header.bytes[...], seed: identity)
    header.write(checksum)
    bytes += header.bytes
    bytes += body
    bytes += repeatElement(0, count: Self.size(body.count) - Self.headerBytes - body.count)
    return checksum
  }

  /// The header at `offset`; nil if there is none, or none of this journal, or its body would not fit.
  init?(headerIn bytes: [UInt8], at offset: Int, identity: UInt64) {
    guard offset >= 0, bytes.count - offset >= Self.headerBytes else { return nil }
    let header = bytes.withUnsafeBytes { bytes -> Self? in
      let header = UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + Self.headerBytes)])
      let mark: UInt32 = Self.integer(header, 0)
      guard mark & 0xFFFF_00FF == Self.mark, let kind = Kind(rawValue: UInt8(mark >> 8 & 0xFF)) else { return nil }
      let checksum: UInt64 = Self.integer(header, 56)
      guard Checksum.of(.init(rebasing: header[..<56]), seed: identity) == checksum else { return nil }
      var frame = Self(
        kind, position: Self.integer(header, 8), synced: Self.integer(header, 16),
        incarnation: Self.integer(header, 24), number: Self.integer(header, 32),
        block: Int(Self.integer(header, 28) as UInt32), previous: Self.integer(header, 40))
      frame.length = Int(Self.integer(header, 4) as UInt32)
      frame.bodyChecksum = Self.integer(header, 48)
      frame.checksum = checksum
      return frame
    }
    guard let header, header.size <= bytes.count - offset else { return nil }
    self = header
  }
  private static func integer<Number: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, _ place: Int
  ) -> Number {
    Number(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: Number.self))
  }

  var size: Int { Self.size(length) }

  /// Nil if the bytes are not what was written.
  func body(in bytes: [UInt8], at offset: Int, identity: UInt64) -> ArraySlice<UInt8>? {
    let start = offset + Self.headerBytes
    let body = bytes[start..<(start + length)]
    return Checksum.of(body, seed: identity) == bodyChecksum ? body : nil
  }
}
