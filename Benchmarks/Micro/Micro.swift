import Benchmark
import Consensus
import Measurement
import MultiPaxos
import Raft
import Simulator
import Unreplicated
import Zab

let benchmarks: @Sendable () -> Void = {
  commits(Unreplicated.self, "unreplicated", .init(), replicas: [1])
  commits(MultiPaxos.self, "multipaxos", .standard)
  commits(Raft.self, "raft", .standard)
  commits(Zab.self, "zab", .standard)
  steps(MultiPaxos.self, "multipaxos", .standard)
  steps(Raft.self, "raft", .standard)
  steps(Zab.self, "zab", .standard)
  messages(MultiPaxos.self, "multipaxos", .standard)
  messages(Raft.self, "raft", .standard)
  messages(Zab.self, "zab", .standard)
  journal(Raft.self, .standard)
  eventQueue()
  histogram()
}

private let thousand = Scale.operations
private let hundred = 100

/// One operation: a command, from the leader that takes it to everybody who has heard of its commit.
private func commits<Core: ConsensusProtocol>(
  _ core: Core.Type, _ name: String, _ tuning: Core.Tuning, replicas: [Int] = [3, 5, 7]
) {
  for count in replicas {
    Subject(name: "\(name) commit \(count)") {
      MemoryCluster<Core>(of: count, tuning: tuning)
    } run: {
      $0.commit(thousand)
    } complaint: {
      $0.complaint(after: thousand)
    }.register()
  }
}

/// One operation: everything that one command asks of a leader of three, or of a follower.
private func steps<Core: ConsensusProtocol>(_ core: Core.Type, _ name: String, _ tuning: Core.Tuning) {
  for (role, isLeader) in [("leader", true), ("follower", false)] {
    let recording = Once { Recording<Core>.of(thousand, leader: isLeader, tuning: tuning) }
    Subject(name: "\(name) \(role)") {
      Steps(recording.value)
    } run: {
      $0.run()
    } complaint: {
      $0.complaint(after: thousand)
    }.register()
  }
}

/// One operation: the message that carries one command, to bytes or from them.
private func messages<Core: ConsensusProtocol>(_ core: Core.Type, _ name: String, _ tuning: Core.Tuning) {
  let message = Once {
    guard let message = Recording<Core>.of(2, leader: true, tuning: tuning).message, message.byteCount > payload else {
      fatalError("\(Core.name): no message carries a command")
    }
    return message
  }
  Subject(name: "\(name) encode") {
    Coded(message.value)
  } run: { coded in
    for _ in 0..<thousand {
      let bytes = coded.message.encoded
      blackHole(bytes)
      coded.total += bytes.count
    }
  } complaint: {
    $0.total == thousand * $0.message.byteCount ? nil : "made \($0.total) bytes"
  }.register()
  Subject(name: "\(name) decode") {
    Coded(message.value)
  } run: { coded in
    for _ in 0..<thousand {
      coded.last = try? Core.Message(bytes: coded.bytes)
      coded.total += coded.last == nil ? 0 : 1
      blackHole(coded.last)
    }
  } complaint: {
    $0.last == $0.message && $0.total == thousand
      ? nil : "read \($0.total) messages, the last \($0.last.debugDescription)"
  }.register()
}

/// A message, its bytes, and what came of turning the one into the other.
private final class Coded<Message: WireCodable> {
  let message: Message
  let bytes: [UInt8]
  var total = 0
  var last: Message?
  init(_ message: Message) {
    self.message = message
    bytes = message.encoded
  }
}

/// One operation: a batch of records appended, written and synced, on files in memory.
private func journal<Core: ConsensusProtocol>(_ core: Core.Type, _ tuning: Core.Tuning) {
  let records = Once { Recording<Core>.of(thousand, leader: false, tuning: tuning).records }
  for count in [1, 16] {
    Subject(name: "journal \(count)") {
      JournalRun(records.value.prefix(count))
    } run: {
      $0.run(thousand)
    } complaint: {
      $0.complaint(after: thousand)
    }.register()
  }
}

/// One operation: a hundred times, the next event is taken and another one put, among a thousand that wait.
private func eventQueue() {
  /// As large as what a simulation waits for.
  struct Event {
    var message: Raft.Message?
    var number: UInt64
    var from: NodeID
    var to: NodeID
  }
  final class Run {
    var queue = EventQueue<Event>()
    var random = RandomSource(seed: 1)
    var taken: UInt64 = 0
    var isOrdered = true
    var now: Int64 = 0
    init() { for number in 0..<UInt64(thousand) { put(number) } }

    @inline(__always) func put(_ number: UInt64) {
      let event = Event(message: nil, number: number, from: NodeID(0), to: NodeID(1))
      queue.push(event, at: now + Int64(random.below(1_000_000)))
    }
    func run() {
      for _ in 0..<thousand * hundred {
        guard let (time, event) = queue.pop() else { return }
        isOrdered = isOrdered && time >= now
        now = time
        taken += 1
        put(event.number)
      }
    }
  }
  Subject(name: "event queue 100") {
    Run()
  } run: {
    $0.run()
  } complaint: { run in
    run.taken == thousand * hundred && run.isOrdered && run.queue.count == thousand
      ? nil : "took \(run.taken) events, \(run.isOrdered ? "in" : "out of") order, and \(run.queue.count) wait"
  }.register()
}

/// One operation: a hundred latencies are recorded.
private func histogram() {
  final class Run {
    var latencies = Distribution()
    func run() {
      var latency: Int64 = 1
      for _ in 0..<thousand * hundred {
        latency = latency &* 48_271 % 2_147_483_647
        latencies.record(latency >> 4)
      }
    }
  }
  Subject(name: "histogram record 100") {
    Run()
  } run: {
    $0.run()
  } complaint: {
    $0.latencies.count == thousand * hundred && $0.latencies.min != $0.latencies.max
      ? nil : "recorded \($0.latencies.count) values"
  }.register()
}

/// A value that is made when it is first asked for: the process of one benchmark has no use for the others'.
private final class Once<Value> {
  lazy var value = make()
  private let make: () -> Value
  init(_ make: @escaping () -> Value) { self.make = make }
}
