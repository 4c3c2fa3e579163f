import Consensus
import Foundation
import Measurement

/// Two commits of this repository, built beside each other and run in turns on this machine.
public struct BuildPair: Sendable {
  /// A run that ended with a verdict, such as a violation, and no result to compare.
  public struct RunEnded: Error {
    /// As the program ended.
    public var status: Int32
    public var description: String
  }

  public var base: Checkout
  public var head: Checkout
  /// What the runs write; removed by `discardRuns`.
  private let scratch: String
  private let started: @Sendable (Int32) -> Void

  /// Checks out and builds both ends of `range`, such as `main~1..main`. `say` hears what is under way, `started` the id of every
  /// process that is waited for.
  public init(
    _ range: String, _ suite: SuiteFolder, started: @escaping @Sendable (Int32) -> Void, say: (String) -> Void
  ) throws(InputError) {
    let ends = range.components(separatedBy: "..")
    guard ends.count == 2, ends.allSatisfy({ !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasPrefix("-") }) else {
      throw InputError("--build \(range): write two commits as BASE..HEAD, such as main~1..main")
    }
    let shell = Shell(folder: suite.root, started: started)
    let commits = (try Checkout.commit(ends[0], shell), try Checkout.commit(ends[1], shell))
    let top = suite.path(".build/compare")
    try Checkout.reserve(top)
    Checkout.discardOld(top, wanted: [commits.0, commits.1])
    if commits.0 == commits.1 {
      say("both ends are \(commits.0.prefix(12)): a control, which should show no difference")
    }
    self.started = started
    scratch = top + "/runs"
    base = try Checkout(
      commits.0, called: ends[0], under: top, pins: suite.path("Package.resolved"), shell, say: say)
    head = base
    if commits.0 != commits.1 {
      head = try Checkout(
        commits.1, called: ends[1], under: top, pins: base.folder + "/Package.resolved", shell, say: say)
    }
  }

  /// One result of `side`: one trial of each configuration, on one thread.
  public func measure(_ side: Checkout, _ arguments: [String]) throws -> ResultTables {
    let out = scratch + "/result"
    try run(side, arguments + ["--trials", "1", "--jobs", "1", "--out", out])
    do throws(CSVError) { return try ResultTables(reading: out) } catch { throw InputError(error.description) }
  }

  public func discardRuns() { try? FileManager.default.removeItem(atPath: scratch) }

  private func run(_ side: Checkout, _ arguments: [String]) throws {
    let result = try Shell(folder: side.folder, started: started).run([side.program, "run"] + arguments)
    guard result.status != 0 else { return }
    let text = "\(side.commit.prefix(12)): run \(arguments.joined(separator: " ")): ended with \(result.status)"
    // Refused, or ended by a signal: there is nothing to judge.
    guard [1, 3, 5].contains(result.status) else { throw InputError("\(text): \(result.why)") }
    throw RunEnded(status: result.status, description: "\(text)\n\(result.errors)")
  }

  /// CPU time of what both results hold, in ns; nil if they have nothing in common.
  public static func times(_ base: ResultTables, _ head: ResultTables) -> (base: Int, head: Int)? {
    let both = CostRow.pairs(base.costs, head.costs)
    return both.isEmpty ? nil : both.reduce((base: 0, head: 0)) { ($0.base + $1.base, $0.head + $1.head) }
  }

  /// Where the traces of the first run part that is not the same on both sides; nil if all are.
  public func parting(
    _ base: ResultTables, _ head: ResultTables, _ arguments: [String]
  ) throws -> (run: String, parting: TraceParting)? {
    let hashes = Dictionary(head.summary.map { ($0.run, $0.runHash) }) { first, _ in first }
    let differing = SummaryRow.sorted(base.summary).first { row in hashes[row.run].map { $0 != row.runHash } ?? false }
    guard let row = differing else { return nil }
    let subject = row.run.subject
    var one = [subject.experiment, "--protocol", subject.protocolName, "--trial", "\(row.run.trial)"]
    for input in ConfigurationRow.sorted(base.configurations)
    where input.subject == subject && input.isSwept && input.key != "faults" && input.value != "unused" {
      one += ["--set", "\(input.key)=\(input.value)"]
    }
    one += arguments
    let files = (scratch + "/base.jsonl", scratch + "/head.jsonl")
    try run(self.base, one + ["--trace", files.0])
    try run(self.head, one + ["--trace", files.1])
    return try TraceParting.ofFiles(files.0, files.1).map { (one.joined(separator: " "), $0) }
  }
}
