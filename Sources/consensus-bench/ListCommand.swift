import ArgumentParser
import Foundation
import Harness

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Shows protocols, experiments, environments, faults and modes; with --keys every input.")

  @Flag(help: "As one JSON object.") var json = false
  @Flag(help: "The keys of experiment files instead, which --set takes as well.") var keys = false

  func run() throws {
    if keys { return json ? try printJSON(["keys": keyList]) : printKeys() }
    let suite = try SuiteFolder.located()
    let experiments = try Experiment.names(in: suite.benchmarks).map {
      try Experiment.load($0, in: suite.benchmarks, catalogue: ProtocolCatalogue.all)
    }
    let environments = try Experiment.environments(in: suite.benchmarks)
    if json {
      return try printJSON([
        "protocols": ProtocolCatalogue.all.map { ["name": $0.name, "summary": $0.summary] },
        "experiments": experiments.map { ["name": $0.name, "summary": $0.question] },
        "environments": environments.map { ["name": $0.name, "summary": $0.summary] },
        "faults": FaultForm.all.map { ["name": $0.name, "summary": $0.meaning] },
        "modes": RunCommand.Mode.allCases.map { ["name": $0.rawValue, "summary": $0.summary] },
      ])
    }
    section("Protocols", ProtocolCatalogue.all.map { ($0.name, $0.summary) })
    section("Experiments", experiments.map { ($0.name, $0.question) })
    section("Environments", environments)
    section("Faults", FaultForm.all.map { ($0.name, $0.meaning) })
    section("Modes", RunCommand.Mode.allCases.map { ($0.rawValue, $0.summary) })
    print("Keys of experiment files: consensus-bench list --keys")
  }

  private var keyList: [[String: String]] {
    ExperimentKey.all.map { ["name": $0.path, "summary": $0.meaning, "form": $0.form] }
  }
  private func printKeys() {
    section("Keys", ExperimentKey.all.map { ($0.path, "\($0.meaning) Takes \($0.form).") })
  }
  private func printJSON(_ object: [String: [[String: String]]]) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(object), as: UTF8.self))
  }
  private func section(_ title: String, _ items: [(name: String, summary: String)]) {
    let width = items.map(\.name.count).max() ?? 0
    print(title)
    for item in items {
      print("  \(item.name)\(String(repeating: " ", count: width - item.name.count))  \(item.summary)")
    }
    print("")
  }
}
