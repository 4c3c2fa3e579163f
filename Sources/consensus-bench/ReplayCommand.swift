import ArgumentParser
import Foundation
import Harness

struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Runs one torture seed or schedule again, and shows what happened.",
    discussion: """
      The timeline has a column for each replica and one for clients, faults across all of them, and the violation at its end. \
      Exit codes: 0 the run is clean; 1 it breaks an invariant.
      """)

  @Option(name: .customLong("protocol"), help: "The protocol or variant.") var protocolName: String?
  @Option(parsing: .unconditional, help: "The seed.", transform: Seed.parse) var seed: UInt64?
  @Option(help: "Replicas in the cluster; 3 unless given.") var replicas: Int?
  @Option(help: ArgumentHelp("A schedule, as torture writes it, instead of a seed.", valueName: "file"))
  var schedule: String?
  @Option(help: ArgumentHelp("Writes every event.", valueName: "file")) var trace: String?
  @Option(help: ArgumentHelp("Draws a space-time diagram of the end.", valueName: "file")) var svg: String?
  @Option(help: ArgumentHelp("With this bug planted. In test builds.", valueName: "id")) var mutant: String?
  @Option(help: "Lines of the timeline, counted from its end.") var last = 60
  @Flag(help: "The whole timeline.") var all = false

  func validate() throws {
    if let replicas, !(2...64).contains(replicas) { throw ValidationError("--replicas: between 2 and 64") }
    if !(1...1_000_000).contains(last) { throw ValidationError("--last: between 1 and 1000000") }
    if schedule == nil, protocolName == nil || seed == nil {
      throw ValidationError("what is to be replayed? --protocol and --seed, or --schedule")
    }
    if schedule != nil, protocolName != nil || seed != nil || replicas != nil {
      throw ValidationError("--schedule: it says which protocol, seed and replicas; leave these options out")
    }
  }

  func run() throws {
    let schedule = try self.schedule.map { path in
      guard let data = FileManager.default.contents(atPath: path) else { throw InputError("\(path): cannot be read") }
      do { return try Schedule(String(decoding: data, as: UTF8.self)) } catch { throw InputError("\(path): \(error)") }
    }
    let name = schedule?.protocolName ?? protocolName ?? ""
    let place = self.schedule ?? "--protocol \(name)"
    let variants: [ProtocolVariant]
    do { variants = try ProtocolCatalogue.named(name) } catch { throw InputError("\(place): \(error)") }
    guard variants.count == 1, variants[0].fixedReplicas == nil else {
      throw InputError("\(place): one replicated protocol is replayed at a time")
    }
    try Mutants.plant(mutant ?? schedule?.mutant)
    let size = schedule?.replicas ?? replicas ?? 3
    let traceFile = try trace.map { try LineFile($0) }
    let diagramFile = try svg.map { try LineFile($0) }
    var timeline = EventTimeline(replicas: size, kinds: variants[0].messageKinds)
    let sink: (String) -> Void = { line in
      traceFile?.write(line)
      timeline.take(line)
    }
    let one =
      if let schedule {
        variants[0].replay(schedule, trace: sink)
      } else {
        variants[0].replay(seed: seed ?? 0, replicas: size, trace: sink)
      }
    try traceFile?.close()
    timeline.finish(one)
    for line in timeline.lines(last: all ? nil : last) { print(line) }
    if let diagramFile {
      diagramFile.write(text: SpaceTimeDiagram(timeline).svg)
      try diagramFile.close()
    }
    print("\(one.report.verdict.rawValue): \(one.report.operations) operations, hash \(one.hash)")
    for violation in one.report.violations { print("  \(violation)") }
    if one.report.verdict == .violated { throw ExitStatus.failed }
    if one.report.verdict != .ok { throw ExitStatus.void }
  }
}
