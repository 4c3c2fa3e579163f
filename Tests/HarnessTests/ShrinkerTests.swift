import Consensus
import Faults
import Simulator
import Testing

@testable import Harness

@Suite("Shrinking") struct ShrinkerTests {
  private static func schedule() throws -> Schedule {
    // A closed loop with many operations and faults of several kinds.
    let variant = try ScheduleTests.variant("raft")
    for seed in 1...100 as ClosedRange<UInt64> {
      let schedule = variant.schedule(seed: seed, replicas: 5)
      if schedule.settings.arrival == .closed, schedule.faults.count > 20, schedule.operations.count > 400 {
        return schedule
      }
    }
    throw InputError("no seed has many faults and operations")
  }
  /// A bug that takes two operations in order and a fault between them; found when the second is asked.
  private static func bug(_ first: ScheduledOperation, _ fault: ScheduledFault, _ second: ScheduledOperation)
    -> Shrinker.Trial
  {
    { schedule in
      guard let start = schedule.operations.first(where: { $0.operation == first.operation }),
        let struck = schedule.faults.first(where: { $0.fault.word == fault.fault.word && $0.at > start.at }),
        let end = schedule.operations.first(where: { $0.operation == second.operation && $0.at > struck.at })
      else { return nil }
      return ("C1", end.at)
    }
  }
  private static func example() throws -> (schedule: Schedule, trial: Shrinker.Trial) {
    let schedule = try schedule()
    let fault = schedule.faults[schedule.faults.count / 2]
    let writes = schedule.operations.filter { $0.operation.kind == .put }
    let first = try #require(writes.last { $0.at < fault.at })
    let second = try #require(writes.first { $0.at > fault.at })
    return (schedule, bug(first, fault, second))
  }

  @Test("What is not needed to fail alike is left out: of hundreds of events the three that matter are left")
  func minimal() throws {
    let (schedule, trial) = try Self.example()
    var shrinker = try #require(Shrinker(schedule, trial: trial))
    shrinker.shrink()
    #expect(schedule.events > 400)
    #expect(shrinker.best.faults.count == 1 && shrinker.best.operations.count == 2)
    #expect(shrinker.best.invariant == "C1")
    #expect(trial(shrinker.best) != nil)
    #expect(shrinker.tries < 2_000)
    // The inputs that this bug does not need are the plain ones, and nobody waits.
    let environment = shrinker.best.settings.environment
    #expect(
      environment.replicas == 3 && environment.link.loss == 0 && environment.link.delay == .constant(.milliseconds(1)))
    #expect(shrinker.best.settings.clients <= 2)
    #expect(shrinker.best.settings.measure.window < .milliseconds(200))
    #expect(throws: Never.self) { try Schedule(shrinker.best.text) }
  }

  @Test("A bug that also takes luck, one seed of eighty, shrinks to what can be read")
  func luck() throws {
    let (schedule, trial) = try Self.example()
    // Another draw for each schedule, as if everything were shifted.
    func isLucky(_ candidate: Schedule) -> Bool {
      var digest = Digest()
      digest.fold(candidate.seed)
      for operation in candidate.operations { digest.fold(UInt64(bitPattern: operation.at.nanoseconds)) }
      for fault in candidate.faults { digest.fold(UInt64(bitPattern: fault.at.nanoseconds)) }
      return digest.value % 80 == 0
    }
    var lucky = schedule
    while !isLucky(lucky) { lucky.seed += 1 }
    var shrinker = try #require(Shrinker(lucky) { isLucky($0) ? trial($0) : nil })
    shrinker.shrink()
    #expect(shrinker.best.events <= 30, "\(shrinker.best.events) events in \(shrinker.tries) runs")
    #expect(isLucky(shrinker.best) && trial(shrinker.best) != nil)
  }

  @Test("The same schedule shrinks to the same one")
  func deterministic() throws {
    let (schedule, trial) = try Self.example()
    let results = try (0..<2).map { _ in
      var shrinker = try #require(Shrinker(schedule, trial: trial))
      shrinker.shrink()
      return shrinker.best
    }
    #expect(results[0] == results[1])
  }

  @Test("Another invariant is another bug: a smaller run that breaks it is not taken")
  func sameInvariant() throws {
    let (schedule, trial) = try Self.example()
    let two: Shrinker.Trial = { trial($0) ?? ("C2", .zero) }
    var shrinker = try #require(Shrinker(schedule, trial: two))
    shrinker.shrink()
    #expect(trial(shrinker.best) != nil && shrinker.best.events == 3)
  }

  @Test("It ends after so many runs")
  func bounded() throws {
    let (schedule, trial) = try Self.example()
    var runs = 0
    var shrinker = try #require(
      Shrinker(schedule, most: 25) {
        runs += 1
        return trial($0)
      })
    shrinker.shrink()
    #expect(shrinker.tries == 25 && runs == 26)
    #expect(trial(shrinker.best) != nil)
  }

  @Test("A run that does not fail is not shrunk")
  func passes() throws { #expect(Shrinker(try Self.schedule()) { _ in nil } == nil) }

  @Test("What is found only at the end keeps what comes late")
  func late() throws {
    let schedule = try Self.schedule()
    let last = try #require(schedule.operations.last)
    let trial: Shrinker.Trial = { candidate in
      candidate.operations.contains { $0.operation == last.operation && $0.padding == last.padding }
        ? ("LIVE", candidate.settings.measure.window + .seconds(30)) : nil
    }
    var shrinker = try #require(Shrinker(schedule, trial: trial))
    shrinker.shrink()
    #expect(shrinker.best.operations.map(\.operation) == [last.operation] && shrinker.best.faults.isEmpty)
  }
}
