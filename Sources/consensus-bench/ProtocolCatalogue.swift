import Consensus
import Harness
import Raft
import Unreplicated

/// Every protocol and variant that can be run. A new protocol is a case here; nothing else names it.
enum ProtocolCatalogue: String, CaseIterable {
  case raft
  case raftPlain = "raft-plain"
  case raftQuorumDetection = "raft-quorum-detection"
  case unreplicated

  var variant: ProtocolVariant {
    switch self {
    case .raft:
      ProtocolVariant(
        rawValue, Raft.self, tuning: .standard,
        summary: "Raft with PreVote and CheckQuorum (Ongaro and Ousterhout 2014; Ongaro's dissertation §9.6, §6.2)",
        isMain: true, framesPerBatch: { 2 * ($0 - 1) }, writesPerBatch: { $0 })
    case .raftPlain:
      ProtocolVariant(
        rawValue, Raft.self, tuning: .plain,
        summary: "Raft as the paper's Figure 2 has it, without PreVote and CheckQuorum",
        framesPerBatch: { 2 * ($0 - 1) }, writesPerBatch: { $0 })
    case .raftQuorumDetection:
      ProtocolVariant(
        rawValue, Raft.self, tuning: .quorumDetection,
        summary: "Ablation: raft, but a majority must miss the leader before anyone is elected, as in Zab",
        framesPerBatch: { 2 * ($0 - 1) }, writesPerBatch: { $0 })
    case .unreplicated:
      ProtocolVariant(
        rawValue, Unreplicated.self, tuning: .init(),
        summary: "One replica and its journal, no agreement: the floor under every chart", isMain: true,
        fixedReplicas: 1,
        framesPerBatch: { _ in 0 }, writesPerBatch: { _ in 1 })
    }
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
