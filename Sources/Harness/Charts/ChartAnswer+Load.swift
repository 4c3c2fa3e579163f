import Measurement

extension ChartAnswer {
  /// How many times the 99th percentile at the lowest load it may be at the knee.
  private static let tailAtKnee = 10

  /// The knee: the highest load of which 99 % is answered, and soon enough. Nil: there is none.
  private static func knee(_ points: [AnswerData.Point]) -> Int? {
    let loads = points.compactMap { point in point.offered.map { (offered: $0, point: point) } }
    let tail = loads.min { $0.offered < $1.offered }?.point.latency(.client, .percent(99))
    return loads.filter { offered, point in
      let own = point.latency(.client, .percent(99))
      let isSoon = tail.flatMap { tail in own.map { $0 <= tailAtKnee * tail } } ?? true
      return isSoon && (point.goodput ?? 0) * 100 >= offered * 99
    }.map(\.offered).max()
  }

  /// The knee, the most that is answered at all, and what is still answered at the highest load; for each value of a second input.
  static func saturation(_ data: AnswerData) -> String? {
    let others = data.swept.filter { $0 != "workload.rate" }
    let texts = data.combinations(of: others).compactMap { place -> String? in
      var (knees, most, last) = (
        [(name: String, value: Int)](), [(name: String, value: Int)](), [(name: String, value: Int)]()
      )
      var drowned: [String] = []
      for (name, points) in data.byProtocol {
        let here = points.filter { point in others.allSatisfy { point.inputs[$0] == place[$0] } }
        guard let peak = here.compactMap(\.goodput).max(),
          let highest = here.filter({ $0.offered != nil }).max(by: { ($0.offered ?? 0) < ($1.offered ?? 0) })
        else { continue }
        most.append((name, peak))
        last.append((name, highest.goodput ?? 0))
        if let knee = knee(here) { knees.append((name, knee)) } else { drowned.append(name) }
      }
      guard !most.isEmpty else { return nil }
      let none = drowned.isEmpty ? [] : ["none with \(AnswerText.list(drowned))"]
      let full = (knees.isEmpty ? [] : [AnswerText.ranking(knees, AnswerText.rate)]) + none
      let panel = others.map { "\($0) = \(place[$0] ?? "?")" }
      return (panel.isEmpty ? "" : "at \(AnswerText.list(panel)) ") + full.joined(separator: ", ")
        + "; the most that is answered at all is \(AnswerText.ranking(most, AnswerText.rate)), and at the highest load "
        + AnswerText.ranking(last, AnswerText.rate)
    }
    guard !texts.isEmpty else { return nil }
    let hasTails = data.points.contains { $0.latency(.client, .percent(99)) != nil }
    let tails = hasTails ? " with a 99th percentile of at most \(tailAtKnee) times that at the lowest load" : ""
    return "The knee, the highest load of which 99 % is answered\(tails), is \(texts.joined(separator: "; "))."
  }

  /// What is answered in the overload, and how long after it latency is normal again, for each case of a sweep.
  static func overload(_ data: AnswerData) -> String? {
    let overloads = Set(data.points.map { Overload($0.inputs) })
    guard overloads.count == 1, let known = overloads.first, let overload = known,
      let interval = data.points.lazy.flatMap(\.timeline).first?.interval
    else { return nil }
    let key = data.swept.first
    let texts = (key.map { data.values(of: $0).map { Optional($0) } } ?? [nil]).compactMap { value -> String? in
      var (goodput, recovery) = ([(name: String, value: Int)](), [(name: String, value: Int)]())
      var never: [String] = []
      for (name, points) in data.byProtocol {
        let steps = points.filter { key == nil || $0.inputs[key ?? ""] == value }.flatMap(\.timeline)
        guard let answered = overload.goodput(steps) else { continue }
        goodput.append((name, answered))
        if let time = overload.recovery(steps) { recovery.append((name, time)) } else { never.append(name) }
      }
      guard !goodput.isEmpty else { return nil }
      let times =
        (recovery.isEmpty ? [] : [AnswerText.ranking(recovery) { $0 == 0 ? "0 s" : Humane.duration($0) }])
        + (never.isEmpty ? [] : ["never with \(AnswerText.list(never))"])
      return (value.map { "at \(key ?? "") = \($0) " } ?? "")
        + "\(AnswerText.ranking(goodput, AnswerText.rate)) are answered, and "
        + "latency is normal again after \(times.joined(separator: ", "))"
    }
    guard !texts.isEmpty else { return nil }
    return
      "Of \(AnswerText.rate(overload.rate)) for \(Humane.duration(overload.time.count)), with \(AnswerText.rate(overload.calmRate)) "
      + "before and after, \(texts.joined(separator: "; ")) (from the end of the overload to that of the last interval of "
      + "\(Humane.duration(interval)) with twice the latency before it, in the worst trial)."
  }

  private static let stageNames: [Stage: String] = [
    .receivedToProposed: "from receipt to proposal", .proposedToCommitted: "from proposal to commit",
    .committedToApplied: "from commit to execution", .appliedToReplied: "from execution to reply",
  ]

  /// The longest stage of a command's way through its leader; means, because only these add up.
  static func stages(_ data: AnswerData) -> String? {
    let key = data.swept.first
    let texts = (key.map { data.values(of: $0).map { Optional($0) } } ?? [nil]).compactMap { value -> String? in
      let stages = data.points.filter { key == nil || $0.inputs[key ?? ""] == value }.compactMap {
        point -> (name: String, text: String)? in
        let means = point.stages.filter { $0.count > 0 }.map { (stage: $0.stage, mean: $0.sum / $0.count) }
        let total = means.reduce(0) { $0 + $1.mean }
        guard let longest = means.max(by: { $0.mean < $1.mean }), total > 0 else { return nil }
        return (
          point.protocolName,
          "\(stageNames[longest.stage] ?? ""), \(AnswerText.percent(longest.mean, of: total)) of \(Humane.duration(total))"
        )
      }
      return stages.isEmpty ? nil : (value.map { "at \(key ?? "") = \($0) " } ?? "") + AnswerText.grouped(stages, ", ")
    }
    guard !texts.isEmpty else { return nil }
    return "The longest stage of a command's way through its leader is, in the mean, \(texts.joined(separator: "; "))."
  }
}
