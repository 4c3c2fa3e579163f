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
      faster or slower in CPU time, what else differs, and where the traces part. compare FILE.csv: what --times has written, and \
      which changes such pairs would show. Exit codes: 0 no difference, 1 slower, or worse or other results, 2 not comparable, \
      3 inconclusive: more pairs, or a quieter machine, may tell, 4 only faster or better.
      """)

  @Argument(
    help:
      "Two result folders, two traces, or a file of times; with --build names of experiments (default: commit-latency)."
  )
  var names: [String] = []
  @Option(help: ArgumentHelp("Two commits, which are built in .build/compare.", valueName: "base..head"))
  var build: String?
  @Option(
    parsing: .unconditional,
    help: "With --build: how often both are run in turns; at least 20 for a verdict, 0 compares the exact results only."
  )
  var pairs = 40
  @Option(help: "A change of CPU time below this does not matter.") var threshold = "5%"
  @Option(help: "With --build: the part of 'profiles' to use.") var profile = "quick"
  @Option(
    name: .customLong("protocol"), help: ArgumentHelp("With --build: as for run.", valueName: "names"))
  var protocolNames: String?
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("With --build: overrides a key of the experiments; repeatable.", valueName: "path=value"))
  var overrides: [String] = []
  @Option(help: ArgumentHelp("With --build: writes how long each run took, as CSV.", valueName: "file"))
  var times: String?
  @OptionGroup var output: ReportOptions

  func validate() throws {
    if build == nil {
      guard names.count == 2 || names.count == 1 && names[0].hasSuffix(".csv") else {
        throw ValidationError("give two results, two traces or a file of times, or --build with two commits")
      }
      let given = [(!overrides.isEmpty, "--set"), (protocolNames != nil, "--protocol"), (times != nil, "--times")]
      if let option = given.first(where: \.0)?.1 { throw ValidationError("\(option) goes with --build only") }
    }
    if !(0...100_000).contains(pairs) { throw ValidationError("--pairs: between 0 and 100000") }
    if times == "" { throw ValidationError("--times: names no file") }
  }

  func run() throws {
    let threshold = try share(threshold)
    if let build {
      Interruption.watch()
      // What was under way is asked to stop, too, and then does not end well.
      do { return try compareBuilds(build, threshold) } catch is InputError where Interruption.isAsked {
        Terminal.say("interrupted: what is built so far is used the next time, and nothing has to be removed")
        throw ExitStatus.interrupted
      }
    }
    if names.count == 1 { return try judgeTimes(names[0], threshold) }
    if names.allSatisfy({ $0.hasSuffix(".jsonl") }) { return try compareTraces() }
    try compareResults()
  }

  private func share(_ text: String) throws -> FixedDecimal {
    guard text.hasSuffix("%"), let percent = Double(text.dropLast()), (0...1_000).contains(percent) else {
      throw InputError("--threshold \(text): write a share from 0% to 1000%, such as 5%")
    }
    return FixedDecimal(millionths: Int((percent * 10_000).rounded()))
  }

  private func compareResults() throws {
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
    try output.give(comparison)
    if let status = ExitStatus(of: comparison.result) { throw status }
  }

  private func compareTraces() throws {
    guard let parting = try TraceParting.ofFiles(names[0], names[1]) else {
      return print("The traces are the same.")
    }
    try output.give(parting)
    throw ExitStatus.failed
  }

  private func judgeTimes(_ path: String, _ threshold: FixedDecimal) throws {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw InputError("\(path): cannot be read")
    }
    var rows: [PairRow] = []
    do throws(CSVError) { rows = PairRow.sorted(try PairRow.decode(text, file: path)) } catch {
      throw InputError(error.description)
    }
    if let row = rows.first(where: { $0.base < 1 || $0.head < 1 }) {
      throw InputError("\(path): pair \(row.number) holds a time that is not positive")
    }
    let times = rows.map { ($0.base, $0.head) }
    var random = RandomSource(seed: 1, stream: 0)
    guard let comparison = PairedComparison(times, threshold: threshold, using: &random) else {
      throw InputError("\(path): holds no pairs")
    }
    print("CPU time: \(comparison.text)")
    if let table = DetectionTable(times, threshold: threshold, using: &random) { print(table.text, terminator: "") }
    if let status = ExitStatus(of: comparison.verdict) { throw status }
  }

  // MARK: Two commits

  private func compareBuilds(_ range: String, _ threshold: FixedDecimal) throws {
    let suite = try SuiteFolder.located()
    let pair = try BuildPair(range, suite, started: Interruption.passOn) { Terminal.say($0) }
    defer { pair.discardRuns() }
    do { try compare(pair, range, threshold) } catch let ended as BuildPair.RunEnded {
      Terminal.say("error: \(ended.description)")
      throw ExitStatus(rawValue: ended.status) ?? .refused
    }
  }

  private func compare(_ pair: BuildPair, _ range: String, _ threshold: FixedDecimal) throws {
    let shared = ["--profile", profile] + overrides.flatMap { ["--set", $0] }
    let chosen = protocolNames.map { ["--protocol", $0] } ?? []
    let arguments = (names.isEmpty ? ["commit-latency"] : names) + chosen + shared
    let bar = ProgressBar("compare", total: max(1, pairs), unit: "pairs")
    var rows: [PairRow] = []
    var first: (base: ResultTables, head: ResultTables)?
    while rows.count < max(1, pairs), !Interruption.isAsked {
      guard let (base, head) = try measure(pair, arguments, isBaseFirst: rows.count.isMultiple(of: 2)) else { break }
      guard let time = BuildPair.times(base, head) else {
        throw InputError("--build \(range): the two commits have no configuration of these experiments in common")
      }
      if first == nil { first = (base, head) }
      rows.append(PairRow(rows.count + 1, base: time.base, head: time.head))
      bar.update(rows.count)
    }
    bar.finish()
    guard let first else { throw ExitStatus.interrupted }
    do throws(FileError) { if let times { try AtomicFile.write(PairRow.encode(rows), to: times) } } catch {
      throw InputError(error.description)
    }
    var random = RandomSource(seed: 1, stream: 0)
    let report = BuildReport(
      // One toolchain has built both, the same way.
      exact: ResultComparison.compare(baseline: first.base, found: first.head, sameBuild: true),
      parting: Interruption.isAsked ? nil : try pair.parting(first.base, first.head, shared),
      cost: pairs == 0
        ? nil : PairedComparison(rows.map { ($0.base, $0.head) }, threshold: threshold, using: &random))
    try output.give(report)
    if Interruption.isAsked {
      Terminal.say("interrupted after \(rows.count) of \(pairs) pairs")
      throw ExitStatus.interrupted
    }
    if let status = ExitStatus(of: report.exact.result, report.cost?.verdict) { throw status }
  }

  /// Whoever comes second finds a warmer machine: they take turns. Nil: somebody wants it to end.
  private func measure(
    _ pair: BuildPair, _ arguments: [String], isBaseFirst: Bool
  ) throws -> (base: ResultTables, head: ResultTables)? {
    func result(_ side: Checkout) throws -> ResultTables? {
      do { return try pair.measure(side, arguments) } catch  where Interruption.isAsked { return nil }
    }
    let one = try result(isBaseFirst ? pair.base : pair.head)
    guard let one, !Interruption.isAsked, let other = try result(isBaseFirst ? pair.head : pair.base) else {
      return nil
    }
    return isBaseFirst ? (one, other) : (other, one)
  }
}

extension ExitStatus {
  /// Nil: nothing differs.
  init?(of result: GateResult) {
    switch result {
    case .holds: return nil
    case .regression: self = .failed
    case .improvement: self = .stale
    case .mismatch: self = .refused
    }
  }
  /// Nil: no difference that matters.
  init?(of verdict: PairedComparison.Verdict) {
    switch verdict {
    case .noDifference: return nil
    case .slower: self = .failed
    case .inconclusive: self = .unknown
    case .faster: self = .stale
    }
  }
  /// Of both: what is worse comes before what cannot be compared or known, and that before what is better.
  init?(of result: GateResult, _ verdict: PairedComparison.Verdict?) {
    let found = [ExitStatus(of: result), verdict.flatMap { ExitStatus(of: $0) }].compactMap(\.self)
    let order: [ExitStatus] = [.failed, .refused, .unknown, .stale]
    guard let status = order.first(where: found.contains) else { return nil }
    self = status
  }
}
