/// Writes, or only counts: `byteCount` and the bytes come from one `encode`. Integers are little-endian.
public struct ByteWriter: Sendable {
  public private(set) var bytes: [UInt8] = []
  public private(set) var count = 0
  @usableFromInline let counting: Bool

  public init(counting: Bool = false) { self.counting = counting }

  /// For so many bytes: they are written without a second allocation.
  public init(capacity: Int) {
    counting = false
    bytes.reserveCapacity(capacity)
  }

  /// Ready to write another value into the same memory.
  public mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    count = 0
  }

  public mutating func write(_ byte: UInt8) {
    count += 1
    if !counting { bytes.append(byte) }
  }
  public mutating func write(_ flag: Bool) { write(flag ? 1 as UInt8 : 0) }
  public mutating func write(_ number: UInt32) { writeInteger(number) }
  public mutating func write(_ number: UInt64) { writeInteger(number) }
  public mutating func write(_ slot: Slot) { write(slot.number) }
  public mutating func write(_ stamp: Stamp) { write(stamp.number) }
  public mutating func write(_ node: NodeID) { write(node.index) }
  /// A length and that many bytes.
  public mutating func write(_ block: ArraySlice<UInt8>) {
    write(UInt32(block.count))
    count += block.count
    if !counting { bytes += block }
  }
  public mutating func write(_ value: Value) {
    if counting {
      count += value.byteCount
      return
    }
    switch value {
    case .noop: write(0 as UInt8)
    case .batch(let batch):
      write(1 as UInt8)
      write(UInt32(batch.commands.count))
      for command in batch.commands { write(command) }
    }
  }
  public mutating func write(_ entry: Entry) {
    write(entry.stamp)
    write(entry.value)
  }
  public mutating func write(_ command: Command) {
    count += command.byteCount
    if counting { return }
    // Most of what is ever written is commands: their words go in one piece.
    withUnsafeTemporaryAllocation(byteCount: Command.headerBytes, alignment: 8) { piece in
      piece.storeBytes(of: command.id.client.littleEndian, as: UInt64.self)
      piece.storeBytes(of: command.id.sequence.littleEndian, toByteOffset: 8, as: UInt64.self)
      piece.storeBytes(of: command.operation.kind.rawValue, toByteOffset: 16, as: UInt8.self)
      piece.storeBytes(of: command.operation.key.littleEndian, toByteOffset: 17, as: UInt32.self)
      piece.storeBytes(of: command.operation.value.littleEndian, toByteOffset: 21, as: UInt64.self)
      piece.storeBytes(of: command.operation.expected.littleEndian, toByteOffset: 29, as: UInt64.self)
      piece.storeBytes(of: command.padding.littleEndian, toByteOffset: 37, as: UInt32.self)
      bytes.append(contentsOf: piece)
    }
    var padding = Int(command.padding)
    while padding > 0 {
      let part = min(padding, Self.zeros.count)
      bytes.append(contentsOf: Self.zeros[..<part])
      padding -= part
    }
  }
  private static let zeros = [UInt8](repeating: 0, count: 4096)

  private mutating func writeInteger<Number: FixedWidthInteger>(_ number: Number) {
    count += Number.bitWidth / 8
    if !counting { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }
  }
}

/// Why bytes are no value. Nothing a peer sends can do worse than raise one of these.
public enum WireError: Error, Equatable, Sendable {
  /// The bytes end before the value does.
  case truncated
  /// No case has this tag.
  case unknownTag(UInt8)
  /// A length is over its bound, or over what is there.
  case limitExceeded
  /// A field holds a value that its type does not have.
  case invalid
  /// Bytes are left over behind the value.
  case trailing(Int)
}

/// Reads what a `ByteWriter` wrote. Total: any bytes give a value or a `WireError`, and never allocate more than they hold.
public struct ByteReader: Sendable {
  private let bytes: ArraySlice<UInt8>
  /// Index of the next byte.
  private var next: Int

