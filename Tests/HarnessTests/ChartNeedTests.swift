import Foundation
import Testing

@testable import Harness

@Suite("What charts need of an experiment") struct ChartNeedTests {
  @Test("Every chart in Plots says what it needs, and every one that another points to exists")
  func all() throws {
    let plots = URL(filePath: Bench.folder).deletingLastPathComponent().appending(path: "Plots").path
    let scripts = try FileManager.default.contentsOfDirectory(atPath: plots).filter { $0.hasSuffix(".gp") }
      .map { String($0.dropLast(3)) }
    #expect(Set(ChartNeed.all.keys) == Set(scripts).subtracting(["groups", "history", "style", "sweep", "terminal"]))
  }

  private static let losses = "sweep: {link.loss: [0, 1%]}"
  private static let crash = "faults: [{at: 1s, crash: leader}]"

  @Test(
    "A chart that would be empty, or mix what it cannot tell apart, is refused with the nearest fix",
    arguments: [
      ("latency-sweep", "", "needs a sweep over an input, and nothing is swept; draw latency-cdf, or sweep it"),
      (
        "goodput-sweep", "sweep: {link.loss: [0, 1%], link.delay: [1ms, 2ms], client.delay: [1ms, 2ms]}",
        "shows two swept inputs at most, and swept is client.delay, link.delay and link.loss; sweep fewer"
      ),
      (
        "heat-map", losses,
        "needs a sweep over two inputs, and swept is link.loss; draw goodput-sweep, or sweep one more"
      ),
      (
        "latency-load", losses,
        "needs a sweep over workload.rate, and swept is link.loss; draw latency-sweep, or sweep it"
      ),
      (
        "latency-load", "sweep: {link.loss: [0, 1%, 2%], workload.rate: [1k/s, 2k/s]}",
        "needs workload.rate as the swept input with the most values, and that is link.loss; draw latency-sweep, or sweep fewer"
      ),
      (
        "latency-bars", "sweep: {link.loss: [0, 1%], link.delay: [1ms, 2ms]}",
        "would mix the values of link.loss; draw latency-sweep, or sweep fewer"
      ),
      (
        "latency-cdf", "sweep: {link.burst: [2, 3, 4, 5], link.loss: [1%, 2%, 3%, 4%], cluster.replicas: [3, 5]}",
        "shows 12 combinations of swept values at most, and there are 16; draw latency-sweep, or sweep fewer"
      ),
      (
        "overload", "",
        "needs one burst for all, with calm before and after it in the window; set workload.bursts, such as 0.4x for 1500ms every 2s"
      ),
      (
        "overload", "sweep: {workload.bursts: [3x for 1s every 9s, 2x for 1s every 9s]}",
        "needs one burst for all, with calm before and after it in the window; set workload.bursts, such as 0.4x for 1500ms every 2s"
      ),
      (
        "stages", "sweep: {link.loss: [0, 1%], link.delay: [1ms, 2ms]}",
        "would mix the values of link.loss; draw latency-sweep, or sweep fewer"
      ),
      (
        "catch-up", "\(losses)\n\(crash)",
        "needs a replica that is away for a time; add one, such as faults: [{at: 1s, crash: follower, for: 1s}]"
      ),
      ("cost-bars", losses, "would mix the values of link.loss; draw latency-sweep, or sweep fewer"),
      ("timeline", losses, "would mix the values of link.loss; draw timelines, or sweep fewer"),
      ("timelines", crash, "needs a sweep over an input, and nothing is swept; draw timeline, or sweep it"),
      (
        "timeline", "faults: [{at: 1s..1.2s, crash: leader}]",
        "needs faults at the same times in each trial, and 1s..1.2s is longer than measure.interval, 100ms; give one time"
      ),
      ("election-cdf", "\(losses)\n\(crash)", "would mix the values of link.loss; draw outages, or sweep fewer"),
      (
        "failover-parts", "sweep: {link.loss: [0, 1%], link.delay: [1ms, 2ms]}\n\(crash)",
        "would mix the values of link.loss; draw outages, or sweep fewer"
      ),
      (
        "failover-box", "faults: [{at: 1s, crash: follower}]",
        "needs a fault that strikes the leader; add one, such as faults: [{at: 1s, crash: leader}]"
      ),
      (
        "trade-off", "sweep: {timing.election-timeout: [150ms-300ms, 1s-2s]}",
        "needs a fault that strikes the leader; add one, such as faults: [{at: 1s, crash: leader}]"
      ),
      ("trade-off", crash, "needs a sweep over timing.election-timeout, and nothing is swept; sweep it"),
      (
        "tolerance-map", "faults: [{at: 1s, crash: leader}, {at: 2s, loss: 1%}]",
        "needs crashes of the leader for good and no other faults, such as faults: [{at: 1s, crash: leader}]"
      ),
      (
        "tolerance-map", "faults: [{at: 1s, crash: leader}, {at: 2s, crash: leader}]",
        "needs failures at least 1.1s apart, and those at 1s and 2s are not; give them more time"
      ),
      (
        "tolerance-map", "workload.arrival: closed\n\(crash)",
        "needs operations that come at a rate; set workload.arrival to constant or poisson"
      ),
    ])
  func refused(_ chart: String, _ lines: String, _ lack: String) throws {
    #expect(try Bench.complaint("charts: [\(chart)]\n\(lines)") == "probe.yaml:4: charts: \(chart) \(lack)")
  }

