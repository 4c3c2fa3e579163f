/// Which way a number should move; says what a difference from the baseline means.
public enum Polarity: String, Sendable {
  case lowerIsBetter = "lower is better"
  case higherIsBetter = "higher is better"
  /// Any difference is a change of behaviour.
  case fixed = "must not change"
  /// Moves whenever anything else does: by itself a change of behaviour, beside an improvement nothing.
  case follows = "follows the others"
}

/// When the same seed and inputs give the same number.
public enum Reproducibility: String, Sendable {
  case everywhere = "on every machine"
  /// With the same toolchain, build configuration and allocator.
  case sameBuild = "with the same build"
  case never = "never"
}

/// The unit of a column's numbers.
public enum MeasureUnit: String, Sendable {
  case none = ""
  case nanoseconds = "ns"
  case bytes
  case perSecond = "1/s"
}

/// What is known of a column besides its values.
public struct ColumnDescription: Hashable, Sendable {
  public var name: String
  public var typeName: String
  public var unit: MeasureUnit
  /// One sentence.
  public var meaning: String
  /// Whether it is part of what tells rows apart.
  public var isKey = false
  /// Whether people want to see it beside the key.
  public var isLabel = false
  public var polarity = Polarity.fixed
  public var reproducibility = Reproducibility.everywhere
}

/// One column of the rows of type `Row`: its description, and how to get it out of a row and back.
public struct Column<Row: Sendable>: Sendable {
  public var description: ColumnDescription
  let text: @Sendable (Row) -> String
  let assign: @Sendable (inout Row, String) -> Bool

  /// A column that holds the property at `path`.
  public init<Value: CSVValue>(
    _ name: String, _ path: any WritableKeyPath<Row, Value> & Sendable, _ meaning: String,
    _ unit: MeasureUnit = .none, _ polarity: Polarity = .fixed, _ reproducibility: Reproducibility = .everywhere
  ) {
    description = ColumnDescription(
      name: name, typeName: Value.typeName, unit: unit, meaning: meaning, polarity: polarity,
      reproducibility: reproducibility)
    text = { $0[keyPath: path].csv }
    assign = { row, text in
      guard let value = Value(csv: text) else { return false }
      row[keyPath: path] = value
      return true
    }
  }

  /// `column` of a part of the row, which lies at `path`; its name gets `prefix`.
  public init<Part>(_ column: Column<Part>, of path: any WritableKeyPath<Row, Part> & Sendable, prefix: String = "") {
    description = column.description
    description.name = prefix + description.name
    text = { column.text($0[keyPath: path]) }
    assign = { row, text in column.assign(&row[keyPath: path], text) }
  }

  /// The same column, shown beside the key wherever a row is named.
  public var label: Column {
    var column = self
    column.description.isLabel = true
    return column
  }
  /// The same column as part of what tells rows apart.
  public var key: Column {
    var column = self
    column.description.isKey = true
    return column
  }
}

extension Column {
  /// The columns of a part of the row, which lies at `path`.
  public static func part<Part>(
    _ columns: [Column<Part>], of path: any WritableKeyPath<Row, Part> & Sendable, prefix: String = ""
  ) -> [Column] {
    columns.map { Column($0, of: path, prefix: prefix) }
  }
}
