/// Finds what somebody who mistyped a name probably meant.
enum NearestName {
  /// "; did you mean 'x'?" if one of `names` is near, `otherwise` if none is.
  static func hint(for name: String, among names: [String], otherwise: String = "") -> String {
    nearest(to: name, among: names).map { "; did you mean '\($0)'?" } ?? otherwise
  }

  /// The nearest of `names`, if at most a third of its letters differ, or one of several; of equally near ones the first.
  static func nearest(to name: String, among names: [String]) -> String? {
    guard name.count <= 100 else { return nil }
    let ranked = names.map { (name: $0, distance: distance(name, $0)) }
    guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
    let longer = max(best.name.count, name.count)
    return best.distance < longer && best.distance <= max(1, longer / 3) ? best.name : nil
  }

  /// The fewest insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`.
  static func distance(_ a: String, _ b: String) -> Int {
    let a = Array(a)
    let b = Array(b)
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var best = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforeLast[j - 1] + 1) }
        row.append(best)
      }
      (beforeLast, last) = (last, row)
    }
    return last[b.count]
  }
}
