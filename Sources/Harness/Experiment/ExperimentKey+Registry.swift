import Simulator

extension ExperimentKey {
  /// Every key, in the order in which `configurations.csv` lists them. A new input is a line here.
  public static let all: [ExperimentKey] = [
    .init("cluster.replicas", \.environment.replicas, .count(1...64), "Replicas in the cluster."),
    .init(
      "cluster.sites", \.environment.geography.sites, .sites,
      "Where the replicas stand, in order, begun again when they are more; none: all in one place."),
    .init(
      "cluster.leader-site", \.environment.geography.leaderSite, .leaderSite,
      "Where the leader stands when the load begins; the others take the rest of cluster.sites in order.",
      where: hasSites),
    .init(
      "cluster.start-within", \.environment.startWithin, .duration,
      "Replicas start within this time, each at a moment of its own; 0s: all at one instant."),

    .init("link.kind", \.environment.link.kind, .choice, "Sessions that keep order, or datagrams that need not."),
    .init("link.delay", \.environment.link.delay, .delay, "One way between two replicas of one site."),
    .init(
      "link.between", \.environment.geography.distances, .distances,
      "One way between two sites, for every pair; 'A to B' is that way only.", where: hasSites),
    .init(
      "link.bandwidth", \.environment.bandwidth, ValueForm<UInt64>.bandwidth.or("unlimited"),
      "What one replica can send to its peers."),
    .init("link.loss", \.environment.link.loss, .probability, "Probability that one transmission is lost."),
    .init(
      "link.burst", \.environment.link.burst, .burst,
      "Transmissions lost in a row, on average, between two replicas; 1 is independent loss."),
    .init(
      "link.duplication", \.environment.link.duplication, .probability, "Probability that a datagram arrives twice.",
      where: hasDatagrams),
    .init(
      "link.reordering", \.environment.link.reordering, .probability, "Probability that a datagram is held back.",
      where: hasDatagrams),
    .init(
      "link.reordering-span", \.environment.link.reorderingSpan, .duration, "How long it is held back, at most.",
      where: hasDatagrams),
    .init(
      "link.retransmission", \.environment.link.retransmission, .positiveDuration,
      "Wait before a lost segment of a stream is sent again; doubles.", where: hasStreams),
    .init(
      "link.session-timeout", \.environment.link.sessionTimeout, .positiveDuration,
      "A segment that is not through after this breaks its session.", where: hasStreams),
    .init(
      "link.reconnect", \.environment.link.reconnect, .positiveDuration,
      "Pause between attempts to open a session again.",
      where: hasStreams),

    .init(
      "client.delay", \.environment.clientDelay, .duration,
      "One way between a client and a replica where it stands; to the others the way between adds to it."),
    .init(
      "client.at", \.environment.geography.clients, .clientPlace,
      "Where clients stand, and whom they ask first; everywhere: each at another replica, in turn."),

    .init("cpu.per-message-in", \.environment.cpu.perMessageIn, .duration, "Processor time to receive a message."),
    .init(
      "cpu.per-message-out", \.environment.cpu.perMessageOut, .duration, "Processor time to send one copy of a message."
    ),
    .init(
      "cpu.per-byte", \.environment.cpu.perByte, .duration, "Processor time per byte, to encode once and to decode."),

    .init("disk.fsync", \.environment.fsync, .delay, "One write to stable storage."),
    .init(
      "disk.candidate-fsync", \.environment.candidateFsync, .candidateWrite,
      "The same of a replica that stands for election."),
    .init(
      "disk.group-commit", \.environment.groupCommit, .groupCommit,
      "Which appends share a write: those that came during the last one, none, or those that come within a wait."),
    .init(
      "disk.leader", \.environment.shared.leaderDisk, .choice,
      "Whether the leader writes before it sends, and whether a commit needs its copy."),

    .init(
      "timing.heartbeat", \.environment.timing.heartbeat, .positiveDuration, "Interval of an idle leader's heartbeats."),
    .init(
      "timing.election-timeout", \.environment.timing.electionTimeout, .durationRange,
      "Silence after which a leader may be doubted, and after which it is replaced."),
    .init(
      "timing.trusts-disconnect", \.environment.timing.trustsDisconnect, .flag,
      "Whether a broken session with the leader counts as its silence."),

    // Slot and place in the batch name a command: 16 bits are for the place.
    .init("batch.commands", \.environment.batch.commands, .count(1...65_536), "Commands in a batch, at most."),
    .init("batch.bytes", \.environment.batch.bytes, .bytes(1...1 << 30), "Bytes in a batch, at most."),
    .init(
      "batch.window", \.environment.batch.window, .count(1...1_000_000),
      "Batches proposed and not yet executed, at most."),
    .init(
      "batch.waiting", \.environment.batch.waiting, .count(1...10_000_000),
      "Commands that may wait at a replica; more are refused."),

    .init(
      "replication.inflight", \.environment.shared.inflight, .count(1...1_000_000),
      "Unacknowledged messages with values on their way to one peer, at most."),
    .init(
      "replication.message-bytes", \.environment.shared.messageBytes, .bytes(1...1 << 30),
      "Bytes of values in one message, at most."),
    .init(
      "replication.retransmission", \.environment.shared.retransmission,
      ValueForm<Duration>.positiveDuration.or("never"),
      "A leader sends a datagram again that is not acknowledged after this; never: heartbeats find what was lost.",
      where: hasDatagrams),

    .init(
      "snapshot.every", \.environment.snapshotEvery, .count(0...1_000_000_000, zero: "never"),
      "Slots between snapshots."),
    .init(
      "snapshot.retained", \.environment.retained, .count(0...1_000_000_000),
      "Slots kept below a snapshot, for slow peers."),
    .init(
      "snapshot.piece-bytes", \.environment.shared.snapshotPieceBytes, .bytes(1...1 << 30),
      "Bytes of one piece of a snapshot."),

    .init(
      "sessions.limit", \.environment.sessionLimit, .count(1...10_000_000), "Client sessions that the service keeps."),

    .init("retry.timeout", \.environment.retry.timeout, .positiveDuration, "A client gives up an attempt after this."),
    .init("retry.pause", \.environment.retry.pause, .positiveDuration, "Pause before the next attempt; doubles."),
    .init("retry.maximum-pause", \.environment.retry.maximumPause, .positiveDuration, "What that pause grows to."),
    .init(
      "retry.abandon", \.environment.retry.abandon, .positiveDuration,
      "A client leaves an operation that is not answered after this."),

    .init(
      "workload.arrival", \.arrival, .choice, "How operations come: at a rate, or each client one after the other."),
    .init("workload.rate", \.rate, .rate, "Operations per second, whatever becomes of them.", where: isOpen),
    .init(
      "workload.sessions", \.workload.sessions, .count(1...1_000_000), "Sessions that these operations share.",
      where: isOpen),
    .init("workload.clients", \.clients, .count(1...1_000_000), "Clients with one operation each.", where: isClosed),
    .init(
      "workload.think", \.think, .delay, "Pause between an answer and the client's next operation.", where: isClosed),
    .init(
      "workload.bursts", \.workload.bursts, ValueForm<Bursts>.bursts.or("none"),
      "How many times as often operations come for a while; the mean stays workload.rate.", where: isOpen),
    .init("workload.keys", \.workload.keys, .count(1...10_000_000), "Keys that operations are about.", where: isBusy),
    .init("workload.key-choice", \.workload.keyChoice, .keyChoice, "How likely each key is.", where: isBusy),
    .init("workload.reads", \.workload.reads, .probability, "Share of operations that get.", where: isBusy),
    .init(
      "workload.swaps", \.workload.swaps, .probability, "Share of operations that compare and swap.", where: isBusy),
    .init(
      "workload.deletes", \.workload.deletes, .probability, "Share of operations that delete; the rest puts.",
      where: isBusy),
    .init(
      "workload.payload", \.workload.payload, .payload, "Payload of an operation that writes.",
      where: isBusy),

    .init("measure.warm-up", \.measure.warmUp, .duration, "Load before the window, which does not count."),
    .init("measure.window", \.measure.window, .positiveDuration, "What counts; faults are timed from its start."),
    .init(
      "measure.operations", \.measure.operations, ValueForm<Int>.count(1...1_000_000_000).or("unlimited"),
      "Ends the window after this many operations."),
    .init("measure.interval", \.measure.interval, .positiveDuration, "Grain of the timeline."),
    .init(
      "measure.patience", \.measure.patience, .positiveDuration, "What a run may take after its window to come to rest."
    ),
    .init(
      "measure.stops-when-recovered", \.measure.stopsWhenRecovered, .flag,
      "Ends the window when the cluster has recovered from its first fault."),
  ]

  private static let hasSites: @Sendable (ExperimentSettings) -> Bool = { !$0.environment.geography.sites.isEmpty }
  private static let hasDatagrams: @Sendable (ExperimentSettings) -> Bool = { $0.environment.link.kind == .datagram }
  private static let hasStreams: @Sendable (ExperimentSettings) -> Bool = { $0.environment.link.kind == .stream }
  private static let isOpen: @Sendable (ExperimentSettings) -> Bool = {
    $0.arrival == .constant || $0.arrival == .poisson
  }
  private static let isClosed: @Sendable (ExperimentSettings) -> Bool = { $0.arrival == .closed }
  private static let isBusy: @Sendable (ExperimentSettings) -> Bool = { $0.arrival != .none }
}
