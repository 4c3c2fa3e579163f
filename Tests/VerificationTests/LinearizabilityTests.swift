import Consensus
import Testing

@testable import Verification

@Suite("Linearizability") struct LinearizabilityTests {
  private static func operation(
    _ process: UInt32, _ operation: Operation, _ invoked: Int64, _ returned: Int64?, _ reply: Reply? = Reply()
  ) -> ClientOperation {
    var entry = ClientOperation(
      process: process, id: .init(client: UInt64(process), sequence: 1), operation: operation, invoked: invoked)
    entry.returned = returned
    entry.outcome = returned == nil ? .unknown : .ok(reply ?? Reply())
    return entry
  }
  private func verdict(_ history: [ClientOperation], budget: Int = 100_000) -> Verdict {
    LinearizabilityChecker.check(history, budget: budget).verdict
  }

  @Test("A read returns what was written before it, and may or may not see what is written at the same time")
  func reads() {
    let write = Self.operation(0, .put(1, 5), 10, 20)
    for (invoked, value, fine) in [
      (30, 5, true), (30, 0, false), (15, 0, true), (15, 5, true), (15, 6, false),
    ] as [(Int64, UInt64, Bool)] {
      let read = Self.operation(1, .get(1), invoked, 40, Reply(value: value))
      #expect((verdict([write, read]) == .ok) == fine, "read \(value) from \(invoked)")
    }
    #expect(verdict([write, Self.operation(1, .get(2), 30, 40, Reply(value: 0))]) == .ok, "keys do not touch")
  }

  @Test("Once a new value was read, the old one is not read again")
  func newOldInversion() {
    let write = Self.operation(0, .put(1, 5), 10, 100)
    let first = Self.operation(1, .get(1), 20, 30, Reply(value: 5))
    let second = Self.operation(2, .get(1), 40, 50, Reply(value: 0))
    #expect(verdict([write, first, second]) == .violated)
    #expect(verdict([write, second, Self.operation(1, .get(1), 60, 70, Reply(value: 5))]) == .ok)
    let result = LinearizabilityChecker.check([write, first, second], budget: 1_000)
    #expect(result.detail?.contains("key k1: get k1 of process 1 at 20 ns") == true)
  }

  @Test("What never returned may take effect at any later time, or never; what failed must not")
  func unknown() {
    let lost = Self.operation(0, .put(1, 5), 10, nil)
    for value in [0, 5] as [UInt64] {
      #expect(verdict([lost, Self.operation(1, .get(1), 1_000, 1_010, Reply(value: value))]) == .ok)
    }
    #expect(verdict([lost, Self.operation(1, .get(1), 1, 5, Reply(value: 5))]) == .violated, "it was not asked yet")
    let unseen = Self.operation(2, .get(1), 30, nil)
    #expect(verdict([unseen, Self.operation(1, .get(1), 40, 50, Reply(value: 0))]) == .ok, "nobody saw what was read")
    var failed = lost
    failed.outcome = .failed
    #expect(verdict([failed, Self.operation(1, .get(1), 20, 30, Reply(value: 5))]) == .violated)
  }

  @Test("A cas says what it found, and whether it swapped")
  func swap() {
    let write = Self.operation(0, .put(1, 5), 0, 1)
    for (expected, applied, found, fine) in [
      (5, true, 5, true), (5, false, 5, false), (6, false, 5, true), (6, true, 5, false), (5, true, 4, false),
    ] as [(UInt64, Bool, UInt64, Bool)] {
      let swap = Self.operation(1, .cas(1, from: expected, to: 9), 2, 3, Reply(applied: applied, value: found))
      #expect((verdict([write, swap]) == .ok) == fine, "\(expected) \(applied) \(found)")
    }
  }

