import Measurement

extension ChartAnswer {
  /// Times until a client was served, of all trials of a protocol; nil: never.
  static func times(_ points: [AnswerData.Point]) -> [Int?] { points.flatMap(\.elections).map(\.d3) }

  /// A quantile of times of which those that were never reached are the longest; nil: it was never reached.
  private static func quantile(_ quantile: Quantile, _ times: [Int?]) -> Int? {
    let sorted = times.map { $0 ?? .max }.sorted()
    guard !sorted.isEmpty else { return nil }
    let value = sorted[quantile.rank(of: sorted.count) - 1]
    return value == .max ? nil : value
  }

  /// By the names of what struck first in each trial.
  static func after(_ data: AnswerData) -> String {
    var kinds: Set<String> = []
    for point in data.points {
      for faults in Dictionary(grouping: point.faults, by: \.run).values {
        let first = faults.map(\.at).min()
        kinds.formUnion(faults.filter { $0.at == first }.map(\.kind))
      }
    }
    let names = kinds.sorted()
    return "After the \(names.isEmpty ? "fault" : names.dropLast().map { "\($0) or " }.joined() + (names.last ?? ""))"
  }

  /// Trials in which nothing that was planned found anything to strike, such as a hand-over to whoever leads already: no fail-over
  /// counts them. Empty: there are none.
  static func idle(_ data: AnswerData) -> String {
    var (idle, all) = (0, 0)
    var isHandOver = true
    for point in data.points {
      guard let faults = point.inputs["faults"], faults != "none" else { continue }
      let struck = Set(point.faults.map(\.run))
      let count = point.summary.count { !struck.contains($0.run) }
      all += point.summary.count
      idle += count
      isHandOver = isHandOver && (count == 0 || faults.contains(" transfer "))
    }
    guard idle > 0 else { return "" }
    return "; in \(Humane.count(idle)) of \(AnswerText.count(all, "trial", "trials")) there was nothing to "
      + (isHandOver ? "hand over" : "strike")
  }

  static func lost(_ data: AnswerData) -> String {
    let all = data.points.flatMap(\.elections)
    let censored = all.count { $0.isCensored }
    return censored == 0
      ? "all \(AnswerText.count(all.count, "trial recovers", "trials recover"))"
      : "\(Humane.count(censored)) of \(AnswerText.count(all.count, "trial", "trials")) never recover"
  }

  /// The median where it may be printed, else the range.
  static func recovery(_ data: AnswerData) -> String? {
    let protocols = data.byProtocol.map { (name: $0.name, times: times($0.points)) }.filter { !$0.times.isEmpty }
    guard !protocols.isEmpty else { return nil }
    let isDense = protocols.allSatisfy {
      $0.times.count - Quantile.median.rank(of: $0.times.count) >= Distribution.samplesAbove
    }
    guard isDense else {
      let texts = protocols.map { name, times in
        let known = times.compactMap { $0 }
        guard let least = known.min(), let most = known.max() else { return (name: name, text: "never") }
        return (name: name, text: "between \(Humane.duration(least)) and \(Humane.duration(most))")
      }
      return
        "\(after(data)), in a few trials, clients are served again \(AnswerText.grouped(texts, ", ")); \(lost(data))\(idle(data))."
    }
    let reached = protocols.compactMap { name, times in
      quantile(.median, times).map { (name: name, value: $0) }
    }
    let never = protocols.filter { quantile(.median, $0.times) == nil }.map(\.name)
    let parts =
      (reached.isEmpty ? [] : [AnswerText.ranking(reached) { Humane.duration($0) }])
      + (never.isEmpty ? [] : ["never with \(AnswerText.list(never))"])
    return
      "\(after(data)), half of the trials serve a client again within \(parts.joined(separator: ", ")); \(lost(data))\(idle(data))."
  }

  static func quartiles(_ data: AnswerData) -> String? {
    let texts = data.byProtocol.compactMap { name, points -> (name: String, text: String)? in
      let times = times(points)
      guard times.count >= 4, let low = quantile(.percent(25), times) else { return nil }
      let high = quantile(.percent(75), times).map { Humane.duration($0) } ?? "never"
      return (name, "from \(Humane.duration(low)) to \(high)")
    }
    guard !texts.isEmpty else { return nil }
    return
      "\(after(data)), the middle half of the trials serves a client again \(AnswerText.grouped(texts, ", "))\(idle(data))."
  }

