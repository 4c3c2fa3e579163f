import Measurement

/// What the tables for people need to know of an experiment: as it was run, or as a result's files tell it.
struct ReportedExperiment: Sendable {
  /// One configuration.
  struct Point: Sendable {
    var subject: Subject
    /// As ``ExperimentPoint/sweptText``.
    var sweptText: String
  }

  var name: String
  var question: String
  var charts: [String]
  /// As a sweep runs through them: its last axis changes fastest.
  var points: [Point]

  init(_ experiment: Experiment) {
    name = experiment.name
    question = experiment.question
    charts = experiment.charts
    points = experiment.points.map { Point(subject: $0.subject, sweptText: $0.sweptText) }
  }

  /// Files are sorted by configuration, so the order is another: by protocol, then by the swept values.
  init(_ note: Provenance.ExperimentNote, _ tables: ResultTables) {
    name = note.name
    question = note.question
    charts = note.charts
    let places = Dictionary(uniqueKeysWithValues: ExperimentKey.all.enumerated().map { ($1.path, $0) })
    let own = tables.configurations.filter { $0.subject.experiment == note.name }
    let swept = Dictionary(grouping: own, by: \.subject).mapValues { rows in
      rows.filter { $0.isSwept && $0.key != ExperimentPoint.faultsKey }
        .sorted { (places[$0.key] ?? .max, $0.key) < (places[$1.key] ?? .max, $1.key) }
    }
    points = swept.sorted { a, b in
      if a.key.protocolName != b.key.protocolName { return a.key.protocolName < b.key.protocolName }
      let differing = zip(a.value, b.value).first { $0.value != $1.value }
      return differing.map { AnswerData.precedes($0.value, $1.value) } ?? false
    }.map { subject, rows in
      let inputs = rows.map { ExperimentPoint.Input(key: $0.key, value: $0.value, isSwept: true) }
      return Point(subject: subject, sweptText: ExperimentPoint.sweptText(inputs))
    }
  }
}
