import Foundation

extension Provenance {
  /// The build that is running.
  public static func currentBuild() -> Build {
    let version = output(["swift", "--version"], in: "/")?.split(separator: "\n").first.map(String.init)
    #if DEBUG
    let configuration = "debug"
    #else
    let configuration = "release"
    #endif
    #if arch(x86_64)
    let architecture = "x86_64"
    #elseif arch(arm64)
    let architecture = "arm64"
    #else
    let architecture = "unknown"
    #endif
    let jemalloc = AllocationProbe() == nil ? nil : AllocationProbe.jemallocVersion.map { "jemalloc \($0)" }
    return Build(
      toolchain: version ?? "unknown", configuration: configuration, architecture: architecture,
      allocator: jemalloc ?? "system")
  }

  /// The machine that is running.
  public static func currentHost() -> Host {
    Host(
      name: ProcessInfo.processInfo.hostName, processor: processor() ?? "unknown",
      cores: ProcessInfo.processInfo.processorCount,
      kernel: output(["uname", "-sr"], in: "/") ?? "unknown")
  }

  /// The CPU's name as the kernel gives it.
  private static func processor() -> String? {
    #if canImport(Darwin)
    return output(["sysctl", "-n", "machdep.cpu.brand_string"], in: "/")
    #else
    guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) }
    #endif
  }

  /// Versions by package, from the nearest `Package.resolved` in `folder` or above it.
  static func dependencies(above folder: String) -> [String: String] {
    struct Resolved: Decodable {
      struct Pin: Decodable {
        struct State: Decodable {
          var version: String?
          var revision: String?
        }
        var identity: String
        var state: State
      }
      var pins: [Pin]
    }
    var place = URL(fileURLWithPath: folder).standardizedFileURL
    while true {
      if let data = try? Data(contentsOf: place.appendingPathComponent("Package.resolved")) {
        let pins = (try? JSONDecoder().decode(Resolved.self, from: data))?.pins ?? []
        let pairs = pins.map { ($0.identity, $0.state.version ?? $0.state.revision ?? "unknown") }
        return Dictionary(pairs) { first, _ in first }
      }
      guard place.path != "/" else { return [:] }
      place.deleteLastPathComponent()
    }
  }

  /// What `command` prints, without white space at its ends; nil if it cannot be run or fails.
  static func output(_ command: [String], in folder: String) -> String? {
    guard let result = try? Subprocess.run(command, in: folder), result.status == 0 else { return nil }
    return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
