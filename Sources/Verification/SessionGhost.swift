import Consensus

/// All that is known of one client session: what it asked, and what the chosen log made of it.
struct SessionGhost: Sendable {
  struct Execution: Sendable {
    /// Digest of the command as its client submitted it; nil if it never did.
    var submitted: UInt64?
    /// Slot and index in the chosen log, as one word; 0: not executed.
    var place: UInt64 = 0
    var reply = Reply()
  }

  /// The number that its `open` carried.
  var nonce: UInt64
  /// By sequence number, from 1.
  private var executions: [Execution] = []
  /// The last command executed.
  var sequence: UInt64 = 0
  var lastUse: UInt64
  /// The slot in which it expired; nil while it lives.
  var expired: UInt64?

  init(nonce: UInt64, opened place: UInt64) {
    self.nonce = nonce
    lastUse = place
  }

  func execution(_ sequence: UInt64) -> Execution? {
    sequence > 0 && sequence <= UInt64(executions.count) ? executions[Int(sequence) - 1] : nil
  }
  mutating func submit(_ sequence: UInt64, digest: UInt64) {
    while UInt64(executions.count) < sequence { executions.append(Execution()) }
    if sequence > 0 { executions[Int(sequence) - 1].submitted = digest }
  }
  mutating func execute(_ sequence: UInt64, at place: UInt64, _ reply: Reply) {
    while UInt64(executions.count) < sequence { executions.append(Execution()) }
    executions[Int(sequence) - 1].place = place
    executions[Int(sequence) - 1].reply = reply
    self.sequence = sequence
    lastUse = place
  }
}
