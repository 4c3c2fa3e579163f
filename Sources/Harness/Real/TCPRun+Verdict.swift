import Consensus
import Measurement
import Simulator
import Verification

extension TCPRun {
  func conclude(
    _ accounts: [NodeCluster.Account], _ load: MeasuredLoad, _ reads: [ClientOperation], _ recorder: (any Recorder)?
  ) {
    let reports = accounts.compactMap(\.report)
    result.slots = reports.map(\.slot).max() ?? 0
    result.commands = reports.map(\.commands).max() ?? 0
    result.batches = result.slots
    result.fsyncs = accounts.map { UInt64($0.report?.fsyncs ?? 0) }
    result.messages = variant.messageKinds.indices.map { tag in
      var count = MessageCount()
      for report in reports where tag < report.frames.count && tag < report.bytes.count {
        count.frames += report.frames[tag]
        count.bytes += report.bytes[tag]
      }
      return count
    }
    load.count(configuration.workload, end: result.end, into: &result, recorder)
    let commits = cluster.commits()
    let window = result.windowStart..<max(result.windowStart, result.windowEnd)
    for commit in commits where window.contains(commit.proposed) {
      recorder?.committed(proposed: commit.proposed, at: commit.committed)
    }
    for commit in commits {
      for wait in commit.waits where window.contains(commit.proposed - wait) {
        recorder?.staged(
          received: commit.proposed - wait, proposed: commit.proposed, committed: commit.committed,
          applied: commit.applied, replied: commit.replied)
      }
    }
    let history = result.history + reads
    result.history = history
    noteElections(history)
    verify(history)
  }

  private func noteElections(_ history: [ClientOperation]) {
    let statuses = cluster.statuses()
    var tracker = FailoverTracker(round: variant.round)
    var last = Array(repeating: ReplicaStatus?.none, count: addresses.count)
    let answers = history.filter { $0.returned != nil }.map { (begun: $0.invoked, at: $0.returned!) }.sorted {
      $0.at < $1.at
    }
    var (strike, answer) = (0, 0)
    func advance(to time: Int64) {
      while strike < strikes.count, strikes[strike].at <= time {
        tracker.strike(strikes[strike].leader, epoch: strikes[strike].epoch, at: strikes[strike].at)
        strike += 1
      }
      while answer < answers.count, answers[answer].at <= time {
        let (begun, at) = answers[answer]
        // As long as nobody else is elected, who answers is the leader that was struck.
        if let last = tracker.failovers.last {
          tracker.committed(last.struck, epoch: last.epochBefore, proposed: begun, at: at) { !isFaulty(at: at) }
        }
        tracker.answered(begun: begun, at: at)
        answer += 1
      }
    }
    for status in statuses {
      advance(to: status.at)
      let before = last[Int(status.node.index)]
      last[Int(status.node.index)] = status.status
      if status.role == .leader, before?.role != .leader || before?.epoch != status.epoch {
        result.leaderships.append(Leadership(node: status.node, epoch: status.epoch, at: status.at))
      }
      let struck = tracker.failovers.last?.struck
      tracker.note(status.node, status.status, at: status.at) { leader, epoch in
        addresses.keys.allSatisfy { node in
          node == struck || last[Int(node.index)].map { $0.leader == leader && $0.epoch == epoch } ?? true
        }
      }
    }
    advance(to: .max)
    result.failovers = tracker.failovers
  }

  /// Something was not as it should be just then, because a fault lasted.
  private func isFaulty(at time: Int64) -> Bool {
    result.struck.contains { struck in
      switch struck.fault {
      case .heal, .restart: false
      case .crashAll(let step): struck.at <= time && time < struck.at + step.nanoseconds * Int64(addresses.count)
      default: struck.at <= time && struck.fault.length.map { time < struck.at + $0.nanoseconds } ?? true
      }
    }
  }

  /// From outside: the history has a linearization, in which the last reads find all that was acknowledged, and all replicas end alike.
  private func verify(_ history: [ClientOperation]) {
    var report = VerificationReport(fromOutside: history, &findings, missing: missing)
    report.slots = Int(result.slots)
    if result.isAtRest { report.checked.insert("final-states", at: 0) }
    result.verification = report
  }
}

extension VerificationReport {
  /// What a history shows that ends with reads of everything that was acknowledged. `missing`: what did not come to pass that was to.
  init(fromOutside history: [ClientOperation], _ findings: inout Findings, missing: [String]) {
    self.init()
    operations = history.count
    verdict = .ok
    let search = LinearizabilityChecker.check(history, budget: Self.searchBudget)
    keys = search.keys
    switch search.verdict {
    case .ok: checked = ["linearizability"] + (missing.isEmpty ? ["last-reads"] : [])
    case .violated: findings.report("L1", nil, search.detail ?? "")
    // There is no other proof.
    case .unknown, .unchecked, .void: verdict = .unknown
    }
    if !missing.isEmpty { verdict = .unchecked }
    if !findings.isEmpty { verdict = .violated }
    violations = findings.violations + missing.map { Violation("LIVE", $0) }
  }
  /// Ten seconds of work at most.
  private static let searchBudget = 1_000_000_000
}

extension ProcessRow {
  static func rows(_ run: RunKey, _ outcome: TCPRun.Outcome) -> [ProcessRow] {
    let commands = Int(outcome.result.commands)
    var rows = outcome.accounts.enumerated().map { id, account in
      var row = ProcessRow(
        run, "n\(id)", starts: account.starts, cpu: account.usage.cpu,
        peakResident: account.report.flatMap { $0.peakResident > 0 ? $0.peakResident : nil }, commands: commands)
      row.note(account.usage)
      row.fsyncs = account.report?.fsyncs
      row.frames = account.report.map { Int($0.frames.reduce(0, +)) }
      row.bytes = account.report.map { Int($0.bytes.reduce(0, +)) }
      if let report = account.report, report.allocations > 0 {
        row.allocations = report.allocations
        row.allocatedBytes = report.allocatedBytes
      }
      return row
    }
    var client = ProcessRow(
      run, "client", starts: 1, cpu: outcome.client.cpu, peakResident: outcome.clientPeak, commands: commands)
    client.note(outcome.client)
    client.lag = outcome.lag.map { Int($0) }
    rows.append(client)
    return rows
  }

  private mutating func note(_ usage: ProcessGroup.Usage) {
    user = usage.user
    system = usage.system
    voluntarySwitches = usage.voluntarySwitches
    involuntarySwitches = usage.involuntarySwitches
  }
}
