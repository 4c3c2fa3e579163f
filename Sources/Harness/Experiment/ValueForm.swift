/// How the values of an input are written: in one canonical way, and read in several.
struct ValueForm<Value: Sendable>: Sendable {
  /// What a value is, for messages and documentation, as in "a duration such as 15ms".
  let name: String
  let parse: @Sendable (String) throws(InputError) -> Value
  /// Two equal values have one text, which `parse` reads back.
  let print: @Sendable (Value) -> String
  /// In a file it may be written as a list too.
  var isList = false

  /// The error that says `text` is none of this; and which of `words` was meant, if its first word is near one.
  static func refusal(of text: String, _ name: String, among words: [String] = []) -> InputError {
    let first = text.split(separator: " ").first.map(String.init) ?? ""
    let hint = NearestName.hint(for: first, among: words)
    return InputError("\(text.isEmpty ? "nothing" : excerpt(text)) is not \(name)\(hint)")
  }

  /// The same of a share that must be in `range`; whoever left out its percent sign hears of it.
  static func refusal(ofShare text: String, _ name: String, _ range: ClosedRange<Double>) -> InputError {
    let isPercent = Quantity(text)?.real(in: ["": -2]).map { range.contains($0) && $0 > 0 } ?? false
    return InputError(refusal(of: text, name).description + (isPercent ? "; did you mean \(text)%?" : ""))
  }
}

extension ValueForm {
  /// Values of this form, or none, written as `word`.
  func or(_ word: String) -> ValueForm<Value?> {
    ValueForm<Value?>(
      name: "\(name), or \(word)",
      parse: { text throws(InputError) in
        if text == word { return nil }
        guard Quantity(text) != nil else { throw Self.refusal(of: text, "\(name), or \(word)") }
        return try parse(text)
      },
      print: { $0.map(print) ?? word })
  }
}

extension ValueForm where Value == Int {
  static func count(_ range: ClosedRange<Int>, zero: String? = nil) -> Self {
    let name = "a whole number between \(range.lowerBound) and \(range.upperBound)" + (zero.map { ", or \($0)" } ?? "")
    return ValueForm(
      name: name,
      parse: { text throws(InputError) in
        if text == zero { return 0 }
        guard let value = Quantity(text)?.whole(in: ["": 1, "k": 1_000, "M": 1_000_000]), range.contains(Int(value))
        else { throw refusal(of: text, name) }
        return Int(value)
      },
      print: { $0 == 0 ? zero ?? "0" : "\($0)" })
  }

  static func bytes(_ range: ClosedRange<Int>) -> Self {
    let name = "a size such as 64KiB (units: B, KiB, MiB)"
    let print: @Sendable (Int) -> String = { value in
      for (factor, unit) in [(1 << 20, "MiB"), (1 << 10, "KiB")] where value >= factor && value % factor == 0 {
        return "\(value / factor)\(unit)"
      }
      return "\(value)B"
    }
    return ValueForm(
      name: name,
      parse: { text throws(InputError) in
        guard let value = Quantity(text)?.whole(in: ["B": 1, "KiB": 1 << 10, "MiB": 1 << 20]) else {
          throw refusal(of: text, name)
        }
        guard range.contains(Int(value)) else {
          throw refusal(of: text, "between \(print(range.lowerBound)) and \(print(range.upperBound))")
        }
        return Int(value)
      },
      print: print)
  }
}

extension ValueForm where Value == UInt64 {
  static let bandwidth: Self = {
    let units = ["bit/s": 1, "kbit/s": 1_000, "Mbit/s": 1_000_000, "Gbit/s": 1_000_000_000] as [String: Int64]
    let name = "a bandwidth such as 10Gbit/s (units: bit/s, kbit/s, Mbit/s, Gbit/s)"
    return ValueForm(
      name: name,
      parse: { text throws(InputError) in
        guard let value = Quantity(text)?.whole(in: units) else { throw refusal(of: text, name) }
        guard (1_000...1_000_000_000_000_000).contains(value) else {
          throw refusal(of: text, "between 1kbit/s and 1000000Gbit/s")
        }
        return UInt64(value)
      },
      print: { value in
        for unit in ["Gbit/s", "Mbit/s", "kbit/s"] {
          let factor = UInt64(units[unit]!)
          if value >= factor, value % factor == 0 { return "\(value / factor)\(unit)" }
        }
        return "\(value)bit/s"
      })
  }()
}

extension ValueForm where Value == Double {
  static let probability: Self = {
    let name = "a probability between 0 and 1"
    return ValueForm(
      name: name,
      parse: { text throws(InputError) in
        guard let value = Quantity(text)?.real(in: ["": 0, "%": -2]), (0...1).contains(value) else {
          throw refusal(ofShare: text, name, 0...1)
        }
        return value
      },
      print: { shortest($0) })
  }()

  /// Per second.
  static let rate: Self = {
    let name = "a rate such as 10k/s (units: /s, k/s, M/s)"
    return ValueForm(
      name: name,
      parse: { text throws(InputError) in
        guard let value = Quantity(text)?.real(in: ["/s": 0, "k/s": 3, "M/s": 6]) else {
          throw refusal(of: text, name)
        }
        guard (0.001...100_000_000).contains(value) else { throw refusal(of: text, "between 0.001/s and 100M/s") }
        return value
      },
      print: { shortest($0) + "/s" })
  }()

  /// The mean length of a burst of losses.
  static let burst: Self = {
    let name = "a number between 1 and 1000000"
    return ValueForm(
      name: name,
      parse: { text throws(InputError) in
        guard let value = Quantity(text)?.real(in: ["": 0]), (1...1_000_000).contains(value) else {
          throw refusal(of: text, name)
        }
        return value
      },
      print: { shortest($0) })
  }()

  /// Times something else.
  static let factor: Self = {
    let name = "a factor such as 10x"
    return ValueForm(
      name: name,
      parse: { text throws(InputError) in
        guard let value = Quantity(text)?.real(in: ["x": 0]) else { throw refusal(of: text, name) }
        guard (0.001...1_000_000).contains(value) else { throw refusal(of: text, "between 0.001x and 1000000x") }
        return value
      },
      print: { shortest($0) + "x" })
  }()

  /// A share in percent, to a millionth of one.
  static func percent(_ share: Double) -> String { shortest((share * 100_000_000).rounded() / 1_000_000) + "%" }

  private static func shortest(_ value: Double) -> String {
    if value == value.rounded(), abs(value) < 1e15 { return "\(Int64(value))" }
    return "\(value)"
  }
}

extension ValueForm where Value == Bool {
  static let flag = ValueForm(
    name: "yes or no",
    parse: { text throws(InputError) in
      switch text {
      case "yes", "true": true
      case "no", "false": false
      default: throw refusal(of: text, "yes or no")
      }
    },
    print: { $0 ? "yes" : "no" })
}

extension ValueForm where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
  static var choice: Self {
    let names = Value.allCases.map(\.rawValue)
    return ValueForm(
      name: "one of " + names.joined(separator: ", "),
      parse: { text throws(InputError) in
        guard let value = Value(rawValue: text) else {
          throw refusal(of: text, "one of " + names.joined(separator: ", "), among: names)
        }
        return value
      },
      print: { $0.rawValue })
  }
}
