import Consensus
import Faults

/// A target, and what is said of it behind its name.
private func split<Value>(
  _ text: String, _ form: ValueForm<Value>, _ name: String
) throws(InputError) -> (target: FaultTarget, value: Value) {
  let words = text.split(separator: " ").map(String.init)
  guard words.count > 1 else { throw ValueForm<Value>.refusal(of: text, name) }
  let target = try ValueForm<FaultTarget>.target.parse(words[0])
  return (target, try form.parse(words.dropFirst().joined(separator: " ")))
}

extension ValueForm where Value == (target: FaultTarget, speed: DiskSpeed) {
  static var diskSpeed: Self {
    let name = "a replica and a factor or a time, such as leader 10x or n1 5ms"
    return ValueForm(
      name: name,
      parse: { text throws(InputError) in
        if text.hasSuffix("x") {
          let (target, factor) = try split(text, .factor, name)
          return (target, .factor(factor))
        }
        let (target, time) = try split(text, .writeTime, name)
        return (target, .write(time))
      },
      print: { value in
        let speed =
          switch value.speed {
          case .factor(let factor): ValueForm<Double>.factor.print(factor)
          case .write(let time): ValueForm<DelayDistribution>.delay.print(time)
          }
        return ValueForm<FaultTarget>.target.print(value.target) + " " + speed
      })
  }
}

extension ValueForm where Value == DelayDistribution {
  /// Where a factor might stand instead, so that whoever leaves out its x hears of it.
  fileprivate static let writeTime = ValueForm(
    name: delay.name,
    parse: { text throws(InputError) in
      guard Quantity(text)?.unit != "" else { throw refusal(of: text, "a factor such as 10x, or a time such as 5ms") }
      return try delay.parse(text)
    },
    print: delay.print)
}

extension ValueForm where Value == (target: FaultTarget, factor: Double) {
  static var processorFactor: Self {
    let name = "a replica and a factor, such as leader 10x"
    return ValueForm(
      name: name,
      parse: { text throws(InputError) in
        let (target, factor) = try split(text, .factor, name)
        return (target, factor)
      },
      print: { ValueForm<FaultTarget>.target.print($0.target) + " " + ValueForm<Double>.factor.print($0.factor) })
  }
}

extension ValueForm where Value == (target: FaultTarget?, delay: DelayDistribution) {
  static var addedDelay: Self {
    let name = "a time such as 5ms, or a replica and a time such as leader 5ms"
    return ValueForm(
      name: name,
      parse: { text throws(InputError) in
        let first = text.split(separator: " ").first.map(String.init) ?? ""
        guard (try? ValueForm<FaultTarget>.target.parse(first)) != nil else {
          guard let delay = try? ValueForm<DelayDistribution>.delay.parse(text) else {
            throw refusal(of: text, name, among: ["leader", "follower"])
          }
          return (nil, delay)
        }
        let (target, delay) = try split(text, .delay, name)
        return (target, delay)
      },
      print: { value in
        (value.target.map { ValueForm<FaultTarget>.target.print($0) + " " } ?? "")
          + ValueForm<DelayDistribution>.delay.print(value.delay)
      })
  }
}

extension ValueForm where Value == (links: FlappingLinks, period: Duration) {
  static var flapping: Self {
    let name = "a replica or two and a period, such as leader 200ms or n0 n1 200ms"
    return ValueForm(
      name: name,
      parse: { text throws(InputError) in
        var words = text.split(whereSeparator: { $0 == " " || $0 == "," }).map(String.init)
        guard words.count == 2 || words.count == 3 else { throw refusal(of: text, name) }
        let period = try ValueForm<Duration>.positiveDuration.parse(words.removeLast())
        if words.count == 1 { return (.target(try ValueForm<FaultTarget>.target.parse(words[0])), period) }
        let (a, b) = try ValueForm<(from: NodeID, to: NodeID)>.path.parse(words.joined(separator: " "))
        return (.pair(a, b), period)
      },
      print: { value in
        let links =
          switch value.links {
          case .target(let target): ValueForm<FaultTarget>.target.print(target)
          case .pair(let a, let b): "\(a) \(b)"
          }
        return links + " " + ValueForm<Duration>.duration.print(value.period)
      })
  }
}

extension ValueForm where Value == (one: [FaultTarget], other: [FaultTarget]) {
  static var groups: Self {
    let name = "two groups of replicas such as leader | n1 n2"
    return ValueForm(
      name: name,
      parse: { text throws(InputError) in
        var groups: [[FaultTarget]] = []
        for part in text.split(separator: "|", omittingEmptySubsequences: false) {
          var group: [FaultTarget] = []
          for word in part.split(whereSeparator: { $0 == " " || $0 == "," }) {
            group.append(try ValueForm<FaultTarget>.target.parse(String(word)))
          }
          groups.append(group)
        }
        guard groups.count == 2, groups.allSatisfy({ !$0.isEmpty }) else { throw refusal(of: text, name) }
        return (groups[0], groups[1])
      },
      print: { value in
        [value.one, value.other].map { $0.map(ValueForm<FaultTarget>.target.print).joined(separator: " ") }
          .joined(separator: " | ")
      })
  }
}
