#if MUTANTS
extension Mutant {
  static let shared: [Mutant] = []
}
#endif
