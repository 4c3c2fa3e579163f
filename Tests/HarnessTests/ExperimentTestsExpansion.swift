import Consensus
import Faults
import Testing

@testable import Harness

@Suite("An experiment's sweeps, profiles and overrides") struct ExperimentTestsExpansion {
  private func values(_ experiment: Experiment, _ keys: String...) -> [String] {
    experiment.points.map { point in keys.map { point.value($0) ?? "?" }.joined(separator: " ") }
  }

  @Test("A sweep is every combination in the order of the file, with all protocols at each")
  func product() throws {
    let experiment = try Bench.experiment(
      """
      protocols: [raft, raft-plain]
      sweep:
        link.loss: [0, 1%]
        cluster: {replicas: [3, 5, 7]}
      """)
    #expect(experiment.points.map(\.variant.name) == Array(repeating: ["raft", "raft-plain"], count: 6).flatMap { $0 })
    let combinations = ["0 3", "0 5", "0 7", "0.01 3", "0.01 5", "0.01 7"]
    #expect(values(experiment, "link.loss", "cluster.replicas") == combinations.flatMap { [$0, $0] })
    #expect(experiment.points.map(\.template.environment.replicas).prefix(6) == [3, 3, 5, 5, 7, 7])
    let swept = experiment.points[0].inputs.filter(\.isSwept).map(\.key)
    #expect(swept == ["cluster.replicas", "link.loss"])
  }

  @Test("Instead of a list stands the name of a group")
  func groups() throws {
    func names(_ group: String, _ only: [String]? = nil) throws -> [String] {
      try Bench.experiment("protocols: \(group)", protocols: only).points.map(\.variant.name)
    }
    #expect(try names("main") == ["raft", "raft-plain", "unreplicated"])
    #expect(try names("replicated") == ["raft", "raft-plain"])
    #expect(try names("all") == Bench.catalogue.map(\.name))
    #expect(try names("main", ["unreplicated"]) == ["unreplicated"])
    #expect(try Bench.complaint("protocols: mian").contains("mian is not one of main, replicated, all"))
  }

  @Test("A sweep may vary several keys together")
  func together() throws {
    let experiment = try Bench.experiment(
      """
      protocols: [raft]
      sweep:
        site:
        - {link.delay: 200us, timing: {heartbeat: 50ms}}
        - {timing.heartbeat: 100ms, link.delay: 40ms}
      """)
    #expect(values(experiment, "link.delay", "timing.heartbeat") == ["200us 50ms", "40ms 100ms"])
  }

