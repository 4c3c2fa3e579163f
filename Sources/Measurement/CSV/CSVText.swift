/// Lines and fields as RFC 4180 has them, but with LF at every line's end.
enum CSVText {
  struct Record {
    /// Where it starts, from 1.
    var line: Int
    var fields: [String]
  }

  /// The fields as one line; quoted only where a comma, a quote or a line end forces it.
  static func line(_ fields: [String]) -> String { fields.map(quoted).joined(separator: ",") + "\n" }

  private static func quoted(_ field: String) -> String {
    guard field.utf8.contains(where: { $0 == comma || $0 == quote || $0 == lineFeed || $0 == carriageReturn }) else {
      return field
    }
    var text = "\""
    for scalar in field.unicodeScalars {
      if scalar == "\"" { text += "\"" }
      text.unicodeScalars.append(scalar)
    }
    return text + "\""
  }

  /// The records of a whole file.
  static func records(of text: String, file: String) throws(CSVError) -> [Record] {
    var scanner = Scanner(bytes: Array(text.utf8), file: file)
    var records: [Record] = []
    while !scanner.isAtEnd { records.append(try scanner.record()) }
    return records
  }

  private static let comma = UInt8(ascii: ",")
  private static let quote = UInt8(ascii: "\"")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  private struct Scanner {
    let bytes: [UInt8]
    let file: String
    var position = 0
    var line = 1

    init(bytes: [UInt8], file: String) {
      self.bytes = bytes
      self.file = file
    }
    var isAtEnd: Bool { position == bytes.count }

    mutating func record() throws(CSVError) -> Record {
      var record = Record(line: line, fields: [])
      while true {
        record.fields.append(try field())
        guard position < bytes.count else { throw malformed("the last line has no end: the file was cut off") }
        defer { position += 1 }
        if bytes[position] == lineFeed {
          line += 1
          return record
        }
      }
    }

    /// Reads up to the comma or line end behind the field.
    private mutating func field() throws(CSVError) -> String {
      if position < bytes.count, bytes[position] == quote { return try quotedField() }
      let start = position
      while position < bytes.count, bytes[position] != comma, bytes[position] != lineFeed {
        if bytes[position] == quote { throw malformed("a quote inside an unquoted field") }
        if bytes[position] == carriageReturn { throw malformed("a carriage return: lines end with LF alone") }
        position += 1
      }
      return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func quotedField() throws(CSVError) -> String {
      var content: [UInt8] = []
      position += 1
      while position < bytes.count {
        let byte = bytes[position]
        position += 1
        if byte == quote {
          guard position < bytes.count, bytes[position] == quote else { return try closed(content) }
          position += 1
        } else if byte == lineFeed {
          line += 1
        }
        content.append(byte)
      }
      throw malformed("a quoted field without an end")
    }

    private func closed(_ content: [UInt8]) throws(CSVError) -> String {
      if position < bytes.count, bytes[position] != comma, bytes[position] != lineFeed {
        throw malformed("text behind a quoted field")
      }
      return String(decoding: content, as: UTF8.self)
    }

    private func malformed(_ why: String) -> CSVError { CSVError(file, line: line, .malformed(why)) }
  }
}
