import Foundation

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The folder of one run's cluster. A file in it is locked for as long as the run's process lives: whoever finds that file unlocked knows that
/// the run was killed, and that nobody wants what it left.
final class ClusterFolder {
  private static let prefix = "cluster-"
  private static let markName = "running"

  let path: String
  private let mark: Int32

  /// In `place`, from which the folders of runs that were killed are removed first.
  init(in place: String) throws(InputError) {
    Self.removeAbandoned(in: place)
    path = "\(place)/\(Self.prefix)\(UUID().uuidString)"
    do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
      throw InputError("\(path): cannot be written: \(error.localizedDescription)")
    }
    // It is locked before it has its name: no other run finds it without its lock.
    let unnamed = "\(path)/\(Self.markName).new"
    mark = open(unnamed, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard mark >= 0, flock(mark, LOCK_EX | LOCK_NB) == 0, rename(unnamed, "\(path)/\(Self.markName)") == 0 else {
      throw InputError("\(path): cannot be written: \(String(cString: strerror(errno)))")
    }
  }
  deinit { close(mark) }

  func remove() { try? FileManager.default.removeItem(atPath: path) }
  /// For whoever wants to look into it; no later run removes it.
  func keep() { unlink("\(path)/\(Self.markName)") }

  private static func removeAbandoned(in place: String) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? [] where name.hasPrefix(prefix) {
      let folder = "\(place)/\(name)"
      let mark = open("\(folder)/\(markName)", O_RDWR | O_CLOEXEC)
      guard mark >= 0 else { continue }
      if flock(mark, LOCK_EX | LOCK_NB) == 0 { try? FileManager.default.removeItem(atPath: folder) }
      close(mark)
    }
  }
}