  public init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    next = bytes.startIndex
  }
  public var remaining: Int { bytes.endIndex - next }

  public mutating func byte() throws(WireError) -> UInt8 {
    guard remaining > 0 else { throw .truncated }
    defer { next += 1 }
    return bytes[next]
  }
  public mutating func flag() throws(WireError) -> Bool {
    switch try byte() {
    case 0: return false
    case 1: return true
    default: throw .invalid
    }
  }
  public mutating func uint32() throws(WireError) -> UInt32 { try integer() }
  public mutating func uint64() throws(WireError) -> UInt64 { try integer() }
  public mutating func slot() throws(WireError) -> Slot { Slot(try uint64()) }
  public mutating func stamp() throws(WireError) -> Stamp { Stamp(try uint64()) }
  public mutating func node() throws(WireError) -> NodeID {
    let index = try byte()
    guard index < 64 else { throw .invalid }
    return NodeID(index)
  }
  /// A count of elements that take at least `minimumBytes` each: a lie is found before anything is allocated.
  public mutating func count(minimumBytes: Int) throws(WireError) -> Int {
    let count = Int(try uint32())
    guard count <= remaining / max(1, minimumBytes) else { throw .limitExceeded }
    return count
  }
  public mutating func block() throws(WireError) -> ArraySlice<UInt8> {
    let count = try count(minimumBytes: 1)
    defer { next += count }
    return bytes[next..<next + count]
  }
  public mutating func value() throws(WireError) -> Value {
    switch try byte() {
    case 0: return .noop
    case 1:
      let count = try count(minimumBytes: Command.headerBytes)
      var commands: [Command] = []
      commands.reserveCapacity(count)
      for _ in 0..<count { commands.append(try command()) }
      return .batch(Batch(commands))
    case let tag: throw .unknownTag(tag)
    }
  }
  public mutating func entry() throws(WireError) -> Entry { Entry(stamp: try stamp(), value: try value()) }
  public mutating func command() throws(WireError) -> Command {
    let id = Command.ID(client: try uint64(), sequence: try uint64())
    guard let kind = Operation.Kind(rawValue: try byte()) else { throw .invalid }
    let operation = Operation(kind, key: try uint32(), value: try uint64(), expected: try uint64())
    let padding = try uint32()
    guard Int(padding) <= remaining else { throw .limitExceeded }
    next += Int(padding)
    return Command(id: id, operation: operation, padding: padding)
  }

  private mutating func integer<Number: FixedWidthInteger & BitwiseCopyable>() throws(WireError) -> Number {
    guard remaining >= Number.bitWidth / 8 else { throw .truncated }
    let offset = next - bytes.startIndex
    next += Number.bitWidth / 8
    return Number(littleEndian: bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Number.self) })
  }
}

/// A value with one byte representation, shared by the wire and the journal.
public protocol WireCodable: Hashable, Sendable, CustomStringConvertible {
  /// The first byte on the wire. Cost counters are indexed by it; nothing else about a message is known outside its protocol.
  var tag: UInt8 { get }
  /// Writes the tag, then the fields.
  func encode(into writer: inout ByteWriter)
  /// Reads what `encode` wrote, tag included.
  init(from reader: inout ByteReader) throws(WireError)
}
extension WireCodable {
  /// Bytes of `encode`, without making them.
  public var byteCount: Int {
    var counter = ByteWriter(counting: true)
    encode(into: &counter)
    return counter.count
  }
  public var encoded: [UInt8] {
    var writer = ByteWriter(capacity: byteCount)
    encode(into: &writer)
    return writer.bytes
  }
  /// The whole of `bytes`, or an error.
  public init(bytes: [UInt8]) throws(WireError) {
    var reader = ByteReader(bytes[...])
    self = try Self(from: &reader)
    guard reader.remaining == 0 else { throw .trailing(reader.remaining) }
  }
}
