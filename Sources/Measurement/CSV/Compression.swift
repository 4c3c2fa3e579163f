import Foundation

/// Files packed by `xz`: committed results take a tenth of the room, and with `gzip` still a seventh, which was too much.
public enum Compression {
  public static let suffix = ".xz"

  /// The text in the packed file at `path`.
  static func read(_ path: String) throws(FileError) -> String { try xz(["-dc", "--", path], path, "unpacked") }

  /// Replaces each CSV file in `folder` by its packed one. The same rows give the same bytes, with one version of xz.
  public static func pack(_ folder: String) throws(FileError) {
    let names: [String]
    do { names = try FileManager.default.contentsOfDirectory(atPath: folder) } catch {
      throw FileError(path: folder, reason: "cannot be read: \(error.localizedDescription)")
    }
    for name in names.sorted() where name.hasSuffix(".csv") {
      let path = "\(folder)/\(name)"
      // On one thread: with more of them files are cut into blocks.
      _ = try xz(["-9f", "-T1", "--", path], path, "packed")
    }
  }

  private static func xz(_ arguments: [String], _ path: String, _ done: String) throws(FileError) -> String {
    let result: Subprocess.Result
    do { result = try Subprocess.run(["xz"] + arguments, in: FileManager.default.currentDirectoryPath) } catch {
      throw FileError(path: path, reason: "cannot be \(done): xz does not start: \(error.localizedDescription)")
    }
    guard result.status == 0 else {
      let said = result.errors.trimmingCharacters(in: .whitespacesAndNewlines)
      throw FileError(
        path: path, reason: "cannot be \(done): \(said.isEmpty ? "xz ended with \(result.status)" : said)")
    }
    return result.output
  }
}
