import Measurement

/// What a chart says, in one sentence that is computed from the data behind it: the numbers decide every word of it.
enum ChartAnswer {
  static let nothing = "There is no verified data that answers this."

  /// The sentence for `chart`, a script in `Plots`, over an experiment's results; nil: the chart has no kind of answer.
  /// `suite` has what others published.
  static func sentence(
    _ chart: String, _ experiment: String, _ tables: ResultTables, in suite: SuiteFolder? = nil
  ) -> String? {
    guard let kind = kinds[chart] else { return nil }
    var data = AnswerData(experiment, tables)
    data.published = PublishedPoints(of: experiment, in: suite)
    let missing = data.leftOut.isEmpty ? "" : " (\(data.leftOut.joined(separator: "; ")).)"
    return (kind(data) ?? nothing) + missing
  }

  /// By the name of the chart. Nil: the data do not suffice.
  private static let kinds: [String: @Sendable (AnswerData) -> String?] = [
    "latency-cdf": commitLatency,
    "latency-sweep": latencySweep,
    "goodput-sweep": goodputSweep,
    "latency-load": saturation,
    "latency-bars": choices,
    "heat-map": best,
    "cost-bars": cost,
    "election-cdf": recovery,
    "failover-box": quartiles,
    "failover-parts": parts,
    "survival": slowest,
    "catch-up": catchUps,
    "timeline": outage,
    "timelines": outages,
    "outages": waits,
    "tolerance-map": tolerance,
    "trade-off": falseAlarms,
    "scenario-map": scenarios,
    "published-times": publishedTimes,
    "published-rates": publishedRates,
    "stages": stages,
    "overload": overload,
  ]

  /// Each protocol at the most replicas that it was run with; where something else is swept, at its first and its last values.
  /// Where leaders do not say when a batch was durable, what clients saw.
  private static func commitLatency(_ data: AnswerData) -> String? {
    half(data, .commit).map { "Half of the batches are durable on a majority \($0)." }
      ?? half(data, .client).map { "Half of the operations are answered \($0)." }
  }
  private static func half(_ data: AnswerData, _ metric: LatencyMetric) -> String? {
    let others = data.swept.filter { $0 != "cluster.replicas" }.sorted()
    let places = data.combinations(of: others)
    var texts: [String] = []
    for (index, place) in places.enumerated() where index == 0 || index == places.count - 1 {
      var values: [(name: String, value: Int)] = []
      for (name, points) in data.byProtocol {
        let here = points.filter { point in others.allSatisfy { point.inputs[$0] == place[$0] } }
        let known = here.filter { $0.latency(metric, .median) != nil }
        let largest = known.max { AnswerData.precedes($0.size, $1.size) }
        guard let largest, let value = largest.latency(metric, .median) else { continue }
        values.append(("\(name) (n = \(largest.size))", value))
      }
      guard !values.isEmpty else { continue }
      let text = "within \(AnswerText.ranking(values) { Humane.duration($0) })"
      let names = others.map { "\($0) = \(place[$0] ?? "?")" }
      texts.append(names.isEmpty ? text : "at \(AnswerText.list(names)) \(text)")
    }
    return texts.isEmpty ? nil : texts.joined(separator: "; ")
  }

  private static func latencySweep(_ data: AnswerData) -> String? {
    let sentence = sweep(data, "median client latency", text: { Humane.duration($0) }) { $0.latency(.client, .median) }
    let tails = data.byProtocol.compactMap { name, points in
      points.compactMap { $0.latency(.client, .percent(99)) }.max().map { (name: name, value: $0) }
    }
    guard let sentence, !tails.isEmpty else { return sentence }
    let highest = AnswerText.ranking(tails) { Humane.duration($0) }
    return "\(sentence.dropLast()); the 99th percentile reaches \(highest)\(waits(ofLost: data))."
  }