  @Test(
    "What a chart can tell apart it draws",
    arguments: [
      ("latency-sweep", "sweep: {link.loss: [0, 1%], link.delay: [1ms, 2ms]}"), ("latency-bars", losses),
      ("stages", ""), ("stages", losses), ("overload", "workload.bursts: 0.4x for 1500ms every 2s"),
      ("overload", "workload.bursts: 3x for 1s every 9s\n\(losses)"),
      ("latency-load", "sweep: {link.loss: [0, 1%], workload.rate: [1k/s, 2k/s, 3k/s]}"),
      ("latency-cdf", "sweep: {cluster.replicas: [3, 5]}"), ("timeline", ""), ("failover-parts", crash),
      ("failover-parts", "\(losses)\n\(crash)"), ("survival", "\(losses)\n\(crash)"),
      ("outages", "sweep: {case: {calm: [], crash: [{at: 1s, crash: leader}]}}"),
      ("tolerance-map", "faults: [{at: 1s, crash: leader}, {at: 2.1s, crash: leader}]"),
      (
        "trade-off",
        crash + "\nsweep: {t: [{timing.heartbeat: 10ms, timing.election-timeout: 30ms-60ms}, "
          + "{timing.heartbeat: 50ms, timing.election-timeout: 150ms-300ms}]}"
      ),
    ])
  func drawn(_ chart: String, _ lines: String) throws {
    #expect(try Bench.complaint("charts: [\(chart)]\n\(lines)") == "")
  }

  @Test("A chart whose sweep or fault --set takes away is left out with one line; the others are drawn")
  func pinned() throws {
    let overrides = [(path: "link.loss", value: "1%"), (path: "link.delay", value: "1ms")]
    let lines = "charts: [latency-sweep, latency-cdf]\nsweep: {cluster.replicas: [3, 5]}"
    #expect(try Bench.experiment(lines, overrides: [("cluster.replicas", "3")]).charts == ["latency-cdf"])
    let experiment = try Bench.experiment("charts: [latency-sweep]\n" + Self.losses, overrides: overrides)
    #expect(experiment.charts.isEmpty)
    #expect(
      experiment.omittedCharts == [
        "probe: with --set link.loss=1% latency-sweep is left out: it needs a sweep over an input, and nothing is swept; "
          + "draw latency-cdf, or sweep it"
      ])
    let one = try Bench.experiment("charts: [timeline, failover-box]\n" + Self.crash, overrides: [("link.loss", "1%")])
    #expect(one.charts == ["timeline", "failover-box"] && one.omittedCharts.isEmpty)
    // What the file lacks without it too is the file's fault.
    let faulty = try Bench.complaint("charts: [heat-map]\n" + Self.losses, overrides: [("link.loss", "1%")])
    #expect(faulty.hasPrefix("probe.yaml:4: charts: heat-map needs a sweep over two inputs"))
  }
}
