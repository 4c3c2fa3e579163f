import Measurement

extension ChartAnswer {
  /// The means of the four parts over the trials that recovered, as the chart adds them up.
  private struct Parts {
    static let names = ["detection", "election", "synchronisation", "resume"]
    var means: [Int]
    var total: Int { means.reduce(0, +) }

    /// Nil: no trial recovered.
    init?(_ points: [AnswerData.Point]) {
      let rows = points.flatMap(\.elections).filter { !$0.isCensored }
      guard !rows.isEmpty else { return nil }
      let parts: [KeyPath<ElectionRow, Int?>] = [\.detection, \.election, \.synchronization, \.resume]
      means = parts.map { part in rows.reduce(0) { $0 + ($1[keyPath: part] ?? 0) } / rows.count }
    }

    static func largest(_ values: [Int]) -> Int {
      values.indices.max { (values[$0], $1) < (values[$1], $0) } ?? 0
    }
  }

  /// The longest of the four parts; of a sweep how long the whole is, and which of them makes the difference.
  static func parts(_ data: AnswerData) -> String? {
    if let key = data.swept.first { return parts(data, by: key) }
    let texts = data.byProtocol.compactMap { name, points -> (name: String, text: String)? in
      guard let parts = Parts(points) else { return nil }
      let longest = Parts.largest(parts.means)
      let share = AnswerText.percent(parts.means[longest], of: parts.total)
      return (name, "\(Parts.names[longest]), \(share) of \(Humane.duration(parts.total))")
    }
    guard !texts.isEmpty else { return nil }
    return "The longest part of a fail-over is, in the mean, \(AnswerText.grouped(texts))\(idle(data))."
  }

  /// Between the first and the last value, or, where values have no order, between the shortest and the longest fail-over.
  private static func parts(_ data: AnswerData, by key: String) -> String? {
    let isOrdered = data.values(of: key).allSatisfy { AnswerData.magnitude($0) != nil }
    let texts = data.byProtocol.compactMap { name, points -> (name: String, text: String)? in
      var known = data.values(of: key).compactMap { value in
        Parts(points.filter { $0.inputs[key] == value }).map { (value: value, parts: $0) }
      }
      if !isOrdered { known.sort { ($0.parts.total, $0.value) < ($1.parts.total, $1.value) } }
      let without = data.values(of: key).filter { value in
        points.contains { $0.inputs[key] == value && $0.elections.isEmpty }
      }
      let rest = without.isEmpty ? "" : ", and none at \(AnswerText.list(without))"
      guard let first = known.first, let last = known.last, known.count > 1 else { return nil }
      let (from, to) = (first.parts.total, last.parts.total)
      let factor = AnswerText.change(from, to).map { " (\($0)" } ?? ""
      let differences = zip(first.parts.means, last.parts.means).map { to < from ? $0 - $1 : $1 - $0 }
      let reason = factor.isEmpty ? "" : ", mostly \(Parts.names[Parts.largest(differences)]))"
      return (
        name,
        "from \(Humane.duration(from)) at \(first.value) to \(Humane.duration(to)) at \(last.value)\(factor)\(reason)\(rest)"
      )
    }
    guard !texts.isEmpty else { return nil }
    let censored = data.points.flatMap(\.elections).contains(where: \.isCensored) ? "; \(lost(data))" : ""
    return "By \(key), the mean fail-over goes \(AnswerText.grouped(texts))\(censored)\(idle(data))."
  }

  /// When the last trial was served again that ever was, for each value of a sweep.
  static func slowest(_ data: AnswerData) -> String? {
    func text(_ points: [AnswerData.Point]) -> String? {
      let last = Dictionary(grouping: points, by: \.protocolName).compactMap { name, points in
        times(points).compactMap(\.self).max().map { (name: name, value: $0) }
      }
      return last.isEmpty ? nil : AnswerText.ranking(last) { Humane.duration($0) }
    }
    let texts =
      data.swept.first.map { key in
        data.values(of: key).compactMap { value in
          text(data.points.filter { $0.inputs[key] == value }).map { "\($0) at \(key) = \(value)" }
        }
      } ?? [text(data.points)].compactMap(\.self)
    guard !texts.isEmpty else { return nil }
    return "\(after(data)), the slowest trial serves a client again after \(texts.joined(separator: "; "))"
      + "; \(lost(data))\(idle(data))."
  }
}
