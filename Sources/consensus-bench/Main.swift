import ArgumentParser
import Foundation
import Harness
import Measurement

/// What the program ends with; the same for every command.
enum ExitStatus: Int32, Error {
  /// A regression, or a safety violation.
  case failed = 1
  /// Usage, unreadable or refused input, missing or mismatched baseline, a chart that cannot be drawn.
  case refused = 2
  /// Inconclusive, unknown.
  case unknown = 3
  /// An improvement: the baseline is stale.
  case stale = 4
  /// Void: the cluster never formed, or something went unchecked.
  case void = 5
  /// A replica's journal cannot be written or read.
  case halted = 6
  /// Ended by the user; what was finished is kept.
  case interrupted = 130

  /// What verdicts a complete result holds; nil: all is verified.
  init?(of tables: ResultTables) {
    let verdicts = Set(tables.summary.map(\.verdict))
    if verdicts.contains(.violated) {
      self = .failed
    } else if verdicts.contains(.unchecked) || verdicts.contains(.void) {
      self = .void
    } else if verdicts.contains(.unknown) {
      self = .unknown
    } else {
      return nil
    }
  }
}

struct ConsensusBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "consensus-bench",
    abstract: "Runs consensus protocols over one transport and one storage, and measures them.",
    discussion: """
      Exit codes: 0 done and verified; 1 a regression or a safety violation; 2 usage or refused input; 3 unknown; \
      4 an improvement, the baseline is stale; 5 void; 6 a replica's disk is full or fails.
      """,
    version: "consensus-bench \(versionText)",
    subcommands: [
      ListCommand.self, DoctorCommand.self, RunCommand.self, MergeCommand.self, PlotCommand.self, CheckCommand.self,
      CompareCommand.self,
      TortureCommand.self, ReplayCommand.self, VerifyCommand.self, NodeCommand.self,
    ])

  static let versionText = "0.1.0"
}

@main enum Main {
  static func main() {
    do {
      var command = try ConsensusBench.parseAsRoot()
      try command.run()
    } catch let status as ExitStatus {
      exit(status.rawValue)
    } catch let error as InputError {
      complain(error.description)
    } catch {
      guard ConsensusBench.exitCode(for: error) != .success else {
        print(ConsensusBench.fullMessage(for: error))
        exit(0)
      }
      let message = ConsensusBench.message(for: error)
      complain(message.isEmpty ? "see consensus-bench --help" : message)
    }
  }

  /// One line that says what is wrong, and the exit code for it.
  private static func complain(_ message: String) -> Never {
    Terminal.say("error: \(message)")
    exit(ExitStatus.refused.rawValue)
  }
}

/// What all randomness of a run comes from, as it is written.
enum Seed {
  static func parse(_ text: String) throws -> UInt64 {
    guard let seed = UInt64(text) else {
      throw ValidationError("'\(text)' is no seed; write --seed=N with a whole number N from 0 on")
    }
    return seed
  }
}
