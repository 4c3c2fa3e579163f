#if MUTANTS
extension Mutant {
  static let raft: [Mutant] = []
}
#endif
