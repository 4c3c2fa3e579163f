/// Two builds' real times, measured in pairs that alternate on one machine: how much longer the head takes, how well that is known,
/// and so what may be said.
///
/// What slows a machine down for a while slows both halves of a pair, so the ratio within pairs is compared, never times from
/// different hours. Exact results need none of this: see ``ResultComparison``.
public struct PairedComparison: Sendable, Equatable {
  public enum Verdict: String, CaseIterable, Sendable {
    case faster
    case slower
    case noDifference = "no difference"
    /// The interval is too wide to tell: more pairs, or a quieter machine, would.
    case inconclusive
  }

  /// Fewer pairs give no interval, and so no verdict.
  public static let leastPairs = Bootstrap.leastUnits
  /// Changes below it nobody acts on: 5 %.
  public static let threshold = FixedDecimal(millionths: 50_000)

  /// Pairs that were measured.
  public var pairs: Int
  /// The median over pairs of head / base.
  public var ratio: FixedDecimal
  /// Where that median lies, with 95 % confidence; nil with too few pairs.
  public var interval: ClosedRange<FixedDecimal>?
  /// A change of the ratio that matters.
  public var threshold: FixedDecimal
  public var verdict: Verdict

  /// Times of base and head, pair by pair, in any unit; nil without pairs. Traps on a time that is not positive.
  public init?(
    _ times: [(base: Int, head: Int)], threshold: FixedDecimal = threshold,
    using generator: inout some RandomNumberGenerator
  ) {
    precondition(times.allSatisfy { $0.base > 0 && $0.head > 0 }, "a time that is not positive")
    let ratios = times.compactMap { FixedDecimal($0.head, over: $0.base)?.millionths }
    let bootstrap = Bootstrap(ratios.map { ResamplingUnit($0) })
    guard let ratio = bootstrap.values(of: [.p50]).first else { return nil }
    self.pairs = times.count
    self.ratio = FixedDecimal(millionths: ratio)
    self.threshold = threshold
    interval = bootstrap.intervals(of: [.p50], using: &generator).first.map {
      FixedDecimal(millionths: $0.lowerBound)...FixedDecimal(millionths: $0.upperBound)
    }
    verdict = Self.judge(interval, threshold.millionths)
  }

  /// What would have been said of the same pairs, had the head taken so many percent longer: the interval moves along, because a
  /// median does.
  public func verdict(ifSlowerBy percent: Int) -> Verdict {
    func scaled(_ ratio: FixedDecimal) -> FixedDecimal {
      FixedDecimal(millionths: ratio.millionths * (100 + percent) / 100)
    }
    return Self.judge(interval.map { scaled($0.lowerBound)...scaled($0.upperBound) }, threshold.millionths)
  }

  /// The whole interval must lie on one side: what is only likely is not said.
  private static func judge(_ interval: ClosedRange<FixedDecimal>?, _ threshold: Int) -> Verdict {
    guard let interval else { return .inconclusive }
    let (low, high) = (interval.lowerBound.millionths - 1_000_000, interval.upperBound.millionths - 1_000_000)
    if low > threshold { return .slower }
    if high < -threshold { return .faster }
    return low >= -threshold && high <= threshold ? .noDifference : .inconclusive
  }

  /// The smallest true change that pairs like these would show in eight of ten comparisons: the threshold and 1.43 half widths of
  /// the interval ((1.960 + 0.842) / 1.960, of a normal estimate). Nil with too few pairs.
  public var detectable: FixedDecimal? {
    interval.map {
      let width = $0.upperBound.millionths - $0.lowerBound.millionths
      return FixedDecimal(millionths: threshold.millionths + width * 715 / 1_000)
    }
  }

  /// `slower: 1.102 of the base's time (1.091–1.113 with 95 % confidence, 40 pairs); a change of 5.9 % would have been seen`.
  public var text: String {
    let range =
      interval.map { "\(Self.short($0.lowerBound))–\(Self.short($0.upperBound)) with 95 % confidence, " } ?? ""
    let seen =
      detectable.map { "a change of \(Humane.percent($0)) would have been seen" }
      ?? "fewer than \(Self.leastPairs) pairs say nothing"
    return
      "\(verdict.rawValue): \(Self.short(ratio)) of the base's time (\(range)\(pairs) pair\(pairs == 1 ? "" : "s")); \(seen)"
  }

  /// Three digits behind the point.
  private static func short(_ number: FixedDecimal) -> String {
    fixedPoint((number.millionths + 500) / 1_000, digits: 3)
  }
  /// Its part of a report.
  public var document: [String: Any] {
    var document: [String: Any] = [
      "verdict": verdict.rawValue, "pairs": pairs, "ratio": ratio.description, "threshold": threshold.description,
    ]
    document["low"] = interval?.lowerBound.description
    document["high"] = interval?.upperBound.description
    document["detectable"] = detectable?.description
    return document
  }
  public var gateCase: GateCase {
    let outcome: GateCase.Outcome
    switch verdict {
    case .noDifference: outcome = .passed
    case .slower: outcome = .failed(verdict.rawValue)
    case .faster: outcome = .improved(verdict.rawValue)
    case .inconclusive: outcome = .unknown
    }
    return GateCase("cpu time", outcome, text)
  }
}
