/// Whether the bug `id` is planted: known bugs, switched on one at a time to see whether the checks find them.
///
/// Only a build with `-Xswiftc -DMUTANTS` can plant one. In every other build this is a constant, and what stands behind it is
/// not compiled.
@inlinable @inline(__always) public func planted(_ id: StaticString) -> Bool {
  #if MUTANTS
  let active = Planted.active
  return active != 0 && active == Planted.word(id)
  #else
  return false
  #endif
}

#if MUTANTS
/// Which bug is planted in this process.
public enum Planted {
  /// The id's letters; 0: none. Set only while no simulation runs.
  nonisolated(unsafe) public static var active: UInt64 = 0

  @inlinable public static func word(_ id: StaticString) -> UInt64 {
    id.withUTF8Buffer { $0.reduce(0) { $0 << 8 | UInt64($1) } }
  }
  /// Ids have at most eight letters, such as R-20.
  public static func word(_ id: String) -> UInt64 { id.utf8.reduce(0) { $0 << 8 | UInt64($1) } }
}
#endif
