/// What a client asks of the replicated service: one operation on a key-value map of 64-bit words.
///
/// Plain words, because a benchmark needs no strings: an operation costs no allocation on its way through five replicas.
/// What it weighs on the wire is `Command.padding`'s business. A value of 0 means "absent". Opaque to the protocols.
public struct Operation: Hashable, Sendable, CustomStringConvertible {
  public enum Kind: UInt8, Sendable, CaseIterable {
    /// Opens a client session; the reply's value is the session's name.
    case open = 0
    case get, put, cas, delete
  }

  public var kind: Kind
  public var key: UInt32
  /// `put`, `cas`: the new value.
  public var value: UInt64
  /// `cas`: what must be there for the new value to be stored; 0 for "nothing".
  public var expected: UInt64

  @inlinable public init(_ kind: Kind, key: UInt32 = 0, value: UInt64 = 0, expected: UInt64 = 0) {
    self.kind = kind
    self.key = key
    self.value = value
    self.expected = expected
  }

  public static var open: Self { .init(.open) }
  public static func get(_ key: UInt32) -> Self { .init(.get, key: key) }
  public static func put(_ key: UInt32, _ value: UInt64) -> Self { .init(.put, key: key, value: value) }
  public static func cas(_ key: UInt32, from expected: UInt64, to value: UInt64) -> Self {
    .init(.cas, key: key, value: value, expected: expected)
  }
  public static func delete(_ key: UInt32) -> Self { .init(.delete, key: key) }

  public var description: String {
    switch kind {
    case .open: "open"
    case .get: "get k\(key)"
    case .put: "put k\(key)=\(value)"
    case .cas: "cas k\(key) \(expected)->\(value)"
    case .delete: "delete k\(key)"
    }
  }
}

/// What the service answers to an operation that was executed.
public struct Reply: Hashable, Sendable {
  /// Whether the operation changed what it was meant to change: false only for a `cas` whose comparison failed.
  public var applied: Bool
  /// `get`: the value found (0: absent). `cas`: the value found. `open`: the session's name. Otherwise 0.
  public var value: UInt64

  @inlinable public init(applied: Bool = true, value: UInt64 = 0) {
    self.applied = applied
    self.value = value
  }
}
