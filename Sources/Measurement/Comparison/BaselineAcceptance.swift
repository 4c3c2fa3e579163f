import Foundation

/// Makes a result the new baseline, and writes down why.
public enum BaselineAcceptance {
  /// Copies the result in `found` over the folder `baseline`, packed, and adds rows to `history`, which `report` explains.
  ///
  /// Refused, with nothing changed: a part of a run, a run of uncommitted changes (nobody could repeat it), a run that is not verified, a
  /// reason that says nothing. Every file is replaced as a whole; the rows of the history come last, so that they never name a baseline that
  /// is not there. Returns the number of the baseline, from 1.
  @discardableResult public static func accept(
    _ found: String, as baseline: String, history: String, reason: String, report: ComparisonReport, date: Date = Date()
  ) throws(FileError) -> Int {
    let reason = reason.trimmingCharacters(in: .whitespaces)
    guard !reason.isEmpty, !reason.contains(where: \.isNewline) else {
      throw FileError(path: found, reason: "is not accepted: the reason must be one line")
    }
    let tables: ResultTables
    do throws(CSVError) { tables = try ResultTables(reading: found) } catch {
      throw FileError(path: found, reason: "is not accepted: \(error)")
    }
    guard let origin = try Provenance(reading: found) else {
      throw FileError(
        path: found, reason: "is not accepted: there is no \(Provenance.fileName) that says where it comes from")
    }
    if let why = obstacle(tables, origin) { throw FileError(path: found, reason: "is not accepted: \(why)") }
    let known = try read(history)
    let number = (known.map(\.number).max() ?? 0) + 1
    let rows = HistoryRow.rows(
      number: number, tables, from: origin, date: ISO8601DateFormatter().string(from: date), reason: reason,
      change: report.headline)
    if !isSame(found, baseline) {
      try tables.write(to: baseline)
      try origin.write(to: baseline)
      try Compression.pack(baseline)
    }
    try AtomicFile.write(HistoryRow.encode(known + rows), to: history)
    return number
  }

  private static func obstacle(_ tables: ResultTables, _ origin: Provenance) -> String? {
    if let part = origin.part { return part }
    if origin.isDirty != false {
      return
        "it was run with uncommitted changes, or outside a checkout, and nobody could repeat it: commit, and run again"
    }
    return tables.unverified.first.map { "\($0.run) is \($0.verdict.rawValue)" }
  }

  /// The baselines accepted so far; none if there is no such file.
  public static func read(_ history: String) throws(FileError) -> [HistoryRow] {
    guard FileManager.default.fileExists(atPath: history) else { return [] }
    guard let text = try? String(contentsOfFile: history, encoding: .utf8) else {
      throw FileError(path: history, reason: "cannot be read")
    }
    do throws(CSVError) { return try HistoryRow.decode(text, file: history) } catch {
      throw FileError(path: history, reason: "is no history of baselines: \(error)")
    }
  }

  private static func isSame(_ a: String, _ b: String) -> Bool {
    URL(fileURLWithPath: a).standardizedFileURL.resolvingSymlinksInPath().path
      == URL(fileURLWithPath: b).standardizedFileURL.resolvingSymlinksInPath().path
  }
}
