import Consensus
import Measurement
import Simulator
import Verification

/// One run of one configuration, and the rows that it gives.
struct Trial: Sendable {
  let key: RunKey
  let latencies: Latencies
  /// Only where blocks may be cut from it.
  let series: LatencySeries?
  private(set) var summary: SummaryRow
  let messages: [MessageRow]
  let timeline: [TimelineRow]
  let election: ElectionRow?
  let faults: [FaultRow]
  let catchUps: [CatchUpRow]
  let cost: CostRow?
  let processes: [ProcessRow]
  let report: VerificationReport
  let history: [ClientOperation]

  /// Runs the `number`-th trial of `point` under `seed`.
  ///
  /// `probe` counts allocations: only where no other thread allocates. Without it there is no cost row.
  init(
    of point: ExperimentPoint, seed: UInt64, number: Int, probe: AllocationProbe?, countsCosts: Bool,
    keepsSeries: Bool = false, trace: ((String) -> Void)? = nil, keepsHistory: Bool = false,
    place: ClusterPlace? = nil
  ) {
    let configuration = point.configuration(seed: seed, trial: number)
    let measure = configuration.measure
    let recorder = TrialRecorder(
      window: measure.window.nanoseconds, interval: measure.interval.nanoseconds,
      timeout: configuration.environment.retry.timeout.nanoseconds, keepsSeries: keepsSeries)
    func simulate() -> SimulationResult { point.variant.simulate(configuration, recorder, trace, keepsHistory) }

    let key = RunKey(point.subject, seed: seed, trial: number)
    self.key = key
    let result: SimulationResult
    var processes: [ProcessRow] = []
    var countsAreWhole = true
    if point.mode == .memory {
      let run = point.variant.runInMemory(configuration, recorder, probe)
      result = run.result
      cost = CostRow(
        key, cost: run.cost, allocated: run.allocated, commands: Int(result.commands), events: Int(result.events))
    } else if point.mode == .tcp {
      let run =
        point.cluster.map { RunningCluster.run(configuration, $0, recorder: recorder) }
        ?? TCPRun.run(configuration, point.variant, at: place, recorder: recorder)
      result = run.result
      cost = nil
      processes = ProcessRow.rows(key, run)
      // A replica that was killed has forgotten what it had counted.
      countsAreWhole = run.accounts.allSatisfy { $0.starts <= 1 }
    } else if countsCosts {
      let (inner, cost) = ProcessCost.measure { probe?.count(simulate) ?? (simulate(), nil) }
      result = inner.0
      self.cost = CostRow(
        key, cost: cost, allocated: inner.1, commands: Int(result.commands), events: Int(result.events))
    } else {
      result = simulate()
      cost = nil
    }
    self.processes = processes
    latencies = recorder.latencies
    var series = recorder.series
    series?.window = result.windowStart..<max(result.windowStart, result.windowEnd)
    self.series = series
    let audit = LoadAudit(configuration, result, latencySum: recorder.latencies.client.sum)
    let report = audit.judged(result.verification)
    self.report = report
    summary = SummaryRow(key, result, report, recorder.latencies, point)
    summary.generator = audit.summary
    if !countsAreWhole { (summary.framesPerBatch, summary.fsyncsPerBatch) = (nil, nil) }
    messages = point.variant.messageKinds.indices.compactMap { tag in
      let kind = point.variant.messageKinds[tag]
      let count = result.messages[tag]
      guard count.frames > 0 else { return nil }
      var row = MessageRow(
        key, kind: kind.name, purpose: kind.purpose.rawValue, frames: Int(count.frames), bytes: Int(count.bytes),
        batches: Int(result.slots))
      if !countsAreWhole { row.framesPerBatch = nil }
      return row
    }
    timeline = recorder.timelineRows(key, window: result.windowEnd - result.windowStart)
    election = result.failover.map { ElectionRow(key, $0, result, report) }
    faults = FaultRow.rows(key, result)
    catchUps = CatchUpRow.rows(key, result)
    history = result.history
  }
}

