/// A row of one of a run's files. Its `columns` are the only description of the file: writer, reader, comparison and
/// documentation follow from them.
public protocol CSVRow: Sendable, Equatable {
  static var fileName: String { get }
  /// One sentence: what a row is.
  static var rowMeaning: String { get }
  /// In the order of the file, without the leading `schema`.
  static var columns: [Column<Self>] { get }
  /// A row of zeros, to be filled column by column.
  init()
}

/// What all files of a run share.
public enum CSVSchema {
  /// Stands in each row; a file of another version is refused.
  public static let version = 1
  public static let versionColumn = ColumnDescription(
    name: "schema", typeName: Int.typeName, unit: .none,
    meaning: "Version of the columns; this text describes version \(version).")
}

extension CSVRow {
  /// The file's columns, `schema` included.
  public static var descriptions: [ColumnDescription] { [CSVSchema.versionColumn] + columns.map(\.description) }

  /// The whole file: one header line and `rows` sorted by key, so that the order in which runs finish reaches no file.
  public static func encode(_ rows: [Self]) -> String {
    var text = CSVText.line(descriptions.map(\.name))
    for row in sorted(rows) { text += CSVText.line(["\(CSVSchema.version)"] + row.cells) }
    return text
  }

  /// The rows of a file's `text`, each cell checked; `file` is only for the error.
  public static func decode(_ text: String, file: String = fileName) throws(CSVError) -> [Self] {
    var records = try CSVText.records(of: text, file: file)[...]
    guard let header = records.popFirst() else { throw CSVError(file, line: 1, .noHeader) }
    if let found = records.first?.fields.first, found != "\(CSVSchema.version)" {
      throw CSVError(file, line: records.first?.line ?? 2, column: "schema", .schemaVersion(found: found))
    }
    try check(header, file)
    var rows: [Self] = []
    rows.reserveCapacity(records.count)
    var keys: Set<[String]> = []
    for record in records {
      let row = try Self(record, file: file)
      guard keys.insert(row.keyCells).inserted else {
        throw CSVError(file, line: record.line, .duplicateRow(key: row.keyText))
      }
      rows.append(row)
    }
    return rows
  }

  private init(_ record: CSVText.Record, file: String) throws(CSVError) {
    let columns = Self.columns
    guard record.fields.count == columns.count + 1 else {
      throw CSVError(file, line: record.line, .fieldCount(found: record.fields.count, expected: columns.count + 1))
    }
    guard record.fields[0] == "\(CSVSchema.version)" else {
      throw CSVError(file, line: record.line, column: "schema", .schemaVersion(found: record.fields[0]))
    }
    self.init()
    for (column, text) in zip(columns, record.fields.dropFirst()) where !column.assign(&self, text) {
      let description = column.description
      throw CSVError(
        file, line: record.line, column: description.name, .type(expected: description.typeName, found: text))
    }
  }

  private static func check(_ header: CSVText.Record, _ file: String) throws(CSVError) {
    let expected = descriptions.map(\.name)
    if header.fields == expected { return }
    if let unknown = header.fields.first(where: { !expected.contains($0) }) {
      throw CSVError(file, line: header.line, column: unknown, .unknownColumn)
    }
    if let missing = expected.first(where: { !header.fields.contains($0) }) {
      throw CSVError(file, line: header.line, column: missing, .missingColumn)
    }
    let misplaced = zip(header.fields, expected).first { $0 != $1 }?.0 ?? header.fields.last
    throw CSVError(file, line: header.line, column: misplaced, .misplacedColumn)
  }

  /// The row's texts, without `schema`.
  public var cells: [String] { Self.columns.map { $0.text(self) } }
  /// The texts of the key columns.
  public var keyCells: [String] { Self.columns.filter(\.description.isKey).map { $0.text(self) } }
  /// Names the row for people: `configuration 1f…, experiment steady, protocol raft, seed 7, trial 0`.
  public var keyText: String {
    Self.columns.filter { $0.description.isKey || $0.description.isLabel }
      .map { "\($0.description.name) \($0.text(self))" }.joined(separator: ", ")
  }

  /// Sorted by the key columns, in their order; integers as numbers.
  public static func sorted(_ rows: [Self]) -> [Self] {
    let numeric = columns.filter(\.description.isKey).map { $0.description.typeName == Int.typeName }
    let keyed = rows.map { (key: $0.keyCells, row: $0) }
    func precedes(_ a: [String], _ b: [String]) -> Bool {
      for (index, (left, right)) in zip(a, b).enumerated() where left != right {
        // An integer's canonical text orders by length first.
        if numeric[index] && left.utf8.count != right.utf8.count { return left.utf8.count < right.utf8.count }
        return left < right
      }
      return false
    }
    return keyed.sorted { precedes($0.key, $1.key) }.map(\.row)
  }
}
