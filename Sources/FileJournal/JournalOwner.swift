import Consensus
import WriteAheadLog

/// Whose journal it is: what must agree between two lives of a replica.
public struct JournalOwner: Hashable, Sendable, CustomStringConvertible {
  public var cluster: String
  /// Of the cluster: in one of another size quorums would not meet.
  public var replicas: Int
  public var node: NodeID
  public var protocolName: String
  public var variant: String

  public init(cluster: String, replicas: Int, node: NodeID, protocolName: String, variant: String) {
    self.cluster = cluster
    self.replicas = replicas
    self.node = node
    self.protocolName = protocolName
    self.variant = variant
  }

  /// As the `owner` file says it.
  public var description: String {
    "format 2, replica \(node) of cluster '\(cluster)' of \(replicas), protocol \(protocolName), variant \(variant)"
  }
  var bytes: [UInt8] { Array(description.utf8) + [10] }
  var identity: UInt64 {
    var digest = Digest()
    for byte in bytes { digest.fold(UInt64(byte)) }
    return digest.value
  }
}

/// Why a folder's journal is not opened. No record in it was changed.
public enum JournalRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// The operating system refuses: no such folder, no permission, no room.
  case unusable(FileError)
  case locked(String, process: Int?)
  case owned(String, by: String, not: JournalOwner)
  /// Files of a journal, and no word on whose.
  case unowned(String)
  case damaged(String, JournalDamage)

  public var description: String {
    switch self {
    case .unusable(let error): error.description
    case .locked(let folder, let process):
      "\(folder): in use by \(process.map { "process \($0)" } ?? "another process")"
    case .owned(let folder, let other, let owner):
      "\(folder): belongs to \(other.split(separator: "\n").joined(separator: " ")); this is \(owner)"
    case .unowned(let folder): "\(folder): holds a journal, but no owner file says whose"
    case .damaged(let folder, let damage): "\(folder): damaged: \(damage)"
    }
  }
}
