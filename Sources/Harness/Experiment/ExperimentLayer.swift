import Measurement

/// What one place says about an experiment: the file itself, one of its profiles, or the default environment. Later layers
/// replace what earlier ones say.
struct ExperimentLayer: Sendable {
  /// The text of a key's value, checked, and where it was written.
  struct Value: Hashable, Sendable {
    var path: String
    var text: String
    /// As a message begins: `load.yaml:9`.
    var place: String
    /// What happens in a case of a sweep over faults: `path` is then the sweep's name, and `text` the case's. nil: a key.
    var faults: FaultSchedule?

    func apply(to settings: inout ExperimentSettings) throws(InputError) {
      if faults != nil { return }
      do throws(InputError) { try ExperimentKey.named(path).set(text, in: &settings) } catch { throw error.at(place) }
    }
  }

  /// Values that a sweep takes one after the other; each step sets the same keys.
  struct Axis: Sendable {
    var steps: [[Value]]
    var paths: [String] { steps.first?.map(\.path) ?? [] }
  }

  var values: [Value] = []
  var sweep: [Axis]?
  var faults: FaultSchedule?
  var trials: Int?
  /// Instead of `trials` where each takes real time.
  var realTrials: Int?
  /// Nil inside: none, whatever earlier layers say.
  var precision: FixedDecimal??

  /// This layer with `later` on top: a key that `later` sets is not swept any more, and a sweep replaces a sweep.
  func overlaid(by later: ExperimentLayer) -> ExperimentLayer {
    var result = self
    if let sweep = later.sweep { result.sweep = sweep }
    let pinned = Set(later.values.map(\.path))
    let kept = (result.sweep ?? []).compactMap { axis -> Axis? in
      var steps: [[Value]] = []
      for step in axis.steps {
        let rest = step.filter { !pinned.contains($0.path) }
        if !rest.isEmpty, !steps.contains(where: { $0.map(\.text) == rest.map(\.text) }) { steps.append(rest) }
      }
      return steps.isEmpty ? nil : Axis(steps: steps)
    }
    result.sweep = kept
    result.values += later.values
    result.faults = later.faults ?? faults
    result.trials = later.trials ?? trials
    result.realTrials = later.realTrials ?? realTrials
    result.precision = later.precision ?? precision
    return result
  }

  /// Every combination of the sweep's steps, the last axis changing fastest.
  func combinations(limit: Int) throws(InputError) -> [[Value]] {
    var result: [[Value]] = [[]]
    for axis in sweep ?? [] {
      guard result.count * axis.steps.count <= limit else {
        throw InputError("the sweep has more than \(limit) combinations")
      }
      result = result.flatMap { values in axis.steps.map { values + $0 } }
    }
    return result
  }
}