extension SummaryRow {
  init(
    _ key: RunKey, _ result: SimulationResult, _ report: VerificationReport, _ latencies: Latencies,
    _ point: ExperimentPoint
  ) {
    self.init()
    run = key
    verdict = .init(report.verdict)
    checked = report.checked.joined(separator: " ")
    violations = report.violations.count
    historyLength = report.operations
    window = Int(result.windowEnd - result.windowStart)
    if point.isOpenLoop { offeredPerSecond = FixedDecimal(Int(result.counts.due) * 1_000_000_000, over: window) }
    goodputPerSecond = FixedDecimal(Int(result.counts.answeredInWindow) * 1_000_000_000, over: window)
    replies = Int(result.counts.answered)
    failed = Int(result.counts.failed)
    timedOut = Int(result.counts.timedOut)
    unanswered = Int(result.counts.unanswered)
    generatorLagMax = Int(result.counts.longestWait)
    client = LatencySummary(latencies.client)
    service = LatencySummary(latencies.service)
    commit = LatencySummary(latencies.commit)
    batches = Int(result.slots)
    commands = Int(result.commands)
    for (kind, count) in zip(point.variant.messageKinds, result.messages) {
      frames[kind.purpose] += Int(count.frames)
      bytes[kind.purpose] += Int(count.bytes)
    }
    fsyncs = Int(result.fsyncs.reduce(0, +))
    framesPerBatch = FixedDecimal(frames.replication + frames.notice, over: batches)
    fsyncsPerBatch = FixedDecimal(fsyncs, over: batches)
    framesPerBatchExpected = point.variant.framesPerBatch(point.replicas).flatMap { FixedDecimal($0, over: 1) }
    fsyncsPerBatchExpected = point.variant.writesPerBatch(point.replicas).flatMap { FixedDecimal($0, over: 1) }
    leaderChanges = max(0, result.leaderships.count - 1)
    let calmEnd = result.struck.first?.at ?? result.windowEnd
    unprovokedLeaderChanges = max(0, result.leaderships.count { $0.at <= calmEnd } - 1)
    calm = Int(max(0, calmEnd - (result.leaderships.first?.at ?? calmEnd)))
    events = Int(result.events)
    runHash = Fingerprint(result.hash)
  }
}

extension ElectionRow {
  /// What lies beyond the window's end does not count: there the faults were taken back.
  init(_ key: RunKey, _ failover: Failover, _ result: SimulationResult, _ report: VerificationReport) {
    self.init()
    func reached(_ time: Int64?) -> Int? { time.flatMap { $0 <= result.windowEnd ? Int($0) : nil } }
    func span(_ from: Int?, _ to: Int?) -> Int? { from.flatMap { from in to.map { $0 - from } } }
    run = key
    verdict = .init(report.verdict)
    fault = Int(failover.fault)
    end = Int(result.windowEnd)
    let suspected = reached(failover.suspected)
    let elected = reached(failover.elected)
    let established = reached(failover.established)
    let resumed = reached(failover.resumed)
    isCensored = established == nil || resumed == nil || reached(failover.followed) == nil
    detection = span(fault, suspected)
    election = span(suspected, elected)
    synchronization = span(elected, established)
    resume = span(established, resumed)
    d1 = span(fault, elected)
    d2 = span(fault, reached(failover.followed))
    d3 = span(fault, resumed)
    rounds = failover.rounds
    splitVotes = failover.splitVotes
    candidates = failover.candidates
    runHash = Fingerprint(result.hash)
  }
}

extension PurposeCounts {
  subscript(purpose: MessagePurpose) -> Int {
    get { self[keyPath: Self.path(purpose)] }
    set { self[keyPath: Self.path(purpose)] = newValue }
  }
  private static func path(_ purpose: MessagePurpose) -> WritableKeyPath<PurposeCounts, Int> {
    switch purpose {
    case .replication: \.replication
    case .heartbeat: \.heartbeat
    case .notice: \.notice
    case .election: \.election
    case .synchronization: \.synchronization
    }
  }
}

extension Measurement.Verdict {
  init(_ verdict: Verification.Verdict) {
    switch verdict {
    case .ok: self = .ok
    case .violated: self = .violated
    case .unknown: self = .unknown
    case .unchecked: self = .unchecked
    case .void: self = .void
    }
  }
}
