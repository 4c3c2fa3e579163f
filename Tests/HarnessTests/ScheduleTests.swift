import Consensus
import Faults
import Simulator
import Testing
import Verification

@testable import Harness

@Suite("Schedules") struct ScheduleTests {
  static func variant(_ name: String) throws -> ProtocolVariant {
    try #require(Bench.catalogue.first { $0.name == name })
  }

  @Test(
    "A seed that is written out is the same run, and so is what is read back", arguments: ["raft", "multipaxos", "zab"])
  func sameRun(name: String) throws {
    let variant = try Self.variant(name)
    var arrivals: Set<ArrivalKind> = []
    for seed in 1...16 as ClosedRange<UInt64> {
      let replicas = seed % 2 == 0 ? 3 : 5
      let drawn = variant.simulate(variant.torture(seed: seed, replicas: replicas), nil, nil, false)
      let schedule = variant.schedule(seed: seed, replicas: replicas)
      #expect(schedule.events > 50)
      #expect(variant.simulate(schedule.configuration, nil, nil, false).hash == drawn.hash, "seed \(seed)")
      let read = try Schedule(schedule.text)
      #expect(read.text == schedule.text)
      #expect(variant.simulate(read.configuration, nil, nil, false).hash == drawn.hash, "seed \(seed), read back")
      arrivals.insert(schedule.settings.arrival)
    }
    #expect(arrivals.contains(.closed) && arrivals.count > 1, "open loops are written out as well")
  }

  @Test("A schedule without operations and faults is a quiet run")
  func empty() throws {
    let variant = try Self.variant("raft")
    var schedule = variant.schedule(seed: 1, replicas: 3)
    (schedule.faults, schedule.operations) = ([], [])
    let result = variant.simulate(schedule.configuration, nil, nil, true)
    #expect(result.verification.verdict == .ok && result.faults == 0)
    #expect(result.history.allSatisfy { $0.operation == .get(0) }, "only what proves that clients are served")
  }

  /// The parameters of some run, and these lines behind them.
  private static func text(_ lines: String...) throws -> String {
    var schedule = try variant("raft").schedule(seed: 2, replicas: 3)
    (schedule.faults, schedule.operations) = ([], [])
    return schedule.text + lines.joined(separator: "\n")
  }
  private static func complaint(_ text: String) -> String? {
    do throws(InputError) {
      _ = try Schedule(text)
      return nil
    } catch { return error.description }
  }

  @Test("What is wrong with a line is said, with its number")
  func errors() throws {
    let lines = try Self.text().split(separator: "\n").count
    for (line, message) in [
      (#"{"at":"1s","crsh":"leader"}"#, "unknown fault 'crsh'; did you mean 'crash'?"),
      (#"{"at":"1s"}"#, "what happens?"),
      (#"{"at":"1s","crash":"n1","pause":"n1"}"#, "'crash' and 'pause' in one line"),
      (#"{"at":"1s..2s","crash":"n1"}"#, "'at' is one time in a schedule, no range"),
      (#"{"at":"1s","crash":"any"}"#, "a schedule names who is struck, and 'any' does not"),
      (#"{"at":"1s","crash":"n1","every":"1s"}"#, "'crash' and 'every' in one line"),
      (#"{"at":"1","crash":"n1"}"#, "1 is not a duration such as 15ms (units: ns, us, ms, s)"),
      (#"{"crash":"n1"}"#, "neither 'set' nor 'at': what is it?"),
      (#"{"set":"link.los","to":"0"}"#, "unknown key 'link.los'; did you mean 'link.loss'?"),
      (#"{"set":"link.loss","to":"0"}"#, "'link.loss' is set twice"),
      (#"{"at":"1s","client":"0","f":"putt","key":"k1"}"#, "unknown operation 'putt'; did you mean 'put'?"),
      (#"{"at":"1s","client":"0","f":"put","key":"k1"}"#, "'val' is missing"),
      (#"{"at":"1s","client":"0","f":"get","key":"x"}"#, "'key' is x; keys are k0, k1 and so on"),
      (#"{"at":"1s","client":"0","f":"get","key":"k1","vall":"3"}"#, "unknown field 'vall'; did you mean 'val'?"),
      ("[]", "no JSON object"),
    ] {
      #expect(Self.complaint(try Self.text(line)) == "line \(lines + 1): \(message)")
    }
    #expect(
      Self.complaint(try Self.text(#"{"at":"1s","crash":"n7"}"#))
        == "line \(lines + 1): n7 is not one of 3 replicas; the first is n0")
    #expect(
      Self.complaint("") == "there is nothing in it; the first line of a schedule begins {\"schedule\":")
    #expect(
      Self.complaint(#"{"schedule":"raft","seed":"1"}"#)
        == "'cluster.replicas' is not set: {\"set\":\"cluster.replicas\",\"to\":…}")
    #expect(
      Self.complaint(#"{"at":"1s","crash":"n1"}"#)?.hasPrefix("line 1: the first line of a schedule names") == true)
  }

  @Test("Whatever bytes stand in the file, it is a schedule or an error")
  func total() throws {
    let bytes = Array(try Self.text(#"{"at":"1s","client":"0","f":"put","key":"k1","val":"3","payload":"4B"}"#).utf8)
    var random = RandomSource(seed: 5)
    var refused = 0
    for _ in 0..<300 {
      var changed = bytes
      for _ in 0...random.below(3) { changed[Int(random.below(UInt64(bytes.count)))] = UInt8(random.below(256)) }
      if Self.complaint(String(decoding: changed, as: UTF8.self)) != nil { refused += 1 }
    }
    #expect(refused > 100)
  }

  @Test("Every fault that torture draws can be written and read, and every kind is drawn")
  func faults() throws {
    var words: Set<String> = []
    for seed in 1...400 as ClosedRange<UInt64> {
      let plan = RandomFaults(
        seed: seed, nodes: 5, span: .seconds(20), sessions: seed % 2 == 0, transfers: true, costs: true
      ).plan
      for scheduled in plan.faults {
        let fault = scheduled.fault
        let form = try #require(FaultForm.all.first { $0.name == fault.word })
        let length = fault.length.map { ValueForm<Duration>.positiveDuration.print($0) }
        #expect(try form.entry(fault.value, at: "1s", for: length).fault == fault)
        words.insert(fault.word)
      }
    }
    #expect(words == Set(try Self.variant("raft").tortures))
  }

  @Test("A kind of fault that is not drawn leaves all others as they were")
  func streams() {
    for seed in 1...50 as ClosedRange<UInt64> {
      let all = RandomFaults(seed: seed, nodes: 3, span: .seconds(20), transfers: true, costs: true).plan.faults
      let fewer = RandomFaults(seed: seed, nodes: 3, span: .seconds(20)).plan.faults
      let rest = all.filter { !["transfer", "slow-cpu"].contains($0.fault.word) }
      #expect(rest.isEmpty || rest == fewer)
    }
  }

  @Test("A fault lasts at least its minimum, and ends with the span")
  func lengths() {
    for seed in 1...100 as ClosedRange<UInt64> {
      for scheduled in RandomFaults(seed: seed, nodes: 5, span: .seconds(20)).plan.faults {
        guard let length = scheduled.fault.length, scheduled.fault.target != .follower else { continue }
        #expect(length >= .milliseconds(50) && scheduled.at + length <= .seconds(20))
      }
    }
  }
}
