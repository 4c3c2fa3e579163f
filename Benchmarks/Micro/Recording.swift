import Consensus

/// What one replica was told while commands were committed, and what it wanted done.
final class Recording<Core: ConsensusProtocol> {
  /// Before the first of them.
  let core: Core
  private(set) var inputs: [Input<Core>] = []
  private(set) var wanted = Wanted()
  private(set) var records: [Core.Record] = []
  /// The longest message that it sent: one with a command.
  private(set) var message: Core.Message?

  /// How much of each kind.
  struct Wanted: Equatable {
    var records = 0
    var messages = 0
    var commits = 0

    @inline(__always) mutating func add<P>(_ effects: borrowing Effects<P>) {
      records += effects.records.count
      messages += effects.ahead.count + effects.afterSync.count
      commits += effects.committed.count
    }
  }

  init(_ core: Core) { self.core = core }

  func add(_ input: Input<Core>, _ effects: borrowing Effects<Core>) {
    inputs.append(input)
    wanted.add(effects)
    records += effects.records
    for sent in effects.ahead + effects.afterSync where sent.message.byteCount > message?.byteCount ?? 0 {
      message = sent.message
    }
  }

  /// Of the leader or of a follower among three, while so many commands are committed.
  static func of(_ count: Int, leader: Bool, tuning: Core.Tuning) -> Recording {
    let cluster = MemoryCluster<Core>(of: 3, tuning: tuning)
    guard let replica = cluster.replicas.first(where: { ($0.id == cluster.leader) == leader }) else {
      fatalError("\(Core.name): nobody to record")
    }
    let recording = Recording(replica.core)
    replica.recording = recording
    cluster.commit(count)
    if let complaint = cluster.complaint(after: count) { fatalError("\(Core.name): \(complaint)") }
    return recording
  }
}

/// A protocol's core, stepped through what was recorded: nothing of what it wants done is done.
final class Steps<Core: ConsensusProtocol> {
  private let recording: Recording<Core>
  private var core: Core
  private var effects = Effects<Core>()
  private var wanted = Recording<Core>.Wanted()

  init(_ recording: Recording<Core>) {
    self.recording = recording
    core = recording.core
  }

  func run() {
    for input in recording.inputs {
      core.step(input, into: &effects)
      wanted.add(effects)
      effects.removeAll()
    }
  }

  /// What is wrong if it did anything else than when it was recorded, or has not got any further.
  func complaint(after count: Int) -> String? {
    if wanted != recording.wanted { return "wanted \(wanted), and when it was recorded \(recording.wanted)" }
    if wanted.records < count { return "\(wanted.records) records for \(count) commands" }
    let committed = core.status.committed.number - recording.core.status.committed.number
    return committed + 1 < UInt64(count) ? "committed \(committed) of \(count) commands" : nil
  }
}