  /// What loss does to streams is mostly this wait, so a sweep over loss says how long it is. Empty: no stream loses more or less.
  private static func waits(ofLost data: AnswerData) -> String {
    let streams = data.points.filter { $0.inputs["link.kind"] == "stream" }
    let waits = Set(streams.compactMap { $0.inputs["link.retransmission"] })
    guard data.swept.contains("link.loss"), waits.count == 1, let wait = waits.first else { return "" }
    return "; what a stream loses waits \(wait) or more, because fast retransmission is not modelled"
  }

  private static func goodputSweep(_ data: AnswerData) -> String? {
    sweep(data, "goodput", text: AnswerText.rate) { $0.goodput }.map { "\($0.dropLast())\(surplus(data))." }
  }

  /// Who answers more than is offered: what was due before the window began, and answered in it. Empty: nobody.
  private static func surplus(_ data: AnswerData) -> String {
    let names = data.byProtocol.filter { _, points in
      points.contains { point in
        guard let goodput = point.goodput, let offered = point.offered else { return false }
        return goodput * 100 > offered * 101
      }
    }.map(\.name)
    guard !names.isEmpty else { return "" }
    return
      "; with \(AnswerText.list(names)) it is more than was offered in places, because operations of the warm-up were answered "
      + "in the window"
  }

  /// From the smallest value of the axis to the largest, in each panel.
  static func sweep(
    _ data: AnswerData, _ what: String, text: (Int) -> String, _ value: (AnswerData.Point) -> Int?
  ) -> String? {
    guard let axis = data.swept.first else { return nil }
    let panelKey = data.swept.dropFirst().first
    var panels: [(place: String?, ends: String, text: String)] = []
    for panel in panelKey.map({ data.values(of: $0).map { Optional($0) } }) ?? [nil] {
      let points = data.points.filter { point in
        value(point) != nil && (panelKey == nil || point.inputs[panelKey ?? ""] == panel)
      }
      let shown = data.values(of: axis).filter { value in points.contains { $0.inputs[axis] == value } }
      guard let low = shown.first, let high = shown.last, low != high else { continue }
      var changes: [(name: String, text: String)] = []
      for (name, _) in data.byProtocol {
        func at(_ place: String) -> Int? {
          points.first { $0.protocolName == name && $0.inputs[axis] == place }.flatMap(value)
        }
        guard let before = at(low), let after = at(high) else { continue }
        let factor = AnswerText.change(before, after).map { " (\($0))" } ?? ""
        changes.append((name, "from \(text(before)) to \(text(after))\(factor)"))
      }
      guard !changes.isEmpty else { continue }
      let place = panel.map { "at \(panelKey ?? "") = \($0) " }
      panels.append((place, "from \(axis) = \(low) to \(high)", AnswerText.grouped(changes, ", ")))
    }
    guard let ends = panels.first?.ends else { return nil }
    // Cases need not have the same values.
    guard panels.allSatisfy({ $0.ends == ends }) else {
      let texts = panels.map { "\($0.place ?? "")\($0.ends) \($0.text)" }
      return "The \(what) goes \(texts.joined(separator: "; "))."
    }
    let texts = panels.map { ($0.place ?? "") + $0.text }
    return "F\(ends.dropFirst()), the \(what) goes \(texts.joined(separator: "; "))."
  }

  /// The value with the shortest and the one with the longest median.
  private static func choices(_ data: AnswerData) -> String? {
    guard let key = data.swept.first else { return nil }
    let texts = data.byProtocol.compactMap { name, points -> (name: String, text: String)? in
      let known = points.compactMap { point in point.latency(.client, .median).map { (point.inputs[key] ?? "?", $0) } }
        .sorted { ($0.1, $0.0) < ($1.1, $1.0) }
      guard let least = known.first, let most = known.last, known.count > 1 else { return nil }
      if AnswerText.isSame(least.1, most.1) { return (name, "the same for all (\(Humane.duration(least.1)))") }
      let factor = AnswerText.factor(least.1, most.1).map { ", \($0)" } ?? ""
      return (
        name,
        "shortest for \(least.0) (\(Humane.duration(least.1))) and longest for \(most.0) (\(Humane.duration(most.1))\(factor))"
      )
    }
    guard !texts.isEmpty else { return nil }
    return "By \(key), the median client latency is \(AnswerText.grouped(texts))."
  }

