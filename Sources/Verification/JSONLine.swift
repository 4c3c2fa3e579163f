/// What is wrong with one line.
package struct JSONLineError: Error, Equatable {
  package var reason: String
  package init(_ reason: String) { self.reason = reason }
}

/// One flat JSON object. Total: any bytes give a value or an error. Nested values are skipped.
package struct JSONLine {
  private enum Value: Equatable {
    case text(String)
    /// A number that is no natural one is kept as it was written.
    case number(String)
    case flag(Bool)
    case null
    case other
  }
  private var fields: [String: Value] = [:]

  /// What it has, sorted.
  package var names: [String] { fields.keys.sorted() }

  /// A natural number, written as one or as text.
  package func number(_ name: String) throws(JSONLineError) -> UInt64 {
    switch fields[name] {
    case .text(let digits)?, .number(let digits)?:
      if let number = UInt64(digits) { return number }
      throw .init("'\(name)' is \(digits), which is no natural number below 2^64")
    case .null?: return 0
    case nil: throw .init("'\(name)' is missing")
    default: throw .init("'\(name)' is no number")
    }
  }
  package func word(_ name: String) throws(JSONLineError) -> String {
    switch fields[name] {
    case .text(let word)?: return word
    case .number(let digits)?: return digits
    case nil: throw .init("'\(name)' is missing")
    default: throw .init("'\(name)' is no text")
    }
  }
  package func flag(_ name: String) throws(JSONLineError) -> Bool? {
    switch fields[name] {
    case nil, .null?: return nil
    case .flag(let flag)?: return flag
    default: throw .init("'\(name)' is neither true nor false")
    }
  }

  package init(_ bytes: [UInt8]) throws(JSONLineError) {
    var scanner = Scanner(bytes: bytes)
    scanner.skipSpace()
    guard scanner.take("{") else { throw .init("no JSON object") }
    scanner.skipSpace()
    if !scanner.take("}") {
      repeat {
        scanner.skipSpace()
        let name = try scanner.string()
        scanner.skipSpace()
        guard scanner.take(":") else { throw .init("no ':' after \"\(name)\"") }
        guard fields.updateValue(try scanner.value(depth: 0), forKey: name) == nil else {
          throw .init("'\(name)' occurs twice")
        }
        scanner.skipSpace()
      } while scanner.take(",")
      guard scanner.take("}") else { throw .init("the object does not end with '}'") }
    }
    scanner.skipSpace()
    guard scanner.isAtEnd else { throw .init("something follows the object") }
  }

  private struct Scanner {
    let bytes: [UInt8]
    var place = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { place >= bytes.count }
    var current: UInt8? { place < bytes.count ? bytes[place] : nil }

    mutating func skipSpace() {
      while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A { place += 1 }
    }
    mutating func take(_ character: Character) -> Bool {
      guard current == character.asciiValue else { return false }
      place += 1
      return true
    }

    /// Deeper than this nobody writes, and a stack is finite.
    private static let depthLimit = 32

    mutating func value(depth: Int) throws(JSONLineError) -> Value {
      skipSpace()
      guard let byte = current else { throw .init("the line ends inside a value") }
      switch byte {
      case UInt8(ascii: "\""): return .text(try string())
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        try skipNested(depth: depth + 1, isObject: byte == UInt8(ascii: "{"))
        return .other
      default:
        let start = place
        while let byte = current, !Self.endsScalar(byte) { place += 1 }
        let word = String(decoding: bytes[start..<place], as: UTF8.self)
        switch word {
        case "true": return .flag(true)
        case "false": return .flag(false)
        case "null": return .null
        default:
          guard word.utf8.contains(where: { (0x30...0x39).contains($0) }), Double(word) != nil else {
            throw .init("\(word.isEmpty ? "nothing" : word) is no JSON value")
          }
          return .number(word)
        }
      }
    }
    private static func endsScalar(_ byte: UInt8) -> Bool {
      byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") || byte <= 0x20
    }

    private mutating func skipNested(depth: Int, isObject: Bool) throws(JSONLineError) {
      guard depth <= Self.depthLimit else { throw .init("values are nested too deeply") }
      place += 1
      skipSpace()
      if take(isObject ? "}" : "]") { return }
      repeat {
        skipSpace()
        if isObject {
          _ = try string()
          skipSpace()
          guard take(":") else { throw .init("no ':' in a nested object") }
        }
        _ = try value(depth: depth)
        skipSpace()
      } while take(",")
      guard take(isObject ? "}" : "]") else { throw .init("a nested value does not end") }
    }

    mutating func string() throws(JSONLineError) -> String {
      guard take("\"") else { throw .init("a name or text does not start with '\"'") }
      var text: [UInt8] = []
      while let byte = current {
        place += 1
        switch byte {
        case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
        case UInt8(ascii: "\\"): try escape(into: &text)
        default: text.append(byte)
        }
      }
      throw .init("a text does not end")
    }
    private mutating func escape(into text: inout [UInt8]) throws(JSONLineError) {
      guard let byte = current else { throw .init("a text does not end") }
      place += 1
      switch byte {
      case UInt8(ascii: "n"): text.append(0x0A)
      case UInt8(ascii: "t"): text.append(0x09)
      case UInt8(ascii: "r"): text.append(0x0D)
      case UInt8(ascii: "b"): text.append(0x08)
      case UInt8(ascii: "f"): text.append(0x0C)
      case UInt8(ascii: "u"):
        guard place + 4 <= bytes.count,
          let unit = UInt32(String(decoding: bytes[place..<place + 4], as: UTF8.self), radix: 16)
        else { throw .init("\\u is not followed by four hexadecimal digits") }
        place += 4
        text += Array(String(Character(Unicode.Scalar(unit) ?? "\u{FFFD}")).utf8)
      default: text.append(byte)
      }
    }
  }
}
