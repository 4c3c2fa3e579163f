import Measurement

/// What must be known of a result beside its numbers: what was checked, what is void and why, and what it cannot say.
struct ResultNotes {
  private let tables: ResultTables
  private let provenance: Provenance
  let modes: [RunMode]

  init(_ tables: ResultTables, _ provenance: Provenance) {
    self.tables = tables
    self.provenance = provenance
    modes = RunMode.allCases.filter { mode in tables.configurations.contains { $0.mode == mode } }
  }

  /// Whether the cluster ran already, and is seen from outside.
  private var isOfOthers: Bool {
    provenance.commandLine.contains { $0 == "--cluster" || $0.hasPrefix("--cluster=") }
  }

  /// Where the numbers come from.
  var origin: String {
    let host = provenance.host
    let machine = "\(host.processor), \(AnswerText.count(host.cores, "core", "cores")), \(host.kernel)"
    let texts = modes.map { mode in
      switch mode {
      case .sim: "Simulated in virtual time: the same seed and inputs give the same numbers on every machine."
      case .memory: "Measured in real time in one process, on \(machine)."
      case .tcp where isOfOthers: "Measured in real time over TCP: clients on \(machine), of a cluster that others run."
      case .tcp: "Measured in real time over TCP, replicas and clients on one machine: \(machine)."
      }
    }
    return texts.joined(separator: " ")
  }

  // MARK: Verdicts

  var verdict: String {
    let void = tables.summary.count { $0.verdict != .ok }
    let text =
      void == 0
      ? "All \(Humane.count(tables.summary.count)) runs were verified."
      : "\(Humane.count(void)) of \(Humane.count(tables.summary.count)) runs are void and left out."
    return text + (SearchesGivenUp(tables.summary).text.map { " \($0)." } ?? "")
  }

  /// What each name in the column `checked` stands for.
  private static let meanings = [
    ("protocol", "the protocol's own invariants, after every step of a replica"),
    ("durability", "what a message promises survives a crash"),
    ("log", "replicas execute one log, of commands that clients submitted, in its order"),
    ("replies", "every reply is that of a chosen command"),
    ("exactly-once", "an acknowledged operation is in the log once"),
    ("real-time", "what was answered before another operation was asked stands before it"),
    ("final-states", "every replica ends with the log's state"),
    ("linearizability", "a search that knows no log explains the clients' history"),
    ("load", "the generator drove the load that was asked for"),
  ]

  /// Each check with the verified runs that had it.
  var checks: TextTable {
    let verified = tables.summary.filter { $0.verdict == .ok }
    var counts: [String: Int] = [:]
    for row in verified { for name in row.checked.split(separator: " ") { counts[String(name), default: 0] += 1 } }
    var table = TextTable([("check", .left), ("meaning", .left), ("verified runs", .right), ("of", .right)])
    for (name, meaning) in Self.meanings {
      table.add([name, meaning, Humane.count(counts[name] ?? 0), Humane.count(verified.count)])
    }
    return table
  }

  /// Runs that are not verified, each with what its verdict means and the command that shows it again.
  var void: [(name: String, reason: String, command: String)] {
    let citation = Citation(provenance, modes: modes)
    return SummaryRow.sorted(tables.summary.filter { $0.verdict != .ok }).map { row in
      let inputs = tables.configurations.filter {
        $0.subject == row.run.subject && $0.isSwept && $0.key != ExperimentPoint.faultsKey
      }.map { "\($0.key)=\($0.value)" }
      let name = ([row.run.subject.experiment, row.run.subject.protocolName] + inputs).joined(separator: " ")
      return (
        "\(name), trial \(row.run.trial)", "\(row.verdict.rawValue): \(Self.reason(row))",
        citation.command(row.run, inputs)
      )
    }
  }

  private static func reason(_ row: SummaryRow) -> String {
    switch row.verdict {
    case .ok: "nothing is wrong"
    case .violated: "\(AnswerText.count(row.violations, "check does", "checks do")) not hold"
    case .unknown: "the search for an explanation was given up"
    case .unchecked: "the cluster never came to serve"
    case .void: "nothing is violated, but the load was not the one asked for"
    }
  }

  // MARK: Limitations

  /// Those that follow from the data, and then those of every result.
  var limitations: [String] { partial + ofData + (modes.contains(.sim) ? Self.ofSimulation : []) + Self.always }

  private var partial: [String] {
    [
      provenance.part.map { "Only a part: \($0)." },
      provenance.isDirty == true
        ? "The checkout had changes, so that the commit alone does not give these numbers." : nil,
    ].compactMap(\.self)
  }

  private var ofData: [String] {
    let verified = tables.summary.filter { $0.verdict == .ok }
    let elections = tables.elections.filter { $0.verdict == .ok }
    let censored = elections.count { $0.isCensored }
    let unanswered = verified.reduce(0) { $0 + $1.unanswered + $1.failed }
    let tails = Set(
      tables.latency.filter { $0.metric == .client && $0.quantile == .percent(99) }.map(\.subject.configuration))
    let subjects = Set(verified.map(\.run.subject.configuration))
    let thin = subjects.subtracting(tails).count
    let configurations = AnswerText.count(subjects.count, "configuration", "configurations")
    let imprecise = tables.precision.count { $0.isMet == false }
    return [
      isOfOthers
        ? "The cluster was seen from outside: what its replicas did, from commits to elections, is not measured and not checked."
        : nil,
      modes.contains { $0 != .sim } && !isOfOthers
        ? "Measured on one machine, on which replicas and clients share processors and disk: another gives other numbers."
        : nil,
      SearchesGivenUp(verified).text.map { "\($0)." },
      censored > 0
        ? "In \(Humane.count(censored)) of \(AnswerText.count(elections.count, "fail-over", "fail-overs")) no client was served "
          + "again before the run ended: they are in no mean." : nil,
      unanswered > 0
        ? "\(AnswerText.count(unanswered, "operation", "operations")) failed or stayed without an answer, and count in "
          + "percentiles as the clients' timeout at least." : nil,
      thin > 0
        ? "Of \(Humane.count(thin)) of \(configurations) no 99th percentile is given, because fewer than "
          + "\(Distribution.samplesAbove) operations lie above it." : nil,
      imprecise > 0
        ? "\(Humane.count(imprecise)) of \(configurations) did not reach the precision that was asked for." : nil,
    ].compactMap(\.self)
  }

  private static let ofSimulation = [
    "The processor's costs in the simulator are placeholders, the same for every protocol: where a curve saturates follows from them.",
    "Simulated streams have no fast retransmission, and simulated disks write in the time that the inputs say.",
  ]
  private static let always = [
    "Reads go through the log and cost what writes cost.",
    "Clusters are fixed: no replica is added or removed.",
    "Inputs marked “chosen” in Benchmarks/environment.yaml have no source.",
  ]
}
