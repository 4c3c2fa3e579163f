import Consensus

extension ZabAudit {
  /// What happened, counted.
  struct Coverage: Sendable {
    var elections = 0
    var votesChanged = 0
    var roundsAdopted = 0
    var elected = 0
    var joined = 0
    var established = 0
    var unestablished = 0
    var quorumsLost = 0
    var silences = 0
    var sessionsLost = 0
    var leadersLeft = 0
    var promisedBefore = 0
    var diffs = 0
    var truncations = 0
    var pieces = 0
    var installs = 0
    var lateJoiners = 0
    var duplicates = 0
    var olderEpochs = 0
    var dropped = 0

    mutating func note(
      _ input: Input<Zab>, _ before: Mirror, _ core: borrowing Zab, _ effects: borrowing Effects<Zab>
    ) {
      if core.round > before.round, core.standing == .looking || before.standing != .looking { elections += 1 }
      if core.standing == .looking, before.standing == .looking {
        if core.round == before.round, core.vote != before.vote { votesChanged += 1 }
        if core.round != before.round { roundsAdopted += 1 }
      }
      if core.standing != before.standing { noteStanding(input, before, core) }
      if core.standing == .leading, core.phase == .broadcast, before.phase != .broadcast {
        established += 1
        if let first = effects.committed.first, Zab.Zxid(first.entry.stamp).epoch < core.acceptedEpoch {
          olderEpochs += 1
        }
      }
      if core.standing == .leading { dropped += effects.resets.count }
      if case .receive(let message, _) = input { noteMessage(message, before, core, effects) }
    }

    private mutating func noteStanding(_ input: Input<Zab>, _ before: Mirror, _ core: borrowing Zab) {
      if core.standing == .leading { elected += 1 }
      if core.standing == .following, case .receive(.notification, _) = input { joined += 1 }
      guard core.standing == .looking else { return }
      switch (before.standing, input) {
      case (.leading, .timeout(.quorum)): if before.phase == .broadcast { quorumsLost += 1 } else { unestablished += 1 }
      case (.following, .timeout(.silence)): silences += 1
      case (.following, .disconnected): sessionsLost += 1
      case (.following, .receive(.notification, _)): leadersLeft += 1
      default: break
      }
    }

    private mutating func noteMessage(
      _ message: Zab.Message, _ before: Mirror, _ core: borrowing Zab, _ effects: borrowing Effects<Zab>
    ) {
      switch message {
      case .ackEpoch(let ack):
        guard core.standing == .leading, ack.epoch == core.acceptedEpoch else { return }
        if before.phase == .broadcast { lateJoiners += 1 }
        if !ack.counts { promisedBefore += 1 }
      case .diff: if !effects.records.isEmpty { diffs += 1 }
      case .truncate: if !effects.records.isEmpty { truncations += 1 }
      case .snapshot:
        if core.standing == .following { pieces += 1 }
        if effects.installed != nil { installs += 1 }
      case .propose: if !effects.afterSync.isEmpty, effects.records.isEmpty { duplicates += 1 }
      default: break
      }
    }

    var list: [(name: String, count: Int)] {
      [
        ("elections begun", elections), ("votes changed", votesChanged), ("rounds adopted", roundsAdopted),
        ("leaders elected", elected), ("leaders joined that were there", joined),
        ("leaders established", established), ("leaders never established", unestablished),
        ("leaders that lost their quorum", quorumsLost),
        ("followers that quit in silence", silences),
        ("followers that quit with their session", sessionsLost), ("followers whose leader quit", leadersLeft),
        ("epochs promised before", promisedBefore), ("DIFF syncs", diffs), ("TRUNC syncs", truncations),
        ("SNAP pieces received", pieces), ("SNAP syncs", installs), ("late joiners", lateJoiners),
        ("duplicates dropped", duplicates), ("initial histories committed", olderEpochs),
        ("followers dropped", dropped),
      ].map { (name: $0.0, count: $0.1) }
    }
  }
}
