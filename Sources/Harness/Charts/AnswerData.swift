import Measurement

/// The verified results of one experiment, as answers need them. A configuration with a run that is not verified is not in it, as in
/// the charts.
struct AnswerData {
  /// One configuration with its rows.
  struct Point {
    var subject: Subject
    var inputs: [String: String] = [:]
    var summary: [SummaryRow] = []
    var latency: [LatencyRow] = []
    var stages: [StageRow] = []
    var timeline: [TimelineRow] = []
    var elections: [ElectionRow] = []
    var faults: [FaultRow] = []
    var catchUps: [CatchUpRow] = []

    var protocolName: String { subject.protocolName }
    /// Replicas in the cluster.
    var size: String { inputs["cluster.replicas"] ?? "?" }

    /// A percentile over all trials; nil if it is not printed.
    func latency(_ metric: LatencyMetric, _ quantile: Quantile) -> Int? {
      latency.first { $0.metric == metric && $0.quantile == quantile }?.value
    }
    /// Mean of what was due in the trials, in operations per second; nil: nothing comes at a rate.
    var offered: Int? {
      let rates = summary.compactMap { $0.offeredPerSecond?.millionths }
      return rates.isEmpty ? nil : rates.reduce(0, +) / rates.count / 1_000_000
    }
    /// Mean goodput of the trials, in operations per second.
    var goodput: Int? {
      let rates = summary.compactMap { $0.goodputPerSecond?.millionths }
      return rates.isEmpty ? nil : rates.reduce(0, +) / rates.count / 1_000_000
    }
  }

  /// By protocol, then in the order of the swept values.
  let points: [Point]
  /// What is swept, the input with the most values first: it is the charts' axis. Of a sweep over faults, the name of its cases.
  let swept: [String]
  /// Who is missing, or some of whose configurations are, because runs are not verified; in words.
  let leftOut: [String]
  /// What others found.
  var published = PublishedPoints(of: "", in: nil)

  init(_ experiment: String, _ tables: ResultTables) {
    func own<Row>(_ rows: [Row], _ subject: KeyPath<Row, Subject>) -> [ConfigurationID: [Row]] {
      Dictionary(
        grouping: rows.filter { $0[keyPath: subject].experiment == experiment },
        by: { $0[keyPath: subject].configuration })
    }
    let summary = own(tables.summary, \.run.subject)
    let latency = own(tables.latency, \.subject)
    let stages = own(tables.stages, \.subject)
    let timeline = own(tables.timeline, \.run.subject)
    let elections = own(tables.elections, \.run.subject)
    let faults = own(tables.faults, \.run.subject)
    let catchUps = own(tables.catchUps, \.run.subject)
    let rows = tables.configurations.filter { $0.subject.experiment == experiment }
    var points: [Point] = []
    for (configuration, inputs) in own(rows, \.subject) {
      guard let runs = summary[configuration], runs.allSatisfy({ $0.verdict == .ok }) else { continue }
      var point = Point(subject: runs[0].run.subject)
      for input in inputs { point.inputs[input.key] = input.value }
      point.summary = SummaryRow.sorted(runs)
      point.latency = latency[configuration] ?? []
      point.stages = stages[configuration] ?? []
      point.timeline = TimelineRow.sorted(timeline[configuration] ?? [])
      point.elections = elections[configuration] ?? []
      point.faults = FaultRow.sorted(faults[configuration] ?? [])
      point.catchUps = catchUps[configuration] ?? []
      points.append(point)
    }
    var values: [String: Set<String>] = [:]
    for row in rows where row.isSwept && row.value != "unused" && row.key != "faults" {
      values[row.key, default: []].insert(row.value)
    }
    let swept = values.keys.sorted { (values[$1]?.count ?? 0, $0) < (values[$0]?.count ?? 0, $1) }
    self.swept = swept
    let present = Set(points.map(\.protocolName))
    let byProtocol = Dictionary(grouping: summary.values.joined(), by: \.run.subject.protocolName)
    leftOut = byProtocol.sorted { $0.key < $1.key }.compactMap { name, runs in
      let void = runs.count { $0.verdict != .ok }
      guard void > 0 else { return nil }
      let part = present.contains(name) ? "left out in part" : "left out"
      return "\(name) is \(part): \(void) of \(AnswerText.count(runs.count, "run is", "runs are")) not verified"
    }
    self.points = points.sorted { a, b in
      if a.protocolName != b.protocolName { return a.protocolName < b.protocolName }
      for key in swept {
        let (left, right) = (a.inputs[key] ?? "", b.inputs[key] ?? "")
        if left != right { return Self.precedes(left, right) }
      }
      return false
    }
  }

  /// By protocol; the names in alphabetical order.
  var byProtocol: [(name: String, points: [Point])] {
    var result: [(name: String, points: [Point])] = []
    for point in points {
      if result.last?.name == point.protocolName {
        result[result.count - 1].points.append(point)
      } else {
        result.append((point.protocolName, [point]))
      }
    }
    return result
  }

  /// The values of an input, ascending.
  func values(of key: String) -> [String] {
    Set(points.compactMap { $0.inputs[key] }).subtracting(["unused"]).sorted(by: Self.precedes)
  }

  /// The combinations of values that some inputs have, in their order, the last input changing fastest.
  func combinations(of keys: [String]) -> [[String: String]] {
    Set(points.map { point in point.inputs.filter { keys.contains($0.key) } }).sorted { a, b in
      let differing = keys.first { a[$0] != b[$0] }
      return differing.map { Self.precedes(a[$0] ?? "", b[$0] ?? "") } ?? false
    }
  }

  /// Whether a value comes before another: by number, and what is none, such as unlimited, behind those.
  static func precedes(_ a: String, _ b: String) -> Bool {
    let (left, right) = (magnitude(a) ?? .infinity, magnitude(b) ?? .infinity)
    return left == right ? a < b : left < right
  }

  /// A value as a number, in the unit of its kind; of a normal delay its deviation, of a range its beginning.
  static func magnitude(_ text: String) -> Double? {
    let units = [
      "ns": -9, "us": -6, "ms": -3, "s": 0, "/s": 0, "": 0, "bit/s": 0, "kbit/s": 3, "Mbit/s": 6, "Gbit/s": 9,
    ]
    let words = text.split(separator: " ")
    let word = words.first == "normal" ? words.last ?? "" : words.first { $0.first?.isNumber == true } ?? ""
    let number = String(word.split(separator: "-").first ?? "")
    if let size = Quantity(number)?.whole(in: ["B": 1, "KiB": 1 << 10, "MiB": 1 << 20]) { return Double(size) }
    return Quantity(number)?.real(in: units)
  }
}