  /// Where the goodput is highest, and by how much.
  private static func best(_ data: AnswerData) -> String? {
    var even: [(name: String, text: String)] = []
    let texts = data.byProtocol.compactMap { name, points -> (name: String, text: String)? in
      let known = points.compactMap { point in point.goodput.map { (point: point, goodput: $0) } }
      guard let most = known.max(by: { $0.goodput < $1.goodput }), let least = known.map(\.goodput).min() else {
        return nil
      }
      if known.count > 1, AnswerText.isSame(least, most.goodput) {
        even.append((name, "(\(AnswerText.rate(most.goodput)))"))
        return nil
      }
      let place = data.swept.map { "\($0) = \(most.point.inputs[$0] ?? "?")" }.joined(separator: " and ")
      let factor = AnswerText.factor(least, most.goodput).map { ", \($0) the least" } ?? ""
      return (name, "at \(place) (\(AnswerText.rate(most.goodput))\(factor))")
    }
    let parts = [
      texts.isEmpty ? nil : "is highest \(AnswerText.grouped(texts))",
      even.isEmpty ? nil : "is everywhere the same \(AnswerText.grouped(even))",
    ].compactMap(\.self)
    return parts.isEmpty ? nil : "The goodput \(parts.joined(separator: "; it "))\(surplus(data))."
  }

  /// Messages at the largest size, and how far the counts are from the textbook's.
  private static func cost(_ data: AnswerData) -> String? {
    var messages: [(name: String, value: Int)] = []
    var compared = 0
    var furthest: (text: String, distance: Int)?
    for point in data.points {
      for row in point.summary {
        for (what, measured, expected) in [
          ("messages", row.framesPerBatch, row.framesPerBatchExpected),
          ("disk writes", row.fsyncsPerBatch, row.fsyncsPerBatchExpected),
        ] {
          guard let measured = measured?.millionths, let expected = expected?.millionths, expected > 0 else { continue }
          compared += 1
          let distance = abs(measured - expected) * 1_000 / expected
          let text = "\(what) of \(point.protocolName), \(number(measured)) instead of \(number(expected))"
          if distance > furthest?.distance ?? -1 { furthest = (text, distance) }
        }
      }
    }
    guard let size = data.values(of: "cluster.replicas").last else { return nil }
    for point in data.points where point.inputs["cluster.replicas"] == size {
      let batches = point.summary.reduce(0) { $0 + $1.batches }
      let frames = point.summary.reduce(0) { $0 + $1.frames.replication + $1.frames.notice }
      if let ratio = FixedDecimal(frames, over: batches) { messages.append((point.protocolName, ratio.millionths)) }
    }
    guard !messages.isEmpty else { return nil }
    let textbook =
      furthest.map {
        $0.distance <= 10
          ? "; all \(compared) counts are within 1 % of the textbook's"
          : "; furthest from the textbook are the \($0.text)"
      } ?? ""
    return "With \(size) replicas a batch takes, in messages, \(AnswerText.ranking(messages, number))\(textbook)."
  }

  /// Millionths with at most two digits behind the point.
  private static func number(_ millionths: Int) -> String {
    let hundredths = (millionths + 5_000) / 10_000
    let fraction = hundredths % 100
    if fraction == 0 { return "\(hundredths / 100)" }
    return "\(hundredths / 100)."
      + (fraction < 10 ? "0\(fraction)" : fraction % 10 == 0 ? "\(fraction / 10)" : "\(fraction)")
  }
}
