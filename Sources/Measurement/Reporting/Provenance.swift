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

  public static let fileName = "run.json"

  /// Asks git, the toolchain and the system; what none of them knows is `unknown`. Takes about half a second: call it once.
  public static func current(
    folder: String = FileManager.default.currentDirectoryPath, startedAt: Date = Date(),
    commandLine: [String] = CommandLine.arguments, experiments: [ExperimentNote] = []
  ) -> Provenance {
    let commit = output(["git", "rev-parse", "HEAD"], in: folder)
    let changes = commit == nil ? nil : output(["git", "status", "--porcelain"], in: folder)
    return Provenance(
      schema: CSVSchema.version, commit: commit ?? "unknown", isDirty: changes.map { !$0.isEmpty },
      build: currentBuild(), host: currentHost(), startedAt: ISO8601DateFormatter().string(from: startedAt),
      commandLine: commandLine, experiments: experiments, dependencies: dependencies(above: folder))
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
    experiments: [ExperimentNote], dependencies: [String: String]
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
  }
}
