import Foundation
import Testing

/// The page about many machines, taken at its word.
@Suite("Scale-out", .serialized) struct ScaleOutTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The page's examples in one language.
  private static func blocks(_ language: String) throws -> [String] {
    let page = root.appending(path: "Sources/Harness/Harness.docc/ScaleOut.md")
    return try String(contentsOf: page, encoding: .utf8).split(separator: "```\(language)\n").dropFirst().map { part in
      String(part.prefix(upTo: part.firstRange(of: "```")?.lowerBound ?? part.endIndex))
    }
  }

  /// A folder that looks like a checkout that was built, but that runs are short.
  private func withCheckout(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "checkout-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder + "/.build/release", withIntermediateDirectories: true)
    for name in ["Benchmarks", "Plots"] {
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/\(name)", withDestinationPath: Self.root.appending(path: name).path)
    }
    let program = folder + "/.build/release/consensus-bench"
    let path = try #require(Program.path, "the program is not where the tests are")
    try """
    #!/bin/bash
    command=$1; shift
    if [ "$command" = run ]; then
      set -- "$@" --trials 1 --set measure.warm-up=20ms --set measure.window=20ms --set workload.arrival=constant
    fi
    exec '\(path)' "$command" "$@"
    """.write(toFile: program, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    try body(folder)
  }
  private func bash(_ script: String, in folder: String, _ variables: [String: String] = [:]) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = ["-c", script]
    process.currentDirectoryURL = URL(filePath: folder)
    process.environment = ProcessInfo.processInfo.environment.merging(variables) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(script)")
  }

  @Test("What the page has for xargs, Slurm and Kubernetes, run here, gives the bytes of one run")
  func page() throws {
    let scripts = try Self.blocks("bash")
    let xargs = try #require(scripts.first { $0.contains("xargs") })
    let array = try #require(scripts.first { $0.contains("#SBATCH --array=1-4\n") })
    let manifest = try #require(Self.blocks("yaml").first)
    // The container's argument: a plain scalar over several lines.
    let argument = try #require(manifest.firstRange(of: "            - exec "))
    let end = try #require(manifest.firstRange(of: "          resources:"))
    let pod = manifest[argument.upperBound..<end.lowerBound].split(whereSeparator: \.isWhitespace).joined(
      separator: " ")
    let merge = ".build/release/consensus-bench merge shards/* --out merged"
    try withCheckout { folder in
      func expectWhole() throws {
        try bash("diff -r -x run.json -x costs.csv whole merged && rm -r shards merged", in: folder)
      }
      try bash(".build/release/consensus-bench run load --profile full --out whole", in: folder)
      try bash(xargs, in: folder)
      try expectWhole()
      for task in 1...4 {
        try bash(array, in: folder, ["SLURM_ARRAY_TASK_ID": "\(task)", "SLURM_ARRAY_TASK_COUNT": "4"])
      }
      try bash(merge, in: folder)
      try expectWhole()
      for index in 0..<4 {
        try bash(pod.replacing("/results/", with: ""), in: folder, ["JOB_COMPLETION_INDEX": "\(index)"])
      }
      try bash(merge, in: folder)
      try expectWhole()
    }
  }
}
