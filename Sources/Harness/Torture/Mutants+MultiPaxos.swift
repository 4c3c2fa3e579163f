#if MUTANTS
extension Mutant {
  static let multiPaxos: [Mutant] = []
}
#endif
