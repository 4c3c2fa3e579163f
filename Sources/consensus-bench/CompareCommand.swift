import ArgumentParser
import Consensus
import Foundation
import Harness
import Measurement

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Two results, two traces, or two commits, side by side.",
    discussion: """
      compare BASE HEAD: the numbers of two result folders that differ, with intervals; of two traces (.jsonl) the first event that \
      differs. compare --build BASE..HEAD NAME …: builds both commits, runs the experiments in turns, and says whether the head is \
      faster or slower in CPU time, and what else differs. Exit codes: 0 no difference, 1 slower, or different results, \
      2 not comparable, 3 inconclusive: more pairs may tell, 4 faster.
      """)

  @Argument(help: "Two result folders or traces; with --build names of experiments (default: commit-latency).")
  var names: [String] = []
  @Option(help: ArgumentHelp("Two commits, which are built in .build/compare.", valueName: "base..head"))
  var build: String?
  @Option(help: "With --build: how often both are run; at least 20 for a verdict.") var pairs = 40
  @Option(help: "With --build: the part of 'profiles' to use.") var profile = "quick"
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("With --build: overrides a key of the experiments; repeatable.", valueName: "path=value"))
  var overrides: [String] = []

  func validate() throws {
    if build == nil {
      if names.count != 2 { throw ValidationError("give two results, or --build with two commits") }
      if !overrides.isEmpty { throw ValidationError("--set goes with --build only") }
    }
    if !(1...100_000).contains(pairs) { throw ValidationError("--pairs: between 1 and 100000") }
  }

  func run() throws {
    if let build { return try compareBuilds(build) }
    if names.allSatisfy({ $0.hasSuffix(".jsonl") }) { return try compareTraces() }
    var tables: [ResultTables] = []
    var origins: [Provenance?] = []
    for folder in names {
      do throws(CSVError) { tables.append(try ResultTables(reading: folder)) } catch {
        throw InputError(error.description)
      }
      do throws(FileError) { origins.append(try Provenance(reading: folder)) } catch {
        throw InputError(error.description)
      }
    }
    var random = RandomSource(seed: 1, stream: 0)
    let comparison = SideBySide(
      base: tables[0], head: tables[1], origins: (origins[0], origins[1]), using: &random)
    if comparison.lines.isEmpty {
      throw InputError("\(names[0]) and \(names[1]) have no configuration in common")
    }
    print(comparison.text, terminator: "")
    if comparison.lines.contains(where: { $0.base != $0.head }) { throw ExitStatus.failed }
  }

  private func compareTraces() throws {
    guard let parting = try TraceParting.ofFiles(names[0], names[1]) else {
      return print("The traces are the same.")
    }
    print(parting.text, terminator: "")
    throw ExitStatus.failed
  }

  // MARK: Two commits

  private func compareBuilds(_ range: String) throws {
    let suite = try SuiteFolder.located()
    let pair = try BuildPair(range, suite) { Terminal.say($0) }
    let scratch = suite.path(".build/compare/runs-\(ProcessInfo.processInfo.processIdentifier)")
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    let experiments = names.isEmpty ? ["commit-latency"] : names
    let shared = ["--profile", profile] + overrides.flatMap { ["--set", $0] }
    let bar = ProgressBar("compare", total: pairs, unit: "pairs")
    Interruption.watch()
    var times: [(base: Int, head: Int)] = []
    var first: (base: ResultTables, head: ResultTables)?
    for index in 0..<pairs where !Interruption.isAsked {
      // Whoever comes second finds a warmer machine: they take turns.
      let arguments = experiments + shared + ["--trials", "1"]
      var results: [Bool: ResultTables] = [:]
      for isHead in index.isMultiple(of: 2) ? [false, true] : [true, false] {
        results[isHead] = try pair.measure(
          isHead ? pair.head : pair.base, arguments, into: scratch + (isHead ? "/head" : "/base"))
      }
      guard let base = results[false], let head = results[true], let time = BuildPair.times(base, head) else {
        throw InputError("--build \(range): the two commits have no configuration of these experiments in common")
      }
      if first == nil { first = (base, head) }
      times.append(time)
      bar.update(times.count)
    }
    bar.finish()
    guard let first else { throw ExitStatus.interrupted }
    let exact = ResultComparison.compare(baseline: first.base, found: first.head, sameBuild: false)
    print(exact.text, terminator: "")
    if let (run, parting) = try pair.parting(first.base, first.head, shared, scratch: scratch) {
      print("run \(run)\n\(parting.text)", terminator: "")
    }
    var random = RandomSource(seed: 1, stream: 0)
    guard let comparison = PairedComparison(times, using: &random) else { throw ExitStatus.unknown }
    print("CPU time: \(comparison.text)")
    if Interruption.isAsked { throw ExitStatus.interrupted }
    if exact.result != .holds, exact.result != .improvement { throw ExitStatus.failed }
    switch comparison.verdict {
    case .slower: throw ExitStatus.failed
    case .inconclusive: throw ExitStatus.unknown
    case .faster: throw ExitStatus.stale
    case .noDifference: if exact.result == .improvement { throw ExitStatus.stale }
    }
  }
}
