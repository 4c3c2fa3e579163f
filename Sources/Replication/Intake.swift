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

/// The commands that one replica holds: waiting for the window or for somebody to lead, or proposed and not yet executed.
///
/// A client that repeats a command has not changed its mind: a second copy would cost a place in the log and answer nothing
/// that the first does not. Without this, clients whose timeout is shorter than the queue fill the queue with repetitions,
/// and a cluster that came to stand still never catches up (Bronson et al., Metastable failures, HotOS 2021).
struct Intake {
  enum Arrival {
    case waits
    /// The same command is here already.
    case isHeld
    /// The queue is full.
    case exceeds
  }

  private var waiting = Deque<Command>()
  private var held: Set<Command.ID> = []
  let policy: BatchPolicy

  init(_ policy: BatchPolicy) { self.policy = policy }

  var isEmpty: Bool { waiting.isEmpty }
  var count: Int { waiting.count }

  var hasFullBatch: Bool { waiting.count >= policy.commands }

  mutating func add(_ command: Command) -> Arrival {
    guard waiting.count < policy.waiting || planted("C-10") else {
      return held.contains(command.id) ? .isHeld : .exceeds
    }
    guard held.insert(command.id).inserted else { return .isHeld }
    waiting.append(command)
    return .waits
  }

  /// The command that waits longest; it is no longer held.
  mutating func removeFirst() -> Command {
    let command = waiting.removeFirst()
    held.remove(command.id)
    return command
  }

  /// The next batch, in order of arrival. Its commands are held until they are released.
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

  /// `batch` was executed, or nobody knows whether it will be: from now on a repetition counts as new.
  mutating func release(_ batch: Batch) {
    for command in batch.commands { held.remove(command.id) }
  }
}
