import Foundation
import Harness

extension TortureCommand {
  /// More would be the same bug again.
  private static var shrunkAtMost: Int { 3 }

  /// Shrinks the first failures and writes each down.
  func writeSchedules(
    of failures: [TortureRun.Failure], among variants: [ProtocolVariant], mutant: String? = nil
  ) throws {
    for failure in failures.prefix(Self.shrunkAtMost) where failure.report.verdict == .violated && !Interruption.isAsked
    {
      let bar = ProgressBar("shrinking seed \(failure.seed)", total: nil, unit: "runs")
      let shrunk = failure.shrunk(among: variants) { bar.update($0) }
      bar.finish()
      guard let shrunk else {
        print("seed \(failure.seed) of \(failure.variant) cannot be shrunk: written out, it does not fail")
        continue
      }
      var schedule = shrunk.schedule
      schedule.mutant = mutant
      let bug = mutant.map { "\($0)-" } ?? ""
      let file = "\(schedules)/\(bug)\(failure.variant)-\(failure.replicas)-\(failure.seed).jsonl"
      try Self.write(schedule.text, to: file)
      print(
        """
        shrunk: \(failure.variant), \(failure.replicas) replicas, seed \(failure.seed): from \(shrunk.eventsBefore) faults and \
        operations to \(shrunk.schedule.events) in \(shrunk.tries) runs
          it breaks \(shrunk.schedule.invariant ?? ""); again: consensus-bench replay --schedule \(file)
        """)
    }
    if failures.count > Self.shrunkAtMost {
      print("\(failures.count - Self.shrunkAtMost) further failures are not shrunk")
    }
  }

  private static func write(_ text: String, to path: String) throws {
    do {
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch { throw InputError("\(path): cannot be written: \(error.localizedDescription)") }
  }

  /// How much virtual time the runs were worth, and what they took.
  static func speed(_ tallies: [TortureRun.Tally], processorTime: Int) -> String {
    let (virtual, real) = (tallies.reduce(0) { $0 + Double($1.time) } / 1e9, Double(processorTime) / 1e9)
    let runs = tallies.reduce(0) { $0 + $1.runs }
    return String(
      format: "%d runs: %.0f virtual seconds in %.1f s of processor time, %.0f times real time", runs, virtual, real,
      virtual / max(real, 1e-9))
  }
}
