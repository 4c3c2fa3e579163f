import Consensus
import Faults
import Foundation
import Measurement
import Simulator
import TCPRuntime
import Verification

/// Where clusters of processes are started.
public struct ClusterPlace: Hashable, Sendable {
  /// The path of this program.
  public var program: String
  /// Journals lie in a folder in it, so its disk is measured.
  public var folder: String
  public var disk: NodeFile.DiskKind

  public init(program: String, folder: String, disk: NodeFile.DiskKind = .system) {
    self.program = program
    self.folder = folder
    self.disk = disk
  }
}

/// One run of a cluster of processes over TCP: started, driven, struck, and verified from what can be seen from outside.
///
/// The load comes from an event loop of this process; replicas are processes of their own.
final class TCPRun {
  /// What it came to, and what each process used up.
  struct Outcome: Sendable {
    var result = SimulationResult()
    /// Of the replicas whose processes are ours.
    var accounts: [NodeCluster.Account] = []
    /// Of this process, from the cluster's first process to its last.
    var client = ProcessGroup.Usage()
    var clientPeak = 0
    /// How late the generator of the load was at most; nil: nothing was due of itself.
    var lag: Int64?
    /// It never began, because a replica's port was another process's by then.
    var lacksPort = false
  }
  enum Action {
    case strike(Int)
    case restart(Int)
    case resume(Int)
    case lift(Obstacle)
    /// Links of this number flap.
    case toggle(Int)
    case conditionEnds(Int)
  }

  let configuration: SimulationConfiguration
  let variant: ProtocolVariant
  let cluster: NodeCluster
  let addresses: [NodeID: Endpoint]
  var links: ClusterLinks
  private let clients: ClusterClients
  private var nextLook: Int64 = 0
  var agenda: [(at: Int64, action: Action)] = []
  var result = SimulationResult()
  var findings = Findings()
  /// What could not be checked, because it did not come to that in time. In real time that is no proof of anything: a disk may stall.
  var missing: [String] = []
  /// When somebody's leadership was struck, in which epoch.
  var strikes: [(leader: NodeID, epoch: UInt64, at: Int64)] = []

  /// Runs `configuration` once. What the replicas leave is removed unless the run failed.
  ///
  /// `ports` finds as many as it is asked for: should another process take one before its replica does, it is asked again.
  static func run(
    _ configuration: SimulationConfiguration, _ variant: ProtocolVariant, at place: ClusterPlace?,
    recorder: (any Recorder)?, ports: (Int) throws(InputError) -> [Int] = FreePorts.take
  ) -> Outcome {
    let before = ProcessGroup.Usage.own
    var outcome = attempt(configuration, variant, place, recorder, ports)
    for _ in 1..<attempts where outcome.lacksPort {
      outcome = attempt(configuration, variant, place, recorder, ports)
    }
    outcome.client = .own - before
    outcome.clientPeak = ProcessCost.now().peakResident
    return outcome
  }
  /// That a port is taken in the instant between its choice and its use is rare, and three times in a row is something else.
  private static let attempts = 3

  private static func attempt(
    _ configuration: SimulationConfiguration, _ variant: ProtocolVariant, _ place: ClusterPlace?,
    _ recorder: (any Recorder)?, _ ports: (Int) throws(InputError) -> [Int]
  ) -> Outcome {
    var outcome = Outcome()
    outcome.result.messages = variant.messageKinds.map { _ in MessageCount() }
    var folder: ClusterFolder?
    do throws(InputError) {
      guard let place else { throw InputError("no clusters of processes can be started here") }
      let made = try ClusterFolder(in: place.folder)
      folder = made
      let run = try TCPRun(configuration, variant, place, made.path, ports)
      do throws(InputError) {
        outcome.accounts = try run.drive(recorder)
        outcome.result = run.result
        outcome.lag = run.clients.lag
      } catch {
        outcome.lacksPort = !run.result.hasFormed && run.cluster.ends.contains(where: \.isPortTaken)
        let broken = run.cluster.ends.filter(\.isViolation)
        guard !broken.isEmpty else { throw error }
        outcome.result.verification.verdict = .violated
        outcome.result.verification.violations = broken.map { Violation("HALT", $0.description) }
      }
    } catch {
      outcome.result.verification.violations = [Violation("RUN", error.description)]
    }
    let isSound = outcome.result.hasFormed && outcome.result.verification.violations.isEmpty
    if isSound || outcome.lacksPort {
      folder?.remove()
    } else if let folder {
      folder.keep()
      outcome.result.verification.violations.append(
        Violation("RUN", "the replicas' logs and journals are in \(folder.path)"))
    }
    return outcome
  }

