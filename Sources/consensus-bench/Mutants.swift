import Harness

/// Known bugs, planted on demand: only in builds with the flag MUTANTS.
enum Mutants {
  /// Plants the bug `id`, if one is asked for.
  static func plant(_ id: String?) throws {
    guard let id else { return }
    #if MUTANTS
    try Mutant.named(id).plant()
    #else
    throw unavailable("--mutant \(id)")
    #endif
  }

  #if MUTANTS
  /// Release binaries must not contain this text; .ci/run looks for it.
  static let mark = "This build can plant bugs, for tests only."
  #else
  static func unavailable(_ option: String) -> InputError {
    InputError("\(option): this build plants no bugs; Tests/mutants.sh makes one that does and runs it")
  }
  #endif
}

extension TortureCommand {
  func hunt(_ seeds: ClosedRange<UInt64>, _ sizes: [Int]) throws {
    #if MUTANTS
    Terminal.say(Mutants.mark)
    Interruption.watch()
    let end = minutes.map { ContinuousClock.now + .seconds($0 * 60) }
    let mutants = try mutant.map { [try Mutant.named($0)] } ?? Mutant.all
    let catalogue = try chosen()
    var hunts: [MutantHunt] = []
    for mutant in mutants {
      for variant in mutant.variants(in: catalogue) {
        let hunt = MutantHunt(
          mutant, in: variant, replicas: sizes, seeds: seeds, jobs: jobs,
          isCancelled: { Interruption.isAsked || end.map { ContinuousClock.now >= $0 } ?? false })
        if Interruption.isAsked { throw ExitStatus.interrupted }
        hunts.append(hunt)
        if !allMutants || hunt.kill == nil || !hunt.isAsNamed { Terminal.say(Self.text(hunt)) }
      }
    }
    guard !hunts.isEmpty else {
      throw InputError("--mutant \(mutant ?? ""): not in --protocol \(protocolNames ?? "")")
    }
    if allMutants { print(hunts.table) }
    if shrink, !allMutants {
      try Mutants.plant(mutant)
      try writeSchedules(of: hunts.compactMap(\.kill), among: catalogue, mutant: mutant)
    }
    if hunts.contains(where: { $0.kill == nil }) { throw ExitStatus.failed }
    #else
    throw Mutants.unavailable(mutant.map { "--mutant \($0)" } ?? "--all-mutants")
    #endif
  }

  #if MUTANTS
  private static func text(_ hunt: MutantHunt) -> String {
    let name = "\(hunt.mutant.id) in \(hunt.variant), \(hunt.mutant.summary)"
    guard let kill = hunt.kill else { return "\(name): survived \(hunt.seeds) seeds" }
    let named = hunt.isAsNamed ? "" : ", where the catalogue names \(hunt.mutant.invariants.joined(separator: ", "))"
    return "\(name): found after \(hunt.seeds) seeds by \(hunt.invariant ?? "")\(named)\n"
      + text(kill, mutant: hunt.mutant.id)
  }
  #endif
}
