/// What can happen to a disk. All but the first break its word: what a crash does to bytes that were never synced does not.
public enum DiskFault: String, Hashable, Sendable, CaseIterable {
  /// The power fails in the middle of the next write: any part of it may be there, in any order.
  case tornWrite = "torn-write"
  /// A bit of something durable flips.
  case bitRot = "bit-rot"
  /// A write that was synced never arrived: what stood there before stands there still, whole and valid.
  case staleBlock = "stale-block"
  /// A write that was synced went to another place.
  case misdirectedWrite = "misdirected-write"
  /// Syncs say that they are done, and are not.
  case lostSync = "lost-sync"
  /// The next sync fails with EIO.
  case failure = "io-error"
  /// Writes fail with ENOSPC.
  case full = "disk-full"

  /// Whether the disk, or the machine, is without it for a while; the others happen once.
  public var lasts: Bool { self == .lostSync || self == .full || self == .tornWrite }
  /// Whether the replica may be lost by it.
  public var harms: Bool { self != .full && self != .tornWrite }
}
