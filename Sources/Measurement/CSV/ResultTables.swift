import Foundation

/// All rows of a run's files. `costs` depends on the machine; everything else of a simulation does not. `processes` are of real ones.
public struct ResultTables: Sendable, Equatable {
  public var configurations: [ConfigurationRow] = []
  public var summary: [SummaryRow] = []
  public var latency: [LatencyRow] = []
  public var stages: [StageRow] = []
  public var timeline: [TimelineRow] = []
  public var elections: [ElectionRow] = []
  public var faults: [FaultRow] = []
  public var catchUps: [CatchUpRow] = []
  public var messages: [MessageRow] = []
  public var intervals: [IntervalRow] = []
  public var precision: [PrecisionRow] = []
  public var costs: [CostRow] = []
  public var processes: [ProcessRow] = []

  public init() {}

  /// Adds all rows of `other`. Rows sort by key when written, so shards may be added in any order.
  public mutating func append(_ other: ResultTables) {
    configurations += other.configurations
    summary += other.summary
    latency += other.latency
    stages += other.stages
    timeline += other.timeline
    elections += other.elections
    faults += other.faults
    catchUps += other.catchUps
    messages += other.messages
    intervals += other.intervals
    precision += other.precision
    costs += other.costs
    processes += other.processes
  }

  /// Runs whose numbers are void, for people: key and verdict.
  public var unverified: [(run: String, verdict: Verdict)] {
    summary.filter { $0.verdict != .ok }.map { ($0.keyText, $0.verdict) }
      + elections.filter { $0.verdict != .ok }.map { ($0.keyText, $0.verdict) }
  }

  /// Writes each file that has rows into `folder`, which is made if need be, and removes those that have none.
  ///
  /// `configurations.csv` comes first: after an interruption no row refers to a configuration that is not there.
  public func write(to folder: String) throws(FileError) {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw FileError(path: folder, reason: "cannot be made: \(error.localizedDescription)")
    }
    try Self.write(configurations, folder)
    try Self.write(summary, folder)
    try Self.write(latency, folder)
    try Self.write(stages, folder)
    try Self.write(timeline, folder)
    try Self.write(elections, folder)
    try Self.write(faults, folder)
    try Self.write(catchUps, folder)
    try Self.write(messages, folder)
    try Self.write(intervals, folder)
    try Self.write(precision, folder)
    try Self.write(costs, folder)
    try Self.write(processes, folder)
  }

  /// Reads the files that are in `folder`, `NAME.csv` or else `NAME.csv.xz`; every one is checked against its schema. A folder without
  /// `configurations.csv` is no result.
  public init(reading folder: String) throws(CSVError) {
    configurations = try Self.read(folder)
    guard !configurations.isEmpty else {
      throw CSVError("\(folder)/\(ConfigurationRow.fileName)", line: 0, .unreadable("missing or empty: not a result"))
    }
    summary = try Self.read(folder)
    latency = try Self.read(folder)
    stages = try Self.read(folder)
    timeline = try Self.read(folder)
    elections = try Self.read(folder)
    faults = try Self.read(folder)
    catchUps = try Self.read(folder)
    messages = try Self.read(folder)
    intervals = try Self.read(folder)
    precision = try Self.read(folder)
    costs = try Self.read(folder)
    processes = try Self.read(folder)
  }

  private static func write<Row: CSVRow>(_ rows: [Row], _ folder: String) throws(FileError) {
    let path = "\(folder)/\(Row.fileName)"
    if !rows.isEmpty { try AtomicFile.write(Row.encode(rows), to: path) }
    for stale in [rows.isEmpty ? path : nil, path + Compression.suffix].compactMap({ $0 })
    where FileManager.default.fileExists(atPath: stale) {
      do {
        try FileManager.default.removeItem(atPath: stale)
      } catch {
        throw FileError(path: stale, reason: "cannot be removed: \(error.localizedDescription)")
      }
    }
  }

  private static func read<Row: CSVRow>(_ folder: String) throws(CSVError) -> [Row] {
    let path = "\(folder)/\(Row.fileName)"
    guard FileManager.default.fileExists(atPath: path) else {
      let packed = path + Compression.suffix
      guard FileManager.default.fileExists(atPath: packed) else { return [] }
      let text: String
      do throws(FileError) { text = try Compression.read(packed) } catch {
        throw CSVError(packed, line: 0, .unreadable(error.reason))
      }
      return try Row.decode(text, file: packed)
    }
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw CSVError(path, line: 0, .unreadable("cannot be read: \(error.localizedDescription)"))
    }
    guard let text = String(bytes: data, encoding: .utf8) else { throw CSVError(path, line: 0, .notUTF8) }
    return try Row.decode(text, file: path)
  }
}