  private init(
    _ configuration: SimulationConfiguration, _ variant: ProtocolVariant, _ place: ClusterPlace, _ folder: String,
    _ portsFor: (Int) throws(InputError) -> [Int]
  ) throws(InputError) {
    self.configuration = configuration
    self.variant = variant
    let replicas = variant.fixedReplicas ?? configuration.environment.replicas
    let ports = try portsFor(replicas)
    let file = NodeFile(
      cluster: "run-\(hexadecimal(configuration.seed))", variant: variant,
      addresses: ports.map { .init(host: "127.0.0.1", port: $0) }, data: folder + "/data", disk: place.disk,
      environment: configuration.environment)
    links = ClusterLinks(configuration, replicas: replicas)
    let cluster = try NodeCluster(file, folder: folder, program: place.program)
    self.cluster = cluster
    addresses = file.endpoints
    clients = ClusterClients(configuration, file) { () throws(InputError) in
      if let failure = cluster.failure() { throw InputError(failure) }
    }
  }

  static func now() -> Int64 { ClusterClients.now() }

  // MARK: The course of a run

  private func drive(_ recorder: (any Recorder)?) throws(InputError) -> [NodeCluster.Account] {
    for id in addresses.keys.sorted() { try start(Int(id.index)) }
    do throws(InputError) {
      try form()
      try begin()
      try pass()
      try heal()
      let load = try clients.finish()
      let last = try clients.readAll(after: load)
      missing += last.missing.map { [$0] } ?? []
      result.end = Self.now()
      try settle()
      let accounts = cluster.stop()
      for end in cluster.ends {
        if end.isViolation {
          findings.report("HALT", NodeID(end.id), end.description)
        } else {
          missing.append("\(end)")
        }
      }
      conclude(accounts, load, last.reads, recorder)
      return accounts
    } catch {
      _ = cluster.stop()
      throw error
    }
  }

  /// Until a command is answered.
  private func form() throws(InputError) {
    _ = try clients.ask(.get(0))
    result.hasFormed = true
  }

  private func begin() throws(InputError) {
    let start = try clients.begin()
    result.windowStart = start + configuration.measure.warmUp.nanoseconds
    result.windowEnd = result.windowStart + configuration.measure.window.nanoseconds
    for (index, fault) in configuration.faults.faults.enumerated() {
      agenda.append((result.windowStart + fault.at.nanoseconds, .strike(index)))
    }
  }

  /// Lets the window go by, and faults happen when they are due.
  private func pass() throws(InputError) {
    while Self.now() < result.windowEnd {
      if let failure = cluster.failure() { throw InputError(failure) }
      let now = Self.now()
      while let next = agenda.indices.min(by: { agenda[$0].at < agenda[$1].at }), agenda[next].at <= now {
        try act(agenda.remove(at: next).action)
      }
      if hasRecovered() {
        result.windowEnd = Self.now()
        break
      }
      if try clients.hasEnough(since: result.windowStart) {
        result.windowEnd = Self.now()
        break
      }
      let next = min(agenda.map(\.at).min() ?? .max, result.windowEnd, Self.now() + 5_000_000)
      usleep(UInt32(max(0, next - Self.now()) / 1_000))
    }
    try clients.drain()
  }

  /// For trials of elections: all that run follow a new leader, for long enough that clients were served again.
  private func hasRecovered() -> Bool {
    guard configuration.measure.stopsWhenRecovered, let strike = strikes.last, agenda.isEmpty, Self.now() >= nextLook
    else { return false }
    nextLook = Self.now() + 20_000_000
    let last = addresses.keys.filter { $0 != strike.leader }.map { cluster.status(of: Int($0.index)) }
    guard let leader = last.compactMap({ $0 }).first(where: { $0.isEstablished && $0.epoch > strike.epoch }),
      last.allSatisfy({ $0?.leader == leader.node && $0?.epoch == leader.epoch })
    else { return false }
    return Self.now() - leader.at > Self.aftermath
  }
  /// A second, in which an operation that is due is answered unless nothing works.
  private static let aftermath: Int64 = 1_000_000_000

  /// All replicas run again, and all links are open and lose nothing.
  private func heal() throws(InputError) {
    agenda = []
    links.heal()
    for id in addresses.keys.sorted() {
      cluster.resume(Int(id.index))
      try start(Int(id.index))
    }
    try tell()
  }

  /// Until all replicas have executed the same, as far as each says.
  private func settle() throws(InputError) {
    let deadline = Self.now() + configuration.measure.patience.nanoseconds
    while Self.now() < deadline {
      if let failure = cluster.failure() { throw InputError(failure) }
      guard let reports = cluster.ask(patience: .seconds(1)) else { continue }
      if Set(reports.map(\.slot)).count == 1 {
        result.isAtRest = true
        findings.expect(
          Set(reports.map(\.digest)).count == 1, "L4", nil,
          "replicas that executed through \(reports[0].slot) have different states: "
            + reports.map { hexadecimal($0.digest) }.joined(separator: " "))
        return
      }
      usleep(10_000)
    }
    result.isAtRest = false
    missing.append("no rest \(configuration.measure.patience) after all faults ended")
  }
}
