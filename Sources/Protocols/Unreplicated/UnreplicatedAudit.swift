import Consensus

/// What a single journal promises: its incarnations are counted, and what it committed stays.
public struct UnreplicatedAudit: ClusterAudit {
  private var epoch: UInt64 = 0
  private var committed = Slot(0)
  private var incarnations = 0

  public init(_ cluster: Cluster) {}

  public mutating func recovered(
    _ node: NodeID, _ view: some ClusterView<Unreplicated>, _ findings: inout Findings
  ) {
    incarnations += 1
    let last = view.durable(node).last
    findings.expect(last >= committed, "U2", node, "committed through \(committed), recovered through \(last)")
  }
  public mutating func stepped(
    _ node: NodeID, _ input: Input<Unreplicated>, _ core: borrowing Unreplicated,
    _ effects: borrowing Effects<Unreplicated>,
    _ view: some ClusterView<Unreplicated>, _ findings: inout Findings
  ) {
    committed = max(committed, core.status.committed)
  }
  public mutating func synced(
    _ node: NodeID, _ record: Unreplicated.Record, _ view: some ClusterView<Unreplicated>, _ findings: inout Findings
  ) {
    guard case .epoch(let number) = record else { return }
    let before = epoch
    findings.expect(number > before, "U3", node, "epoch \(number) begins after epoch \(before)")
    epoch = number
  }
  public mutating func examine(_ view: some ClusterView<Unreplicated>, _ findings: inout Findings) {}

  public var coverage: [(name: String, count: Int)] { [("incarnations", incarnations)] }
}

extension Unreplicated { public typealias Audit = UnreplicatedAudit }
