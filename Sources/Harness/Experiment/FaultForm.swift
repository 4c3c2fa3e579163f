import Consensus
import Faults

/// One kind of fault as an experiment file writes it: its word, what stands behind it, and how long it lasts.
public struct FaultForm: Sendable {
  /// Whether `for` must, may or must not be given.
  enum Length: Sendable { case required, optional, refused }

  /// The word that names it.
  public let name: String
  /// What stands behind the word.
  public let form: String
  /// One sentence.
  public let meaning: String
  let length: Length
  /// Reads what stands behind the word, and gives it back in canonical form.
  private let read: @Sendable (String, Duration?) throws(InputError) -> (fault: Fault, text: String)

  private init<Value>(
    _ name: String, _ form: ValueForm<Value>, _ length: Length, _ meaning: String,
    _ make: @escaping @Sendable (Value, Duration?) -> Fault
  ) {
    self.name = name
    self.form = form.name
    self.meaning = meaning
    self.length = length
    read = { text, length throws(InputError) in
      let value = try form.parse(text)
      return (make(value, length), form.print(value))
    }
  }

  /// Every kind of fault.
  public static let all: [FaultForm] = [
    .init("crash", .target, .optional, "The process dies with what its disk had not yet got.") {
      .crash($0, downtime: $1)
    },
    .init(
      "crash-all", .positiveDuration, .refused, "All crash at once, and come back one after the other in steps of this."
    ) {
      step, _ in .crashAll(downtime: step)
    },
    .init("restart", .node, .refused, "A crashed process comes back.") { node, _ in .restart(.node(node)) },
    .init("pause", .target, .required, "The process stands still, and then goes on as if nothing had happened.") {
      .pause($0, $1 ?? .zero)
    },
    .init("partition", .group, .optional, "Nothing passes between these replicas and the others.") {
      .partition($0, for: $1)
    },
    .init("isolate", .target, .optional, "Nothing passes to or from it.") { .isolate($0, for: $1) },
    .init("cut", .path, .optional, "Nothing passes from the first to the second; the other way is open.") {
      .cut(from: $0.from, to: $0.to, for: $1)
    },
    .init("mute-inbound", .target, .optional, "Nothing reaches it.") { .mute($0, inbound: true, for: $1) },
    .init("mute-outbound", .target, .optional, "Nothing that it sends leaves.") { .mute($0, inbound: false, for: $1) },
    .init("heal", .everything, .refused, "Ends every partition, cut and isolation.") { _, _ in .heal },
    .init("loss", .probability, .optional, "Transmissions are lost with this probability.") { .loss($0, for: $1) },
    .init("burst", .burst, .optional, "So many transmissions are lost in a row, on average.") {
      .change(.burst($0), for: $1)
    },
    .init(
      "delay", .addedDelay, .optional,
      "Every message takes so much longer; if a replica is named, every one between it and the other replicas."
    ) {
      .change(.delay($0.target, $0.delay), for: $1)
    },
    .init(
      "bandwidth", ValueForm<UInt64>.bandwidth.or("unlimited"), .optional, "What one replica can send to its peers."
    ) {
      .change(.bandwidth($0), for: $1)
    },
    .init(
      "partial-partition", .groups, .optional,
      "Nothing passes between the two groups; both reach all others, and each its own."
    ) {
      .partialPartition($0.one, $0.other, for: $1)
    },
    .init(
      "flap", .flapping, .optional,
      "All links of a replica, or the link between two, go down for half of the period and up for the other, over and over."
    ) {
      .flap($0.links, period: $0.period, for: $1)
    },
    .init("disk-stall", .target, .required, "Nothing that it writes becomes durable; afterwards it does.") {
      .stallDisk($0, $1 ?? .zero)
    },
    .init("slow-disk", .diskSpeed, .optional, "Its writes take so many times as long, or so long.") {
      .change(.disk($0.target, $0.speed), for: $1)
    },
    .init("slow-cpu", .processorFactor, .optional, "Its processor takes so many times as long for everything.") {
      .change(.processor($0.target, $0.factor), for: $1)
    },
    .init("transfer", .target, .refused, "An operator asks the leader to hand over to it.") { target, _ in
      .transfer(to: target)
    },
    .init("star", .target, .optional, "Only its links are left: the others reach it, and not each other.") {
      .star($0, for: $1)
    },
    .init("clock-rate", .processorFactor, .optional, "Its clock runs so many times as fast; timers follow it.") {
      .change(.clock($0.target, $0.factor), for: $1)
    },
    .init("reconnect", .target, .refused, "All its sessions break at once, and may be opened again.") { target, _ in
      .reconnect(target)
    },
    .disk(.tornWrite, "Its power fails in the middle of its next write, and is back after this."),
    .disk(.bitRot, "A bit of what is on its disk flips; its next start finds it."),
    .disk(.staleBlock, "A block of its disk is as it was before its last write; its next start finds it."),
    .disk(.misdirectedWrite, "A block of its disk was written to another place; its next start finds it."),
    .disk(.lostSync, "Its disk says that writes are durable, and they are not; a crash loses them."),
    .disk(.failure, "Its next write fails (EIO), and it halts for good."),
    .disk(.full, "Its disk has no space (ENOSPC), and it is down until it has."),
    .init("old-duplicates", .target, .refused, "Datagrams that once reached it reach it again, however old.") {
      target, _ in .oldDuplicates(target)
    },
  ]
  private static func disk(_ fault: DiskFault, _ meaning: String) -> FaultForm {
    .init(fault.rawValue, .target, fault.lasts ? .required : .refused, meaning) {
      .breakDisk($0, fault, for: $1 ?? .zero)
    }
  }

