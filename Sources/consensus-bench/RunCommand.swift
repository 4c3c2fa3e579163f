import ArgumentParser
import Foundation
import Harness
import Measurement
import Verification

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Runs experiments, checks every run, and writes CSV.",
    discussion: """
      Without names: every experiment. What an earlier run left in the same folder is replaced. Ctrl-C keeps the \
      configurations that are complete, and ends with exit code 130.
      """)

  enum Mode: String, CaseIterable, ExpressibleByArgument {
    case sim, memory, tcp

    var summary: String {
      switch self {
      case .sim: "virtual time, one thread, every bit reproducible"
      case .memory: "one process in real time, no sockets: not in this version"
      case .tcp: "one process per replica over TCP: not in this version"
      }
    }
  }

  @Argument(help: "Names of experiments, or paths of experiment files.") var names: [String] = []
  @Option(
    name: .customLong("protocol"),
    help: ArgumentHelp("Of the protocols that an experiment lists only these, with commas between.", valueName: "names")
  )
  var protocolNames: String?
  @Option(help: "How it runs; only sim so far.") var mode = Mode.sim
  @Option(help: ArgumentHelp("Instead of the environment that an experiment names.", valueName: "name"))
  var environment: String?
  @Option(help: "The part of 'profiles' to use: quick or full.") var profile = "quick"
  @Option(help: "All randomness comes from it.") var seed: UInt64 = 1
  @Option(help: "Trials of each configuration, instead of the experiment's number.") var trials: Int?
  @Option(help: "Only this trial, counted from 0.") var trial: Int?
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Overrides a key of the experiments; repeatable.", valueName: "path=value"))
  var overrides: [String] = []
  @Option(help: "Threads; costs are counted only with one.") var jobs = 1
  @Option(help: "The folder for the results (default: Results/runs/ and the experiment's or the profile's name).")
  var out: String?
  @Option(help: ArgumentHelp("Writes the client history of one run.", valueName: "file")) var history: String?
  @Option(help: ArgumentHelp("Writes every event of one run.", valueName: "file")) var trace: String?
  @Flag(help: "Draws the charts at the end.") var plot = false

  func validate() throws {
    if let trials, !(1...10_000_000).contains(trials) { throw ValidationError("--trials: between 1 and 10000000") }
    if let trial, !(0..<10_000_000).contains(trial) { throw ValidationError("--trial: between 0 and 9999999") }
    if !(1...256).contains(jobs) { throw ValidationError("--jobs: between 1 and 256") }
    if let trial, let trials, trial >= trials { throw ValidationError("--trial \(trial): there are only \(trials)") }
    if trace != nil || history != nil {
      if plot || out != nil || trials != nil {
        throw ValidationError("--trace and --history record one run: --plot, --out and --trials do not go with them")
      }
      if trace == history { throw ValidationError("--trace and --history cannot share a file") }
    }
    if out == "" { throw ValidationError("--out: names no folder") }
    if mode != .sim { throw ValidationError("--mode \(mode.rawValue): \(mode.summary); use sim") }
  }

  func run() throws {
    let suite = try SuiteFolder.located()
    let experiments = try load(suite)
    let points = experiments.flatMap(\.points)
    if plot { try ChartDrawer(suite).require(experiments) }
    if history != nil || trace != nil { return try recordOne(points) }

    let folder = out ?? suite.path("Results/runs/\(names.count == 1 ? experiments[0].name : profile)")
    try begin(folder, experiments, suite)
    print(Parity(points.flatMap(\.rows)).text)
    let plan = ExperimentRun.Plan(experiments: experiments, seed: seed, onlyTrial: trial, jobs: jobs)
    let bar = ProgressBar("run", total: plan.trialCount, unit: "trials")
    let trouble = Latch<FileError>()
    Interruption.watch()
    let outcome = ExperimentRun(plan).run(
      isCancelled: { Interruption.isAsked || trouble.isSet },
      progress: { bar.update($0) },
      save: { tables in
        do throws(FileError) { try tables.write(to: folder) } catch { trouble.set(error) }
      })
    bar.finish()
    if let error = trouble.value { throw InputError(error.description) }
    try finish(outcome, folder, experiments, suite)
  }

  private func load(_ suite: SuiteFolder) throws -> [Experiment] {
    let chosen = try protocolNames.map { try ProtocolCatalogue.named($0).map(\.name) }
    let overrides = try overrides.map { text throws in
      guard let equals = text.firstIndex(of: "=") else {
        throw InputError("--set \(text): write path=value, such as --set link.loss=1%")
      }
      return (path: String(text[..<equals]), value: String(text[text.index(after: equals)...]))
    }
    let all = names.isEmpty ? try Experiment.names(in: suite.benchmarks) : names
    let experiments = try all.map {
      try Experiment.load(
        $0, in: suite.benchmarks, environment: environment, profile: profile, overrides: overrides, protocols: chosen,
        trials: trials,
        catalogue: ProtocolCatalogue.all)
    }
    for (index, experiment) in experiments.enumerated()
    where experiments[..<index].contains(where: { $0.name == experiment.name }) {
      throw InputError("experiment '\(experiment.name)' is given twice")
    }
    let points = experiments.flatMap(\.points)
    if let absent = chosen?.first(where: { name in !points.contains { $0.variant.name == name } }) {
      throw InputError("--protocol \(absent): takes part in none of \(all.joined(separator: ", "))")
    }
    for (path, value) in overrides where points.allSatisfy({ $0.ignores(path) }) {
      throw InputError("--set \(path)=\(value): has no effect with the other values")
    }
    return experiments.filter { !$0.points.isEmpty }
  }

  /// Writes where the results will come from; whoever cannot write here learns it before anything has run.
  private func begin(_ folder: String, _ experiments: [Experiment], _ suite: SuiteFolder) throws {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw InputError("\(folder): this folder cannot be made: something in its path is no folder, or not writable")
    }
    let notes = experiments.map {
      Provenance.ExperimentNote(name: $0.name, question: $0.question, charts: $0.charts)
    }
    do throws(FileError) {
      try Provenance.current(folder: suite.root, experiments: notes).write(to: folder)
      // What an earlier run left there is not this run's.
      try ResultTables().write(to: folder)
    } catch { throw InputError(error.description) }
  }

  private func finish(
    _ outcome: ExperimentRun.Outcome, _ folder: String, _ experiments: [Experiment], _ suite: SuiteFolder
  ) throws {
    print(RunReport(experiments, outcome.tables).text)
    print("results  \(folder)")
    if plot, outcome.complete > 0,
      outcome.failures.isEmpty || outcome.tables.summary.contains(where: { $0.verdict == .ok })
    {
      try PlotCommand.draw(folder, into: folder + "/charts", suite)
    }
    for failure in outcome.failures.prefix(10) {
      let source = experiments.first { $0.name == failure.point.experiment }?.source
      Terminal.say(text(failure, source ?? failure.point.experiment))
    }
    if outcome.failures.count > 10 { Terminal.say("… and \(outcome.failures.count - 10) more void trials") }
    if outcome.isInterrupted {
      Terminal.say(
        "interrupted: \(outcome.complete) of \(outcome.configurations) configurations are complete, and kept")
      throw ExitStatus.interrupted
    }
    let verdicts = Set(outcome.failures.map(\.report.verdict))
    if verdicts.contains(.violated) { throw ExitStatus.failed }
    if verdicts.contains(.unchecked) { throw ExitStatus.void }
    if verdicts.contains(.unknown) { throw ExitStatus.unknown }
  }

  private func text(_ failure: ExperimentRun.Failure, _ source: String) -> String {
    let reasons = failure.report.violations.prefix(3).map { "  \($0)" }
    let reason = reasons.isEmpty ? ["  the cluster never came to serve"] : reasons
    let point = failure.point
    var command = "consensus-bench run \(quoted(source))"
    command += " --protocol \(point.variant.name) --profile \(profile) --seed \(seed) --trial \(failure.trial)"
    if let environment { command += " --environment \(quoted(environment))" }
    for text in overrides + point.sweptAssignments {
      command += " --set '\(text)'"
    }
    return
      (["\(failure.report.verdict.rawValue): \(point.experiment), \(point.variant.name), trial \(failure.trial)"]
      + reason + ["  again, with every event: \(command) --trace trace.jsonl"]).joined(separator: "\n")
  }

  /// As a shell takes it.
  private func quoted(_ text: String) -> String {
    let plain = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-/=%:".contains($0)) }
    return plain ? text : "'" + text.replacing("'", with: "'\\''") + "'"
  }

  // MARK: One run in full

  private func recordOne(_ points: [ExperimentPoint]) throws {
    guard points.count == 1, let point = points.first else {
      throw InputError(
        "--trace and --history record one run, and this is \(points.count) configurations; choose one with --protocol "
          + "and --set")
    }
    let traceFile = try trace.map { try LineFile($0) }
    let historyFile = try history.map { try LineFile($0) }
    let one = point.record(seed: seed, trial: trial ?? 0, trace: traceFile.map { file in { file.write($0) } })
    historyFile?.write(text: History.encode(one.history))
    try traceFile?.close()
    try historyFile?.close()
    print("\(one.report.verdict.rawValue), hash \(one.hash)")
    for violation in one.report.violations { print("  \(violation)") }
    switch one.report.verdict {
    case .ok: return
    case .violated: throw ExitStatus.failed
    case .unknown: throw ExitStatus.unknown
    case .unchecked: throw ExitStatus.void
    }
  }
}
