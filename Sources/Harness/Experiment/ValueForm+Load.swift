import Simulator

extension ValueForm where Value == KeyChoice {
  static let keyChoice: Self = {
    let name = "uniform, zipf 0.99, or hot 1% 90% (this share of the keys gets that share of the operations)"
    let share = ValueForm<Double>.probability
    return ValueForm(
      name: name,
      parse: { text throws(InputError) in
        let words = text.split(separator: " ").map(String.init)
        switch (words.first, words.count) {
        case ("uniform", 1): return .uniform
        case ("zipf", 2):
          guard let exponent = Quantity(words[1])?.real(in: ["": 0]), (0.01...10).contains(exponent) else {
            throw refusal(of: words[1], "an exponent between 0.01 and 10")
          }
          return .zipf(exponent: exponent)
        case ("hot", 3): return .hot(keys: try share.parse(words[1]), operations: try share.parse(words[2]))
        default: throw refusal(of: text, name)
        }
      },
      print: { choice in
        switch choice {
        case .uniform: "uniform"
        case .zipf(let exponent): "zipf \(share.print(exponent))"
        case .hot(let keys, let operations): "hot \(share.print(keys)) \(share.print(operations))"
        }
      })
  }()
}

extension ValueForm where Value == PayloadDistribution {
  static let payload: Self = {
    let size = ValueForm<Int>.bytes(0...64 << 20)
    let name = "a size such as 64KiB (units: B, KiB, MiB), uniform 64B-1KiB or mixed 90% 100B 10% 4KiB"
    return ValueForm(
      name: name,
      parse: { text throws(InputError) in
        let words = text.split(separator: " ").map(String.init)
        let rest = words.dropFirst()
        switch words.first {
        case "constant": return .constant(try size.parse(rest.joined(separator: " ")))
        case "uniform":
          let ends = rest.joined(separator: " ").split(separator: "-", omittingEmptySubsequences: false)
          guard ends.count == 2 else { throw refusal(of: text, name) }
          let (low, high) = (try size.parse(ends[0].trimmed), try size.parse(ends[1].trimmed))
          guard low <= high else { throw InputError("\(excerpt(text)) ends before it begins") }
          return .uniform(low...high)
        case "mixed": return try mixture(text, Array(rest), size, name)
        default:
          guard Quantity(text) != nil else { throw refusal(of: text, name) }
          return .constant(try size.parse(text))
        }
      },
      print: { payload in
        switch payload {
        case .constant(let bytes): size.print(bytes)
        case .uniform(let range): "uniform \(size.print(range.lowerBound))-\(size.print(range.upperBound))"
        case .mixed(let parts):
          "mixed " + parts.map { "\(percent($0.millionths)) \(size.print($0.bytes))" }.joined(separator: " ")
        }
      })
  }()

  private static func mixture(
    _ text: String, _ words: [String], _ size: ValueForm<Int>, _ name: String
  ) throws(InputError) -> PayloadDistribution {
    guard words.count >= 2, words.count.isMultiple(of: 2) else { throw refusal(of: text, name) }
    var parts: [PayloadDistribution.Part] = []
    for place in stride(from: 0, to: words.count, by: 2) {
      let share = Quantity(words[place])?.whole(in: ["": 1_000_000, "%": 10_000])
      guard let share, (1...1_000_000).contains(share) else {
        throw refusal(of: words[place], "a share of at most 1, in whole millionths, that is not 0")
      }
      parts.append(.init(millionths: Int(share), bytes: try size.parse(words[place + 1])))
    }
    let sum = parts.reduce(0) { $0 + $1.millionths }
    guard sum == 1_000_000 else { throw InputError("the shares in \(excerpt(text)) add up to \(percent(sum))") }
    return .mixed(parts)
  }

  private static func percent(_ millionths: Int) -> String {
    ValueForm<Double>.probability.print(Double(millionths) / 10_000) + "%"
  }
}

extension ValueForm where Value == Bursts {
  static let bursts: Self = {
    let name = "bursts such as 5x for 100ms every 1s"
    let time = ValueForm<Duration>.positiveDuration
    return ValueForm(
      name: name,
      parse: { text throws(InputError) in
        let words = text.split(separator: " ").map(String.init)
        guard words.count == 5, words[1] == "for", words[3] == "every",
          let factor = Quantity(words[0])?.real(in: ["x": 0]), factor >= 0
        else { throw refusal(of: text, name) }
        let (length, period) = (try time.parse(words[2]), try time.parse(words[4]))
        guard length < period else { throw InputError("\(excerpt(text)) is one burst without end") }
        let most = Double(period.nanoseconds) / Double(length.nanoseconds)
        guard factor <= most else {
          throw InputError(
            "\(excerpt(text)) is more than all operations; at most \(ValueForm<Double>.probability.print(most))x")
        }
        return Bursts(factor: factor, length: length, period: period)
      },
      print: {
        "\(ValueForm<Double>.probability.print($0.factor))x for \(time.print($0.length)) every \(time.print($0.period))"
      })
  }()
}
