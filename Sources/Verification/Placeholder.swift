import Consensus
public enum Verdict: String, Sendable { case ok, violated, unknown, unchecked }
public struct VerificationReport: Sendable { public var verdict = Verdict.unchecked; public init() {} }
public struct ClientOperation: Sendable {
  public enum Outcome: Sendable { case pending, ok(Reply), failed, unknown }
  public var process: UInt32, id: Command.ID, operation: Operation, invoked: Int64, returned: Int64?, outcome = Outcome.pending
  public init(process: UInt32, id: Command.ID, operation: Operation, invoked: Int64) { self.process = process; self.id = id; self.operation = operation; self.invoked = invoked }
}
public struct LogWitness: Sendable {
  public init(cluster: Cluster, sessionLimit: Int) {}
  public var chosenCount: Int { 0 }
  public func chosen(at: Slot) -> (valueDigest: UInt64, stateDigest: UInt64)? { nil }
  public mutating func invoked(_ command: Command, at time: Int64) {}
  public mutating func recovered(_ node: NodeID, at slot: Slot, stateDigest: UInt64, _ f: inout Findings) {}
  public mutating func installed(_ node: NodeID, through slot: Slot, stateDigest: UInt64, _ f: inout Findings) {}
  public mutating func executed(_ node: NodeID, _ slot: Slot, _ entry: Entry, stateDigest: UInt64, _ f: inout Findings) {}
  public mutating func replied(_ node: NodeID, _ id: Command.ID, _ reply: Reply, _ f: inout Findings) {}
  public mutating func replied(_ node: NodeID, unknownSession id: Command.ID, _ f: inout Findings) {}
}
