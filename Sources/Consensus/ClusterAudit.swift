/// An invariant that did not hold.
public struct Violation: Hashable, Sendable, CustomStringConvertible {
  /// The invariant's name: C1-C10 for all protocols, R, P or Z and a number for one, L1-L4 for clients.
  public var invariant: String
  public var node: NodeID?
  public var detail: String

  public init(_ invariant: String, node: NodeID? = nil, _ detail: String) {
    self.invariant = invariant
    self.node = node
    self.detail = detail
  }
  public var description: String { "\(invariant)\(node.map { " at \($0)" } ?? ""): \(detail)" }
}

/// Collects what checkers find. Keeps the first few: after the first, a run is void and stops.
public struct Findings: Sendable {
  public static let limit = 16
  public private(set) var violations: [Violation] = []

  public init() {}
  @inlinable public var isEmpty: Bool { violations.isEmpty }

  /// Reports a violation of `invariant` unless `condition` holds; `detail` is made only then.
  @inlinable public mutating func expect(
    _ condition: Bool, _ invariant: @autoclosure () -> String, _ node: NodeID?, _ detail: @autoclosure () -> String
  ) {
    if !condition { report(invariant(), node, detail()) }
  }
  public mutating func report(_ invariant: String, _ node: NodeID?, _ detail: String) {
    if violations.count < Self.limit { violations.append(Violation(invariant, node: node, detail)) }
  }
}

/// The whole cluster as a checker sees it. Copies of cores are cheap to look at and must not be kept: a kept copy makes the
/// replica's next change copy its log.
public protocol ClusterView<Core>: AnyObject {
  associatedtype Core: ConsensusProtocol
  var cluster: Cluster { get }
  /// The running replica; nil while it is down, and for the one that is stepping, which the audit has at hand.
  func live(_ node: NodeID) -> Core?
  /// What `node` would be after a crash now.
  func durable(_ node: NodeID) -> Core
}

/// What a paper says of its cluster, with the ghost variables that it takes to say it. Knows no simulator and changes nothing.
///
/// Every call costs constant time, amortised, but for `examine`.
public protocol ClusterAudit<Core>: Sendable {
  associatedtype Core: ConsensusProtocol
  init(_ cluster: Cluster)

  /// `node` runs: for the first time, or recovered from what was durable.
  mutating func recovered(_ node: NodeID, _ view: some ClusterView<Core>, _ findings: inout Findings)
  /// `node` took `input`, is in the state `core`, and wants `effects`, which nobody has carried out yet.
  mutating func stepped(
    _ node: NodeID, _ input: Input<Core>, _ core: borrowing Core, _ effects: borrowing Effects<Core>,
    _ view: some ClusterView<Core>, _ findings: inout Findings)
  /// `record` became durable on `node`.
  mutating func synced(
    _ node: NodeID, _ record: Core.Record, _ view: some ClusterView<Core>, _ findings: inout Findings)
  /// Compares whole logs across the cluster: dear, so only at quiet moments and at a run's end.
  mutating func examine(_ view: some ClusterView<Core>, _ findings: inout Findings)

  /// What happened, counted, in a fixed order: a torture run in which one of these stays 0 has not tested it.
  var coverage: [(name: String, count: Int)] { get }
}
