#if MUTANTS
extension Mutant {
  static let raft: [Mutant] = [
    .init(
      "R-20", ["raft"], "a leader commits an entry of an older term by counting replicas",
      source: "Raft §5.4.2, Figure 8; PySyncObj #169", ["R6", "R5"])
  ]
}
#endif
