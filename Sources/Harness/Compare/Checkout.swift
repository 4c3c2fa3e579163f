import Foundation
import Measurement

/// A commit of this repository with its program, in a folder of its own under `.build/compare`.
///
/// The files are checked out by an index that lies beside them, so git knows of no worktree, and whatever ends the program leaves
/// nothing to be removed. A commit that was built before is not built again; the folders of the last few are kept.
public struct Checkout: Sendable {
  /// The full hash.
  public var commit: String
  /// Where its experiments lie.
  public var folder: String
  public var program: String

  /// How many commits keep their folders besides those in use.
  private static let kept = 2

  /// Looks `revision` up; the full hash.
  static func commit(_ revision: String, _ shell: Shell) throws(InputError) -> String {
    let resolved = try shell.run(["git", "rev-parse", "--verify", "--quiet", "\(revision)^{commit}"])
    guard resolved.status == 0 else { throw InputError("--build: '\(revision)' is no commit of this repository") }
    return resolved.line
  }

  /// Checks `commit` out and builds it, with the versions of libraries that `pins` names.
  init(
    _ commit: String, called revision: String, under top: String, pins: String, _ shell: Shell, say: (String) -> Void
  ) throws(InputError) {
    self.commit = commit
    folder = try Self.place(commit, called: revision, under: top, pins: pins, shell)
    say("building \(revision) (\(commit.prefix(12))) in \(folder); the first time takes minutes")
    let inside = Shell(folder: folder, started: shell.started)
    let build = ["swift", "build", "-c", "release", "--product", "consensus-bench"]
    let built = try inside.run(build)
    guard built.status == 0 else {
      let error = built.output.split(separator: "\n").first { $0.contains("error:") }.map(String.init)
      throw InputError("\(revision) does not build: \(error ?? built.why)")
    }
    program = try inside.run(build + ["--show-bin-path"]).line + "/consensus-bench"
  }

  /// Checks `commit` out; the folder of the suite in it.
  static func place(
    _ commit: String, called revision: String, under top: String, pins: String, _ shell: Shell
  ) throws(InputError) -> String {
    let own = own(commit, top)
    let tree = own + "/tree"
    try make(tree)
    // The suite may be a part of a larger repository.
    let inner = try shell.run(["git", "rev-parse", "--show-prefix"]).line
    let index = "GIT_INDEX_FILE=\(own)/index"
    let read = try shell.run([index, "git", "--work-tree=\(tree)", "read-tree", "--reset", "-u", commit])
    guard read.status == 0 else { throw InputError("\(tree): \(revision) cannot be checked out: \(read.why)") }
    let folder = inner.isEmpty ? tree : tree + "/" + inner.dropLast()
    // Both sides get the same libraries, unless a commit says itself which ones.
    let files = FileManager.default
    if files.fileExists(atPath: pins),
      try shell.run(["git", "cat-file", "-e", "\(commit):\(inner)Package.resolved"]).status != 0
    {
      let place = folder + "/Package.resolved"
      try? files.removeItem(atPath: place)
      do { try files.copyItem(atPath: pins, toPath: place) } catch {
        throw InputError("\(place): cannot be written: \(error.localizedDescription)")
      }
    }
    return folder
  }

  private static func own(_ commit: String, _ top: String) -> String { "\(top)/\(commit.prefix(12))" }

  private static func make(_ folder: String) throws(InputError) {
    do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
      throw InputError("\(folder): cannot be made: \(error.localizedDescription)")
    }
  }

  /// Only one program at a time may work under `top`: until this one ends it is ours.
  static func reserve(_ top: String) throws(InputError) {
    try make(top)
    let lock = open(top + "/lock", O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    guard lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      throw InputError("\(top): another 'compare --build' is at work there; wait for its end")
    }
  }

  /// Removes the folders of all commits but `wanted` and the few that were used last.
  static func discardOld(_ top: String, wanted: [String]) {
    let files = FileManager.default
    let used = Set(wanted.map { own($0, top) })
    let others = ((try? files.contentsOfDirectory(atPath: top)) ?? []).filter {
      $0.count == 12 && $0.allSatisfy(\.isHexDigit) && !used.contains("\(top)/\($0)")
    }
    let dated = others.map { name in
      (name: name, used: (try? files.attributesOfItem(atPath: "\(top)/\(name)"))?[.modificationDate] as? Date)
    }
    for old in dated.sorted(by: { ($0.used ?? .distantPast, $0.name) > ($1.used ?? .distantPast, $1.name) }).dropFirst(
      kept)
    {
      try? files.removeItem(atPath: "\(top)/\(old.name)")
    }
  }
}

/// Runs other programs in `folder`.
struct Shell: Sendable {
  var folder: String
  /// Hears the id of each.
  var started: @Sendable (Int32) -> Void

  func run(_ command: [String]) throws(InputError) -> Subprocess.Result {
    do { return try Subprocess.run(command, in: folder, started: started) } catch {
      throw InputError("\(command[0]) cannot be run: \(error)")
    }
  }
}

extension Subprocess.Result {
  /// What it printed, if that is one line.
  var line: String { output.trimmingCharacters(in: .whitespacesAndNewlines) }
  /// Its last words.
  var why: String { errors.split(separator: "\n").last.map(String.init) ?? "it does not say why" }
}
