import ArgumentParser
import Harness
import Measurement

struct TortureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "torture", abstract: "Random faults over many seeds, with every invariant on.",
    discussion: """
      Each seed crashes, pauses, partitions and loses for 20 virtual seconds, then heals everything and demands that the \
      cluster agrees and serves all clients again. Exit codes: 0 no violation; 1 a violation, with the command that repeats \
      it; 5 something that should have happened never did, so that it was not tested: more seeds make up for it. The first \
      failures are shrunk: what is not needed to fail alike is left out, and the rest written down as a schedule for 'replay'.
      """)

  @Option(name: .customLong("protocol"), help: ArgumentHelp("Only these, separated by commas.", valueName: "names"))
  var protocolNames: String?
  @Option(help: ArgumentHelp("From the first to the last.", valueName: "a..b")) var seeds = "1..100"
  @Option(help: "Seeds from the first on, for so long, instead of to the last.") var minutes: Double?
  @Option(help: ArgumentHelp("Cluster sizes, separated by commas.", valueName: "sizes")) var replicas = "3,5"
  @Option(help: "Threads.") var jobs = 1
  @Option(help: ArgumentHelp("Plants this bug, and stops when a check finds it. In test builds.", valueName: "id"))
  var mutant: String?
  @Flag(help: "Plants every known bug in turn, and prints what finds it after how many seeds. In test builds.")
  var allMutants = false
  @Flag(inversion: .prefixedNo, help: "Makes the first failures small, and writes them down.") var shrink = true
  @Option(help: ArgumentHelp("Where these schedules are written.", valueName: "folder"))
  var schedules = "torture-failures"
  @Option(help: ArgumentHelp("Writes every run whose cluster could not serve again, and why.", valueName: "file"))
  var unrecoverable: String?

  func validate() throws {
    if !(1...256).contains(jobs) { throw ValidationError("--jobs: between 1 and 256") }
    if mutant != nil, allMutants { throw ValidationError("--mutant and --all-mutants: one of them") }
    if unrecoverable != nil, mutant != nil || allMutants {
      throw ValidationError("--unrecoverable: a hunt for a mutant does not count them")
    }
    if let minutes, !(minutes > 0 && minutes <= 10_000) { throw ValidationError("--minutes: above 0, at most 10000") }
  }

  func run() throws {
    let variants = try chosen()
    let range = try seedRange()
    let sizes = try replicas.split(separator: ",", omittingEmptySubsequences: false).map { text throws in
      guard let size = Int(text), (2...64).contains(size) else {
        throw InputError("--replicas \(replicas): '\(text)' is not a number between 2 and 64")
      }
      return size
    }
    if mutant != nil || allMutants { return try hunt(range, sizes) }
    let unrecoverableFile = try unrecoverable.map { try LineFile($0) }
    let end = minutes.map { ContinuousClock.now + .seconds($0 * 60) }
    let runs = end == nil ? Int(range.count) * variants.count * sizes.count : nil
    let bar = ProgressBar("torture", total: runs, unit: "runs")
    Interruption.watch()
    let costBefore = ProcessCost.now()
    let tallies = TortureRun(.init(variants: variants, replicas: sizes, seeds: range, jobs: jobs)).run(
      isCancelled: { Interruption.isAsked || end.map { ContinuousClock.now >= $0 } ?? false },
      progress: { count, failure in
        if let failure {
          bar.finish()
          Terminal.say(Self.text(failure))
        }
        bar.update(count)
      })
    bar.finish()
    let cost = ProcessCost.now().cpu - costBefore.cpu
    for tally in tallies { print(Self.text(tally)) }
    for tally in tallies { for run in tally.unrecoverable { unrecoverableFile?.write("\(tally.variant): \(run)") } }
    try unrecoverableFile?.close()
    print(Self.speed(tallies, processorTime: cost))
    if shrink { try writeSchedules(of: tallies.flatMap(\.failures), among: variants) }
    if tallies.contains(where: { !$0.failures.isEmpty }) { throw ExitStatus.failed }
    if Interruption.isAsked { throw ExitStatus.interrupted }
    if tallies.contains(where: { !$0.unmet.isEmpty || $0.weakness != nil }) { throw ExitStatus.void }
  }

  func chosen() throws -> [ProtocolVariant] {
    guard let protocolNames else { return ProtocolCatalogue.all.filter { $0.fixedReplicas == nil } }
    let variants = try ProtocolCatalogue.named(protocolNames)
    if let single = variants.first(where: { $0.fixedReplicas != nil }) {
      throw InputError("--protocol \(single.name): has no peers to lose; torture needs a replicated protocol")
    }
    return variants
  }

  private func seedRange() throws -> ClosedRange<UInt64> {
    let ends = seeds.split(separator: ".", omittingEmptySubsequences: true).map { UInt64($0) }
    let single = ends.count == 1 && !seeds.contains(".")
    guard let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last, last - first < 1 << 40,
      single || (ends.count == 2 && seeds == "\(first)..\(last)")
    else { throw InputError("--seeds \(seeds): write two whole numbers, the smaller first, such as 1..100") }
    return first...(minutes == nil ? last : .max - 1)
  }

  static func text(_ failure: TortureRun.Failure, mutant: String? = nil) -> String {
    let reasons = failure.report.violations.prefix(3).map { "  \($0)" }
    return
      (["\(failure.report.verdict.rawValue): \(failure.variant), \(failure.replicas) replicas, seed \(failure.seed)"]
      + reasons
      + [
        "  again: consensus-bench replay --protocol \(failure.variant) --replicas \(failure.replicas) --seed \(failure.seed)"
          + (mutant.map { " --mutant \($0)" } ?? "")
      ]).joined(separator: "\n")
  }

  /// The rest is counted.
  private static var namedAtMost: Int { 10 }

  private static func text(_ tally: TortureRun.Tally) -> String {
    let median = tally.median
    var lines = [
      "\(tally.variant): \(tally.runs) runs, \(tally.failures.count) violated, \(tally.time / 1_000_000_000) virtual seconds, "
        + "\(tally.events) events",
      "  median run: \(median.span / 1_000_000_000) s of faults, \(median.operations) operations, \(median.faults) faults",
      "  struck: " + tally.struck.map { "\($0.word) \($0.count)" }.joined(separator: ", "),
      "  met: " + tally.coverage.map { "\($0.name) \($0.count)" }.joined(separator: ", "),
    ]
    if !tally.exempt.isEmpty {
      lines.append("  not demanded of all, and why:")
      lines += tally.exempt.map { "    \($0.runs) runs: \($0.reason)" }
    }
    if !tally.unrecoverable.isEmpty {
      lines.append("  \(tally.unrecoverable.count) runs whose cluster could not serve again:")
      lines += tally.unrecoverable.prefix(namedAtMost).map { "    \($0)" }
      let rest = tally.unrecoverable.count - namedAtMost
      if rest > 0 { lines.append("    and \(rest) more; --unrecoverable writes all to a file") }
    }
    if !tally.unmet.isEmpty { lines.append("  NEVER MET, so not tested: \(tally.unmet.joined(separator: ", "))") }
    if let weakness = tally.weakness { lines.append("  TOO WEAK: \(weakness)") }
    return lines.joined(separator: "\n")
  }
}
