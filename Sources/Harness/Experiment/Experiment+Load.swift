import Foundation
import Measurement

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

  /// The environments in `folder`, the default first, each with a sentence.
  public static func environments(in folder: String) throws(InputError) -> [(name: String, summary: String)] {
    var found = [(name: defaultEnvironment, summary: "The default: environment.yaml and nothing else.")]
    for name in overlays(in: folder) { found.append((name, try overlay(name, in: folder).summary)) }
    return found
  }
  private static let defaultEnvironment = "lan"

  private static func overlays(in folder: String) -> [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder + "/environments")) ?? []
    return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
  }
  private static func overlay(
    _ name: String, in folder: String
  ) throws(InputError) -> (summary: String, layer: ExperimentLayer) {
    guard name != defaultEnvironment else { return ("", ExperimentLayer()) }
    let names = overlays(in: folder)
    guard names.contains(name) else {
      throw InputError.unknown("environment", name, among: [defaultEnvironment] + names)
    }
    let path = "\(folder)/environments/\(name).yaml"
    return try ExperimentFile.overlay(contents(of: path), file: fileName(path))
  }

  /// Reads an experiment by its name in `folder`, or from a file if `name` is the path of one, on top of `folder`'s
  /// `environment.yaml`.
  ///
  /// - Parameters:
  ///   - environment: What lies on top of `environment.yaml`, instead of what the file names.
  ///   - profile: The part of `profiles` to put on top.
  ///   - overrides: Values on top of everything; a key that is set here is not swept.
  ///   - protocols: Only these of the experiment's protocols; if it has none of them, it has no points.
  ///   - trials: Instead of the file's number.
  ///   - precision: Instead of the file's, as the file would say it.
  ///   - catalogue: Every protocol that there is.
  ///   - mode: How it is to be run.
  ///   - cluster: The running cluster that it is to be run on; nil: on one of its own.
  public static func load(
    _ name: String, in folder: String, environment: String? = nil, profile: String = "quick",
    overrides: [(path: String, value: String)] = [],
    protocols: [String]? = nil, trials: Int? = nil, precision: String? = nil, catalogue: [ProtocolVariant],
    mode: RunMode = .sim, cluster: NodeFile? = nil
  ) throws(InputError) -> Experiment {
    var target: FixedDecimal??
    if let precision {
      do throws(InputError) { target = .some(try ValueForm.precision.parse(precision)) } catch {
        throw error.at("--precision")
      }
    }
    let defaults = folder + "/environment.yaml"
    let path = try path(of: name, in: folder)
    var base = try ExperimentFile.environment(contents(of: defaults), file: fileName(defaults))
    let file = try ExperimentFile(contents(of: path), file: fileName(path))
    if let environment {
      do throws(InputError) { base = base.overlaid(by: try overlay(environment, in: folder).layer) } catch {
        throw error.at("--environment \(excerpt(environment))")
      }
    } else if let named = file.environment {
      do throws(InputError) { base = base.overlaid(by: try overlay(named.text, in: folder).layer) } catch {
        throw error.at(named.place)
      }
    }
    return try ExperimentExpansion(
      file: file, fileName: fileName(path), source: name, environment: base, profile: profile, overrides: overrides,
      protocols: protocols, trials: trials, precision: target, catalogue: catalogue, mode: mode,
      cluster: cluster
    ).experiment()
  }

  /// The value of every key in `folder`'s `environment.yaml`, as `configurations.csv` would write it.
  static func defaults(in folder: String) throws(InputError) -> [String: String] {
    let path = folder + "/environment.yaml"
    var settings = ExperimentSettings()
    for value in try ExperimentFile.environment(contents(of: path), file: fileName(path)).values {
      try value.apply(to: &settings)
    }
    return Dictionary(uniqueKeysWithValues: ExperimentKey.all.map { ($0.path, $0.text(settings)) })
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
