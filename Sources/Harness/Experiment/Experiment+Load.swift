import Foundation

extension Experiment {
  /// The profiles that every experiment has; a file that says nothing about one leaves it as it is.
  public static let profiles = ["quick", "full"]

  /// The names of the experiments in `folder`, sorted.
  public static func names(in folder: String) throws(InputError) -> [String] {
    let experiments = folder + "/experiments"
    guard let files = try? FileManager.default.contentsOfDirectory(atPath: experiments) else {
      throw InputError("\(experiments): there is no such folder")
    }
    return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
  }

  /// Reads an experiment by its name in `folder`, or from a file if `name` is the path of one, on top of `folder`'s
  /// `environment.yaml`.
  ///
  /// - Parameters:
  ///   - profile: The part of `profiles` to put on top.
  ///   - overrides: Values on top of everything; a key that is set here is not swept.
  ///   - protocols: Only these of the experiment's protocols; if it has none of them, it has no points.
  ///   - trials: Instead of the file's number.
  ///   - catalogue: Every protocol that there is.
  public static func load(
    _ name: String, in folder: String, profile: String = "quick", overrides: [(path: String, value: String)] = [],
    protocols: [String]? = nil, trials: Int? = nil, catalogue: [ProtocolVariant]
  ) throws(InputError) -> Experiment {
    let environment = folder + "/environment.yaml"
    let path = try path(of: name, in: folder)
    let base = try ExperimentFile.environment(contents(of: environment), file: fileName(environment))
    let file = try ExperimentFile(contents(of: path), file: fileName(path))
    return try ExperimentExpansion(
      file: file, fileName: fileName(path), source: name, environment: base, profile: profile, overrides: overrides,
      protocols: protocols, trials: trials, catalogue: catalogue
    ).experiment()
  }

  private static func path(of name: String, in folder: String) throws(InputError) -> String {
    if name.contains("/") || name.hasSuffix(".yaml") || name.hasSuffix(".yml") { return name }
    let names = try names(in: folder)
    guard names.contains(name) else {
      let hint = NearestName.hint(
        for: name, among: names, otherwise: names.isEmpty ? "" : "; 'list' shows all experiments")
      throw InputError("unknown experiment '\(excerpt(name))'\(hint)")
    }
    return "\(folder)/experiments/\(name).yaml"
  }

  private static func contents(of path: String) throws(InputError) -> String {
    guard let data = FileManager.default.contents(atPath: path) else { throw InputError("\(path): cannot be read") }
    guard let text = String(data: data, encoding: .utf8) else { throw InputError("\(path): is not UTF-8 text") }
    return text
  }

  private static func fileName(_ path: String) -> String { String(path.split(separator: "/").last ?? "") }
}
