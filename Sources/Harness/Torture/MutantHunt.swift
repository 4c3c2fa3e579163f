#if MUTANTS
import Consensus

/// Torture with a planted bug: how many seeds does it survive, and which invariant finds it?
public struct MutantHunt: Sendable {
  public var mutant: Mutant
  /// The protocol it was planted in.
  public var variant: String
  /// Seeds that were run, the one that found it included.
  public var seeds: Int
  /// The first run that failed; nil: the bug survived.
  public var kill: TortureRun.Failure?

  /// What fired; nil: nothing.
  public var invariant: String? {
    // A cluster that never came to serve anybody breaks no rule but that one.
    kill.map { $0.report.violations.first?.invariant ?? "LIVE" }
  }
  /// What fired is what the catalogue names.
  public var isAsNamed: Bool { invariant.map(mutant.invariants.contains) ?? false }

  /// Plants `mutant` in `variant`, and runs seed after seed until a check finds it. One hunt at a time: the whole process has the bug.
  public init(
    _ mutant: Mutant, in variant: ProtocolVariant, replicas: [Int], seeds: ClosedRange<UInt64>, jobs: Int,
    isCancelled: @escaping @Sendable () -> Bool
  ) {
    var plan = TortureRun.Plan(variants: [variant], replicas: replicas, seeds: seeds, jobs: jobs)
    plan.stopsAtFailure = true
    mutant.plant()
    defer { Planted.active = 0 }
    let tally = TortureRun(plan).run(isCancelled: isCancelled, progress: { _, _ in })[0]
    self.mutant = mutant
    self.variant = variant.name
    kill = tally.failures.min { ($0.seed, $0.replicas) < ($1.seed, $1.replicas) }
    self.seeds = kill.map { Int($0.seed - seeds.lowerBound) + 1 } ?? tally.runs / replicas.count
  }
}

extension Mutant {
  /// From now on every simulation in this process has the bug.
  public func plant() { Planted.active = Planted.word(id) }

  /// Those of `catalogue` that have the bug.
  public func variants(in catalogue: [ProtocolVariant]) -> [ProtocolVariant] {
    catalogue.filter { variant in
      protocols.isEmpty ? variant.isMain && variant.fixedReplicas == nil : protocols.contains(variant.name)
    }
  }

  public static func named(_ id: String) throws -> Mutant {
    let all = all + regressions
    guard let found = all.first(where: { $0.id == id }) else {
      throw InputError.unknown("mutant", id, among: all.map(\.id))
    }
    return found
  }
}

extension [MutantHunt] {
  /// A Markdown table with a row for each hunt, and what they come to.
  public var table: String {
    let rows = map { hunt in
      let fired = hunt.invariant ?? "**survived**"
      return "| \(hunt.mutant.id) | \(hunt.variant) | \(hunt.mutant.summary) | \(hunt.mutant.source) "
        + "| \(hunt.mutant.invariants.joined(separator: ", ")) | \(fired) | \(hunt.seeds) |"
    }
    return
      (["| id | planted in | bug | source | named | fired | seeds |", "|---|---|---|---|---|---|---|"] + rows)
      .joined(separator: "\n") + "\n\n" + summary
  }

  private var summary: String {
    func line(_ what: String, _ hunts: [MutantHunt]) -> String {
      let killed = hunts.filter { $0.kill != nil }
      guard !killed.isEmpty else { return "\(what): 0 of \(hunts.count) found." }
      let seeds = killed.map(\.seeds).sorted()
      let named = killed.filter(\.isAsNamed).count
      return
        "\(what): \(killed.count) of \(hunts.count) found, after \(seeds[seeds.count / 2]) seeds in the median and "
        + "\(seeds[seeds.count - 1]) at most; \(named) by an invariant that the catalogue names."
    }
    return [
      line("Safety", filter { !$0.mutant.isLiveness }), line("Liveness", filter { $0.mutant.isLiveness }),
      "\(Set(map(\.mutant.id)).count) mutants.",
    ].joined(separator: "\n")
  }
}
#endif
