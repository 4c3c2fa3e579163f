/// One cell, or one row, in which a result and its baseline part.
public struct Difference: Hashable, Sendable {
  public enum Direction: String, Sendable {
    case better
    case worse
    /// Neither: the behaviour is not the same.
    case changed
    /// Could be the mere consequence of another difference; by itself it is a change.
    case follows
  }

  public var file: String
  /// Names the row for people.
  public var row: String
  /// Nil if the whole row is on one side only.
  public var column: String?
  /// Nil if only the result has the row.
  public var baseline: String?
  /// Nil if only the baseline has the row.
  public var found: String?
  public var direction: Direction

  /// Where it counts when differences are grouped.
  public var place: String { "\(file) \(column ?? "(row)")" }
  /// `12 -> 15 (worse)`.
  public var change: String {
    guard column != nil else { return found == nil ? "the row is missing" : "the row is new" }
    return "\(Self.shown(baseline)) -> \(Self.shown(found)) (\(direction.rawValue))"
  }

  private static func shown(_ text: String?) -> String { text.flatMap { $0.isEmpty ? nil : $0 } ?? "empty" }
}

extension Difference.Direction {
  /// What it means that a cell of a column with `polarity` went from `baseline` to `found`, two different texts.
  init(_ polarity: Polarity, from baseline: String, to found: String) {
    switch polarity {
    case .fixed: self = .changed
    case .follows: self = .follows
    case .lowerIsBetter, .higherIsBetter:
      guard let before = Self.magnitude(baseline), let after = Self.magnitude(found) else {
        self = .changed
        return
      }
      self = (after < before) == (polarity == .lowerIsBetter) ? .better : .worse
    }
  }

  /// A number's order among those of its column, which all have the same digits behind the point; nil for an empty cell.
  private static func magnitude(_ text: String) -> Int128? {
    switch text {
    case "false": 0
    case "true": 1
    default: Int128(text.filter { $0 != "." })
    }
  }
}
