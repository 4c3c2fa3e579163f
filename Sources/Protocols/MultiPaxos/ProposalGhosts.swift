import Consensus

/// All that was ever proposed and durably accepted, by slot and ballot: what "chosen" means is read off it.
struct ProposalGhosts: Sendable {
  struct Proposal: Sendable {
    var ballot: Ballot
    var digest: UInt64
    /// Whose disks ever held it.
    var acceptors = NodeSet()
  }
  private struct Key: Hashable, Sendable {
    var slot: Slot
    var ballot: Ballot
  }

  /// By slot: the first proposal there.
  private var first: [Proposal?] = []
  /// Those of other ballots in the same slot.
  private var others: [Key: Proposal] = [:]
  /// By slot: what is chosen, and the ballot in which it first was.
  private var chosen: [(ballot: Ballot, digest: UInt64)?] = []

  func proposal(_ slot: Slot, _ ballot: Ballot) -> Proposal? {
    guard slot.number > 0, slot.number <= UInt64(first.count), let known = first[Int(slot.number) - 1] else {
      return nil
    }
    return known.ballot == ballot ? known : others[Key(slot: slot, ballot: ballot)]
  }
  func chosen(at slot: Slot) -> (ballot: Ballot, digest: UInt64)? {
    slot.number > 0 && slot.number <= UInt64(chosen.count) ? chosen[Int(slot.number) - 1] : nil
  }

  /// False if this ballot already proposed another value there.
  mutating func propose(_ slot: Slot, _ ballot: Ballot, _ digest: UInt64) -> Bool {
    if let known = proposal(slot, ballot) { return known.digest == digest }
    guard slot.number > 0 else { return false }
    let index = Int(slot.number) - 1
    while first.count <= index {
      first.append(nil)
      chosen.append(nil)
    }
    if first[index] == nil {
      first[index] = Proposal(ballot: ballot, digest: digest)
    } else {
      others[Key(slot: slot, ballot: ballot)] = Proposal(ballot: ballot, digest: digest)
    }
    return true
  }

  /// `node` has it on disk. False if that chooses a second value for the slot.
  mutating func accept(_ slot: Slot, _ ballot: Ballot, _ node: NodeID, quorum: Int) -> Bool {
    let index = Int(slot.number) - 1
    guard var known = proposal(slot, ballot) else { return true }
    known.acceptors.insert(node)
    if first[index]?.ballot == ballot { first[index] = known } else { others[Key(slot: slot, ballot: ballot)] = known }
    guard known.acceptors.count >= quorum else { return true }
    if let other = chosen[index] { return other.digest == known.digest }
    chosen[index] = (ballot, known.digest)
    return true
  }
}
