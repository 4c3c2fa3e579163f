/// Aligned columns for a terminal.
public struct TextTable: Sendable {
  public enum Alignment: Sendable { case left, right }

  public let headings: [String]
  public let alignments: [Alignment]
  public private(set) var rows: [[String]] = []

  public init(_ columns: [(heading: String, alignment: Alignment)]) {
    headings = columns.map(\.heading)
    alignments = columns.map(\.alignment)
  }

  /// Adds a row; traps if it has not one cell per column.
  public mutating func add(_ cells: [String]) {
    precondition(cells.count == headings.count, "\(cells.count) cells in a table of \(headings.count) columns")
    rows.append(cells)
  }

  /// Headings, a rule and the rows; no spaces at the ends of lines.
  public var text: String {
    let lines = [headings] + rows
    let widths = headings.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    var texts = lines.map { line($0, widths) }
    texts.insert(widths.map { String(repeating: "─", count: $0) }.joined(separator: "  "), at: 1)
    return texts.joined(separator: "\n") + "\n"
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var text = ""
    for (index, cell) in cells.enumerated() {
      let padding = String(repeating: " ", count: widths[index] - cell.count)
      text += (index == 0 ? "" : "  ") + (alignments[index] == .left ? cell + padding : padding + cell)
    }
    while text.last == " " { text.removeLast() }
    return text
  }
}

/// Numbers with units, for people; in integers, so that a printed table is as reproducible as a file.
public enum Humane {
  /// A duration in ns with three significant digits and a fitting unit; `-` for nil.
  public static func duration(_ nanoseconds: Int?) -> String {
    guard let nanoseconds else { return "-" }
    if nanoseconds < 1000 { return "\(nanoseconds) ns" }
    return scaled(nanoseconds, 1000, ["ns", "µs", "ms", "s"])
  }
  /// A count of bytes with three significant digits and a decimal prefix; `-` for nil.
  public static func bytes(_ count: Int?) -> String {
    guard let count else { return "-" }
    if count < 1000 { return "\(count) B" }
    return scaled(count, 1000, ["B", "kB", "MB", "GB", "TB"])
  }
  /// A count with thousands apart: `12 345 678`; `-` for nil.
  public static func count(_ count: Int?) -> String {
    guard let count else { return "-" }
    let digits = Array(String(count.magnitude))
    var text = count < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index).isMultiple(of: 3) { text += " " }
      text.append(digit)
    }
    return text
  }

  /// A range of durations in ns, with one unit if that fits both ends; open if there is no upper one: `165–173 ms`.
  public static func interval(_ low: Int, _ high: Int?) -> String {
    let text = (duration(low), high.map(duration) ?? "")
    let unit = text.0.split(separator: " ").last ?? ""
    return text.1.hasSuffix(" " + unit) ? "\(text.0.dropLast(unit.count + 1))–\(text.1)" : "\(text.0)–\(text.1)"
  }
  /// A share in percent, to hundredths; `-` for nil.
  public static func percent(_ share: FixedDecimal?) -> String {
    share.map { fixedPoint(($0.millionths + 50) / 100, digits: 2) + " %" } ?? "-"
  }

  private static func scaled(_ value: Int, _ step: Int, _ units: [String]) -> String {
    var index = 0
    var unit = 1
    while index + 1 < units.count, value / unit >= step {
      unit *= step
      index += 1
    }
    // Half up at the third significant digit, and on to the next unit if that makes four.
    for digits in [2, 1, 0] {
      let power = [1, 10, 100][digits]
      let rounded = Int((Int128(value) * Int128(power) * 2 + Int128(unit)) / (Int128(unit) * 2))
      if rounded < 1000 { return "\(digits == 0 ? "\(rounded)" : fixedPoint(rounded, digits: digits)) \(units[index])" }
    }
    return index + 1 < units.count ? "1.00 \(units[index + 1])" : "\(value / unit) \(units[index])"
  }
}
