import Foundation

/// Files packed by `gzip`, which every Debian and macOS has: committed results take a seventh of the room.
public enum Compression {
  public static let suffix = ".gz"

  /// The text in the packed file at `path`.
  static func read(_ path: String) throws(FileError) -> String { try gzip(["-dc", "--", path], path, "unpacked") }

  /// Replaces each CSV file in `folder` by its packed one. The same rows give the same bytes, with one version of gzip.
  public static func pack(_ folder: String) throws(FileError) {
    let names: [String]
    do { names = try FileManager.default.contentsOfDirectory(atPath: folder) } catch {
      throw FileError(path: folder, reason: "cannot be read: \(error.localizedDescription)")
    }
    for name in names.sorted() where name.hasSuffix(".csv") {
      let path = "\(folder)/\(name)"
      // -n: neither the file's name nor its time of change.
      _ = try gzip(["-9nf", "--", path], path, "packed")
    }
  }

  private static func gzip(_ arguments: [String], _ path: String, _ done: String) throws(FileError) -> String {
    let result: Subprocess.Result
    do { result = try Subprocess.run(["gzip"] + arguments, in: FileManager.default.currentDirectoryPath) } catch {
      throw FileError(path: path, reason: "cannot be \(done): gzip does not start: \(error.localizedDescription)")
    }
    guard result.status == 0 else {
      let said = result.errors.trimmingCharacters(in: .whitespacesAndNewlines)
      throw FileError(
        path: path, reason: "cannot be \(done): \(said.isEmpty ? "gzip ended with \(result.status)" : said)")
    }
    return result.output
  }
}
