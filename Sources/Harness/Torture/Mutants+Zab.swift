#if MUTANTS
extension Mutant {
  static let zab: [Mutant] = []
}
#endif
