import Consensus

extension Zab { public typealias Audit = ZabAudit }

public struct ZabAudit: ClusterAudit {
  public typealias Core = Zab
  public init(_ cluster: Cluster) {}
  public mutating func recovered(_ node: NodeID, _ view: some ClusterView<Core>, _ findings: inout Findings) {}
  public mutating func stepped(
    _ node: NodeID, _ input: Input<Zab>, _ core: borrowing Zab, _ effects: borrowing Effects<Zab>,
    _ view: some ClusterView<Core>, _ findings: inout Findings
  ) {}
  public mutating func synced(
    _ node: NodeID, _ record: Zab.Record, _ view: some ClusterView<Core>, _ findings: inout Findings
  ) {}
  public mutating func examine(_ view: some ClusterView<Core>, _ findings: inout Findings) {}
  public var coverage: [(name: String, count: Int)] { [] }
}
