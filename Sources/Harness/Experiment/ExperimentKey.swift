import Faults

/// An input that an experiment file or `--set` can give, and any sweep can vary.
public struct ExperimentKey: Sendable {
  /// Its section and its name: `link.loss`.
  public let path: String
  /// One sentence.
  public let meaning: String
  /// What its values look like.
  public let form: String
  /// Whether a file may give its value as a list.
  let isList: Bool
  /// Whether it decides anything, given the other values: the rate of a closed loop does not.
  let isUsed: @Sendable (ExperimentSettings) -> Bool
  let text: @Sendable (ExperimentSettings) -> String
  private let write: @Sendable (String, inout ExperimentSettings) throws(InputError) -> Void

  init<Value>(
    _ path: String, _ place: WritableKeyPath<ExperimentSettings, Value> & Sendable, _ form: ValueForm<Value>,
    _ meaning: String, where isUsed: @escaping @Sendable (ExperimentSettings) -> Bool = { _ in true }
  ) {
    self.path = path
    self.meaning = meaning
    self.form = form.name
    isList = form.isList
    self.isUsed = isUsed
    text = { form.print($0[keyPath: place]) }
    write = { text, settings throws(InputError) in settings[keyPath: place] = try form.parse(text) }
  }

  /// Reads a value of this key; the error does not say where it was written.
  func set(_ text: String, in settings: inout ExperimentSettings) throws(InputError) {
    try write(text.trimmed, &settings)
  }

  /// Which of `inputs` leaves this key without effect, and its value: the first that need only be another. In general words if no single
  /// one does.
  func obstacle(_ inputs: [ExperimentPoint.Input]) -> String {
    var settings = ExperimentSettings()
    for input in inputs where input.value != "unused" {
      try? Self.byPath[input.key]?.set(input.value, in: &settings)
    }
    for (path, others) in Self.deciding {
      for value in others {
        var other = settings
        try? Self.byPath[path]?.set(value, in: &other)
        if isUsed(other), !isUsed(settings), let now = Self.byPath[path]?.text(settings) { return "\(path) \(now)" }
      }
    }
    return "the other values"
  }
  /// The keys that decide whether others count, each with values that let them.
  private static let deciding = [
    ("workload.arrival", ArrivalKind.allCases.map(\.rawValue)), ("link.kind", LinkModel.Kind.allCases.map(\.rawValue)),
    ("cluster.sites", ["none", "A B"]),
  ]

  /// The key with this path.
  static func named(_ path: String) throws(InputError) -> ExperimentKey {
    guard let key = byPath[path] else {
      let hint = NearestName.hint(for: path, among: all.map(\.path), otherwise: "; 'list --keys' shows all keys")
      throw InputError("unknown key '\(excerpt(path))'\(hint)")
    }
    return key
  }

  /// What stands before the dot, in order.
  static let sections = Set(all.map { String($0.path.prefix { $0 != "." }) }).sorted()
  private static let byPath = Dictionary(uniqueKeysWithValues: all.map { ($0.path, $0) })
}
