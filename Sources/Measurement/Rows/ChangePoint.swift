/// A headline number of an accepted baseline that is not what it was in the one before.
///
/// The numbers have no noise, so nothing is estimated: every difference is a change point, and nothing else is. Allocations
/// depend on the toolchain, and those of another one are not compared.
public struct ChangePoint: CSVRow {
  public var number = 0
  public var protocolName = ""
  /// The column of the history.
  public var metric = ""
  /// Empty: it was not there.
  public var before = ""
  public var after = ""
  public var direction = ""
  public var date = ""
  public var reason = ""

  public init() {}

  /// All change points of `history`, in the order of baselines and protocols. A row is held against the last earlier one of its protocol.
  public static func find(in history: [HistoryRow]) -> [ChangePoint] {
    let columns = HistoryRow.columns.filter { $0.description.polarity != .fixed }
    var last: [String: HistoryRow] = [:]
    var found: [ChangePoint] = []
    for row in HistoryRow.sorted(history) {
      defer { last[row.protocolName] = row }
      guard let earlier = last[row.protocolName] else { continue }
      for column in columns {
        let what = column.description
        if what.reproducibility == .sameBuild, row.toolchain != earlier.toolchain { continue }
        let (before, after) = (column.text(earlier), column.text(row))
        guard before != after else { continue }
        var point = ChangePoint()
        point.number = row.number
        point.protocolName = row.protocolName
        point.metric = what.name
        point.before = before
        point.after = after
        point.direction = Difference.Direction(what.polarity, from: before, to: after).rawValue
        point.date = row.date
        point.reason = row.reason
        found.append(point)
      }
    }
    return found
  }

  public static let fileName = "changes.csv"
  public static let rowMeaning = "One row per headline number that an accepted baseline changed."
  public static let columns: [Column<Self>] = [
    Column("number", \.number, "Of the baseline.").key,
    Column("protocol", \.protocolName, "The protocol, or one of its variants.").key,
    Column("metric", \.metric, "The column of the history.").key,
    Column("before", \.before, "What it was; empty if it was not there."),
    Column("after", \.after, "What it is."),
    Column("direction", \.direction, "Better, worse, or changed where one of the two is not there."),
    Column("date", \.date, "When it was accepted, in UTC."),
    Column("reason", \.reason, "Why it was accepted."),
  ]
}
