/// A 64-bit hash of named inputs, the same on every machine; written as 16 hexadecimal digits.
public struct Fingerprint: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var value: UInt64

  public init(_ value: UInt64 = 0) { self.value = value }

  /// The hash of `inputs`, whatever their order: they are taken sorted by key. FNV-1a (Fowler, Noll, Vo) over keys and values
  /// with their lengths, finished by SplitMix64's mixer.
  public init(of inputs: [(key: String, value: String)]) {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func fold(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    for input in inputs.sorted(by: { ($0.key, $0.value) < ($1.key, $1.value) }) {
      for text in [input.key, input.value] {
        for byte in text.utf8 { fold(byte) }
        for shift in stride(from: 0, to: 64, by: 8) { fold(UInt8(truncatingIfNeeded: text.utf8.count >> shift)) }
      }
    }
    hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
    hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
    value = hash ^ (hash >> 31)
  }

  public static func < (a: Fingerprint, b: Fingerprint) -> Bool { a.value < b.value }
  public var description: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// Names one configuration: the fingerprint of all its inputs, the protocol included.
public struct ConfigurationID: Hashable, Comparable, Sendable, CustomStringConvertible {
  public var fingerprint: Fingerprint

  public init(_ fingerprint: Fingerprint = Fingerprint()) { self.fingerprint = fingerprint }
  public init(of inputs: [(key: String, value: String)]) { fingerprint = Fingerprint(of: inputs) }

  public static func < (a: ConfigurationID, b: ConfigurationID) -> Bool { a.fingerprint < b.fingerprint }
  public var description: String { fingerprint.description }
}
