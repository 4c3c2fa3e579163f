import Foundation
import Measurement

extension String {
  /// As a shell takes it for one word.
  public var shellQuoted: String {
    let isPlain = allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-/=%:,".contains($0)) }
    return isPlain && !isEmpty ? self : "'" + replacing("'", with: "'\\''") + "'"
  }
}

/// How a result is had again, and how it is cited: as far as its own `run.json` knows.
struct Citation {
  private let provenance: Provenance
  private let modes: [RunMode]

  init(_ provenance: Provenance, modes: [RunMode]) {
    self.provenance = provenance
    self.modes = modes
  }

  /// The commands that repeat the run, one a line: those of its shards first.
  var commands: [String] {
    ((provenance.shards ?? []).map(\.commandLine) + [provenance.commandLine]).map { words in
      let name = words.first.map { URL(fileURLWithPath: $0).lastPathComponent } ?? "consensus-bench"
      return ([name] + words.dropFirst()).map(\.shellQuoted).joined(separator: " ")
    }
  }

  /// The command that repeats one run, and says what is wrong with it.
  func command(_ run: RunKey, _ assignments: [String]) -> String {
    let original = provenance.shards?.first?.commandLine ?? provenance.commandLine
    let name = run.subject.experiment
    let source = original.first { URL(fileURLWithPath: $0).lastPathComponent == "\(name).yaml" } ?? name
    var words = ["consensus-bench", "run", source, "--protocol", run.subject.protocolName, "--seed", "\(run.seed)"]
    words += ["--trial", "\(run.trial)"]
    if let profile = provenance.plan?.profile { words += ["--profile", profile] }
    for option in ["--environment", "--mode", "--disk", "--cluster", "--set"] {
      words += Self.values(of: option, in: original).flatMap { [option, $0] }
    }
    words += assignments.flatMap { ["--set", $0] }
    return words.map(\.shellQuoted).joined(separator: " ")
  }

  private static func values(of option: String, in words: [String]) -> [String] {
    zip(words, words.dropFirst() + [""]).compactMap { word, next in
      if word == option { return next }
      return word.hasPrefix("\(option)=") ? String(word.dropFirst(option.count + 1)) : nil
    }
  }

  /// An entry without an author, because nothing here says who ran it.
  var bibTeX: String {
    let day = String(provenance.startedAt.prefix(10))
    let short = String(provenance.commit.prefix(7))
    let kinds = modes.map { $0 == .sim ? "simulated" : $0 == .tcp ? "measured over TCP" : "measured in one process" }
    let host = modes == [.sim] ? "" : ", on \(provenance.host.processor), \(provenance.host.cores) cores"
    let plan = provenance.plan.map { ", profile \($0.profile), seed \($0.seed)" } ?? ""
    let experiments = provenance.experiments.map(\.name)
    let what = experiments.count <= 4 ? AnswerText.list(experiments) : "\(experiments.count) experiments"
    let fields = [
      ("key", "consensus-bench"),
      ("title", "{consensus-bench}: consensus protocols over one transport and one storage"),
      ("year", String(day.prefix(4))),
      ("version", "commit \(provenance.commit)\(provenance.isDirty == true ? ", with changes" : "")"),
      ("note", "Results of \(what), \(AnswerText.list(kinds))\(host)\(plan); run on \(day)"),
    ]
    let lines = fields.map { name, value in
      name == "title" ? "  title = {\(value)}" : "  \(name) = {\(Self.plain(value))}"
    }
    return "@misc{consensus-bench-\(day)-\(short),\n\(lines.joined(separator: ",\n"))\n}"
  }

  /// Characters that mean something to TeX.
  private static func plain(_ text: String) -> String {
    text.filter { !"{}\\~^".contains($0) }.map { "&%$#_".contains($0) ? "\\\($0)" : "\($0)" }.joined()
  }
}
