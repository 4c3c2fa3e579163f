import Consensus

/// What the ends of a connection must agree on.
public struct ClusterIdentity: Hashable, Sendable {
  /// The cluster's own name: replicas of two clusters never talk, however alike they are.
  public var cluster: String
  public var protocolName: String
  /// The protocol's tuning, in words.
  public var variant: String
  /// The number of the messages' layout.
  public var schema: UInt64

  public init(cluster: String, protocolName: String, variant: String, schema: UInt64) {
    self.cluster = cluster
    self.protocolName = protocolName
    self.variant = variant
    self.schema = schema
  }
}

/// The first frame, in both directions.
struct Hello: Equatable {
  /// "CBTP"; no other program's greeting.
  static let magic: UInt32 = 0x5054_4243
  static let version: UInt32 = 1
  static let nonceBytes = 32

  enum Role: UInt8 { case peer, client }

  var version = Self.version
  var role: Role
  var identity: ClusterIdentity
  var from: NodeID
  var to: NodeID
  /// What the other end's proof must cover; empty: no proof is asked for, and none given.
  var nonce: [UInt8]

  init(role: Role, identity: ClusterIdentity, from: NodeID, to: NodeID, nonce: [UInt8] = []) {
    self.role = role
    self.nonce = nonce
    self.identity = identity
    self.from = from
    self.to = to
  }

  func encode(into writer: inout ByteWriter) {
    writer.write(Self.magic)
    writer.write(version)
    writer.write(role.rawValue)
    for text in [identity.cluster, identity.protocolName, identity.variant] { writer.write(Array(text.utf8)[...]) }
    writer.write(identity.schema)
    writer.write(from)
    writer.write(to)
    writer.write(nonce[...])
  }
  init(body: ArraySlice<UInt8>) throws(WireError) {
    var reader = ByteReader(body)
    guard try reader.uint32() == Self.magic else { throw .invalid }
    version = try reader.uint32()
    guard let role = Role(rawValue: try reader.byte()) else { throw .invalid }
    self.role = role
    func text() throws(WireError) -> String { String(decoding: try reader.block(), as: UTF8.self) }
    identity = ClusterIdentity(
      cluster: try text(), protocolName: try text(), variant: try text(), schema: try reader.uint64())
    from = try reader.node()
    to = try reader.node()
    nonce = Array(try reader.block())
    guard nonce.isEmpty || nonce.count == Self.nonceBytes else { throw .invalid }
    guard reader.remaining == 0 else { throw .trailing(reader.remaining) }
  }

  /// Why a replica `own` of `cluster` has nothing to do with the sender; nil: welcome, if it proves what it must. A client need
  /// only name the cluster.
  func objection(own: ClusterIdentity, id: NodeID, cluster: Cluster, authenticates: Bool = false) -> String? {
    if version != Self.version { return "format version \(version) where \(Self.version) is spoken" }
    if identity.cluster != own.cluster { return "cluster '\(identity.cluster)' where this is '\(own.cluster)'" }
    if nonce.isEmpty, authenticates { return "no secret where one is shared" }
    if !nonce.isEmpty, !authenticates { return "a secret where none is shared" }
    if role == .client { return nil }
    if identity.protocolName != own.protocolName {
      return "protocol '\(identity.protocolName)' where this is '\(own.protocolName)'"
    }
    if identity.variant != own.variant { return "variant '\(identity.variant)' where this is '\(own.variant)'" }
    if identity.schema != own.schema { return "schema \(identity.schema) where this is \(own.schema)" }
    if to != id { return "meant for \(to) where this is \(id)" }
    if from == id || !cluster.members.contains(from) { return "from \(from), which is no peer of \(id)" }
    return nil
  }
}
