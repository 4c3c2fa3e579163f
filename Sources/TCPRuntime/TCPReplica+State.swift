import Consensus

extension TCPReplica {
  /// The last slot that was executed, and the digest of everything executed so far; nil while it does not run. From any thread.
  public func stateNow() async throws -> (slot: Slot, digest: UInt64)? {
    try await loop.submit { [self] in
      guard let process else { return nil }
      return (process.replica.last.slot, process.replica.sessions.digest.value)
    }.get()
  }
}
