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
