import Foundation

/// The checkout: experiments, plot scripts and results lie in it.
public struct SuiteFolder: Sendable {
  public let root: String
  public var benchmarks: String { path("Benchmarks") }

  public init(root: String) { self.root = root }

  public func path(_ inner: String) -> String { root + "/" + inner }

  /// The nearest folder that holds the experiments, from the working folder upwards, then from the program's own.
  public static func located() throws(InputError) -> SuiteFolder {
    let starts = [FileManager.default.currentDirectoryPath, Bundle.main.bundlePath]
    for start in starts {
      var place = URL(fileURLWithPath: start).standardizedFileURL
      while true {
        if FileManager.default.fileExists(atPath: place.appending(path: "Benchmarks/environment.yaml").path) {
          return SuiteFolder(root: place.path)
        }
        guard place.path != "/" else { break }
        place.deleteLastPathComponent()
      }
    }
    throw InputError("no Benchmarks/environment.yaml here or above: run this from the checkout of consensus-bench")
  }
}
