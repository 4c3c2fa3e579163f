import Consensus

/// One operation as its client saw it: an element of a history.
public struct ClientOperation: Hashable, Sendable, CustomStringConvertible {
  public enum Outcome: Hashable, Sendable {
    case pending
    case ok(Reply)
    /// For certain it did not and will not happen.
    case failed
    /// It may have happened, or may yet.
    case unknown
  }

  /// Who asked: one operation at a time.
  public var process: UInt32
  public var id: Command.ID
  public var operation: Operation
  /// Nanoseconds on the history's clock.
  public var invoked: Int64
  /// Nil unless it was answered.
  public var returned: Int64?
  public var outcome = Outcome.pending

  public init(process: UInt32, id: Command.ID, operation: Operation, invoked: Int64) {
    self.process = process
    self.id = id
    self.operation = operation
    self.invoked = invoked
  }
  public var description: String { "\(operation) of c\(process) (\(id))" }
}
