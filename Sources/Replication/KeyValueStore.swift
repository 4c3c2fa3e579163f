import Consensus

/// The replicated service: a map from 32-bit keys to 64-bit words. Deterministic: no clock, no hash order.
public struct KeyValueStore: Sendable {
  private var values: [UInt32: UInt64] = [:]

  public init() {}

  public var count: Int { values.count }
  public subscript(key: UInt32) -> UInt64 { values[key] ?? 0 }

  /// Executes one operation; sessions are not its business, so `open` does nothing here.
  public mutating func apply(_ operation: Operation) -> Reply {
    switch operation.kind {
    case .open: return Reply(applied: false)
    case .get: return Reply(value: self[operation.key])
    case .put:
      set(operation.key, operation.value)
      return Reply()
    case .cas:
      let found = self[operation.key]
      guard found == operation.expected else { return Reply(applied: false, value: found) }
      set(operation.key, operation.value)
      return Reply(value: found)
    case .delete:
      set(operation.key, 0)
      return Reply()
    }
  }

  private mutating func set(_ key: UInt32, _ value: UInt64) { values[key] = value == 0 ? nil : value }

  func encode(into writer: inout ByteWriter) {
    writer.write(UInt32(values.count))
    for key in values.keys.sorted() {
      writer.write(key)
      writer.write(values[key]!)
    }
  }
  init(from reader: inout ByteReader) throws(WireError) {
    for _ in 0..<(try reader.count(minimumBytes: 12)) { values[try reader.uint32()] = try reader.uint64() }
  }
}