  /// An entry of a schedule from its texts.
  func entry(
    _ value: String, at: String, for length: String?, every: String? = nil, times: String? = nil
  ) throws(InputError) -> FaultSchedule.Entry {
    let moments = try ValueForm<ClosedRange<Duration>>.moments.parse(at.trimmed)
    let form = ValueForm<Duration>.positiveDuration
    var duration: Duration?
    if let length {
      if self.length == .refused { throw InputError("a fault '\(name)' has no 'for'") }
      duration = try form.parse(length.trimmed)
    } else if self.length == .required {
      throw InputError("a fault '\(name)' needs 'for', how long it lasts")
    }
    let (fault, canonical) = try read(value.trimmed, duration)
    let repetition = try Self.repetition(every, times)
    let when = ValueForm<ClosedRange<Duration>>.moments.print(moments)
    var suffix = duration.map { " for " + form.print($0) } ?? ""
    if let repetition { suffix += " every " + form.print(repetition.every) }
    if let times = repetition?.times { suffix += " \(times) times" }
    var entry = FaultSchedule.Entry(at: moments, fault: fault, text: "\(when) \(name) \(canonical)\(suffix)")
    entry.repetition = repetition
    return entry
  }
  private static func repetition(
    _ every: String?, _ times: String?
  ) throws(InputError) -> FaultSchedule.Repetition? {
    guard let every else {
      if times != nil { throw InputError("'times' needs 'every' beside it: how long after the last time?") }
      return nil
    }
    return FaultSchedule.Repetition(
      every: try ValueForm<Duration>.positiveDuration.parse(every.trimmed),
      times: try times.map { text throws(InputError) in try ValueForm<Int>.count(1...1_000_000).parse(text.trimmed) })
  }
}

extension ValueForm where Value == NodeID {
  static let node = ValueForm(
    name: "a replica, n0 to n63",
    parse: { text throws(InputError) in
      guard text.hasPrefix("n"), let index = UInt8(text.dropFirst()), index < 64, text == "n\(index)" else {
        throw refusal(of: text, "a replica, n0 to n63")
      }
      return NodeID(index)
    },
    print: { $0.description })
}

extension ValueForm where Value == FaultTarget {
  static let target = ValueForm(
    name: "leader, follower, any or a replica, n0 to n63",
    parse: { text throws(InputError) in
      switch text {
      case "leader": return .leader
      case "follower": return .follower
      case "any": return .any
      default:
        if text.hasPrefix("follower-"), let number = Int(text.dropFirst(9)), (2...63).contains(number),
          text == "follower-\(number)"
        {
          return .laterFollower(number)
        }
        guard let node = try? ValueForm<NodeID>.node.parse(text) else {
          throw refusal(of: text, "leader, follower, any or a replica, n0 to n63", among: ["leader", "follower"])
        }
        return .node(node)
      }
    },
    print: { target in
      switch target {
      case .leader: "leader"
      case .follower: "follower"
      case .laterFollower(let number): "follower-\(number)"
      case .any: "any"
      case .node(let node): node.description
      }
    })
}

extension ValueForm where Value == NodeSet {
  static let group = ValueForm(
    name: "replicas such as n0 n1",
    parse: { text throws(InputError) in
      var group = NodeSet()
      for word in text.split(whereSeparator: { $0 == " " || $0 == "," }) {
        group.insert(try ValueForm<NodeID>.node.parse(String(word)))
      }
      if group.isEmpty { throw refusal(of: text, "replicas such as n0 n1") }
      return group
    },
    print: { $0.map(\.description).joined(separator: " ") })
}

extension ValueForm where Value == (from: NodeID, to: NodeID) {
  static var path: Self {
    ValueForm(
      name: "two replicas such as n0 n1",
      parse: { text throws(InputError) in
        let words = text.split(whereSeparator: { $0 == " " || $0 == "," })
        guard words.count == 2, words[0] != words[1] else { throw refusal(of: text, "two replicas such as n0 n1") }
        let node = ValueForm<NodeID>.node
        return (from: try node.parse(String(words[0])), to: try node.parse(String(words[1])))
      },
      print: { "\($0.from) \($0.to)" })
  }
}

extension ValueForm where Value == Void {
  static var everything: Self {
    ValueForm(
      name: "all",
      parse: { text throws(InputError) in if text != "all" { throw refusal(of: text, "all") } },
      print: { _ in "all" })
  }
}
