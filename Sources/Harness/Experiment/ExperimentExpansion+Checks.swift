import Faults

extension ExperimentExpansion {
  /// Where values stand that the environment does not give, for messages about how they fit together.
  struct Places {
    private let values: [ExperimentLayer.Value]
    private let swept: [ExperimentLayer.Value]
    private let fileName: String

    /// `own`: the layers of the experiment itself.
    init(_ layer: ExperimentLayer, own: [ExperimentLayer], _ fileName: String) {
      swept = (layer.sweep ?? []).flatMap(\.steps).flatMap { $0 }
      values = own.flatMap(\.values) + swept
      self.fileName = fileName
    }

    /// Where `key` was set or swept last; else one that `reason` speaks of; else the file.
    subscript(key: String, reason: String) -> String {
      let found = values.last { $0.path == key } ?? values.last { reason.contains($0.path) }
      return found?.place ?? fileName
    }

    /// Where a value stands that counts and is not `neutral`; nil: nowhere.
    func place(of key: String, otherThan neutral: String) -> String? {
      let steps = swept.filter { $0.path == key }
      let found = steps.isEmpty ? values.last { $0.path == key }.map { [$0] } ?? [] : steps
      return found.first { $0.text != neutral }?.place
    }
  }

  /// Whether anything is lost where somebody asks for bursts of it.
  struct Losses {
    private var isAny = false
    private var burst: FaultSchedule.Entry?

    mutating func note(_ settings: ExperimentSettings, _ faults: FaultSchedule) {
      if settings.environment.link.loss > 0 { isAny = true }
      for entry in faults.entries {
        guard case .change(let condition, _) = entry.fault else { continue }
        switch condition {
        case .loss(let probability): if probability > 0 { isAny = true }
        case .burst: burst = burst ?? entry
        default: break
        }
      }
    }

    func error(_ places: Places) -> InputError? {
      guard !isAny else { return nil }
      let reason = "has no effect, because nothing is lost: set link.loss, or plan a fault 'loss'"
      if let burst { return InputError("\(burst.place): faults: burst \(reason)") }
      return places.place(of: "link.burst", otherThan: "1").map { InputError("\($0): link.burst \(reason)") }
    }
  }

  /// The charts that there are data for. What the file asks for in vain is refused; what only an override takes from it is left out.
  func charts(_ points: [ExperimentPoint]) throws(InputError) -> (drawn: [String], omitted: [String]) {
    var (drawn, omitted) = ([String](), [String]())
    for chart in file.charts {
      guard let lack = ChartNeed.lack(chart.text, points) else {
        drawn.append(chart.text)
        continue
      }
      var plain = self
      plain.overrides = []
      guard !overrides.isEmpty, let own = try? plain.points(), ChartNeed.lack(chart.text, own) == nil else {
        throw InputError("\(chart.place): charts: \(chart.text) \(lack)")
      }
      let pinned = overrides.filter { path, _ in own.contains { $0.inputs.contains { $0.key == path && $0.isSwept } } }
      let settings = (pinned.isEmpty ? overrides : pinned).map { "\($0.path)=\($0.value)" }
      omitted.append(
        "\(file.name): with --set \(settings.joined(separator: " ")) \(chart.text) is left out: it \(lack)")
    }
    return (drawn, omitted)
  }
}
