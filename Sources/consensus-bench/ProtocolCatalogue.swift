import Consensus
import Harness
import MultiPaxos
import Raft
import Unreplicated
import Zab

/// Every protocol and variant that can be run. A new protocol is a case here; nothing else names it.
enum ProtocolCatalogue: String, CaseIterable {
  case multipaxos
  case raft
  case zab
  case unreplicated
  case multipaxosExplicit = "multipaxos-explicit"
  case multipaxosAllLearn = "multipaxos-all-learn"
  case multipaxosThrifty = "multipaxos-thrifty"
  case multipaxosUpToDate = "multipaxos-up-to-date"
  case raftPlain = "raft-plain"
  case raftQuorumDetection = "raft-quorum-detection"
  case zabZooKeeper = "zab-zookeeper"

  var variant: ProtocolVariant {
    switch self {
    case .multipaxos:
      multiPaxos(
        .standard, "Multi-Paxos, what is chosen rides on the next message (Lamport 2001; van Renesse, Altinbuken 2015)",
        isMain: true)
    case .multipaxosExplicit:
      multiPaxos(.explicit, "Multi-Paxos whose leader announces what is chosen by a message of its own") {
        3 * ($0 - 1)
      }
    case .multipaxosAllLearn:
      // The leader tells of its own acceptance too, since it does not write before it sends.
      multiPaxos(.allLearn, "Multi-Paxos whose acceptors tell everybody what they accept") { ($0 - 1) * ($0 + 1) }
    case .multipaxosThrifty:
      multiPaxos(
        .thrifty, "Multi-Paxos that asks no more acceptors than a quorum needs", frames: { 2 * ($0 / 2) },
        writes: { $0 / 2 + 1 })
    case .multipaxosUpToDate:
      multiPaxos(.upToDate, "Ablation: multipaxos, but only an acceptor whose log is up to date may lead, as in Raft")
    case .raft:
      raft(
        .standard, "Raft with PreVote and CheckQuorum (Ongaro, Ousterhout 2014; Ongaro's dissertation §9.6, §6.2)",
        isMain: true)
    case .raftPlain: raft(.plain, "Raft as the paper's Figure 2 has it, without PreVote and CheckQuorum")
    case .raftQuorumDetection:
      raft(.quorumDetection, "Ablation: raft, but a majority must miss the leader before anyone is elected, as in Zab")
    case .zab:
      zab(
        .standard, "Zab with ZooKeeper's election, on the times that all share (Junqueira, Reed, Serafini 2011)",
        isMain: true)
    case .zabZooKeeper: zab(.zooKeeper, "Zab on the constants of ZooKeeper: not comparable in times of elections")
    case .unreplicated:
      ProtocolVariant(
        rawValue, Unreplicated.self, tuning: .init(),
        summary: "One replica and its journal, no agreement: the floor under every chart", isMain: true,
        fixedReplicas: 1, framesPerBatch: { _ in 0 }, writesPerBatch: { _ in 1 })
    }
  }

  private func multiPaxos(
    _ tuning: MultiPaxos.Tuning, _ summary: String, isMain: Bool = false,
    frames: @escaping @Sendable (Int) -> Int? = { 2 * ($0 - 1) }, writes: @escaping @Sendable (Int) -> Int? = { $0 }
  ) -> ProtocolVariant {
    ProtocolVariant(
      rawValue, MultiPaxos.self, tuning: tuning, summary: summary, isMain: isMain, framesPerBatch: frames,
      writesPerBatch: writes)
  }
  private func raft(_ tuning: Raft.Tuning, _ summary: String, isMain: Bool = false) -> ProtocolVariant {
    ProtocolVariant(
      rawValue, Raft.self, tuning: tuning, summary: summary, isMain: isMain, framesPerBatch: { 2 * ($0 - 1) },
      writesPerBatch: { $0 })
  }
  private func zab(_ tuning: Zab.Tuning, _ summary: String, isMain: Bool = false) -> ProtocolVariant {
    ProtocolVariant(
      rawValue, Zab.self, tuning: tuning, summary: summary, isMain: isMain, framesPerBatch: { 3 * ($0 - 1) },
      writesPerBatch: { $0 })
  }

  static let all = allCases.map(\.variant)

  /// The variants with these names, separated by commas.
  static func named(_ list: String) throws -> [ProtocolVariant] {
    try list.split(separator: ",", omittingEmptySubsequences: false).map { name in
      let name = name.trimmingPrefix(" ")
      guard let found = allCases.first(where: { $0.rawValue == name }) else {
        throw InputError.unknown("protocol", String(name), among: allCases.map(\.rawValue))
      }
      return found.variant
    }
  }
}
