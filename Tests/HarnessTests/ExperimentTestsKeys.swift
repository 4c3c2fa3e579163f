import Simulator
import Testing

@testable import Harness

@Suite("The keys of an experiment") struct ExperimentTestsKeys {
  /// For every key a value that no shipped file has, and what must be set for it to matter.
  static let others: [(path: String, text: String, given: [(path: String, value: String)])] = [
    ("cluster.replicas", "7", []), ("cluster.sites", "VA", []),
    ("cluster.leader-site", "OR", [("cluster.sites", "VA OR"), ("link.between", "VA OR 43ms")]),
    ("cluster.start-within", "20ms", []), ("link.kind", "datagram", []), ("link.delay", "3ms", []),
    ("link.between", "VA OR 44ms", [("cluster.sites", "VA OR"), ("link.between", "VA OR 43ms")]),
    ("link.bandwidth", "1Gbit/s", []), ("link.loss", "1%", []), ("link.burst", "8", [("link.loss", "1%")]),
    ("link.duplication", "0.02", [("link.kind", "datagram")]), ("link.reordering", "3%", [("link.kind", "datagram")]),
    ("link.reordering-span", "11ms", [("link.kind", "datagram")]), ("link.retransmission", "300ms", []),
    ("link.session-timeout", "2s", []), ("link.reconnect", "60ms", []), ("client.delay", "80us", []),
    ("client.at", "everywhere", []),
    ("cpu.per-message-in", "6us", []), ("cpu.per-message-out", "3us", []), ("cpu.per-byte", "2ns", []),
    ("disk.fsync", "exponential 5ms", []),
    ("disk.candidate-fsync", "uniform 0s-6ms", []), ("disk.group-commit", "delay 1ms count 16", []),
    ("disk.leader", "serial", []), ("timing.heartbeat", "40ms", []),
    ("timing.election-timeout", "200ms-400ms", []), ("timing.trusts-disconnect", "yes", []),
    ("batch.commands", "1", []), ("batch.bytes", "32KiB", []), ("batch.window", "1", []), ("batch.waiting", "100", []),
    ("replication.inflight", "1", []), ("replication.message-bytes", "512KiB", []),
    ("replication.retransmission", "60ms", [("link.kind", "datagram")]), ("snapshot.every", "never", []),
    ("snapshot.retained", "10", []), ("snapshot.piece-bytes", "1KiB", []), ("sessions.limit", "20k", []),
    ("retry.timeout", "2s", []), ("retry.pause", "6ms", []), ("retry.maximum-pause", "200ms", []),
    ("retry.abandon", "31s", []), ("workload.arrival", "constant", []), ("workload.rate", "2k/s", []),
    ("workload.sessions", "100", []), ("workload.clients", "9", [("workload.arrival", "closed")]),
    ("workload.think", "1ms", [("workload.arrival", "closed")]),
    ("workload.bursts", "5x for 100ms every 1s", []), ("workload.keys", "7", []),
    ("workload.key-choice", "zipf 0.99", []),
    ("workload.reads", "0.5", []), ("workload.swaps", "0.25", []), ("workload.deletes", "12.5%", []),
    ("workload.payload", "1KiB", []), ("measure.warm-up", "2s", []), ("measure.window", "11s", []),
    ("measure.operations", "5000", []), ("measure.interval", "50ms", []), ("measure.patience", "31s", []),
    ("measure.stops-when-recovered", "yes", []),
  ]

  /// Every stored property under `value` that is no structure of the project's own, by its path.
  static func leaves(_ value: Any, at path: String = "") -> [String: String] {
    if value is Environment || value is Workload || value is Measure || value is SimulationConfiguration
      || ["LinkModel", "Geography", "CPUModel", "Timing", "SharedTuning", "BatchPolicy", "RetryPolicy"].contains(
        "\(type(of: value))")
    {
      var result: [String: String] = [:]
      for child in Mirror(reflecting: value).children {
        result.merge(leaves(child.value, at: "\(path)/\(child.label ?? "")")) { a, _ in a }
      }
      return result
    }
    return [path: "\(value)"]
  }

  @Test("Every key of the shipped environment reads back the text that it prints", arguments: ExperimentKey.all)
  func roundTrip(_ key: ExperimentKey) throws {
    let settings = try Bench.settings()
    var copy = ExperimentSettings()
    for other in ExperimentKey.all { try other.set(other.text(settings), in: &copy) }
    #expect(copy == settings)
    #expect(key.text(copy) == key.text(settings))
  }

