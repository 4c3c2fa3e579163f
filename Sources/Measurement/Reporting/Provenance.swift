import Foundation

/// Where a result comes from: `run.json`. The only file of a simulation, beside the costs, that differs from run to run.
public struct Provenance: Codable, Sendable, Equatable {
  /// What decides how many allocations a run makes.
  public struct Build: Codable, Sendable, Equatable {
    /// First line of `swift --version` on the machine that ran it.
    public var toolchain: String
    /// `debug` or `release`.
    public var configuration: String
    public var architecture: String
    /// jemalloc's version if it serves the process, else `system`.
    public var allocator: String
  }
  public struct Host: Codable, Sendable, Equatable {
    public var name: String
    public var processor: String
    public var cores: Int
    public var kernel: String
  }

  /// An experiment of the run, and what draws it.
  public struct ExperimentNote: Codable, Sendable, Equatable {
    public var name: String
    public var question: String
    /// Names of scripts in `Plots`.
    public var charts: [String]

    public init(name: String, question: String, charts: [String]) {
      self.name = name
      self.question = question
      self.charts = charts
    }
  }

  /// What was to be run. The shards of one run have it in common.
  public struct Plan: Codable, Sendable, Equatable {
    public var seed: UInt64
    public var profile: String
    /// Of all shards together.
    public var configurations: Int
    /// A hash of every configuration, of how many trials it may take and how precise it is to be.
    public var inputs: String

    public init(seed: UInt64, profile: String, configurations: Int, inputs: Fingerprint) {
      self.seed = seed
      self.profile = profile
      self.configurations = configurations
      self.inputs = inputs.description
    }
  }

  /// One of the results that were merged, and where it comes from.
  public struct Origin: Codable, Sendable, Equatable {
    public var shard: Shard
    public var build: Build
    public var host: Host
    public var startedAt: String
    public var commandLine: [String]
  }

  public var schema: Int
  /// Git's commit of the working folder; `unknown` outside a checkout.
  public var commit: String
  /// Whether the checkout held changes of its own; nil if unknown.
  public var isDirty: Bool?
  public var build: Build
  public var host: Host
  /// ISO 8601, UTC.
  public var startedAt: String
  public var commandLine: [String]
  public var experiments: [ExperimentNote]
  /// Version or revision by package; empty where no `Package.resolved` is found.
  public var dependencies: [String: String]
  /// Nil where nobody wrote it down.
  public var plan: Plan?
  /// Nil: the whole of the plan.
  public var shard: Shard?
  /// False from the start of a run to its end, and for ever if it was interrupted.
  public var isComplete: Bool?
  /// What a merged result was made of, in the order of the shards; `build` and `host` are then the first one's.
  public var shards: [Origin]?

  public static let fileName = "run.json"

  /// Asks git, the toolchain and the system; what none of them knows is `unknown`. Takes about half a second: call it once.
  public static func current(
    folder: String = FileManager.default.currentDirectoryPath, startedAt: Date = Date(),
    commandLine: [String] = CommandLine.arguments, experiments: [ExperimentNote] = [], plan: Plan? = nil,
    shard: Shard? = nil
  ) -> Provenance {
    let commit = output(["git", "rev-parse", "HEAD"], in: folder)
    let changes = commit == nil ? nil : output(["git", "status", "--porcelain"], in: folder)
    return Provenance(
      schema: CSVSchema.version, commit: commit ?? "unknown", isDirty: changes.map { !$0.isEmpty },
      build: currentBuild(), host: currentHost(), startedAt: ISO8601DateFormatter().string(from: startedAt),
      commandLine: commandLine, experiments: experiments, dependencies: dependencies(above: folder), plan: plan,
      shard: shard)
  }

  /// That of a result merged from `shards`, which ran the same at the same commit.
  public static func merged(_ shards: [Provenance], commandLine: [String] = CommandLine.arguments) -> Provenance? {
    guard var merged = shards.first else { return nil }
    merged.isDirty = shards.contains { $0.isDirty == true } ? true : merged.isDirty
    merged.startedAt = shards.map(\.startedAt).min() ?? merged.startedAt
    merged.commandLine = commandLine
    merged.shard = nil
    merged.shards = shards.compactMap { origin in
      origin.shard.map {
        Origin(
          shard: $0, build: origin.build, host: origin.host, startedAt: origin.startedAt,
          commandLine: origin.commandLine)
      }
    }
    return merged
  }

  /// Why the result is only a part of what was planned; nil if it is the whole.
  public var part: String? {
    if isComplete == false { return "the run is unfinished: it was interrupted, or is still going on" }
    return shard.map { "shard \($0) is a part of a run; merge it with the others" }
  }

  /// What of the build is not the same as `other`'s, so that the two allocate differently; nil if nothing is.
  public func buildDiffers(from other: Provenance) -> String? {
    Self.firstDifference([
      ("toolchain", build.toolchain, other.build.toolchain),
      ("configuration", build.configuration, other.build.configuration),
      ("architecture", build.architecture, other.build.architecture),
      ("allocator", build.allocator, other.build.allocator),
    ])
  }
  /// What of the machine or of the build is not the same as `other`'s, so that their real times say nothing about each other.
  public func timesDiffer(from other: Provenance) -> String? {
    Self.firstDifference([
      ("processor", host.processor, other.host.processor), ("machine", host.name, other.host.name),
      ("number of cores", "\(host.cores)", "\(other.host.cores)"), ("kernel", host.kernel, other.host.kernel),
    ]) ?? buildDiffers(from: other)
  }
  private static func firstDifference(_ pairs: [(name: String, mine: String, other: String)]) -> String? {
    pairs.first { $0.mine != $0.other }.map { "another \($0.name), \($0.mine) against \($0.other)" }
  }

  /// Pretty-printed, keys sorted, ends with a line feed.
  public var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else { preconditionFailure("a provenance of strings that is no JSON") }
    return String(decoding: data, as: UTF8.self) + "\n"
  }

  /// Writes `run.json` into `folder`.
  public func write(to folder: String) throws(FileError) {
    try AtomicFile.write(json, to: "\(folder)/\(Self.fileName)")
  }

  /// Reads `run.json` of `folder`; nil if there is none.
  public init?(reading folder: String) throws(FileError) {
    let path = "\(folder)/\(Self.fileName)"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do {
      self = try JSONDecoder().decode(Provenance.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw FileError(path: path, reason: "is no provenance: \(error)")
    }
  }

  private init(
    schema: Int, commit: String, isDirty: Bool?, build: Build, host: Host, startedAt: String, commandLine: [String],
    experiments: [ExperimentNote], dependencies: [String: String], plan: Plan?, shard: Shard?
  ) {
    self.schema = schema
    self.commit = commit
    self.isDirty = isDirty
    self.build = build
    self.host = host
    self.startedAt = startedAt
    self.commandLine = commandLine
    self.experiments = experiments
    self.dependencies = dependencies
    self.plan = plan
    self.shard = shard
  }
}
