/// A chart as a part of a page: gnuplot's SVG without what only a file of its own needs, with names that no other chart has.
struct InlineChart {
  let svg: String

  /// `answer` is what somebody hears who does not see it. Nil: `file` is no SVG.
  init?(_ file: String, named name: String, answer: String) {
    guard let start = file.range(of: "<svg") else { return nil }
    // Left out is what nobody sees: a colour of which nothing is drawn, and a mark where the same one is. Many trials have many of these.
    var lines: [Substring] = []
    var marks: Set<Substring> = []
    for line in file[start.lowerBound...].split(separator: "\n") {
      if line.hasPrefix("\t<use"), line.contains(" transform='translate("), !marks.insert(line).inserted { continue }
      if line == "</g>", let last = lines.last, last.hasPrefix("<g "), last.hasSuffix(">"), !last.contains("</") {
        lines.removeLast()
      } else if let title = line.range(of: "<title>"), line.hasSuffix("</title>") {
        // A tooltip with an expression of the script.
        lines.append(line[..<title.lowerBound])
      } else if !line.hasPrefix("<desc>") {
        lines.append(line)
      }
    }
    var text = lines.joined(separator: "\n")
    for quote in ["'", "\""] {
      text = text.replacing(" id=\(quote)", with: " id=\(quote)\(name).")
        .replacing("href=\(quote)#", with: "href=\(quote)#\(name).")
    }
    svg = text.replacing("url(#", with: "url(#\(name).")
      .replacing("<svg", with: "<svg role=\"img\" aria-label=\"\(answer.escaped)\"", maxReplacements: 1)
  }
}
