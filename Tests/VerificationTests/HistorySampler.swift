import Consensus

@testable import Verification

/// Histories of clients whose operations take effect one after the other, each at some moment while it runs.
struct HistorySampler {
  struct Shape {
    var operations = 200
    var clients = 8
    var keys = 1
    /// 0: every write has a value of its own.
    var values: UInt64 = 0
    /// Share of operations that are never answered; half of them take effect, at any later time.
    var silence = 0.05
    /// Share that fail for certain.
    var failure = 0.02
  }
  /// What happens to one operation, and when.
  private struct Fate {
    var entry: ClientOperation
    /// Nil: it never takes effect.
    var effect: Int64?
  }

  private var random: RandomSource
  private var written: UInt64 = 0

  init(seed: UInt64) { random = RandomSource(seed: seed) }

  mutating func history(_ shape: Shape) -> [ClientOperation] {
    var fates: [Fate] = []
    var free = Array(repeating: Int64(0), count: shape.clients)
    for _ in 0..<shape.operations {
      let process = free.indices.min { free[$0] < free[$1] } ?? 0
      let invoked = free[process] + 1 + Int64(random.below(40))
      let fate = fate(shape, UInt32(process), invoked)
      free[process] = (fate.entry.returned ?? invoked) + 1
      fates.append(fate)
    }
    return run(fates)
  }

  private mutating func fate(_ shape: Shape, _ process: UInt32, _ invoked: Int64) -> Fate {
    let key = UInt32(random.below(UInt64(shape.keys)))
    written += 1
    let value = shape.values == 0 ? written : 1 + random.below(shape.values)
    let asked: Operation
    switch random.below(10) {
    case 0..<4: asked = .get(key)
    case 4..<7: asked = .put(key, value)
    case 7: asked = .delete(key)
    default:
      // Mostly what was written lately, so that some swaps succeed.
      let expected = shape.values == 0 ? value - min(value, 1 + random.below(4)) : random.below(shape.values + 1)
      asked = .cas(key, from: expected, to: value)
    }
    var entry = ClientOperation(
      process: process, id: .init(client: UInt64(process), sequence: written), operation: asked, invoked: invoked)
    let length = 1 + Int64(random.below(200))
    if random.chance(shape.silence) {
      entry.outcome = .unknown
      return Fate(entry: entry, effect: random.chance(0.5) ? invoked + Int64(random.below(2_000)) : nil)
    }
    entry.returned = invoked + length
    if random.chance(shape.failure) {
      entry.outcome = .failed
      entry.returned = nil
      return Fate(entry: entry, effect: nil)
    }
    return Fate(entry: entry, effect: invoked + Int64(random.below(UInt64(length) + 1)))
  }

  /// Executes the operations in order of their effects, and so gets the answers.
  private func run(_ fates: [Fate]) -> [ClientOperation] {
    var history = fates.map(\.entry)
    var values: [UInt32: UInt64] = [:]
    let order = fates.indices.filter { fates[$0].effect != nil }
      .sorted { (fates[$0].effect ?? 0, $0) < (fates[$1].effect ?? 0, $1) }
    for index in order {
      let asked = history[index].operation
      let found = values[asked.key] ?? 0
      var reply = Reply()
      switch asked.kind {
      case .open: break
      case .get: reply.value = found
      case .put: values[asked.key] = asked.value
      case .delete: values[asked.key] = 0
      case .cas:
        reply = Reply(applied: found == asked.expected, value: found)
        if reply.applied { values[asked.key] = asked.value }
      }
      if history[index].returned != nil { history[index].outcome = .ok(reply) }
    }
    return history
  }
}
