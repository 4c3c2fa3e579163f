/// A count for each thing a message can be for.
public struct PurposeCounts: Sendable, Equatable {
  public var replication = 0
  public var heartbeat = 0
  public var notice = 0
  public var election = 0
  public var synchronization = 0

  public init() {}
  public init(replication: Int, heartbeat: Int, notice: Int, election: Int, synchronization: Int) {
    self.replication = replication
    self.heartbeat = heartbeat
    self.notice = notice
    self.election = election
    self.synchronization = synchronization
  }

  /// The columns of a count of `what`; their names start with `prefix`.
  static func columns(_ what: String, _ unit: MeasureUnit, prefix: String) -> [Column<PurposeCounts>] {
    let columns: [Column<PurposeCounts>] = [
      Column("replication", \.replication, "\(what) that carried values or acknowledged them.", unit, .lowerIsBetter),
      Column(
        "heartbeat", \.heartbeat, "\(what) that showed that a leader lives, or answered that.", unit, .lowerIsBetter),
      Column(
        "notice", \.notice, "\(what) that told what was chosen when nothing else was there to carry it.", unit,
        .lowerIsBetter),
      Column("election", \.election, "\(what) of elections.", unit, .lowerIsBetter),
      Column(
        "synchronization", \.synchronization, "\(what) that brought a replica's history in line, snapshots included.",
        unit, .lowerIsBetter),
    ]
    return columns.map { Column($0, of: \.self, prefix: prefix) }
  }
}
