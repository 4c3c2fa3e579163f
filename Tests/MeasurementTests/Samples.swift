import Foundation

@testable import Measurement

/// A small result in which no cell is zero by accident.
func sampleTables() -> ResultTables {
  var tables = ResultTables()
  for protocolName in ["raft", "zab"] {
    let inputs = [(key: "cluster.size", value: "5"), (key: "protocol", value: protocolName)]
    let subject = Subject(
      configuration: ConfigurationID(of: inputs), experiment: "steady, \"quoted\"", protocolName: protocolName)
    for input in inputs {
      tables.configurations.append(
        ConfigurationRow(
          subject, mode: .sim, fingerprint: Fingerprint(of: [inputs[0]]), key: input.key, value: input.value,
          isSwept: input.key == "protocol"))
    }
    var distribution = Distribution()
    for value in 1...2000 { distribution.record(Int64(value * 1009)) }
    tables.latency += LatencyRow.rows(subject, .client, distribution)
    tables.stages.append(StageRow(subject, .proposedToCommitted, distribution))
    var generator = TestGenerator(state: 3)
    tables.intervals += IntervalRow.rows(subject, .d3, (1...30).map { $0 * 1_000_003 }, using: &generator)
    var spread = Spread()
    for value in [1_000, 1_100, 1_300] { spread.add(value) }
    tables.precision.append(
      PrecisionRow(
        subject, .d3, spread, trials: 3, budget: 9, target: FixedDecimal(millionths: 90_000), isMet: true))
    for seed: UInt64 in [2, 10] {
      let run = RunKey(subject, seed: seed)
      tables.summary.append(sampleSummary(run, distribution))
      var timeline = Timeline(from: 0, to: 300, interval: 100)
      timeline.record(at: 5, latency: 3)
      tables.timeline += TimelineRow.rows(run, timeline)
      tables.elections.append(sampleElection(run))
      tables.faults.append(FaultRow(run, number: 0, at: -4, kind: "crash", target: "n3", length: 2_000_000))
      var catchUp = CatchUpRow()
      catchUp.run = run
      catchUp.node = "n3"
      catchUp.away = 2_000_000
      tables.catchUps.append(catchUp)
      tables.messages.append(
        MessageRow(run, kind: "AppendEntries", purpose: "replication", frames: 8, bytes: 4000, batches: 3))
      let cost = ProcessCost(wall: 2_000_000, cpu: 1_500_000, peakResident: 1 << 20)
      let allocated = AllocationCount(calls: 700, bytes: 70_000)
      tables.costs.append(CostRow(run, cost: cost, allocated: allocated, commands: 300, events: 9000))
    }
  }
  return tables
}

private func sampleSummary(_ run: RunKey, _ distribution: Distribution) -> SummaryRow {
  var row = SummaryRow()
  row.run = run
  row.verdict = .ok
  row.checked = "witness exactly-once"
  row.window = 1_000_000_000
  row.offeredPerSecond = FixedDecimal(2001, over: 2)
  row.goodputPerSecond = FixedDecimal(1000, over: 1)
  row.replies = 1000
  row.client = LatencySummary(distribution)
  row.frames = PurposeCounts(replication: 8, heartbeat: 4, notice: 2, election: 1, synchronization: 3)
  row.batches = 3
  row.framesPerBatch = FixedDecimal(8, over: 3)
  row.fsyncs = 15
  row.runHash = Fingerprint(0xAB)
  return row
}

private func sampleElection(_ run: RunKey) -> ElectionRow {
  var row = ElectionRow()
  row.run = run
  row.verdict = .ok
  row.fault = 1000
  row.detection = 150_000_000
  row.d1 = 160_000_000
  return row
}

/// A folder that is gone after `body`.
func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("measurement-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}