  /// Swaps to and fro at once, which can be ordered in ever so many ways, and one that fits in none.
  private static func swaps(_ pairs: Int) -> [ClientOperation] {
    var history: [ClientOperation] = []
    for index in 0..<UInt32(pairs) {
      history.append(operation(2 * index, .cas(1, from: 0, to: 1), 0, 100, Reply(applied: true, value: 0)))
      history.append(operation(2 * index + 1, .cas(1, from: 1, to: 0), 0, 100, Reply(applied: true, value: 1)))
    }
    history.append(operation(1_000, .cas(1, from: 7, to: 8), 0, 100, Reply(applied: true, value: 7)))
    return history
  }

  @Test("Out of budget, the answer is unknown and never ok")
  func budget() {
    #expect(verdict(Self.swaps(6), budget: 1_000) == .unknown)
    #expect(verdict(Self.swaps(6), budget: 10_000_000) == .violated)
    #expect(verdict([], budget: 0) == .ok)
  }

  @Test("However large the budget, memory is bounded: with too many possibilities at once the answer is unknown")
  func memory() {
    let result = LinearizabilityChecker.check(Self.swaps(10), budget: .max)
    #expect(result.verdict == .unknown)
    #expect(result.detail == "key k1 has too many possibilities at once")
  }

  @Test("A key that is given up hides no violation of another")
  func keysApart() {
    let stale = [Self.operation(1, .put(2, 5), 0, 1), Self.operation(1, .get(2), 2, 3, Reply(value: 0))]
    #expect(verdict(Self.swaps(6) + stale, budget: 1_000) == .violated)
  }

  /// Every order of the operations, with every choice of which unknown ones take effect.
  private static func bruteForce(_ history: [ClientOperation]) -> Bool {
    func extend(_ rest: [ClientOperation], _ value: UInt64) -> Bool {
      if rest.allSatisfy({ $0.returned == nil }) { return true }
      for (index, next) in rest.enumerated() {
        // Nothing that is left may have returned before this one was asked.
        guard rest.allSatisfy({ $0.returned.map { $0 >= next.invoked } ?? true }) else { continue }
        var left = rest
        left.remove(at: index)
        let after: UInt64
        switch next.operation.kind {
        case .put: after = next.operation.value
        case .delete: after = 0
        case .cas: after = value == next.operation.expected ? next.operation.value : value
        case .get, .open: after = value
        }
        if case .ok(let reply) = next.outcome {
          if next.operation.kind == .get, reply.value != value { continue }
          if next.operation.kind == .cas,
            reply.value != value || reply.applied != (value == next.operation.expected)
          {
            continue
          }
        }
        if extend(left, after) { return true }
      }
      return false
    }
    return extend(history, 0)
  }

  @Test("The search agrees with trying every order, on thousands of small histories")
  func bruteForce() {
    var random = RandomSource(seed: 1)
    var verdicts: [Bool: Int] = [:]
    for round in 0..<40_000 {
      // Rounds differ in how much overlaps, how many values there are, and how much is never answered.
      let span = 4 + random.below(40)
      let values = 1 + random.below(4)
      let silence = Double(random.below(5)) / 10
      let history = (0..<(2 + Int(random.below(7)))).map { index -> ClientOperation in
        let value = 1 + random.below(values)
        let asked: Operation
        switch random.below(4) {
        case 0: asked = .get(1)
        case 1: asked = .put(1, value)
        case 2: asked = .cas(1, from: random.below(values + 1), to: value)
        default: asked = random.chance(0.3) ? .delete(1) : .put(1, value)
        }
        let invoked = Int64(random.below(span))
        let returned = random.chance(silence) ? nil : invoked + Int64(random.below(16))
        let found = random.below(values + 1)
        let isLie = random.chance(0.02)
        let reply =
          asked.kind == .get || asked.kind == .cas
          ? Reply(applied: asked.kind == .get || (found == asked.expected) != isLie, value: found) : Reply()
        return Self.operation(UInt32(index), asked, invoked, returned, reply)
      }
      let expected = Self.bruteForce(history)
      verdicts[expected, default: 0] += 1
      #expect(verdict(history, budget: 1_000_000) == (expected ? .ok : .violated), "round \(round): \(history)")
    }
    #expect(verdicts[true, default: 0] > 5_000 && verdicts[false, default: 0] > 5_000, "\(verdicts)")
  }
}
