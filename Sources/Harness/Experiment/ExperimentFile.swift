import Yams

/// An experiment file as it was written: every key known, every value well formed, nothing expanded.
struct ExperimentFile: Sendable {
  /// A name and where it was written.
  struct Name: Sendable {
    var text: String
    var place: String
  }

  var name = ""
  var question = ""
  /// The environment that it starts from; nil: the default.
  var environment: Name?
  var charts: [Name] = []
  var protocols: [Name] = []
  /// Instead of a list.
  enum Group: String, CaseIterable {
    /// One variant of each protocol.
    case main
    /// The same without those that have no peers to lose.
    case replicated
    /// Every variant that there is.
    case all
  }
  var group: Group?
  var layer = ExperimentLayer()
  var profiles: [(name: String, layer: ExperimentLayer)] = []

  private static let ownKeys = [
    "name", "question", "environment", "charts", "protocols", "trials", "real-trials", "precision", "sweep", "faults",
    "profiles",
  ]

  /// What changes one of the file's own keys, which `--set` does not; nil: it is none of them.
  static func insteadOfSetting(_ key: String) -> String? {
    switch key {
    case "trials", "precision", "environment": "use --\(key)"
    case "real-trials": "use --trials"
    case "protocols": "use --protocol"
    case "profiles": "use --profile"
    case "faults": "change it in the file, or name its cases in a sweep, of which --set chooses one"
    default: ownKeys.contains(key) ? "change it in the file" : nil
    }
  }

  /// Reads an experiment; `file` is how messages name it.
  init(_ text: String, file: String) throws(InputError) {
    let yaml = YAMLReader(file: file)
    var reader = LayerReader(yaml: yaml, otherKeys: Self.ownKeys)
    for entry in try yaml.entries(of: yaml.document(text)) {
      switch entry.key {
      case "name": name = try yaml.name(entry.value)
      case "question": question = try yaml.scalar(entry.value, "question")
      case "environment":
        environment = Name(text: try yaml.name(entry.value), place: yaml.place(entry.value))
      case "charts":
        charts = try yaml.list(entry.value, "charts") { node throws(InputError) in
          Name(text: try yaml.name(node), place: yaml.place(node))
        }
      case "protocols" where entry.value.scalar != nil:
        group = try yaml.value(entry.value, "protocols", .choice)
      case "protocols":
        protocols = try yaml.list(entry.value, "protocols") { node throws(InputError) in
          Name(text: try yaml.name(node), place: yaml.place(node))
        }
      case "profiles":
        for profile in try yaml.entries(of: entry.value) {
          if !Experiment.profiles.contains(profile.key),
            let meant = NearestName.nearest(to: profile.key, among: Experiment.profiles)
          {
            throw yaml.error(
              profile.node, "profiles: '\(excerpt(profile.key))' is nearly '\(meant)'; did you mean that?")
          }
          var reader = LayerReader(yaml: yaml, otherKeys: ["trials", "real-trials", "precision", "sweep", "faults"])
          for entry in try yaml.entries(of: profile.value) { try reader.read(entry) }
          profiles.append((profile.key, try reader.finished()))
        }
      default: try reader.read(entry)
      }
    }
    layer = try reader.finished()
    if name.isEmpty { throw InputError("\(file): 'name' is missing") }
    if question.isEmpty { throw InputError("\(file): 'question' is missing: what does the experiment answer?") }
    if protocols.isEmpty, group == nil {
      throw InputError("\(file): 'protocols' is missing: which protocols take part?")
    }
    for (index, name) in protocols.enumerated() where protocols[..<index].contains(where: { $0.text == name.text }) {
      throw InputError("\(name.place): protocol '\(name.text)' is listed twice")
    }
  }

  /// Reads a file that only sets keys, and must set all of them: nothing has a hidden default.
  static func environment(_ text: String, file: String) throws(InputError) -> ExperimentLayer {
    let yaml = YAMLReader(file: file)
    var reader = LayerReader(yaml: yaml, otherKeys: [])
    for entry in try yaml.entries(of: yaml.document(text)) { try reader.read(entry) }
    let layer = try reader.finished()
    let given = Set(layer.values.map(\.path))
    if let missing = ExperimentKey.all.first(where: { !given.contains($0.path) }) {
      throw InputError("\(file): '\(missing.path)' is missing")
    }
    return layer
  }

  /// Reads a file that says in `summary` what it stands for, and sets the keys in which that differs from the default.
  static func overlay(_ text: String, file: String) throws(InputError) -> (summary: String, layer: ExperimentLayer) {
    let yaml = YAMLReader(file: file)
    var reader = LayerReader(yaml: yaml, otherKeys: ["summary"])
    var summary = ""
    for entry in try yaml.entries(of: yaml.document(text)) {
      if entry.key == "summary" { summary = try yaml.scalar(entry.value, "summary") } else { try reader.read(entry) }
    }
    if summary.isEmpty { throw InputError("\(file): 'summary' is missing: what does it stand for?") }
    return (summary, try reader.finished())
  }
}
