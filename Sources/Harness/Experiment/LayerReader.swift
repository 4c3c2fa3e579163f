import Measurement
import Yams

/// Reads the part of a file that sets keys, sweeps, faults, trials and their precision.
struct LayerReader {
  let yaml: YAMLReader
  /// What may stand here besides the keys of the registry.
  let otherKeys: [String]
  private var layer = ExperimentLayer()

  init(yaml: YAMLReader, otherKeys: [String]) {
    self.yaml = yaml
    self.otherKeys = otherKeys
  }

  mutating func read(_ entry: YAMLReader.Entry) throws(InputError) {
    switch entry.key {
    case "trials" where otherKeys.contains("trials"):
      layer.trials = try yaml.value(entry.value, "trials", .trials)
    case "real-trials" where otherKeys.contains("real-trials"):
      layer.realTrials = try yaml.value(entry.value, "real-trials", .trials)
    case "precision" where otherKeys.contains("precision"):
      layer.precision = .some(try yaml.value(entry.value, "precision", .precision))
    case "sweep" where otherKeys.contains("sweep"):
      var axes: [ExperimentLayer.Axis] = []
      for entry in try yaml.entries(of: entry.value) { axes += try sweep(entry, in: "") }
      layer.sweep = axes
    case "faults" where otherKeys.contains("faults"):
      layer.faults = FaultSchedule(try yaml.list(entry.value, "faults", fault))
    default: layer.values += try values(entry, in: "")
    }
  }

  /// The layer, if no key is both set and swept, or set or swept twice.
  func finished() throws(InputError) -> ExperimentLayer {
    var seen: Set<String> = []
    for value in layer.values where !seen.insert(value.path).inserted {
      throw InputError("\(value.place): '\(value.path)' is set twice")
    }
    for axis in layer.sweep ?? [] {
      for value in axis.steps.first ?? [] where !seen.insert(value.path).inserted {
        throw InputError("\(value.place): '\(value.path)' is swept, and set or swept elsewhere too")
      }
    }
    return layer
  }

  /// The values under a key or a section.
  private func values(_ entry: YAMLReader.Entry, in section: String) throws(InputError) -> [ExperimentLayer.Value] {
    let path = section + entry.key
    if section.isEmpty, ExperimentKey.sections.contains(path) {
      guard case .mapping = entry.value else {
        if yaml.isEmpty(entry.value) { return [] }
        throw yaml.error(entry.node, "'\(path)' is a section; write its keys below it")
      }
      var result: [ExperimentLayer.Value] = []
      for inner in try yaml.entries(of: entry.value) { result += try values(inner, in: path + ".") }
      return result
    }
    return [try value(of: key(path, entry.node), entry.value)]
  }

  private func key(_ path: String, _ node: Node) throws(InputError) -> ExperimentKey {
    if !path.contains("."), let other = NearestName.nearest(to: path, among: otherKeys + ExperimentKey.sections) {
      throw yaml.error(node, "unknown key '\(excerpt(path))'; did you mean '\(other)'?")
    }
    do throws(InputError) { return try ExperimentKey.named(path) } catch { throw yaml.error(node, error.description) }
  }

  /// A value of `key`, checked and in canonical form.
  private func value(of key: ExperimentKey, _ node: Node) throws(InputError) -> ExperimentLayer.Value {
    let text = try key.isList ? yaml.words(node, key.path, separator: ", ") : yaml.scalar(node, key.path)
    var settings = ExperimentSettings()
    do throws(InputError) { try key.set(text, in: &settings) } catch {
      throw yaml.error(node, "\(key.path): \(error.description)")
    }
    return ExperimentLayer.Value(path: key.path, text: key.text(settings), place: yaml.place(node))
  }