  @Test("Inputs are all keys in the registry's order and the faults, and what has no effect is unused")
  func inputs() throws {
    let point = try #require(
      Bench.experiment("workload.arrival: closed\nfaults: [{at: 1000ms..2s, crash: leader, for: 0.5s}]").points.first)
    #expect(point.inputs.map(\.key) == ExperimentKey.all.map(\.path) + ["faults"])
    #expect(point.value("faults") == "1s..2s crash leader for 500ms")
    #expect(point.value("workload.rate") == "unused")
    #expect(point.value("workload.clients") == "1")
    #expect(point.value("link.duplication") == "unused")
  }

  @Test("Two ways of writing one experiment give one id; another fault gives another")
  func ids() throws {
    func id(_ lines: String) throws -> [String] { try Bench.experiment(lines).points.map(\.id.description) }
    let one = try id("link: {loss: 5%, delay: 1500us}\nfaults: [{at: 1s, crash: leader}]")
    #expect(try one == id("faults: [{crash: leader, at: 1000ms}]\nlink.delay: constant 1.5ms\nlink.loss: 0.05"))
    #expect(try one != id("link: {loss: 5%, delay: 1500us}\nfaults: [{at: 1s, crash: follower}]"))
    #expect(Set(one).count == 2, "protocols differ in their ids")
    #expect(
      try id("workload: {arrival: closed, rate: 5/s}") == id("workload: {arrival: closed, rate: 6/s}"),
      "an unused value makes no difference")
  }

  private static let profiled = """
    trials: 3
    link.loss: 1%
    sweep: {cluster.replicas: [3, 5]}
    faults: [{at: 1s, crash: leader}]
    profiles:
      quick:
      full:
        trials: 9
        link: {loss: 2%}
        sweep: {link.delay: [1ms, 2ms, 3ms]}
        faults: []
      small:
        cluster.replicas: 1
    """

  @Test("A profile replaces trials, values, the sweep and the faults; an empty one nothing")
  func profiles() throws {
    let quick = try Bench.experiment("protocols: [raft]\n" + Self.profiled)
    #expect(quick.points.map(\.trials) == [3, 3])
    #expect(values(quick, "cluster.replicas", "link.loss") == ["3 0.01", "5 0.01"])
    #expect(quick.points[0].configuration(seed: 1, trial: 0).faults.faults.count == 1)
    let full = try Bench.experiment("protocols: [raft]\n" + Self.profiled, profile: "full")
    #expect(full.points.map(\.trials) == [9, 9, 9])
    #expect(
      values(full, "cluster.replicas", "link.loss", "link.delay") == ["5 0.02 1ms", "5 0.02 2ms", "5 0.02 3ms"])
    #expect(full.points[0].configuration(seed: 1, trial: 0).faults.isEmpty)
    let small = try Bench.experiment("protocols: [raft]\n" + Self.profiled, profile: "small")
    #expect(values(small, "cluster.replicas") == ["1"], "a key that a profile sets is not swept")
    #expect(small.points[0].inputs.allSatisfy { !$0.isSwept })
  }

  @Test("Where trials take real time, real-trials are run instead, unless the command line says how many")
  func realTrials() throws {
    let lines = "protocols: [raft]\ntrials: 9\nprofiles: {quick: {trials: 7, real-trials: 2}, full: {}}"
    #expect(try Bench.experiment(lines).points.map(\.trials) == [7])
    #expect(try Bench.experiment(lines, mode: .memory).points.map(\.trials) == [2])
    #expect(try Bench.experiment(lines, trials: 5, mode: .memory).points.map(\.trials) == [5])
    #expect(try Bench.experiment(lines, profile: "full", mode: .memory).points.map(\.trials) == [9])
    #expect(try Bench.complaint("real-trials: 0").contains("real-trials: 0 is not a whole number"))
  }

  @Test("An override wins over file, profile and sweep; the last of several wins")
  func overrides() throws {
    let experiment = try Bench.experiment(
      "protocols: [raft]\n" + Self.profiled, profile: "full",
      overrides: [("link.loss", "3%"), ("link.delay", "7ms"), ("link.delay", " 8ms")], trials: 2)
    #expect(values(experiment, "link.loss", "link.delay") == ["0.03 8ms"])
    #expect(experiment.points[0].trials == 2)
    #expect(experiment.points[0].inputs.allSatisfy { !$0.isSwept })
  }

  @Test("An override of one key of several that vary together leaves the others varying")
  func overrideInGroup() throws {
    let lines = "protocols: [raft]\nsweep: {a: [{link.loss: 0, link.delay: 1ms}, {link.loss: 0, link.delay: 2ms}]}"
    #expect(
      try values(Bench.experiment(lines, overrides: [("link.loss", "1%")]), "link.loss", "link.delay")
        == ["0.01 1ms", "0.01 2ms"])
    #expect(
      try values(Bench.experiment(lines, overrides: [("link.delay", "5ms")]), "link.loss", "link.delay")
        == ["0 5ms"], "equal combinations are one")
  }

  @Test("A choice of protocols is a filter, and may leave nothing")
  func protocols() throws {
    #expect(
      try Bench.experiment("", protocols: ["unreplicated", "raft-plain"]).points.map(\.variant.name)
        == ["unreplicated"])
    #expect(try Bench.experiment("", protocols: ["raft-plain"]).points.isEmpty)
  }

  private static let cases = """
    faults: [{at: 3s, heal: all}]
    sweep:
      cluster.replicas: [3, 5]
      outage:
        none: []
        star: [{at: 1s, star: leader, for: 2s}]
        crash: [{at: 1s..2s, crash: leader}, {at: 2s, restart: n0}]
    """

  @Test("Faults are swept by named cases, which add to those of every case")
  func cases() throws {
    let experiment = try Bench.experiment("protocols: [raft]\n" + Self.cases)
    #expect(
      values(experiment, "cluster.replicas", "outage", "faults") == [
        "3 none 3s heal all", "3 star 3s heal all; 1s star leader for 2s",
        "3 crash 3s heal all; 1s..2s crash leader; 2s restart n0", "5 none 3s heal all",
        "5 star 3s heal all; 1s star leader for 2s", "5 crash 3s heal all; 1s..2s crash leader; 2s restart n0",
      ])
    let plans = experiment.points.map { $0.configuration(seed: 1, trial: 0).faults.faults.map(\.fault) }
    #expect(plans[0] == [.heal])
    #expect(plans[1] == [.star(.leader, for: .seconds(2)), .heal])
    #expect(plans[5] == [.crash(.leader, downtime: nil), .restart(.node(NodeID(0))), .heal])
    #expect(experiment.points[1].sweptAssignments == ["cluster.replicas=3", "outage=star"])
    #expect(Set(experiment.points.map(\.id.description)).count == 6)
    #expect(Parity(experiment.points.flatMap(\.rows)).breach(in: "probe") == nil)
  }

  @Test("An override chooses a case, which is then the same configuration as in the sweep")
  func chosenCase() throws {
    let all = try Bench.experiment("protocols: [raft]\n" + Self.cases)
    let one = try Bench.experiment(
      "protocols: [raft]\n" + Self.cases,
      overrides: [("outage", "none"), ("outage", "star"), ("cluster.replicas", "5")])
    #expect(one.points.map(\.id.description) == [all.points[4].id.description])
    #expect(one.points[0].inputs.allSatisfy { !$0.isSwept })
    #expect(
      try Bench.complaint(Self.cases, overrides: [("outage", "sta")])
        == "--set outage=sta: unknown outage 'sta'; did you mean 'star'?")
  }

  @Test(
    "A sweep over faults that cannot be run is refused where it stands",
    arguments: [
      ("faults: {a: []}", "sweep: 'faults' cannot be the name of a sweep over faults; any other word can"),
      ("a b: {a: []}", "'a b' is not a name of letters, digits, '-' and '_'"), ("a: {}", "a: nothing to sweep over"),
      ("a: {b: {at: 1s, crash: leader}}", "a: b: a list is expected here, as in [a, b]"),
      ("a: {b: [{at: 1s, crash: n7}]}", "faults: n7 is not one of 5 replicas; the first is n0"),
      ("a: {b: [{at: 1s, star: all}]}", "faults: all is not leader, follower, any or a replica, n0 to n63"),
    ])
  func refusedCases(_ sweep: String, _ message: String) throws {
    #expect(try Bench.complaint("sweep: {\(sweep)}") == "probe.yaml:4: \(message)")
  }
}
