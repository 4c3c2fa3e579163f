import Consensus
import DequeModule

/// How commands become batches: what has arrived when the last batch left, and no artificial wait.
public struct BatchPolicy: Hashable, Sendable {
  /// Commands in a batch, at most.
  public var commands: Int
  /// Bytes in a batch, at most; one command always fits.
  public var bytes: Int
  /// Batches proposed and not yet executed, at most.
  public var window: Int
  /// Commands that may wait at a replica; more are refused.
  public var waiting: Int

  public init(commands: Int = 64, bytes: Int = 64 << 10, window: Int = 64, waiting: Int = 1 << 16) {
    self.commands = commands
    self.bytes = bytes
    self.window = window
    self.waiting = waiting
  }
}

/// The commands that wait at one replica: for the window, or for somebody to lead.
struct Intake {
  private var waiting = Deque<Command>()
  let policy: BatchPolicy

  init(_ policy: BatchPolicy) { self.policy = policy }

  var isEmpty: Bool { waiting.isEmpty }
  var count: Int { waiting.count }

  var hasFullBatch: Bool { waiting.count >= policy.commands }

  /// False when the queue is full.
  mutating func add(_ command: Command) -> Bool {
    guard waiting.count < policy.waiting || planted("C-10") else { return false }
    waiting.append(command)
    return true
  }
  mutating func removeFirst() -> Command { waiting.removeFirst() }

  /// The next batch, in order of arrival.
  mutating func batch() -> Batch {
    var count = 0
    var bytes = 0
    while count < waiting.count, count < policy.commands {
      bytes += waiting[count].byteCount
      if count > 0, bytes > policy.bytes { break }
      count += 1
    }
    let batch = Batch(Array(waiting.prefix(count)))
    waiting.removeFirst(count)
    return batch
  }
}
