/// Why a file cannot be read as what it should be, and where.
public struct CSVError: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Reason: Equatable, Sendable {
    case unreadable(String)
    case notUTF8
    case noHeader
    case malformed(String)
    case schemaVersion(found: String)
    case unknownColumn
    case missingColumn
    case misplacedColumn
    case fieldCount(found: Int, expected: Int)
    case type(expected: String, found: String)
    case duplicateRow(key: String)
  }

  public var file: String
  /// From 1; 0 if the file as a whole is meant.
  public var line: Int
  public var column: String?
  public var reason: Reason

  public init(_ file: String, line: Int, column: String? = nil, _ reason: Reason) {
    self.file = file
    self.line = line
    self.column = column
    self.reason = reason
  }

  public var description: String {
    let place = line == 0 ? file : "\(file):\(line)"
    return "\(place)\(column.map { ", column \($0)" } ?? ""): \(what)"
  }

  private var what: String {
    switch reason {
    case .unreadable(let why): why
    case .notUTF8: "not UTF-8"
    case .noHeader: "no header line"
    case .malformed(let why): why
    case .schemaVersion(let found):
      "schema version \(found), but this program reads \(CSVSchema.version): record it anew"
    case .unknownColumn: "no such column in schema version \(CSVSchema.version)"
    case .missingColumn: "the column is missing"
    case .misplacedColumn: "the column is out of order, or stands there twice"
    case .fieldCount(let found, let expected): "\(found) fields instead of \(expected)"
    case .type(let expected, let found): "“\(found)” is not of type: \(expected)"
    case .duplicateRow(let key): "a second row for \(key)"
    }
  }
}
