/// The documentation of every file of a run, rendered from what reads and writes them.
public enum SchemaDocument {
  /// One section with a table of columns per file, in Markdown.
  public static func markdown() -> String {
    [
      section(ConfigurationRow.self), section(SummaryRow.self), section(LatencyRow.self), section(StageRow.self),
      section(TimelineRow.self), section(ElectionRow.self), section(FaultRow.self), section(CatchUpRow.self),
      section(MessageRow.self), section(IntervalRow.self), section(PrecisionRow.self), section(CostRow.self),
      section(ProcessRow.self),
      section(HistoryRow.self), section(PairRow.self),
    ].joined(separator: "\n")
  }

  private static func section<Row: CSVRow>(_ row: Row.Type) -> String {
    var lines = ["## \(Row.fileName)", "", Row.rowMeaning, ""]
    lines += ["| column | type | unit | meaning | in the gate |", "|---|---|---|---|---|"]
    for column in Row.descriptions {
      let name = column.isKey ? "**`\(column.name)`**" : "`\(column.name)`"
      lines.append(
        "| \(name) | \(column.typeName) | \(column.unit.rawValue) | \(column.meaning) | \(gate(column)) |")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func gate(_ column: ColumnDescription) -> String {
    switch column.reproducibility {
    case .never: "not compared"
    case .sameBuild: "\(column.polarity.rawValue), between equal builds"
    case .everywhere: column.isKey ? "key" : column.polarity.rawValue
    }
  }
}
