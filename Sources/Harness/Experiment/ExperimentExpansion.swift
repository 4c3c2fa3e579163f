import Measurement

/// Puts the layers of an experiment on top of each other and expands its sweep.
struct ExperimentExpansion {
  var file: ExperimentFile
  var fileName: String
  var source: String
  var environment: ExperimentLayer
  var profile: String
  var overrides: [(path: String, value: String)]
  var protocols: [String]?
  var trials: Int?
  /// Instead of the file's; nil inside: none.
  var precision: FixedDecimal??
  var catalogue: [ProtocolVariant]

  private static let mostPoints = 100_000

  func experiment() throws(InputError) -> Experiment {
    let layer = environment.overlaid(by: file.layer).overlaid(by: try chosenProfile()).overlaid(by: try overriding())
    let trials = trials ?? layer.trials
    let precision = precision ?? layer.precision ?? nil
    if precision != nil, trials == nil {
      throw InputError("\(fileName): 'precision' needs 'trials' beside it: how many may it take at most?")
    }
    let variants = try chosenVariants()
    var base = ExperimentSettings()
    for value in layer.values { try value.apply(to: &base) }
    let swept = Set((layer.sweep ?? []).filter { $0.steps.count > 1 }.flatMap(\.paths))
    var unused = swept
    var points: [ExperimentPoint] = []
    let combinations: [[ExperimentLayer.Value]]
    do throws(InputError) { combinations = try layer.combinations(limit: Self.mostPoints) } catch {
      throw error.at(fileName)
    }
    for combination in combinations {
      var settings = base
      for value in combination { try value.apply(to: &settings) }
      try check(settings, layer)
      for key in ExperimentKey.all where key.isUsed(settings) { unused.remove(key.path) }
      for variant in variants {
        if variant.requiresSessions, settings.environment.link.kind == .datagram {
          throw InputError(
            "\(fileName): protocol '\(variant.name)' is defined over sessions that keep order, which link.kind datagram "
              + "does not give; leave it out, or use stream")
        }
        if !variant.transfersLeadership, let faults = layer.faults, faults.schedule.transfersLeadership {
          throw InputError(
            "\(faults.place): faults: protocol '\(variant.name)' cannot hand over leadership, and would ignore 'transfer'; "
              + "leave it out")
        }
        let inputs = inputs(settings, layer, swept: swept, fixedReplicas: variant.fixedReplicas)
        // What a protocol of a fixed size ignores does not make another configuration of it.
        let isKnown =
          variant.fixedReplicas != nil && points.contains { $0.variant.name == variant.name && $0.inputs == inputs }
        if isKnown { continue }
        points.append(
          ExperimentPoint(
            experiment: file.name, variant: variant, inputs: inputs, trials: trials ?? 1, precision: precision,
            template: settings.configuration(), faults: layer.faults?.schedule ?? FaultSchedule()))
      }
    }
    if let key = unused.sorted().first {
      throw InputError("\(fileName): '\(key)' is swept, but has no effect with the other values")
    }
    return Experiment(
      name: file.name, source: source, question: file.question, charts: file.charts, points: points)
  }

  private func chosenProfile() throws(InputError) -> ExperimentLayer {
    if let found = file.profiles.first(where: { $0.name == profile }) { return found.layer }
    if Experiment.profiles.contains(profile) { return ExperimentLayer() }
    let names = Experiment.profiles + file.profiles.map(\.name).filter { !Experiment.profiles.contains($0) }
    let hint = NearestName.hint(for: profile, among: names, otherwise: "; it has \(names.joined(separator: ", "))")
    throw InputError("\(fileName): unknown profile '\(excerpt(profile))'\(hint)")
  }

  private func overriding() throws(InputError) -> ExperimentLayer {
    var layer = ExperimentLayer()
    for (path, value) in overrides {
      let value = ExperimentLayer.Value(path: path, text: value, place: "--set \(excerpt(path))=\(excerpt(value))")
      var settings = ExperimentSettings()
      try value.apply(to: &settings)
      layer.values.append(value)
    }
    return layer
  }

  private func chosenVariants() throws(InputError) -> [ProtocolVariant] {
    let names = catalogue.map(\.name)
    func unknown(_ name: String) -> InputError {
      let hint = NearestName.hint(for: name, among: names, otherwise: "; 'list' shows all protocols")
      return InputError("unknown protocol '\(excerpt(name))'\(hint)")
    }
    for name in protocols ?? [] where !names.contains(name) { throw unknown(name) }
    if let group = file.group {
      return catalogue.filter { variant in
        let isMember =
          switch group {
          case .main: variant.isMain
          case .replicated: variant.isMain && variant.fixedReplicas == nil
          case .all: true
          }
        return isMember && protocols?.contains(variant.name) ?? true
      }
    }
    var variants: [ProtocolVariant] = []
    for name in file.protocols {
      guard let variant = catalogue.first(where: { $0.name == name.text }) else {
        throw unknown(name.text).at(name.place)
      }
      if protocols?.contains(name.text) ?? true { variants.append(variant) }
    }
    return variants
  }

  private func check(_ settings: ExperimentSettings, _ layer: ExperimentLayer) throws(InputError) {
    if let (key, reason) = settings.contradiction() { throw InputError("\(fileName): \(key): \(reason)") }
    if let faults = layer.faults, let reason = faults.schedule.contradiction(settings) {
      throw InputError("\(faults.place): faults: \(reason)")
    }
  }

  private func inputs(
    _ settings: ExperimentSettings, _ layer: ExperimentLayer, swept: Set<String>, fixedReplicas: Int?
  ) -> [ExperimentPoint.Input] {
    var settings = settings
    if let fixedReplicas { settings.environment.replicas = fixedReplicas }
    var inputs = ExperimentKey.all.map { key in
      ExperimentPoint.Input(
        key: key.path, value: key.isUsed(settings) ? key.text(settings) : "unused", isSwept: swept.contains(key.path))
    }
    let faults = layer.faults?.schedule ?? FaultSchedule()
    inputs.append(ExperimentPoint.Input(key: "faults", value: faults.text, isSwept: false))
    return inputs
  }
}
