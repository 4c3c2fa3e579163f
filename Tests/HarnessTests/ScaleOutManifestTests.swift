import Foundation
import Testing

@testable import Harness

@Suite("The manifest of a run in shards") struct ScaleOutManifestTests {
  @Test("It is an indexed Job, and as many pods run as there are shards")
  func manifest() throws {
    let page = String(Bench.folder.dropLast("Benchmarks".count)) + "Sources/Harness/Harness.docc/ScaleOut.md"
    let text = try String(contentsOfFile: page, encoding: .utf8)
    let block = try #require(text.split(separator: "```yaml\n").dropFirst().first?.split(separator: "```").first)
    let root = try YAMLReader(file: "ScaleOut.md").document(String(block))
    #expect(root["kind"]?.string == "Job" && root["apiVersion"]?.string == "batch/v1")
    let job = try #require(root["spec"])
    #expect(job["completionMode"]?.string == "Indexed")
    let pods = try #require(job["completions"]?.int)
    let container = try #require(job["template"]?["spec"]?["containers"]?[0])
    #expect(container["command"]?.array().compactMap(\.string) == ["bash", "-c"])
    let command = try #require(container["args"]?[0]?.string)
    #expect(command.contains("--shard \"$((JOB_COMPLETION_INDEX + 1))/\(pods)\"") && !command.contains("\n"))
    let claims = job["template"]?["spec"]?["volumes"]?.array().compactMap { $0["name"]?.string } ?? []
    #expect(container["volumeMounts"]?.array().compactMap { $0["name"]?.string } == claims && claims.count == 1)
  }
}