  /// How long nobody was answered and how long answers were slow, in the worst trial of each protocol, and the interval whose answers
  /// took longest.
  static func outage(_ data: AnswerData) -> String? {
    guard let gaps = gaps(data.points), let interval = data.points.lazy.flatMap(\.timeline).first?.interval else {
      return nil
    }
    let slowest = data.byProtocol.compactMap { name, points -> (name: String, value: Int)? in
      points.flatMap(\.timeline).compactMap(meanLatency).max().map { (name, $0) }
    }
    return "In the worst trial, \(gaps)\(definition(interval)); "
      + (slowest.isEmpty
        ? "" : "the longest mean latency of an interval \(AnswerText.ranking(slowest) { Humane.duration($0) }); ")
      + struck(data)
  }

  /// The same for each case of a sweep, without the latency.
  static func outages(_ data: AnswerData) -> String? {
    guard let key = data.swept.first, let interval = data.points.lazy.flatMap(\.timeline).first?.interval else {
      return nil
    }
    let texts = data.values(of: key).compactMap { value in
      gaps(data.points.filter { $0.inputs[key] == value }).map { "at \(key) = \(value) \($0)" }
    }
    guard !texts.isEmpty else { return nil }
    return "In the worst trial, \(texts.joined(separator: "; "))\(definition(interval)); \(struck(data))"
  }

  /// Nobody knows when in an interval an answer came, so an outage is as long as the whole intervals without one, at least.
  private static func definition(_ interval: Int) -> String {
    " (in whole intervals of \(Humane.duration(interval)), so at least; slow: at twice the latency of the median interval or more)"
  }

  private static func struck(_ data: AnswerData) -> String {
    let faults = Set(data.points.flatMap(\.faults).map(\.kind)).sorted()
    return faults.isEmpty ? "nothing struck." : "what struck: \(AnswerText.list(faults))."
  }

  private static func meanLatency(_ step: TimelineRow) -> Int? {
    step.completed > 0 ? step.latencySum / step.completed : nil
  }

  private static func gaps(_ points: [AnswerData.Point]) -> String? {
    var silent: [(name: String, value: Int)] = []
    var slow: [(name: String, value: Int)] = []
    for (name, points) in Dictionary(grouping: points, by: \.protocolName).sorted(by: { $0.key < $1.key }) {
      var worst: (silent: Int, slow: Int)?
      for trial in Dictionary(grouping: points.flatMap(\.timeline), by: \.run).values {
        let gap = gap(
          TimelineRow.sorted(trial), until: points.flatMap(\.summary).first { $0.run == trial[0].run }?.window)
        worst = (max(worst?.silent ?? 0, gap.silent), max(worst?.slow ?? 0, gap.slow))
      }
      guard let worst else { continue }
      silent.append((name, worst.silent))
      slow.append((name, worst.slow))
    }
    guard !silent.isEmpty else { return nil }
    func text(_ value: Int) -> String { value == 0 ? "0 s" : Humane.duration(value) }
    return "no answer comes for \(AnswerText.ranking(silent, text)), and answers are slow for "
      + AnswerText.ranking(slow, text)
  }

  /// The longest row of intervals of one trial without an answer, and all those with slow ones. The last may reach beyond the window.
  private static func gap(_ steps: [TimelineRow], until end: Int?) -> (silent: Int, slow: Int) {
    let means = steps.compactMap(meanLatency).sorted()
    let median = means.isEmpty ? 0 : means[(means.count - 1) / 2]
    var (row, longest, slow) = (0, 0, 0)
    for step in steps {
      let length = min(step.interval, max(0, (end ?? .max) - step.start))
      row = step.completed == 0 ? row + length : 0
      longest = max(longest, row)
      if let mean = meanLatency(step), mean >= 2 * median, median > 0 { slow += length }
    }
    return (longest, slow)
  }

  /// The longest wait in each case of a sweep, of the trials' means.
  static func waits(_ data: AnswerData) -> String? {
    guard let key = data.swept.first else { return nil }
    let texts = data.values(of: key).compactMap { value -> String? in
      let waits = data.points.filter { $0.inputs[key] == value }.compactMap { point in
        let longest = point.summary.compactMap(\.client.max)
        return longest.isEmpty
          ? nil : (name: point.protocolName, value: longest.reduce(0, +) / longest.count)
      }
      return waits.isEmpty ? nil : "at \(key) = \(value) \(AnswerText.ranking(waits) { Humane.duration($0) })"
    }
    guard !texts.isEmpty else { return nil }
    return
      "In the mean of the trials, the longest that an operation waits is \(texts.joined(separator: "; "))\(idle(data))."
  }

