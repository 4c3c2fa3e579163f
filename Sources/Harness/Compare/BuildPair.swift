import Consensus
import Foundation
import Measurement

/// Two commits of this repository, built beside each other and run in turns on this machine.
public struct BuildPair: Sendable {
  /// A commit, its checkout and its program.
  public struct Side: Sendable {
    /// The full hash.
    public var commit: String
    public var folder: String
    public var program: String
  }
  public var base: Side
  public var head: Side

  /// Checks out and builds both ends of `range`, such as `main~1..main`, under `.build/compare` of the suite; what is there already is
  /// used again. `say` hears what is under way.
  public init(_ range: String, _ suite: SuiteFolder, say: (String) -> Void) throws(InputError) {
    let ends = range.components(separatedBy: "..")
    guard ends.count == 2, ends.allSatisfy({ !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasPrefix("-") }) else {
      throw InputError("--build \(range): write two commits as BASE..HEAD, such as main~1..main")
    }
    var sides: [Side] = []
    for end in ends { sides.append(try Self.side(end, suite, say)) }
    if sides[0].commit == sides[1].commit {
      say("both ends are \(sides[0].commit.prefix(12)): a control, which should show no difference")
    }
    (base, head) = (sides[0], sides[1])
  }

  private static func side(_ revision: String, _ suite: SuiteFolder, _ say: (String) -> Void) throws(InputError) -> Side
  {
    let resolved = try run(["git", "rev-parse", "--verify", "--quiet", "\(revision)^{commit}"], in: suite.root)
    guard resolved.status == 0 else { throw InputError("--build: '\(revision)' is no commit of this repository") }
    let commit = resolved.output.trimmingCharacters(in: .whitespacesAndNewlines)
    let folder = suite.path(".build/compare/\(commit.prefix(12))")
    if !FileManager.default.fileExists(atPath: folder + "/Package.swift") {
      let added = try run(["git", "worktree", "add", "--force", "--detach", folder, commit], in: suite.root)
      guard added.status == 0 else { throw InputError("\(folder): cannot be checked out: \(lastLine(added.errors))") }
    }
    say("building \(revision) (\(commit.prefix(12))) in \(folder); the first time takes minutes")
    let build = ["swift", "build", "-c", "release", "--product", "consensus-bench"]
    let built = try run(build, in: folder)
    guard built.status == 0 else {
      let error = built.output.split(separator: "\n").first { $0.contains("error:") }.map(String.init)
      throw InputError("\(revision) does not build: \(error ?? lastLine(built.errors))")
    }
    let path = try run(build + ["--show-bin-path"], in: folder).output.trimmingCharacters(in: .whitespacesAndNewlines)
    return Side(commit: commit, folder: folder, program: path + "/consensus-bench")
  }

  /// One result of `side`, written into `out`: one trial of each configuration, on one thread.
  public func measure(_ side: Side, _ arguments: [String], into out: String) throws(InputError) -> ResultTables {
    let command = [side.program, "run"] + arguments + ["--jobs", "1", "--out", out]
    let result = try Self.run(command, in: side.folder)
    guard result.status == 0 else {
      let reason = Self.lastLine(result.errors)
      throw InputError(
        "\(side.commit.prefix(12)): run \(arguments.joined(separator: " ")): ended with \(result.status): \(reason)")
    }
    do throws(CSVError) { return try ResultTables(reading: out) } catch { throw InputError(error.description) }
  }

  /// CPU time of what both results hold, in ns; nil if they have nothing in common.
  public static func times(_ base: ResultTables, _ head: ResultTables) -> (base: Int, head: Int)? {
    let both = CostRow.pairs(base.costs, head.costs)
    return both.isEmpty ? nil : both.reduce((base: 0, head: 0)) { ($0.base + $1.base, $0.head + $1.head) }
  }

  /// Where the traces of the first run part that is not the same on both sides; nil if all are.
  public func parting(
    _ base: ResultTables, _ head: ResultTables, _ arguments: [String], scratch: String
  ) throws(InputError) -> (run: String, parting: TraceParting)? {
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
    for (side, file) in [(self.base, files.0), (self.head, files.1)] {
      let result = try Self.run([side.program, "run"] + one + ["--trace", file], in: side.folder)
      guard result.status == 0 else {
        throw InputError(
          "\(side.commit.prefix(12)): run \(one.joined(separator: " ")) --trace: \(Self.lastLine(result.errors))")
      }
    }
    return try TraceParting.ofFiles(files.0, files.1).map { (one.joined(separator: " "), $0) }
  }

  private static func run(_ command: [String], in folder: String) throws(InputError) -> Subprocess.Result {
    do { return try Subprocess.run(command, in: folder) } catch {
      throw InputError("\(command[0]) cannot be run: \(error)")
    }
  }
  private static func lastLine(_ text: String) -> String {
    text.split(separator: "\n").last.map(String.init) ?? "it does not say why"
  }
}
