import Measurement

extension ChartAnswer {
  /// Which cases cost more than five election timeouts, and in how many nobody lost the lead.
  static func scenarios(_ data: AnswerData) -> String? {
    guard let key = data.swept.first else { return nil }
    let cases = data.values(of: key).count
    let timeouts = Set(data.points.compactMap { $0.inputs["timing.election-timeout"] })
    guard let timeout = timeouts.first.flatMap(longest), timeouts.count == 1 else { return nil }
    let limit = 5 * timeout
    var costly: [(name: String, text: String)] = []
    var steady: [(name: String, value: Int)] = []
    for (name, points) in data.byProtocol {
      let slow = points.filter { point in
        let waits = point.summary.compactMap(\.client.max)
        return !waits.isEmpty && waits.reduce(0, +) / waits.count > limit
      }
      costly.append((name, slow.isEmpty ? "none" : AnswerText.list(slow.compactMap { $0.inputs[key] }.sorted())))
      steady.append((name, points.count { $0.summary.allSatisfy { $0.leaderChanges == 0 } }))
    }
    guard !costly.isEmpty else { return nil }
    let texts = costly.map { "\($0.text) with \($0.name)" }.joined(separator: "; ")
    return
      "In the mean of the trials, somebody waits for longer than five election timeouts (\(Humane.duration(limit))) at \(key) = "
      + "\(texts); of \(AnswerText.count(cases, "case", "cases")), "
      + "the leader never changes in \(AnswerText.ranking(steady) { "\($0)" })."
  }

  /// The end of a range of times in ns.
  private static func longest(_ range: String) -> Int? {
    range.split(separator: "-").last.flatMap { AnswerData.magnitude(String($0)) }.map { Int(($0 * 1e9).rounded()) }
  }
}
