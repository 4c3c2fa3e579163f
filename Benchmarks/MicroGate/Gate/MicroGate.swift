import Foundation
import Measurement

/// Puts together what the processes of the micro-benchmarks measured, and compares it with what was accepted last.
///
/// `micro-gate MEASURED BASELINE [--part] [--accept]`. Exit codes are those of `consensus-bench`.
@main struct MicroGate {
  /// Ends the program with one line.
  struct Refusal: Error {
    var line: String
    var status: Int32 = 2
  }

  static func main() {
    do {
      exit(try run(Array(CommandLine.arguments.dropFirst())))
    } catch {
      FileHandle.standardError.write(Data("error: \((error as? Refusal)?.line ?? "\(error)")\n".utf8))
      exit((error as? Refusal)?.status ?? 2)
    }
  }

  private static func run(_ arguments: [String]) throws -> Int32 {
    let folders = arguments.filter { !$0.hasPrefix("--") }
    let flags = Set(arguments.filter { $0.hasPrefix("--") })
    guard folders.count == 2, flags.isSubset(of: ["--part", "--accept"]) else {
      throw Refusal(line: "usage: micro-gate MEASURED BASELINE [--part] [--accept]")
    }
    let failed = failures(folders[0])
    guard failed.isEmpty else {
      throw Refusal(line: "failed, for what is said above: \(failed.joined(separator: ", "))", status: 1)
    }
    let found = try measured(folders[0])
    guard !found.isEmpty else { throw Refusal(line: "\(folders[0]): holds no results of micro-benchmarks") }
    let origin = Provenance.current(commandLine: ["bash", "Benchmarks/micro.sh"])
    print(table(found))
    if flags.contains("--accept") {
      try FileManager.default.createDirectory(atPath: folders[1], withIntermediateDirectories: true)
      try AtomicFile.write(MicroRow.encode(found), to: "\(folders[1])/\(MicroRow.fileName)")
      try origin.write(to: folders[1])
      print("accepted: \(folders[1])")
      return 0
    }
    var baseline = try rows("\(folders[1])/\(MicroRow.fileName)")
    if flags.contains("--part") { baseline.removeAll { row in !found.contains { $0.benchmark == row.benchmark } } }
    guard let accepted = try Provenance(reading: folders[1]) else {
      throw Refusal(line: "\(folders[1])/\(Provenance.fileName): missing; without it nothing says what was measured")
    }
    let report = compare(baseline, accepted, found, origin)
    print(report.text, terminator: "")
    if ProcessInfo.processInfo.environment["GITHUB_ACTIONS"] == "true" { print(report.annotations, terminator: "") }
    switch report.result {
    case .holds: return 0
    case .regression: return 1
    case .mismatch: return 2
    case .improvement: return 4
    }
  }

  private static func compare(
    _ baseline: [MicroRow], _ accepted: Provenance, _ found: [MicroRow], _ origin: Provenance
  ) -> ComparisonReport {
    let sameBuild = accepted.build == origin.build
    let sameMachine =
      accepted.host.processor == origin.host.processor && accepted.host.cores == origin.host.cores
    var notes: [String] = []
    if !sameBuild {
      notes.append(
        "neither allocations nor times were compared: \(accepted.build.toolchain) with \(accepted.build.allocator) made the "
          + "baseline, and \(origin.build.toolchain) with \(origin.build.allocator) this result")
    } else if !sameMachine {
      notes.append(
        "times were not compared: the baseline's are of \(accepted.host.processor) with \(accepted.host.cores) cores, these "
          + "of \(origin.host.processor) with \(origin.host.cores)")
    }
    let differences = MicroRow.differences(baseline, found, sameBuild: sameBuild, sameMachine: sameMachine)
    return ComparisonReport(result: GateResult(differences), differences: differences, notes: notes)
  }

  private static func files(_ folder: String, _ ending: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(ending) }.sorted()
  }
  /// Benchmarks that began and did not end well.
  private static func failures(_ folder: String) -> [String] {
    files(folder, MicroRow.begun).map { String($0.dropLast(MicroRow.begun.count)) }
  }
  /// The row of every process.
  private static func measured(_ folder: String) throws -> [MicroRow] {
    MicroRow.sorted(try files(folder, ".csv").flatMap { try rows("\(folder)/\($0)") })
  }
  private static func rows(_ path: String) throws -> [MicroRow] {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw Refusal(line: "\(path): cannot be read; --accept makes a baseline")
    }
    return try MicroRow.decode(text, file: path)
  }

  private static func table(_ rows: [MicroRow]) -> String {
    var table = TextTable([
      ("benchmark", .left), ("allocations", .right), ("bytes", .right), ("CPU ns", .right), ("samples", .right),
    ])
    for row in rows {
      table.add([
        row.benchmark, "\(row.allocations)", "\(row.bytes)", "\(row.time)", "\(row.samples)",
      ])
    }
    return "Per operation; times of the fastest sample.\n" + table.text
  }
}
