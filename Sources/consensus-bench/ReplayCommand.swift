import ArgumentParser
import Harness

struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Runs one torture seed again, and shows what happened.")

  @Option(name: .customLong("protocol"), help: "The protocol or variant.") var protocolName: String
  @Option(parsing: .unconditional, help: "The seed.", transform: Seed.parse) var seed: UInt64
  @Option(help: "Replicas in the cluster.") var replicas = 3
  @Option(help: ArgumentHelp("Writes every event.", valueName: "file")) var trace: String?

  func validate() throws {
    if !(2...64).contains(replicas) { throw ValidationError("--replicas: between 2 and 64") }
  }

  func run() throws {
    let variants = try ProtocolCatalogue.named(protocolName)
    guard variants.count == 1, variants[0].fixedReplicas == nil else {
      throw InputError("--protocol \(protocolName): one replicated protocol is replayed at a time")
    }
    let file = try trace.map { try LineFile($0) }
    let one = variants[0].replay(seed: seed, replicas: replicas) { line in
      file?.write(line)
      if let text = TraceLine(line).landmark { print(text) }
    }
    try file?.close()
    print("\(one.report.verdict.rawValue): \(one.report.operations) operations, hash \(one.hash)")
    for violation in one.report.violations { print("  \(violation)") }
    if one.report.verdict == .violated { throw ExitStatus.failed }
    if one.report.verdict != .ok { throw ExitStatus.void }
  }
}
