import Consensus
import Foundation
import Measurement
import MultiPaxos
import Raft
import Unreplicated
import Zab

@testable import Harness

/// The shipped folder, its environment, and experiments made of text.
enum Bench {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Benchmarks").path

  static let catalogue =
    listed + [
      variant("raft-quorum-detection", Raft.self, .quorumDetection), variant("multipaxos", MultiPaxos.self, .standard),
      variant("multipaxos-up-to-date", MultiPaxos.self, .upToDate), variant("zab", Zab.self, .standard),
      variant("multipaxos-explicit", MultiPaxos.self, .explicit),
      variant("multipaxos-all-learn", MultiPaxos.self, .allLearn),
      variant("multipaxos-thrifty", MultiPaxos.self, .thrifty),
    ]

  private static func variant<Core: ConsensusProtocol>(
    _ name: String, _ core: Core.Type, _ tuning: Core.Tuning
  ) -> ProtocolVariant {
    ProtocolVariant(
      name, core, tuning: tuning, summary: "", framesPerBatch: { _ in nil }, writesPerBatch: { _ in nil })
  }

  private static let listed = [
    ProtocolVariant(
      "raft", Raft.self, tuning: .standard, summary: "", isMain: true, framesPerBatch: { _ in nil },
      writesPerBatch: { _ in nil }),
    ProtocolVariant(
      "raft-plain", Raft.self, tuning: .plain, summary: "", isMain: true, framesPerBatch: { _ in nil },
      writesPerBatch: { _ in nil }),
    ProtocolVariant(
      "unreplicated", Unreplicated.self, tuning: .init(), summary: "", isMain: true, fixedReplicas: 1,
      framesPerBatch: { _ in nil },
      writesPerBatch: { _ in nil }),
    ProtocolVariant(
      "orderly", Orderly.self, tuning: 0, summary: "", framesPerBatch: { _ in nil }, writesPerBatch: { _ in nil }),
  ]

  static func environment() throws -> ExperimentLayer {
    let text = try String(contentsOfFile: folder + "/environment.yaml", encoding: .utf8)
    return try ExperimentFile.environment(text, file: "environment.yaml")
  }

  /// The values of the shipped environment.
  static func settings() throws -> ExperimentSettings {
    var settings = ExperimentSettings()
    for value in try environment().values { try value.apply(to: &settings) }
    return settings
  }

  /// An experiment with these lines after the ones that every file needs, which are its first three.
  static func experiment(
    _ lines: String, profile: String = "quick", overrides: [(path: String, value: String)] = [],
    protocols: [String]? = nil, trials: Int? = nil, mode: RunMode = .sim
  ) throws -> Experiment {
    let header = "name: probe\nquestion: Is it read?\n"
    let listed = lines.hasPrefix("protocols:") ? "" : "protocols: [raft, unreplicated]\n"
    let file = try ExperimentFile(header + listed + lines, file: "probe.yaml")
    return try ExperimentExpansion(
      file: file, fileName: "probe.yaml", source: "probe.yaml", environment: try environment(), profile: profile,
      overrides: overrides,
      protocols: protocols, trials: trials, catalogue: catalogue, mode: mode
    ).experiment()
  }

  /// What is wrong with it; empty: nothing.
  static func complaint(
    _ lines: String, profile: String = "quick", overrides: [(path: String, value: String)] = []
  ) throws -> String {
    do {
      _ = try experiment(lines, profile: profile, overrides: overrides)
      return ""
    } catch let error as InputError { return error.description }
  }
}

extension ExperimentPoint {
  func value(_ key: String) -> String? { inputs.first { $0.key == key }?.value }
  var id: ConfigurationID { ConfigurationID(of: inputs.map { ($0.key, $0.value) } + [("protocol", variant.name)]) }
}

/// A protocol that does nothing, and may do so only over sessions.
struct Orderly: ConsensusProtocol {
  struct Nothing: WireCodable {
    var tag: UInt8 { 0 }
    var description: String { "nothing" }
    func encode(into writer: inout ByteWriter) { writer.write(tag) }
    init(from reader: inout ByteReader) throws(WireError) { _ = try reader.byte() }
  }
  enum Timer: Hashable, CustomStringConvertible {
    case never
    var description: String { "never" }
  }
  struct Audit: ClusterAudit {
    typealias Core = Orderly
    init(_ cluster: Cluster) {}
    var coverage: [(name: String, count: Int)] { [] }
    func recovered(_ node: NodeID, _ view: some ClusterView<Orderly>, _ findings: inout Findings) {}
    func stepped(
      _ node: NodeID, _ input: Input<Orderly>, _ core: borrowing Orderly, _ effects: borrowing Effects<Orderly>,
      _ view: some ClusterView<Orderly>, _ findings: inout Findings
    ) {}
    func synced(
      _ node: NodeID, _ record: Nothing, _ view: some ClusterView<Orderly>, _ findings: inout Findings
    ) {}
    func examine(_ view: some ClusterView<Orderly>, _ findings: inout Findings) {}
  }
  typealias Message = Nothing
  typealias Record = Nothing
  typealias Tuning = Int

  static let name = "orderly"
  static var requiresSessions: Bool { true }
  static let messageKinds: [MessageKind] = []

  init(_ configuration: Configuration<Orderly>) {}
  func restore(_ snapshot: Snapshot) {}
  func replay(_ record: Nothing) {}
  func checkpoint() -> [Nothing] { [] }
  func step(_ input: Input<Orderly>, into effects: inout Effects<Orderly>) {}
  var status: ReplicaStatus {
    ReplicaStatus(role: .follower, epoch: 0, leader: nil, committed: Slot(0), isEstablished: false)
  }
  func entry(at slot: Slot) -> Entry? { nil }
  var base: Slot { Slot(0) }
  func upholds(_ message: Nothing, to peer: NodeID) -> Bool { true }
  func check(_ findings: inout Findings) {}
  func inspect() -> [(name: String, value: String)] { [] }
}
