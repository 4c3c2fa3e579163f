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
  var mode = RunMode.sim
  var cluster: NodeFile?

  private static let mostPoints = 100_000

  func experiment() throws(InputError) -> Experiment {
    let points = try points()
    let charts = try charts(points)
    return Experiment(
      name: file.name, source: source, question: file.question, charts: charts.drawn, omittedCharts: charts.omitted,
      points: points)
  }

  func points() throws(InputError) -> [ExperimentPoint] {
    let profiled = environment.overlaid(by: file.layer).overlaid(by: try chosenProfile())
    let overriding = try overriding(profiled)
    let layer = profiled.overlaid(by: overriding)
    try cluster?.check(layer, overriding: overriding)
    let own = [file.layer, try chosenProfile(), overriding]
    let places = Places(layer, own: own, fileName)
    let links = links(layer, own)
    if cluster != nil, let asked = asked(layer, own).first(where: { links.counts($0.path) }) {
      throw InputError("\(asked.place): '\(asked.path)' cannot be done to the links of a cluster that others run")
    }
    let trials = trials ?? (mode == .sim ? nil : layer.realTrials) ?? layer.trials
    let precision = precision ?? layer.precision ?? nil
    if precision != nil, trials == nil {
      throw InputError("\(fileName): 'precision' needs 'trials' beside it: how many may it take at most?")
    }
    let variants = try chosenVariants()
    var base = ExperimentSettings()
    for value in layer.values { try value.apply(to: &base) }
    let swept = Set((layer.sweep ?? []).filter { $0.steps.count > 1 }.flatMap(\.paths))
    var unused = swept
    var losses = Losses()
    var points: [ExperimentPoint] = []
    let combinations: [[ExperimentLayer.Value]]
    do throws(InputError) { combinations = try layer.combinations(limit: Self.mostPoints) } catch {
      throw error.at(fileName)
    }
    for combination in combinations {
      var settings = base
      for value in combination { try value.apply(to: &settings) }
      settings = settings.real(in: mode, links)
      try cluster?.fix(&settings)
      let cases = cases(layer, combination)
      let faults = FaultSchedule((layer.faults?.entries ?? []) + cases.flatMap { $0.faults?.entries ?? [] })
      try check(settings, faults, places)
      losses.note(settings, faults)
      for key in ExperimentKey.all where key.isUsed(settings) && key.exists(in: mode, links) { unused.remove(key.path) }
      for value in cases { unused.remove(value.path) }
      for variant in variants {
        if variant.requiresSessions, settings.environment.link.kind == .datagram {
          let others = variants.filter { !$0.requiresSessions }.map(\.name)
          let choice = others.isEmpty ? "" : ", as --protocol \(others.joined(separator: ",")) does"
          throw InputError(
            "\(places["link.kind", ""]): protocol '\(variant.name)' is defined over sessions that keep order, which link.kind "
              + "datagram does not give; leave it out\(choice), or use stream, in a file of its own if both are swept")
        }
        if !variant.transfersLeadership, let asked = faults.transfer {
          throw InputError(
            "\(asked.place): faults: protocol '\(variant.name)' cannot hand over leadership, and would ignore 'transfer'; "
              + "leave it out")
        }
        let inputs = inputs(settings, faults, cases, links, swept: swept, fixedReplicas: variant.fixedReplicas)
        // What a protocol of a fixed size ignores does not make another configuration of it.
        let isKnown =
          variant.fixedReplicas != nil && points.contains { $0.variant.name == variant.name && $0.inputs == inputs }
        if isKnown { continue }
        points.append(
          ExperimentPoint(
            experiment: file.name, variant: variant, mode: mode, inputs: inputs, trials: trials ?? 1,
            precision: precision,
            template: settings.configuration(), faults: faults, cluster: cluster))
      }
    }
    if let path = unused.sorted().first {
      let key = try ExperimentKey.named(path)
      let reason = key.obstacle(points.last?.inputs ?? [], in: mode)
      throw InputError("\(places[path, ""]): '\(path)' is swept, but has no effect with \(reason)")
    }
    if let error = losses.error(places) { throw error }
    return points
  }

  private func chosenProfile() throws(InputError) -> ExperimentLayer {
    if let found = file.profiles.first(where: { $0.name == profile }) { return found.layer }
    if Experiment.profiles.contains(profile) { return ExperimentLayer() }
    let names = Experiment.profiles + file.profiles.map(\.name).filter { !Experiment.profiles.contains($0) }
    let hint = NearestName.hint(for: profile, among: names, otherwise: "; it has \(names.joined(separator: ", "))")
    throw InputError("\(fileName): unknown profile '\(excerpt(profile))'\(hint)")
  }

  private func overriding(_ profiled: ExperimentLayer) throws(InputError) -> ExperimentLayer {
    var layer = ExperimentLayer()
    for (path, value) in overrides {
      if let instead = ExperimentFile.insteadOfSetting(path) {
        throw InputError("--set \(path)=\(excerpt(value)): '\(path)' is no input; \(instead)")
      }
      let cases = (profiled.sweep ?? []).flatMap(\.steps).flatMap { $0 }.filter { $0.faults != nil && $0.path == path }
      if !cases.isEmpty {
        guard let chosen = cases.first(where: { $0.text == value.trimmed }) else {
          throw InputError.unknown(path, value, among: cases.map(\.text)).at("--set \(excerpt(path))=\(excerpt(value))")
        }
        layer.values.append(chosen)
        continue
      }
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

  /// The cases of sweeps over faults that hold at a combination; of several that are set for one sweep, the last.
  private func cases(_ layer: ExperimentLayer, _ combination: [ExperimentLayer.Value]) -> [ExperimentLayer.Value] {
    let values = (layer.values + combination).filter { $0.faults != nil }
    return values.enumerated().filter { index, value in
      !values[(index + 1)...].contains { $0.path == value.path }
    }.map(\.element)
  }

  private func check(
    _ settings: ExperimentSettings, _ faults: FaultSchedule, _ places: Places
  ) throws(InputError) {
    if let (key, reason) = settings.contradiction() {
      throw InputError("\(places[key, reason]): \(key): \(reason)")
    }
    if let impossible = faults.entries.first(where: { !mode.makes($0.fault) }) {
      throw InputError(
        "\(impossible.place): faults: '\(impossible.fault.word)' cannot be made to happen in mode \(mode.rawValue)")
    }
    if cluster != nil, let fault = faults.entries.first {
      throw InputError(
        "\(fault.place): faults: '\(fault.fault.word)' cannot be made to happen to a cluster that others run")
    }
    if let (place, reason) = faults.contradiction(settings) { throw InputError("\(place): faults: \(reason)") }
    if let (key, reason) = settings.obstacle(to: mode) { throw InputError("\(places[key, reason]): \(key): \(reason)") }
  }

  /// What the experiment asks of real links, the same for all its configurations. `own`: its layers.
  private func links(_ layer: ExperimentLayer, _ own: [ExperimentLayer]) -> RealLinks {
    let values = asked(layer, own)
    let faults = [layer.faults].compactMap { $0 } + values.compactMap(\.faults)
    return RealLinks(asked: values.map(\.path), faults: faults.flatMap(\.entries).map(\.fault))
  }

  private func asked(_ layer: ExperimentLayer, _ own: [ExperimentLayer]) -> [ExperimentLayer.Value] {
    own.flatMap(\.values) + (layer.sweep ?? []).flatMap(\.steps).flatMap { $0 }
  }

  private func inputs(
    _ settings: ExperimentSettings, _ faults: FaultSchedule, _ cases: [ExperimentLayer.Value], _ links: RealLinks,
    swept: Set<String>, fixedReplicas: Int?
  ) -> [ExperimentPoint.Input] {
    var settings = settings
    if let fixedReplicas { settings.environment.replicas = fixedReplicas }
    var inputs = ExperimentKey.all.map { key in
      ExperimentPoint.Input(
        key: key.path,
        value: key.isUsed(settings) && key.exists(in: mode, links) ? key.text(settings) : "unused",
        isSwept: swept.contains(key.path))
    }
    for value in cases {
      inputs.append(ExperimentPoint.Input(key: value.path, value: value.text, isSwept: swept.contains(value.path)))
    }
    let isSwept = cases.contains { swept.contains($0.path) }
    inputs.append(ExperimentPoint.Input(key: ExperimentPoint.faultsKey, value: faults.text, isSwept: isSwept))
    if let cluster { inputs.append(.init(key: ExperimentPoint.clusterKey, value: cluster.placeText, isSwept: false)) }
    return inputs
  }
}
