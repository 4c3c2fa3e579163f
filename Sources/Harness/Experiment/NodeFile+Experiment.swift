extension NodeFile {
  /// What the cluster has fixed, instead of what an experiment says.
  func fix(_ settings: inout ExperimentSettings) throws(InputError) {
    for path in ExperimentKey.ofClusters { try ExperimentKey.named(path).set(value(of: path), in: &settings) }
  }
  private func value(of path: String) throws(InputError) -> String { try ExperimentKey.named(path).text(settings) }

  /// Whether `text` is the cluster's own value.
  private func has(_ path: String, _ text: String) throws(InputError) -> Bool {
    let key = try ExperimentKey.named(path)
    var asked = settings
    try key.set(text, in: &asked)
    return key.text(asked) == key.text(settings)
  }

  /// As `configurations.csv` says it.
  var placeText: String {
    "\(cluster) at \(addresses.map(\.description).joined(separator: " ")); journal \(journal.rawValue)"
  }

  /// Refuses what would vary, or change, what the cluster has fixed.
  func check(_ layer: ExperimentLayer, overriding: ExperimentLayer) throws(InputError) {
    for value in overriding.values where ExperimentKey.ofClusters.contains(value.path) {
      if try has(value.path, value.text) { continue }
      throw InputError(
        "\(value.place): the running cluster has \(try self.value(of: value.path)), and no run can change that")
    }
    for value in (layer.sweep ?? []).filter({ $0.steps.count > 1 }).compactMap(\.steps.first).joined()
    where ExperimentKey.ofClusters.contains(value.path) {
      throw InputError(
        "\(value.place): '\(value.path)' is swept, and the running cluster has fixed it; --set \(value.path)="
          + "\(try self.value(of: value.path)) takes what it has")
    }
  }
}