  private func sweep(_ entry: YAMLReader.Entry, in section: String) throws(InputError) -> [ExperimentLayer.Axis] {
    let path = section + entry.key
    if section.isEmpty, ExperimentKey.sections.contains(path), case .mapping = entry.value {
      var result: [ExperimentLayer.Axis] = []
      for inner in try yaml.entries(of: entry.value) { result += try sweep(inner, in: path + ".") }
      return result
    }
    if case .mapping = entry.value { return [try cases(entry)] }
    let steps = try yaml.list(entry.value, path) { node throws(InputError) -> [ExperimentLayer.Value] in
      guard case .mapping = node else { return [try value(of: key(path, entry.node), node)] }
      var step: [ExperimentLayer.Value] = []
      for inner in try yaml.entries(of: node) { step += try values(inner, in: "") }
      return step.sorted { $0.path < $1.path }
    }
    guard let first = steps.first, !first.isEmpty else {
      throw yaml.error(entry.node, "\(path): nothing to sweep over")
    }
    for (index, step) in steps.enumerated() {
      guard step.map(\.path) == first.map(\.path), Set(step.map(\.path)).count == step.count else {
        throw yaml.error(entry.node, "\(path): every entry must set the same keys, each once")
      }
      if steps[..<index].contains(where: { $0.map(\.text) == step.map(\.text) }) {
        throw InputError("\(step[0].place): \(path): \(step.map(\.text).joined(separator: ", ")) is listed twice")
      }
    }
    return [ExperimentLayer.Axis(steps: steps)]
  }

  /// A sweep over what goes wrong: named lists of faults.
  private func cases(_ entry: YAMLReader.Entry) throws(InputError) -> ExperimentLayer.Axis {
    let path = try yaml.name(entry.node)
    if otherKeys.contains(path) {
      throw yaml.error(entry.node, "sweep: '\(path)' cannot be the name of a sweep over faults; any other word can")
    }
    var steps: [[ExperimentLayer.Value]] = []
    for inner in try yaml.entries(of: entry.value) {
      let name = try yaml.name(inner.node)
      let faults = FaultSchedule(try yaml.list(inner.value, "\(path): \(name)", fault))
      steps.append([.init(path: path, text: name, place: yaml.place(inner.node), faults: faults)])
    }
    if steps.isEmpty { throw yaml.error(entry.node, "\(path): nothing to sweep over") }
    return ExperimentLayer.Axis(steps: steps)
  }

  private func fault(_ node: Node) throws(InputError) -> FaultSchedule.Entry {
    var kind: (form: FaultForm, value: String)?
    var at: String?
    var length: String?
    var every: String?
    var times: String?
    for entry in try yaml.entries(of: node) {
      switch entry.key {
      case "at": at = try yaml.scalar(entry.value, "at")
      case "for": length = try yaml.scalar(entry.value, "for")
      case "every": every = try yaml.scalar(entry.value, "every")
      case "times": times = try yaml.scalar(entry.value, "times")
      default:
        guard let form = FaultForm.all.first(where: { $0.name == entry.key }) else {
          let names = FaultForm.all.map(\.name)
          let hint = NearestName.hint(
            for: entry.key, among: names + ["at", "for", "every", "times"],
            otherwise: "; one of \(names.joined(separator: ", ")), and beside it 'at', 'for', 'every' and 'times'")
          throw yaml.error(entry.node, "faults: unknown fault '\(excerpt(entry.key))'\(hint)")
        }
        if let kind { throw yaml.error(entry.node, "faults: '\(kind.form.name)' and '\(form.name)' in one entry") }
        kind = (form, try yaml.words(entry.value, form.name))
      }
    }
    guard let kind else {
      throw yaml.error(node, "faults: what happens? one of \(FaultForm.all.map(\.name).joined(separator: ", "))")
    }
    guard let at else { throw yaml.error(node, "faults: 'at' is missing: when does it happen?") }
    do throws(InputError) {
      var entry = try kind.form.entry(kind.value, at: at, for: length, every: every, times: times)
      entry.place = yaml.place(node)
      return entry
    } catch { throw yaml.error(node, "faults: \(error.description)") }
  }
}

extension ValueForm where Value == Int {
  /// How often an experiment repeats each of its points.
  static let trials = count(1...10_000_000)
}

extension ValueForm where Value == FixedDecimal? {
  /// When an experiment has repeated a point often enough. An estimate of the error that is larger than half of what it is about means
  /// nothing.
  static let precision: Self = {
    let name = "a relative error between 0.01% and 50%, or none"
    return ValueForm(
      name: name,
      parse: { text throws(InputError) in
        if text == "none" { return nil }
        guard let value = Quantity(text)?.real(in: ["": 0, "%": -2]), (0.0001...0.5).contains(value) else {
          throw refusal(ofShare: text, name, 0.0001...0.5)
        }
        return FixedDecimal(millionths: Int((value * 1_000_000).rounded()))
      },
      print: { $0?.description ?? "none" })
  }()
}
