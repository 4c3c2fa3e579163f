/// Stands for every slot up to `through`: service, client sessions and what the protocol must know of the last slot.
public struct Snapshot: Hashable, Sendable {
  public var through: Slot
  public var stamp: Stamp
  public var image: [UInt8]

  public init(through: Slot, stamp: Stamp, image: [UInt8]) {
    self.through = through
    self.stamp = stamp
    self.image = image
  }
}

/// One piece of a snapshot; the same size, order and rules for every protocol.
public struct SnapshotPiece: Hashable, Sendable {
  public var through: Slot
  public var stamp: Stamp
  /// Bytes of the image before this piece.
  public var offset: Int
  public var bytes: ArraySlice<UInt8>
  public var isLast: Bool

  public init(through: Slot, stamp: Stamp, offset: Int, bytes: ArraySlice<UInt8>, isLast: Bool) {
    self.through = through
    self.stamp = stamp
    self.offset = offset
    self.bytes = bytes
    self.isLast = isLast
  }

  public func encode(into writer: inout ByteWriter) {
    writer.write(through)
    writer.write(stamp)
    writer.write(UInt64(offset))
    writer.write(isLast)
    writer.write(bytes)
  }
  public init(from reader: inout ByteReader) throws(WireError) {
    through = try reader.slot()
    stamp = try reader.stamp()
    guard let offset = Int(exactly: try reader.uint64()) else { throw .invalid }
    self.offset = offset
    isLast = try reader.flag()
    bytes = try reader.block()
  }
}

/// Reassembles a snapshot from pieces. The sender moves one piece ahead per acknowledgement.
public struct SnapshotTransfer: Sendable {
  private var through = Slot(0)
  private var bytes: [UInt8] = []

  public init() {}

  /// The piece of `snapshot` that starts at `offset` and holds at most `limit` bytes.
  public static func piece(of snapshot: Snapshot, at offset: Int, limit: Int) -> SnapshotPiece {
    let start = min(max(0, offset), snapshot.image.count)
    let end = min(start + limit, snapshot.image.count)
    return .init(
      through: snapshot.through, stamp: snapshot.stamp, offset: start, bytes: snapshot.image[start..<end],
      isLast: end == snapshot.image.count)
  }

  /// Takes a piece that fits. Returns the offset to acknowledge, and the snapshot once it is whole. A piece that does not fit
  /// (duplicate, overtaken, of an older snapshot) changes nothing; one of a newer snapshot starts over.
  public mutating func add(_ piece: SnapshotPiece) -> (next: Int, whole: Snapshot?) {
    if piece.through > through {
      through = piece.through
      if !planted("R-61") { bytes = [] }
    }
    guard piece.through == through else { return (0, nil) }
    guard piece.offset == bytes.count else { return (bytes.count, nil) }
    bytes += piece.bytes
    guard piece.isLast else { return (bytes.count, nil) }
    let whole = Snapshot(through: through, stamp: piece.stamp, image: bytes)
    self = .init()
    return (whole.image.count, whole)
  }
}
