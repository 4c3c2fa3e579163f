import Foundation
import Measurement

extension ChartDrawer {
  /// Draws the headline numbers of every baseline in the file `history`, with its change points marked, into `out`. Gives the change
  /// points, in order.
  public func drawHistory(_ history: String, into out: String) throws(InputError) -> [ChangePoint] {
    let scratch = FileManager.default.temporaryDirectory.appending(path: "consensus-bench-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    let points: [ChangePoint]
    do throws(FileError) {
      let rows = try BaselineAcceptance.read(history)
      guard !rows.isEmpty else { throw FileError(path: history, reason: "holds no accepted baseline") }
      points = ChangePoint.find(in: rows)
      for folder in [scratch, out] { try Self.make(folder) }
      try AtomicFile.write(HistoryRow.encode(rows.map(\.plain)), to: "\(scratch)/\(HistoryRow.fileName)")
      try AtomicFile.write(ChangePoint.encode(points.map(\.plain)), to: "\(scratch)/\(ChangePoint.fileName)")
    } catch { throw InputError(error.description) }
    let chart = Chart(
      experiment: "history", question: "What did each accepted baseline change?", name: "history",
      answer: Self.sentence(points), stem: "history")
    for ending in Self.formats { try draw(chart, ending, from: scratch, into: out) }
    return points
  }

  /// What the change points come to.
  public static func sentence(_ points: [ChangePoint]) -> String {
    guard let last = points.last else { return "No accepted baseline has changed a headline number." }
    let baselines = Set(points.map(\.number)).count
    let text =
      points.count == 1
      ? "One headline number changed" : "\(points.count) headline numbers changed, in \(baselines) baselines"
    return "\(text); last in baseline \(last.number), because: \(last.reason)"
  }

  private static func make(_ folder: String) throws(FileError) {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch { throw FileError(path: folder, reason: "cannot be made: \(error.localizedDescription)") }
  }
}

extension HistoryRow {
  fileprivate var plain: HistoryRow {
    var row = self
    row.reason = unquoted(reason)
    row.change = ""
    return row
  }
}
extension ChangePoint {
  fileprivate var plain: ChangePoint {
    var point = self
    point.reason = unquoted(reason)
    return point
  }
}

/// gnuplot ends a cell at its first comma, quoted or not: what must not be quoted is replaced by what looks like it.
private func unquoted(_ text: String) -> String { text.replacing(",", with: "‚").replacing("\"", with: "”") }
