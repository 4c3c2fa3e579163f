/// Confidence intervals by resampling (Efron: Bootstrap Methods, Annals of Statistics 1979), seeded and free of libm.
public enum Bootstrap {
  /// The percentile-bootstrap interval of a quantile of `samples`, at `confidence` (a two-sided level such as 95 %).
  ///
  /// Deterministic for a deterministic generator. Nil without samples. Costs `resamples` times the number of samples.
  public static func interval(
    of quantile: Quantile, in samples: [Int], confidence: Quantile = .percent(95), resamples: Int = 1000,
    using generator: inout some RandomNumberGenerator
  ) -> ClosedRange<Int>? {
    guard !samples.isEmpty, resamples > 0 else { return nil }
    let sorted = samples.sorted()
    let rank = quantile.rank(of: sorted.count)
    var drawn = Array(repeating: 0, count: sorted.count)
    var estimates: [Int] = []
    estimates.reserveCapacity(resamples)
    for _ in 0..<resamples {
      for index in drawn.indices { drawn[index] = 0 }
      for _ in sorted.indices { drawn[pick(sorted.count, using: &generator)] += 1 }
      var below = 0
      let index = drawn.indices.first { index in
        below += drawn[index]
        return below >= rank
      }
      estimates.append(sorted[index ?? sorted.count - 1])
    }
    estimates.sort()
    let tail = (Quantile.one - confidence.billionths) / 2
    let low = Quantile(billionths: tail).rank(of: resamples)
    let high = Quantile(billionths: Quantile.one - tail).rank(of: resamples)
    return estimates[low - 1]...estimates[high - 1]
  }

  /// An index below `count`. Multiplication instead of the library's rejection, whose draws are nobody's promise; the bias is
  /// below count / 2^64.
  private static func pick(_ count: Int, using generator: inout some RandomNumberGenerator) -> Int {
    Int(generator.next().multipliedFullWidth(by: UInt64(count)).high)
  }
}
