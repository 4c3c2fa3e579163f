import Consensus
import Testing

@testable import Verification

@Suite("Random histories, as they were and spoilt") struct RandomHistoryTests {
  private func verdict(_ history: [ClientOperation]) -> Verdict {
    LinearizabilityChecker.check(history, budget: 100_000_000).verdict
  }
  private static func sample(_ seed: UInt64, _ shape: HistorySampler.Shape = .init()) -> [ClientOperation] {
    var sampler = HistorySampler(seed: seed)
    return sampler.history(shape)
  }

  @Test("What came about one after the other is linearizable, whatever overlaps, fails or is never answered")
  func valid() {
    for seed in 0..<400 as Range<UInt64> {
      var shape = HistorySampler.Shape()
      shape.operations = 20 + Int(seed) % 7 * 60
      shape.clients = 1 + Int(seed) % 24
      shape.keys = 1 + Int(seed) % 3
      shape.silence = Double(seed % 5) * 0.05
      #expect(verdict(Self.sample(seed, shape)) == .ok, "seed \(seed)")
    }
  }

  @Test("Where values repeat the search may give up, and never accuses")
  func repeatedValues() {
    var told = 0
    for seed in 0..<400 as Range<UInt64> {
      var shape = HistorySampler.Shape()
      shape.operations = 20 + Int(seed) % 5 * 20
      shape.clients = 1 + Int(seed) % 8
      shape.values = 1 + seed % 4
      let found = LinearizabilityChecker.check(Self.sample(seed, shape), budget: 10_000_000).verdict
      #expect(found != .violated, "seed \(seed)")
      if found == .ok { told += 1 }
    }
    #expect(told > 350, "\(told) of 400")
  }

  /// An operation that answered, after which `read` was asked, and what `read` found.
  private static func found(_ entry: ClientOperation) -> UInt64? {
    guard case .ok(let reply) = entry.outcome, entry.operation.kind == .get else { return nil }
    return reply.value
  }
  private static func writes(_ entry: ClientOperation) -> Bool {
    entry.operation.kind == .put && entry.returned != nil
  }

  /// Each spoils one operation of a history whose values are distinct, so that no order explains it; nil if it has none to spoil.
  static let corruptions:
    [(name: String, spoil: @Sendable ([ClientOperation], inout RandomSource) -> [ClientOperation]?)] =
      [
        (
          "a read of what nobody wrote",
          { history, random in
            change(history, &random, where: { found($0) != nil }) { $0.outcome = .ok(Reply(value: 1 << 40)) }
          }
        ),
        (
          "a read of what was overwritten before it",
          { history, random in
            var stale: [(read: Int, value: UInt64)] = []
            for read in history.indices where found(history[read]) != nil {
              let before = history.filter {
                writes($0) && $0.operation.key == history[read].operation.key && $0.returned! < history[read].invoked
              }
              for old in before where before.contains(where: { $0.invoked > old.returned! }) {
                stale.append((read, old.operation.value))
              }
            }
            guard !stale.isEmpty else { return nil }
            let choice = stale[Int(random.below(UInt64(stale.count)))]
            var spoilt = history
            spoilt[choice.read].outcome = .ok(Reply(value: choice.value))
            return spoilt
          }
        ),
        (
          "a write that was read and is reported as failed",
          { history, random in
            let seen = Set(history.compactMap(found))
            return change(history, &random, where: { writes($0) && seen.contains($0.operation.value) }) {
              $0.outcome = .failed
              $0.returned = nil
            }
          }
        ),
        (
          "a write that is read before it is asked",
          { history, random in
            let last = history.map { $0.returned ?? $0.invoked }.max() ?? 0
            let seen = Set(history.compactMap(found))
            return change(history, &random, where: { writes($0) && seen.contains($0.operation.value) }) {
              $0.invoked = last + 1
              $0.returned = last + 2
            }
          }
        ),
        (
          "a swap that claims the contrary of what it found",
          { history, random in
            change(history, &random, where: { $0.operation.kind == .cas && $0.returned != nil }) { entry in
              guard case .ok(var reply) = entry.outcome else { return }
              reply.applied.toggle()
              entry.outcome = .ok(reply)
            }
          }
        ),
      ]
  private static func change(
    _ history: [ClientOperation], _ random: inout RandomSource, where fits: (ClientOperation) -> Bool,
    _ change: (inout ClientOperation) -> Void
  ) -> [ClientOperation]? {
    let candidates = history.indices.filter { fits(history[$0]) }
    guard !candidates.isEmpty else { return nil }
    var spoilt = history
    change(&spoilt[candidates[Int(random.below(UInt64(candidates.count)))]])
    return spoilt
  }

  @Test("One operation spoilt is found in every history", arguments: corruptions.indices)
  func spoilt(_ index: Int) {
    var spoiltHistories = 0
    for seed in 0..<200 as Range<UInt64> {
      var random = RandomSource(seed: seed, stream: UInt64(index))
      var shape = HistorySampler.Shape()
      shape.clients = 2 + Int(seed) % 20
      shape.keys = 1 + Int(seed) % 3
      guard let history = Self.corruptions[index].spoil(Self.sample(seed, shape), &random) else { continue }
      spoiltHistories += 1
      #expect(verdict(history) == .violated, "\(Self.corruptions[index].name), seed \(seed)")
    }
    #expect(spoiltHistories > 150)
  }

  @Test("A lost write: after it was answered, everybody finds what was there before")
  func lostWrite() {
    var lost = 0
    for seed in 0..<200 as Range<UInt64> {
      // One client at a time: what each read must find is certain.
      var history = Self.sample(seed, .init(clients: 1, silence: 0, failure: 0))
      guard let write = history.indices.first(where: { Self.writes(history[$0]) && $0 + 1 < history.count }),
        Self.found(history[write + 1]) == history[write].operation.value
      else { continue }
      history[write + 1].outcome = .ok(Reply(value: 0))
      lost += 1
      #expect(verdict(history) == .violated, "seed \(seed)")
    }
    #expect(lost > 30, "\(lost)")
  }

  @Test("5,000 operations of 20 clients on one key, 5 % of them never answered, are searched to an end")
  func contended() {
    let shape = HistorySampler.Shape(operations: 5_000, clients: 20)
    #expect(verdict(Self.sample(1, shape)) == .ok)
  }
}
