import Consensus
import Faults

extension ValueForm where Value == Duration {
  private static var units: [String: Int64] {
    ["ns": 1, "us": 1_000, "µs": 1_000, "ms": 1_000_000, "s": 1_000_000_000]
  }
  private static var name: String { "a duration such as 15ms (units: ns, us, ms, s)" }
  /// Nothing here takes longer than a day, and nanoseconds must not overflow.
  private static var longest: Duration { .seconds(86_400) }

  static let duration = duration(atLeast: .zero)
  static let positiveDuration = duration(atLeast: .nanoseconds(1))
  /// Before or after some moment.
  static let offset = duration(atLeast: .zero - longest)

  private static func duration(atLeast least: Duration) -> Self {
    ValueForm(
      name: name,
      parse: { text throws(InputError) in
        guard let nanoseconds = Quantity(text)?.whole(in: units) else { throw refusal(of: text, name) }
        let value = Duration.nanoseconds(nanoseconds)
        guard value >= least else { throw InputError("\(excerpt(text)) is too short; at least \(print(least))") }
        guard value <= longest else { throw InputError("\(excerpt(text)) is too long; at most \(print(longest))") }
        return value
      },
      print: { print($0) })
  }

  /// In the largest unit that it fills, to the nanosecond.
  private static func print(_ value: Duration) -> String {
    let nanoseconds = value.nanoseconds
    let magnitude = nanoseconds.magnitude
    let sign = nanoseconds < 0 ? "-" : ""
    for (unit, factor, places) in [("s", 1_000_000_000, 9), ("ms", 1_000_000, 6), ("us", 1_000, 3)] as [(_, UInt64, _)]
    where magnitude >= factor {
      let digits = String(magnitude % factor)
      var fraction = String(repeating: "0", count: places - digits.count) + digits
      while fraction.last == "0" { fraction.removeLast() }
      return sign + "\(magnitude / factor)" + (fraction.isEmpty ? "" : ".\(fraction)") + unit
    }
    return magnitude == 0 ? "0s" : "\(sign)\(magnitude)ns"
  }
}

extension ValueForm where Value == ClosedRange<Duration> {
  static let durationRange = range(of: .duration, separator: "-", name: "a range such as 150ms-300ms")
  /// A moment, or a range of moments such as `1s..1.05s`.
  static let moments: Self = {
    let range = range(of: .offset, separator: "..", name: "a time such as 1s, or a range of times such as 1s..1.05s")
    return ValueForm(
      name: range.name,
      parse: { text throws(InputError) in
        if text.contains("..") { return try range.parse(text) }
        let moment = try ValueForm<Duration>.offset.parse(text)
        return moment...moment
      },
      print: { $0.lowerBound == $0.upperBound ? ValueForm<Duration>.offset.print($0.lowerBound) : range.print($0) })
  }()

  private static func range(of form: ValueForm<Duration>, separator: String, name: String) -> Self {
    ValueForm(
      name: name,
      parse: { text throws(InputError) in
        let ends = text.split(separator: separator, omittingEmptySubsequences: false)
        guard ends.count == 2 else { throw refusal(of: text, name) }
        let low = try form.parse(ends[0].trimmed)
        let high = try form.parse(ends[1].trimmed)
        guard low <= high else { throw InputError("\(excerpt(text)) ends before it begins") }
        return low...high
      },
      print: { form.print($0.lowerBound) + separator + form.print($0.upperBound) })
  }
}

extension ValueForm where Value == DelayDistribution {
  static let delay: Self = {
    let name =
      "a time such as 1ms, uniform 170us-260us, normal 213us sd 24us, exponential 1ms, 200us + exponential 1ms or empirical 1ms "
      + "2ms 5ms"
    let time = ValueForm<Duration>.duration
    return ValueForm(
      name: name,
      parse: { text throws(InputError) in
        var shift = Duration.zero
        var words = text.split(separator: " ")
        if let plus = words.firstIndex(of: "+") {
          shift = try time.parse(words[..<plus].joined(separator: " "))
          words.removeSubrange(...plus)
          guard words.first == "exponential" else { throw refusal(of: text, name) }
        }
        let rest = words.dropFirst().joined(separator: " ")
        switch words.first {
        case "constant": return .constant(try time.parse(rest))
        case "uniform": return .uniform(try ValueForm<ClosedRange<Duration>>.durationRange.parse(rest))
        case "normal":
          guard words.count == 4, words[2] == "sd" else { throw refusal(of: text, name) }
          return .normal(mean: try time.parse(String(words[1])), deviation: try time.parse(String(words[3])))
        case "empirical":
          var values: [Duration] = []
          for word in words.dropFirst() { values.append(try time.parse(String(word))) }
          guard values.count > 1 else { throw refusal(of: text, name) }
          guard values == values.sorted() else { throw InputError("\(excerpt(text)) is not in ascending order") }
          return .empirical(values)
        case "exponential": return .exponential(mean: try time.parse(rest), shift: shift)
        default:
          guard Quantity(text) != nil else { throw refusal(of: text, name) }
          return .constant(try time.parse(text))
        }
      },
      print: { delay in
        switch delay {
        case .constant(let time): ValueForm<Duration>.duration.print(time)
        case .uniform(let range): "uniform " + ValueForm<ClosedRange<Duration>>.durationRange.print(range)
        case .exponential(let mean, let shift):
          (shift == .zero ? "" : time.print(shift) + " + ") + "exponential " + time.print(mean)
        case .normal(let mean, let deviation): "normal \(time.print(mean)) sd \(time.print(deviation))"
        case .empirical(let values): "empirical " + values.map(time.print).joined(separator: " ")
        }
      })
  }()
}

extension ValueForm where Value == DelayDistribution? {
  /// `same`: as every other write.
  static let candidateWrite: Self = {
    let time = ValueForm<DelayDistribution>.delay
    let name = time.name + ", or same"
    return ValueForm(
      name: name,
      parse: { text throws(InputError) in
        if text == "same" { return nil }
        if NearestName.hint(for: text, among: ["same"]) != "" { throw refusal(of: text, name, among: ["same"]) }
        return try time.parse(text)
      },
      print: { $0.map(time.print) ?? "same" })
  }()
}

extension StringProtocol {
  /// Without the spaces around it.
  var trimmed: String {
    String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }
}
