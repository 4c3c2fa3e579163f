import Foundation
import Measurement
import Testing

@testable import Harness

@Suite("Checkouts of commits that are compared") struct CheckoutTests {
  /// A repository with two commits that differ in one file, and the shell in it.
  private func withRepository(_ body: (String, Shell, [String]) throws -> Void) throws {
    let root = FileManager.default.temporaryDirectory.appending(path: "checkout-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: root + "/suite", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: root) }
    let shell = Shell(folder: root + "/suite", started: { _ in })
    func git(_ arguments: String...) throws {
      let result = try shell.run(["git", "-c", "user.name=n", "-c", "user.email=e"] + arguments)
      #expect(result.status == 0, "\(arguments): \(result.errors)")
    }
    try git("init", "--quiet", "..")
    var commits: [String] = []
    for text in ["old", "new"] {
      try text.write(toFile: root + "/suite/file", atomically: true, encoding: .utf8)
      try git("add", "file")
      try git("commit", "--quiet", "-m", text)
      commits.append(try Checkout.commit("HEAD", shell))
    }
    try body(root, shell, commits)
  }

  @Test("Both commits stand beside each other, and the repository knows of no worktree and no change")
  func beside() throws {
    try withRepository { root, shell, commits in
      let top = root + "/suite/.build/compare"
      try "*\n".write(toFile: root + "/.gitignore", atomically: true, encoding: .utf8)
      let folders = try commits.map { try Checkout.place($0, called: "it", under: top, pins: "", shell) }
      #expect(Set(folders).count == 2 && folders.allSatisfy { $0.hasSuffix("/tree/suite") })
      #expect(try folders.map { try String(contentsOfFile: $0 + "/file", encoding: .utf8) } == ["old", "new"])
      #expect(try shell.run(["git", "worktree", "list"]).line.split(separator: "\n").count == 1)
      #expect(try shell.run(["git", "status", "--porcelain"]).output.isEmpty)
      // What somebody changed there is put right, and what a build made is left.
      try "other".write(toFile: folders[0] + "/file", atomically: true, encoding: .utf8)
      try "built".write(toFile: folders[0] + "/program", atomically: true, encoding: .utf8)
      #expect(try Checkout.place(commits[0], called: "it", under: top, pins: "", shell) == folders[0])
      #expect(try String(contentsOfFile: folders[0] + "/file", encoding: .utf8) == "old")
      #expect(FileManager.default.fileExists(atPath: folders[0] + "/program"))
    }
  }

  @Test("Both get the versions of libraries that are pinned here")
  func pinned() throws {
    try withRepository { root, shell, commits in
      let pins = root + "/Package.resolved"
      for text in ["one", "two"] {
        try text.write(toFile: pins, atomically: true, encoding: .utf8)
        let folder = try Checkout.place(commits[0], called: "it", under: root + "/top", pins: pins, shell)
        #expect(try String(contentsOfFile: folder + "/Package.resolved", encoding: .utf8) == text)
      }
    }
  }

  @Test("A name that is no commit is refused")
  func unknown() throws {
    try withRepository { _, shell, _ in
      #expect(throws: InputError("--build: 'nothing' is no commit of this repository")) {
        try Checkout.commit("nothing", shell)
      }
    }
  }

  @Test("The folders of the last few commits are kept, with those in use, and nothing else is touched")
  func discarded() throws {
    let top = FileManager.default.temporaryDirectory.appending(path: "kept-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: top) }
    let names = (0..<5).map { String(repeating: "\($0)", count: 12) } + ["runs"]
    for (age, name) in names.enumerated() {
      try FileManager.default.createDirectory(atPath: "\(top)/\(name)", withIntermediateDirectories: true)
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: Double(1_000 - age))], ofItemAtPath: "\(top)/\(name)")
    }
    Checkout.discardOld(top, wanted: [names[4] + "and more"])
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: top).sorted() == [names[0], names[1], names[4], "runs"])
  }

  @Test("A second comparison in one checkout is refused while the first is at work")
  func reserved() throws {
    let top = FileManager.default.temporaryDirectory.appending(path: "reserved-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: top) }
    try Checkout.reserve(top)
    #expect(throws: InputError.self) { try Checkout.reserve(top) }
  }
}
