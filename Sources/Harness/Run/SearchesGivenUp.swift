import Measurement

/// Runs whose history the chosen log has proven alone, because the search for a linearization was given up.
struct SearchesGivenUp {
  private let count: Int
  private let all: Int

  init(_ runs: [SummaryRow]) {
    let verified = runs.filter { $0.verdict == .ok }
    all = verified.count
    count = verified.count { !$0.checked.split(separator: " ").contains("linearizability") }
  }

  /// A sentence without its full stop; nil: there are none.
  var text: String? {
    guard count > 0 else { return nil }
    return
      "In \(Humane.count(count)) of \(AnswerText.count(all, "verified run", "verified runs")) the search for a linearization was "
      + "given up; there the chosen log alone proves the history"
  }
}
