import Measurement

extension String {
  /// As text or as an attribute's value, in HTML and in XML.
  var escaped: String {
    replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }

  /// With spaces at which a line does not end between a number's thousands, and before its unit.
  var unbroken: String {
    let characters = Array(self)
    let units: Set<Substring> = ["ns", "µs", "ms", "s", "%"]
    return String(
      characters.indices.map { place in
        guard characters[place] == " ", place > 0, characters[place - 1].isNumber else { return characters[place] }
        let next = String(characters[(place + 1)...].prefix(3)).prefix { $0.isLetter || $0 == "%" }
        let isThousand = characters[(place + 1)...].first?.isNumber == true
        return isThousand || units.contains(next) ? "\u{A0}" : " "
      })
  }
}

/// A table for a page: it scrolls by itself where it is wider than the page, numbers stand at the right, and units in the headings.
struct HTMLTable {
  let html: String

  /// `isProse`: cells may have several lines.
  init(_ table: TextTable, _ caption: String, isProse: Bool = false) {
    var (headings, rows) = (table.headings, table.rows)
    for (column, alignment) in table.alignments.enumerated() where alignment == .right {
      let united = UnitColumn(headings[column], rows.map { $0[column] })
      headings[column] = united.heading
      for row in rows.indices { rows[row][column] = united.cells[row] }
    }
    let classes = table.alignments.map { $0 == .right ? " class=\"n\"" : "" }
    let head = zip(headings, classes).map { "<th scope=\"col\"\($1)>\($0.escaped)</th>" }.joined()
    let verdict = table.headings.firstIndex(of: "verdict")
    let body = rows.map { cells in
      let isVoid = verdict.map { cells[$0] != "ok" } ?? false
      let cells = cells.enumerated().map { column, cell in
        column == 0 ? "<th scope=\"row\">\(cell.escaped)</th>" : "<td\(classes[column])>\(cell.escaped)</td>"
      }
      return "<tr\(isVoid ? " class=\"void\"" : "")>\(cells.joined())</tr>"
    }
    html = """
      <p class="quiet caption">\(caption.escaped)</p>
      <div class="wide" tabindex="0" role="region" aria-label="\(caption.escaped)">
      <table\(isProse ? " class=\"prose\"" : "")>
      <thead><tr>\(head)</tr></thead>
      <tbody>
      \(body.joined(separator: "\n"))
      </tbody>
      </table>
      </div>
      """
  }
}

/// A column of numbers for people, with one unit for all of them in its heading. A column of which some cell is no number with a unit
/// stays as it is.
struct UnitColumn {
  let heading: String
  let cells: [String]

  /// A number, and what it counts: powers of ten of one unit may be told in each other.
  private struct Amount {
    var number: String
    var kind: String
    var power: Int
  }
  private static let kinds: [String: (kind: String, power: Int)] = [
    "ns": ("s", 0), "µs": ("s", 3), "ms": ("s", 6), "s": ("s", 9), "%": ("%", 0), "/s": ("1/s", 0),
  ]

  init(_ heading: String, _ cells: [String]) {
    let amounts = cells.map { $0 == "-" ? [] : Self.amounts($0) }
    let known = amounts.compactMap(\.self).flatMap(\.self)
    guard let first = known.first, !amounts.contains(where: { $0 == nil }), known.allSatisfy({ $0.kind == first.kind })
    else {
      self.heading = heading
      self.cells = cells
      return
    }
    // Of two that are as frequent the larger.
    let counts = Dictionary(grouping: known, by: \.power).mapValues(\.count)
    let power = counts.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key ?? first.power
    let unit = Self.kinds.first { $0.value == (first.kind, power) }?.key ?? ""
    self.heading = "\(heading) (\(unit == "/s" ? "1/s" : unit))"
    self.cells = zip(cells, amounts).map { cell, amounts in
      let numbers = (amounts ?? []).map { Self.shifted($0.number, by: $0.power - power) }
      return numbers.isEmpty ? cell : numbers.joined(separator: "–") + (cell.hasSuffix("–") ? "–" : "")
    }
  }

  /// Both ends of an interval, or one number; nil: it is something else.
  private static func amounts(_ cell: String) -> [Amount]? {
    let parts = cell.split(separator: "–").map { part -> (number: String, unit: String) in
      let number: Substring = part.prefix { $0.isNumber || $0 == "." || $0 == " " }
      let unit: Substring = part.dropFirst(number.count)
      return (String(number.filter { $0 != " " }), String(unit))
    }
    guard let shared = parts.last?.unit else { return nil }
    let amounts = parts.compactMap { part -> Amount? in
      guard !part.number.isEmpty, let kind = kinds[part.unit.isEmpty ? shared : part.unit] else { return nil }
      return Amount(number: part.number, kind: kind.kind, power: kind.power)
    }
    return amounts.count == parts.count ? amounts : nil
  }

  /// The decimal `number` times ten to the `power`, none of its digits lost, thousands apart.
  private static func shifted(_ number: String, by power: Int) -> String {
    let parts = number.split(separator: ".", omittingEmptySubsequences: false)
    let digits = Array(parts.joined())
    let point = parts[0].count + power
    let whole =
      point > 0 ? String(digits.prefix(point)) + String(repeating: "0", count: max(0, point - digits.count)) : ""
    let fraction = String(repeating: "0", count: max(0, -point)) + String(digits.dropFirst(max(0, point)))
    let text = Int(whole.isEmpty ? "0" : whole).map { Humane.count($0) } ?? whole
    return text + (fraction.isEmpty ? "" : ".\(fraction)")
  }
}