  /// How many failures a cluster of each size serves on after: of what was offered, nine tenths count.
  static func tolerance(_ data: AnswerData) -> String? {
    let sizes = data.values(of: "cluster.replicas")
    let texts = data.byProtocol.compactMap { name, points -> (name: String, text: String)? in
      var tolerated: [(size: String, count: Int)] = []
      for size in sizes {
        guard let point = points.first(where: { $0.inputs["cluster.replicas"] == size }) else { continue }
        tolerated.append((size, survived(point)))
      }
      guard !tolerated.isEmpty else { return nil }
      let counts = AnswerText.list(tolerated.map { "\($0.count)" })
      let known = Dictionary(tolerated.map { (Int($0.size) ?? 0, $0.count) }, uniquingKeysWith: { $1 })
      let even = tolerated.compactMap { entry -> Bool? in
        guard let size = Int(entry.size), size.isMultiple(of: 2), let odd = known[size - 1] else { return nil }
        return entry.count > odd
      }
      let remark =
        even.isEmpty
        ? ""
        : even.contains(true)
          ? ", some even sizes more than the odd ones below" : ", no even size more than the odd one below"
      return (name, "after \(counts) failures with \(AnswerText.list(tolerated.map(\.size))) replicas\(remark)")
    }
    guard !texts.isEmpty else { return nil }
    return "Clusters serve on \(AnswerText.grouped(texts))."
  }

  /// The most failures after which every trial that saw so many still answered nine tenths, from a second after the failure to the
  /// next.
  private static func survived(_ point: AnswerData.Point) -> Int {
    var answered: [Int: [RunKey: (done: Int, due: Int)]] = [:]
    let offered = point.summary.compactMap { $0.offeredPerSecond?.millionths }.first ?? 0
    let faults = Dictionary(grouping: point.faults, by: \.run)
    for step in point.timeline {
      let struck = (faults[step.run] ?? []).filter { $0.at <= step.start }
      if let last = struck.last, last.at + 1_000_000_000 > step.start { continue }
      let due = offered / 1_000 * (step.interval / 1_000_000) / 1_000_000
      let known = answered[struck.count]?[step.run] ?? (0, 0)
      answered[struck.count, default: [:]][step.run] = (known.done + step.completed, known.due + due)
    }
    var count = 0
    while let trials = answered[count + 1]?.values, trials.allSatisfy({ $0.due > 0 && $0.done * 10 >= $0.due * 9 }) {
      count += 1
    }
    return count
  }

  /// From the shortest timeout to the longest.
  static func falseAlarms(_ data: AnswerData) -> String? {
    let key = "timing.election-timeout"
    let timeouts = data.values(of: key)
    guard let short = timeouts.first, let long = timeouts.last, short != long else { return nil }
    let texts = data.byProtocol.compactMap { name, points -> (name: String, text: String)? in
      func at(_ timeout: String) -> (changes: String, recovery: String)? {
        let found = points.filter { $0.inputs[key] == timeout }
        let calm = found.flatMap(\.summary).reduce(0) { $0 + $1.calm }
        let changes = found.flatMap(\.summary).reduce(0) { $0 + $1.unprovokedLeaderChanges }
        guard calm > 0, let time = quantile(.median, times(found)) else { return nil }
        let perHour = FixedDecimal(max(1, changes) * 3_600, over: calm / 1_000_000_000 + 1)?.millionths ?? 0
        return ((changes == 0 ? "fewer than " : "") + Humane.count(perHour / 1_000_000), Humane.duration(time))
      }
      guard let first = at(short), let last = at(long) else { return nil }
      return (
        name,
        "\(first.changes) and \(first.recovery) against \(last.changes) and \(last.recovery)"
      )
    }
    guard !texts.isEmpty else { return nil }
    return
      "Changes of leaders without a failure per hour, and the median time to recover from one, at \(short) against \(long): "
      + "\(AnswerText.grouped(texts))."
  }
}
