import ArgumentParser
import Harness
import Measurement

struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge", abstract: "Puts the results of all shards of a run together.",
    discussion: """
      What 'run --shard' made in several folders becomes what one run would have made: the same bytes in every file but \
      run.json and costs.csv. Exit codes as those of 'run'.
      """)

  @Argument(help: ArgumentHelp("The folders of the shards, in any order.", valueName: "folder")) var folders: [String]
  @Option(help: "The folder for the result.") var out: String

  func validate() throws {
    if out == "" { throw ValidationError("--out: names no folder") }
  }

  func run() throws {
    let merge = try ShardMerge(folders, out: out)
    let folder = ResultFolder(out, merge.provenance)
    try folder.begin()
    do throws(FileError) { try folder.finish(merge.tables, isComplete: true) } catch {
      throw InputError(error.description)
    }
    let suite = try? SuiteFolder.located()
    for experiment in merge.provenance.experiments {
      let answers = RunReport.answers(experiment.name, experiment.charts, merge.tables, in: suite)
      if !answers.isEmpty { print("\(experiment.name): \(experiment.question)\n\(answers)") }
    }
    print(
      "merged   \(folders.count) shards: \(merge.tables.precision.count) configurations, \(merge.tables.summary.count) runs"
    )
    print("results  \(out)")
    if let status = ExitStatus(of: merge.tables) { throw status }
  }
}
