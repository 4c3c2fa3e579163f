import ArgumentParser
import Foundation
import Harness
import Measurement
import Verification

extension NodeFile.DiskKind: ExpressibleByArgument {}

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
      case .memory: "real time, one thread, no sockets and no disk: the cost of the algorithm itself"
      case .tcp: "real time, one process per replica, TCP and disks of this machine"
      }
    }
    var runMode: RunMode {
      switch self {
      case .sim: .sim
      case .memory: .memory
      case .tcp: .tcp
      }
    }
  }

  @Argument(help: "Names of experiments, or paths of experiment files.") var names: [String] = []
  @Option(
    name: .customLong("protocol"),
    help: ArgumentHelp("Of the protocols that an experiment lists only these, with commas between.", valueName: "names")
  )
  var protocolNames: String?
  @Option(help: "How it runs: in virtual time, or in real time.") var mode = Mode.sim
  @Option(help: ArgumentHelp("Instead of the environment that an experiment names.", valueName: "name"))
  var environment: String?
  @Option(help: "The part of 'profiles' to use: quick or full.") var profile = "quick"
  // A number below zero is a value that is refused, and no option.
  @Option(parsing: .unconditional, help: "All randomness comes from it.", transform: Seed.parse) var seed: UInt64 = 1
  @Option(
    parsing: .unconditional,
    help: "Trials of each configuration, instead of the experiment's number; with a precision, the most.")
  var trials: Int?
  @Option(
    help: ArgumentHelp(
      "Ends the trials of a configuration when the relative error of its headline number is below this, such as 5%; or none.",
      valueName: "error"))
  var precision: String?
  @Option(parsing: .unconditional, help: "Only this trial, counted from 0.") var trial: Int?
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Overrides a key of the experiments; repeatable.", valueName: "path=value"))
  var overrides: [String] = []
  @Option(parsing: .unconditional, help: "Threads; costs are counted only with one.") var jobs = 1
  @Option(help: ArgumentHelp("Only this part of the configurations, such as 1/4; see 'merge'.", valueName: "i/n"))
  var shard: String?
  @Option(help: "The folder for the results (default: Results/runs/ and the experiment's or the profile's name).")
  var out: String?
  @Option(help: ArgumentHelp("Writes the client history of one run.", valueName: "file")) var history: String?
  @Option(help: ArgumentHelp("Writes every event of one run.", valueName: "file")) var trace: String?
  @Option(help: ArgumentHelp("With this bug planted. In test builds.", valueName: "id")) var mutant: String?
  @Option(
    help: ArgumentHelp(
      "Of mode tcp, what a crash leaves: system (all that was written), volatile (only what was synced), or lying (nothing, because syncs are lost: a run must then fail).",
      valueName: "kind"))
  var disk = NodeFile.DiskKind.system
  @Option(
    name: .customLong("cluster"),
    help: ArgumentHelp(
      "Of mode tcp, measures the cluster that this file describes and others run, instead of starting one.",
      valueName: "file"))
  var clusterFile: String?
  @Flag(help: "Draws the charts at the end.") var plot = false
  @Flag(help: "Reads and checks everything, says what would be run, and runs and writes nothing.") var dryRun = false

  func validate() throws {
    if let trials, !(1...10_000_000).contains(trials) { throw ValidationError("--trials: between 1 and 10000000") }
    if let trial, !(0..<10_000_000).contains(trial) { throw ValidationError("--trial: between 0 and 9999999") }
    if !(1...256).contains(jobs) { throw ValidationError("--jobs: between 1 and 256") }
    if let trial, let trials, trial >= trials { throw ValidationError("--trial \(trial): there are only \(trials)") }
    if trial != nil, precision != nil { throw ValidationError("--trial is one trial: --precision does not go with it") }
    if let shard {
      if Shard(shard) == nil { throw ValidationError("--shard \(shard): write i/n with i from 1 to n, such as 1/4") }
      if plot { throw ValidationError("--shard runs a part: merge all parts, then draw them with 'plot'") }
    }
    if trace != nil || history != nil {
      if plot || out != nil || trials != nil || precision != nil || shard != nil || dryRun {
        throw ValidationError(
          "--trace and --history record one run: --plot, --out, --trials, --precision, --shard and --dry-run do not go "
            + "with them")
      }
      if trace == history { throw ValidationError("--trace and --history cannot share a file") }
    }
    if out == "" { throw ValidationError("--out: names no folder") }
    if disk != .system, mode != .tcp { throw ValidationError("--disk: of mode tcp only") }
    if clusterFile != nil {
      if mode != .tcp { throw ValidationError("--cluster: of mode tcp only") }
      if disk != .system { throw ValidationError("--disk: a running cluster has the disks that it has") }
    }
    if mode != .sim {
      if jobs > 1 {
        throw ValidationError("--mode \(mode.rawValue) measures real time, one run after the other: no --jobs")
      }
      if trace != nil { throw ValidationError("--trace: of mode sim only; real time does not come back") }
    }
  }

  func run() throws {
    try Mutants.plant(mutant)
    let suite = try SuiteFolder.located()
    let experiments = try load(suite)
    let points = experiments.flatMap(\.points)
    try ChartDrawer(suite).requireScripts(of: experiments)
    if plot { try ChartDrawer(suite).require(experiments) }
    if history != nil || trace != nil { return try recordOne(points) }

    let shard = shard.flatMap { Shard($0) }
    if let shard, shard.count > points.count {
      throw InputError("--shard \(shard): there are only \(points.count) configurations")
    }
    let part = shard?.part(of: experiments) ?? experiments
    let folder = ResultFolder(out ?? suite.path(place(experiments, shard)), provenance(experiments, shard, suite))
    if !dryRun { try folder.begin() }
    for chart in experiments.flatMap(\.omittedCharts) { Terminal.say("note: \(chart)") }
    let run = ExperimentRun(
      .init(experiments: part, seed: seed, onlyTrial: trial, jobs: jobs, place: place(folder.path)))
    print(RunHead(part).text)
    if clusterFile != nil {
      Terminal.say(
        "note: a running cluster is seen from outside: its commits, frames, writes, elections, processes and final states are not, "
          + "and stay empty or 0")
    }
    if dryRun { return print(RunHead(part).plan(run.start, into: folder.path)) }
    let bar = ProgressBar("run", total: run.start.most, unit: "trials")
    let trouble = Latch<FileError>()
    Interruption.watch()
    let outcome = run.run(
      isCancelled: { Interruption.isAsked || trouble.isSet },
      progress: { bar.update($0.finished, atMost: $0.most, isExact: !$0.isAtMost, share: $0.share) },
      save: { tables in
        do throws(FileError) { try folder.save(tables) } catch { trouble.set(error) }
      })
    bar.finish()
    if let error = trouble.value { throw InputError(error.description) }
    do throws(FileError) { try folder.finish(outcome.tables, isComplete: !outcome.isInterrupted) } catch {
      throw InputError(error.description)
    }
    try finish(outcome, folder.path, part, shard, suite)
  }

  /// Where results go unless --out says otherwise.
  private func place(_ experiments: [Experiment], _ shard: Shard?) -> String {
    let suffix = shard.map { "-shard-\($0.index)-of-\($0.count)" } ?? ""
    return "Results/runs/\(names.count == 1 ? experiments[0].name : profile)\(suffix)"
  }

  private func provenance(_ experiments: [Experiment], _ shard: Shard?, _ suite: SuiteFolder) -> Provenance {
    let notes = experiments.map {
      Provenance.ExperimentNote(name: $0.name, question: $0.question, charts: $0.charts)
    }
    let plan = Provenance.Plan(experiments, seed: seed, profile: profile, onlyTrial: trial)
    return .current(folder: suite.root, experiments: notes, plan: plan, shard: shard)
  }

  private func load(_ suite: SuiteFolder) throws -> [Experiment] {
    let cluster = try clusterFile.map { try NodeFile(path: $0) }
    let chosen = try protocols(of: cluster)
    let overrides = try overrides.map { text throws in
      guard let equals = text.firstIndex(of: "=") else {
        throw InputError("--set \(text): write path=value, such as --set link.loss=1%")
      }
      return (path: String(text[..<equals]), value: String(text[text.index(after: equals)...]))
    }
    let all = names.isEmpty ? try Experiment.names(in: suite.benchmarks) : names
    let experiments = try all.compactMap { name -> Experiment? in
      do throws(InputError) { return try load(name, suite, chosen, overrides, cluster) } catch {
        // Of all experiments those that need what is only simulated are left out; one that is asked for by name is refused.
        guard names.isEmpty, mode != .sim else { throw error }
        Terminal.say("note: \(name) is left out: \(error.description)")
        return nil
      }
    }
    for (index, experiment) in experiments.enumerated()
    where experiments[..<index].contains(where: { $0.name == experiment.name }) {
      throw InputError("experiment '\(experiment.name)' is given twice")
    }
    let points = experiments.flatMap(\.points)
    if let absent = chosen?.first(where: { name in !points.contains { $0.variant.name == name } }) {
      let origin = protocolNames == nil ? "the running cluster's protocol" : "--protocol"
      throw InputError("\(origin) \(absent): takes part in none of \(all.joined(separator: ", "))")
    }
    for (path, value) in overrides where points.allSatisfy({ $0.ignores(path) }) {
      let reason = points.first?.obstacle(to: path) ?? "the other values"
      throw InputError("--set \(path)=\(value): has no effect with \(reason)")
    }
    return experiments.filter { !$0.points.isEmpty }
  }

  /// Of the protocols that experiments list only these; nil: all.
  private func protocols(of cluster: NodeFile?) throws -> [String]? {
    let chosen = try protocolNames.map { try ProtocolCatalogue.named($0).map(\.name) }
    guard let own = cluster?.variant.name else { return chosen }
    if let other = chosen?.first(where: { $0 != own }) {
      throw InputError("--protocol \(other): the running cluster runs \(own)")
    }
    return [own]
  }

  /// Journals go where results go, whose disk is known to be one.
  private func place(_ folder: String) -> ClusterPlace? {
    mode == .tcp
      ? ClusterPlace(program: Bundle.main.executablePath ?? CommandLine.arguments[0], folder: folder, disk: disk) : nil
  }

  private func load(
    _ name: String, _ suite: SuiteFolder, _ chosen: [String]?, _ overrides: [(path: String, value: String)],
    _ cluster: NodeFile?
  ) throws(InputError) -> Experiment {
    try Experiment.load(
      name, in: suite.benchmarks, environment: environment, profile: profile, overrides: overrides, protocols: chosen,
      trials: trials, precision: precision, catalogue: ProtocolCatalogue.all, mode: mode.runMode,
      cluster: cluster)
  }

  private func finish(
    _ outcome: ExperimentRun.Outcome, _ folder: String, _ experiments: [Experiment], _ shard: Shard?,
    _ suite: SuiteFolder
  ) throws {
    print(RunReport(experiments, outcome.tables, shard: shard, in: suite).text)
    print("results  \(folder)")
    var isDrawn = true
    if plot, outcome.complete > 0, experiments.contains(where: { !$0.charts.isEmpty }),
      outcome.failures.isEmpty || outcome.tables.summary.contains(where: { $0.verdict == .ok })
    {
      do { isDrawn = try PlotCommand.draw(folder, into: folder + "/charts", suite) } catch let error as InputError {
        Terminal.say("error: \(error.description)")
        isDrawn = false
      }
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
    if let status = ExitStatus(of: outcome.tables) { throw status }
    // In a trial that a precision did not need, begun by another thread: in no file, and a violation all the same.
    if outcome.failures.contains(where: { $0.report.verdict == .violated }) { throw ExitStatus.failed }
    if !isDrawn { throw ExitStatus.refused }
  }

  private func text(_ failure: ExperimentRun.Failure, _ source: String) -> String {
    let reasons = failure.report.violations.prefix(3).map { "  \($0)" }
    let reason = reasons.isEmpty ? ["  the cluster never came to serve"] : reasons
    let point = failure.point
    var command = "consensus-bench run \(source.shellQuoted)"
    command += " --protocol \(point.variant.name) --profile \(profile) --seed \(seed) --trial \(failure.trial)"
    if let environment { command += " --environment \(environment.shellQuoted)" }
    for text in overrides + point.sweptAssignments {
      command += " --set '\(text)'"
    }
    if disk != .system { command += " --disk \(disk.rawValue)" }
    if mode != .sim { command += " --mode \(mode.rawValue)" }
    if let clusterFile { command += " --cluster \(clusterFile.shellQuoted)" }
    return
      (["\(failure.report.verdict.rawValue): \(point.experiment), \(point.variant.name), trial \(failure.trial)"]
      + reason + [
        mode == .sim ? "  again, with every event: \(command) --trace trace.jsonl" : "  once more: \(command)"
      ]).joined(separator: "\n")
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
    let one = point.record(
      seed: seed, trial: trial ?? 0, trace: traceFile.map { file in { file.write($0) } },
      place: place(FileManager.default.currentDirectoryPath))
    historyFile?.write(text: History.encode(one.history))
    try traceFile?.close()
    try historyFile?.close()
    print("\(one.report.verdict.rawValue), hash \(one.hash)")
    for violation in one.report.violations { print("  \(violation)") }
    switch one.report.verdict {
    case .ok: return
    case .violated: throw ExitStatus.failed
    case .unknown: throw ExitStatus.unknown
    case .unchecked, .void: throw ExitStatus.void
    }
  }
}
