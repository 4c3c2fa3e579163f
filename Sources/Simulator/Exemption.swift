import Consensus
import Verification
import WriteAheadLog

/// What became of the disk of a replica that will not run again.
public enum DiskLoss: String, Hashable, Sendable, CaseIterable, CustomStringConvertible {
  case failedSync = "a sync failed"
  case brokenPromise = "its disk had lost what a sync had promised"
  case damagedWithin = "its journal is damaged mid-log"
  case damagedEnd = "its journal is damaged at the end, in what was synced"
  case stale = "its journal holds something older than was synced"
  case misdirected = "a write to its journal went to another place"
  case incomplete = "a file of its journal is not there, or not whole"
  case checkpoint = "its checkpoint is damaged"
  case superblock = "all copies of its superblock are damaged"

  /// `end`: the last position that was durable.
  init(_ damage: JournalDamage, end: UInt64) {
    switch (damage.file, damage.reason) {
    case (_, .misdirected): self = .misdirected
    case (_, .stale): self = .stale
    case (_, .missing), (_, .unreadable): self = .incomplete
    case (.superblock, _): self = .superblock
    case (.checkpoint, _): self = .checkpoint
    case (.segment, .checksum), (.segment, .unknown):
      self = damage.position < end ? .damagedWithin : .damagedEnd
    }
  }

  public var description: String { rawValue }
}

/// Something that is demanded of every run, was not demanded of this one, and why. Nothing is let off without one.
public struct Exemption: Hashable, Sendable, CustomStringConvertible {
  public enum Demand: Hashable, Sendable, CaseIterable {
    /// LIVE: that after healing the cluster serves every client again and agrees.
    case recovery
    /// LIVE, for one replica: that it runs again, and has all that the others have.
    case restart
    /// C3: that a quorum holds every chosen slot on disks that are whole.
    case durability
    /// L1, as a second opinion: that the search for a linearization ends.
    case search
  }
  public var demand: Demand
  /// In the reader's words; equal ones are one group.
  public var reason: String

  init(_ demand: Demand, _ reason: String) {
    self.demand = demand
    self.reason = reason
  }
  public var description: String { reason }
}

extension SimulationResult {
  /// It did what is demanded of every run after healing: came to rest, or could not, whatever its protocol, and says so.
  public var isSettled: Bool { isAtRest || exemptions.contains { $0.demand == .recovery } }
}

extension Simulation {
  /// Too many disks are lost for both kinds of quorum to be had: no protocol could serve again, and none is asked to.
  var hasLostQuorum: Bool { result.halted.count > spareDisks }

  func exemptions(_ report: VerificationReport) -> [Exemption] {
    var list: [Exemption] = []
    if hasLostQuorum, !result.isAtRest {
      list.append(
        .init(.recovery, "the cluster need not serve again: fewer replicas have their disks than a quorum takes"))
    }
    for loss in DiskLoss.allCases where result.halted.contains(where: { $0.loss == loss }) {
      list.append(.init(.restart, "a replica refused to run: \(loss)"))
    }
    if coverage.excused > 0 {
      list.append(.init(.durability, "C3 counts a disk that was whole when the slot was chosen, and is lost since"))
    }
    if report.verdict == .ok, !report.checked.contains("linearizability") {
      list.append(.init(.search, "the search for a linearization was given up; the log alone proves the order"))
    }
    return list
  }
}
