import ArgumentParser
import Foundation
import Harness
import Verification

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Says whether a history of client operations is linearizable.",
    discussion: """
      A history is a file of JSON lines, such as {"proc":3,"type":"invoke","f":"put","key":"k1","val":"7","t":123}; the type is \
      invoke, ok, fail (it did not and will not happen) or info (unknown). Exit codes: 0 linearizable, 1 not, 3 unknown.
      """)

  @Argument(help: "A file of JSON lines; - is standard input.") var history: String
  @Option(help: "Looks at an operation before the answer is 'unknown'; a hundred million take a second.")
  var budget = 1_000_000_000

  func validate() throws {
    if budget < 1 { throw ValidationError("--budget: at least one") }
  }

  func run() throws {
    let handle = history == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: history)
    guard let data = try? handle?.readToEnd() ?? Data(), handle != nil else {
      throw InputError("\(history): cannot be read")
    }
    let operations: [ClientOperation]
    do throws(HistoryError) {
      operations = try History.parse(String(decoding: data, as: UTF8.self))
    } catch { throw InputError("\(history): \(error)") }
    if operations.isEmpty { throw InputError("\(history): holds no operation, so there is nothing to verify") }
    let result = LinearizabilityChecker.check(operations, budget: budget)
    let size = "\(operations.count) operations, \(result.keys) keys searched"
    switch result.verdict {
    case .ok: print("linearizable: \(size)")
    case .violated:
      print("not linearizable: \(result.detail ?? "")")
      throw ExitStatus.failed
    case .unknown, .unchecked, .void:
      print("unknown: \(result.detail ?? "") (\(size))")
      throw ExitStatus.unknown
    }
  }
}