  @Test("Setting a key changes the run, the configuration's id, and no other input")
  func everyKeyMatters() throws {
    #expect(Self.others.map(\.path) == ExperimentKey.all.map(\.path), "this table lists every key")
    for other in Self.others {
      let before = try #require(Bench.experiment("", overrides: other.given).points.first)
      let after = try #require(
        Bench.experiment("", overrides: other.given + [(path: other.path, value: other.text)]).points.first)
      #expect(before.template != after.template, "\(other.path) changes nothing")
      #expect(before.id != after.id, "\(other.path) is not in the id")
      let changed = zip(before.inputs, after.inputs).filter { $0.value != $1.value }.map { $0.0.key }
      #expect(changed.contains(other.path))
      // These decide which others are used.
      if !["link.kind", "cluster.sites"].contains(other.path) { #expect(changed == [other.path]) }
    }
  }

  @Test("Every field of a simulation's configuration can be set by some key")
  func everyFieldIsReachable() throws {
    var untouched = Set(Self.leaves(try Bench.settings().configuration()).keys)
    #expect(untouched.count > 40, "the test does not find the fields")
    for other in Self.others {
      let before = try #require(Bench.experiment("", overrides: other.given).points.first)
      let after = try #require(
        Bench.experiment("", overrides: other.given + [(path: other.path, value: other.text)]).points.first)
      let old = Self.leaves(before.template)
      for (path, value) in Self.leaves(after.template) where old[path] != value { untouched.remove(path) }
    }
    // A schedule lists operations, sectors come with the faults that need them, and only torture takes the last quorum.
    #expect(untouched == ["/faults", "/operations", "/hasSectors", "/mayLoseQuorum", "/seed"])
  }

  @Test(
    "Several ways to write a value are one value, printed in one way",
    arguments: [
      ("link.loss", ["5%", "0.05", "0.050", "5e-2"], "0.05"), ("link.loss", ["0.7%", "0.007"], "0.007"),
      ("link.loss", ["-0", "0", "0%"], "0"),
      ("link.delay", ["1500us", "1.5ms", "constant 1.5ms", "0.0015s", " 1.5 ms "], "1.5ms"),
      ("link.delay", ["uniform 170us-260us", "uniform  0.17ms - 0.26ms"], "uniform 170us-260us"),
      ("link.delay", ["exponential 1ms", "0ms + exponential 1ms"], "exponential 1ms"),
      ("link.delay", ["normal 213.5us sd 23.8us", "normal  0.2135ms sd 23800ns"], "normal 213.5us sd 23.8us"),
      ("link.delay", ["empirical 1ms 2ms 2ms 5ms", "empirical  1000us 2ms 2ms 5ms"], "empirical 1ms 2ms 2ms 5ms"),
      ("cluster.sites", ["VA OR CA", "VA, OR,  CA"], "VA OR CA"), ("cluster.sites", ["none"], "none"),
      ("cluster.leader-site", ["any"], "any"), ("client.at", ["follower"], "follower"), ("client.at", ["VA"], "VA"),
      (
        "link.between",
        ["VA OR 43ms, CA OR 14ms", "OR to VA 43ms,VA to OR 0.043s , OR CA constant 14ms", "OR CA 14ms, OR VA 43ms"],
        "CA OR 14ms, OR VA 43ms"
      ),
      ("link.between", ["VA OR uniform 1ms-2ms"], "OR VA uniform 1ms-2ms"),
      ("link.between", ["VA to OR 43ms, OR to VA 44ms"], "OR to VA 44ms, VA to OR 43ms"),
      ("disk.candidate-fsync", ["same"], "same"), ("disk.candidate-fsync", ["uniform 0ms-6ms"], "uniform 0s-6ms"),
      ("disk.group-commit", ["natural"], "natural"),
      ("disk.group-commit", ["delay 1ms count 16", "delay 1000us count 16"], "delay 1ms count 16"),
      ("link.delay", ["200us + exponential 1ms", "0.2ms + exponential 1000us"], "200us + exponential 1ms"),
      ("workload.rate", ["10k/s", "10000/s", "0.01M/s", "10 k/s"], "10000/s"),
      ("workload.rate", ["0.5/s"], "0.5/s"), ("workload.payload", ["1024B", "1KiB"], "1KiB"),
      ("workload.payload", ["1.5KiB", "1536B"], "1536B"), ("batch.bytes", ["1MiB", "1024KiB"], "1MiB"),
      ("workload.payload", ["uniform 64B-1KiB", "uniform  64B - 1024B"], "uniform 64B-1KiB"),
      (
        "workload.payload", ["mixed 99.5% 100B 0.5% 4KiB", "mixed 0.995 100B 0.50% 4096B"], "mixed 99.5% 100B 0.5% 4KiB"
      ),
      ("workload.key-choice", ["zipf 0.99", "zipf  99e-2"], "zipf 0.99"),
      ("workload.key-choice", ["hot 1% 90%", "hot 0.01 0.9"], "hot 0.01 0.9"),
      ("workload.bursts", ["5x for 100ms every 1s", "5.0x for 0.1s every 1000ms"], "5x for 100ms every 1s"),
      ("workload.think", ["exponential 5ms"], "exponential 5ms"),
      ("link.bandwidth", ["10Gbit/s", "10000Mbit/s"], "10Gbit/s"), ("link.bandwidth", ["unlimited"], "unlimited"),
      ("snapshot.every", ["0", "never"], "never"), ("batch.waiting", ["64k", "64000"], "64000"),
      ("timing.trusts-disconnect", ["yes", "true"], "yes"), ("measure.window", ["86400s"], "86400s"),
      ("measure.window", ["1.000000001s", "1000000001ns"], "1.000000001s"),
      ("timing.election-timeout", ["150ms-300ms", "0.15s - 0.3s"], "150ms-300ms"),
    ])
  func canonicalText(_ path: String, _ ways: [String], _ canonical: String) throws {
    for way in ways {
      var settings = try Bench.settings()
      try ExperimentKey.named(path).set(way, in: &settings)
      #expect(try ExperimentKey.named(path).text(settings) == canonical, "\(way)")
    }
  }

  @Test("No text makes a key crash")
  func anyText() throws {
    let pieces = [
      "", "-", ".", "1", "-1", "1.", ".5", "1e", "1e9", "1e999", "9223372036854775807", "99999999999999999999999",
      "0.0000000000000000000000001", "ms", "1ms", "-1ms", "9999999999999s", "1ns-", "-1ns", "1ms-2ms", "2ms-1ms",
      "1ms..",
      "uniform", "uniform 1ms", "exponential", "normal 1ms", "normal 1ms 1ms", "normal 1ms sd", "empirical",
      "empirical 1ms",
      "empirical 2ms 1ms", "+ exponential 1ms", "1ms +", "nan", "inf", "0x10", "٣", "١ms", "𝟙ms",
      "%",
      "-5%", "101%", "n", "n64", "n0", "\u{0}", "\n", "🦀", "1🦀", "1 2", "1e-5", "1e-99%", "9e99M/s", "9e18B",
      "18446744073709551615MiB", "9223372036854775807Gbit/s", "1e5", "zipf", "zipf 1e5", "hot 1% -1", "hot 1 1",
      "mixed",
      "mixed 1 1B", "mixed 50% 1B 50%", "mixed 1e-9 1B 1 1B", "uniform 2B-1B", "uniform 1B", "5x", "5x for 1s every 1s",
      "0x for 1ns every 2ns", "1e-5x for 1ms every 1s", "3x for 1ms every 1s",
    ]
    let before = try Bench.settings()
    for key in ExperimentKey.all {
      for piece in pieces + pieces.map({ $0 + "s" }) + pieces.map({ "uniform " + $0 }) {
        var settings = before
        do {
          try key.set(piece, in: &settings)
          let text = key.text(settings)
          var copy = settings
          try key.set(text, in: &copy)
          #expect(copy == settings, "\(key.path) reads \(piece) as \(text), and that as something else")
        } catch { #expect(!error.description.contains("\n")) }
      }
    }
  }

  @Test("Every key and fault has a sentence and a form")
  func documentation() {
    #expect(ExperimentKey.all.count > 45)
    for key in ExperimentKey.all { #expect(key.meaning.hasSuffix(".") && !key.form.isEmpty, "\(key.path)") }
    for fault in FaultForm.all { #expect(fault.meaning.hasSuffix(".") && !fault.form.isEmpty, "\(fault.name)") }
  }
}
