import Consensus
import Faults
import TCPRuntime

/// What a replica of a real cluster is told to do to what it sends its peers, as a line of its control channel.
///
/// ```
/// 7 cut n1 n2
/// 8 cut none
/// 9 link n1 n2: loss 0.05, burst 4, delay 5ms, delay uniform 1ms-2ms, retransmission 200ms, session-timeout 1s, reconnect 50ms
/// 10 link n0: real
/// ```
///
/// Each says everything about its links, so that it may be said again. What is not named is as in a `LinkModel` of nothing;
/// delays add up.
public struct LinkCommand: Hashable, Sendable {
  public enum Order: Hashable, Sendable {
    /// Nothing passes to these and to nobody else, and no session with them opens.
    case cut(NodeSet)
    /// What happens to frames on their way to these; nil: nothing.
    case link(ShapedLink?, to: NodeSet)

    var peers: NodeSet {
      switch self {
      case .cut(let peers), .link(_, let peers): peers
      }
    }
  }

  /// The answer names it.
  public var number: Int
  public var order: Order

  public init(number: Int, _ order: Order) {
    self.number = number
    self.order = order
  }

  public init(_ line: String) throws(InputError) {
    guard let number = Self.number(of: line) else {
      throw InputError("'\(excerpt(line))' does not begin with a number from 1 on")
    }
    let words = line.split(separator: " ", maxSplits: 2).map(String.init)
    let rest = words.count > 2 ? words[2].trimmed : ""
    self.number = number
    switch words.count > 1 ? words[1] : "" {
    case "cut": order = try .cut(rest == "none" ? NodeSet() : ValueForm<NodeSet>.group.parse(rest))
    case "link":
      let parts = rest.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map { $0.trimmed }
      guard parts.count == 2 else { throw InputError("link: a colon has to stand between the peers and what happens") }
      order = .link(try Self.link(parts[1]), to: try ValueForm<NodeSet>.group.parse(parts[0]))
    case let other: throw InputError.unknown("order", other, among: ["cut", "link"])
    }
  }

  /// Nil: the line has none.
  static func number(of line: String) -> Int? {
    line.split(separator: " ").first.flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
  }

  private static func link(_ text: String) throws(InputError) -> ShapedLink? {
    if text == "real" { return nil }
    var model = LinkModel(delay: .constant(.zero))
    var delays: [DelayDistribution] = []
    var seen: Set<String> = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let words = part.split(separator: " ", maxSplits: 1).map(String.init)
      let (word, value) = (words.first ?? "", words.count > 1 ? words[1].trimmed : "")
      guard word == "delay" || seen.insert(word).inserted else { throw InputError("link: '\(word)' is said twice") }
      do throws(InputError) {
        switch word {
        case "loss": model.loss = try ValueForm<Double>.probability.parse(value)
        case "burst": model.burst = try ValueForm<Double>.burst.parse(value)
        case "delay": delays.append(try ValueForm<DelayDistribution>.delay.parse(value))
        case "retransmission": model.retransmission = try ValueForm<Duration>.positiveDuration.parse(value)
        case "session-timeout": model.sessionTimeout = try ValueForm<Duration>.positiveDuration.parse(value)
        case "reconnect": model.reconnect = try ValueForm<Duration>.positiveDuration.parse(value)
        default:
          throw InputError.unknown(
            "word", word,
            among: ["real", "loss", "burst", "delay", "retransmission", "session-timeout", "reconnect"])
        }
      } catch { throw error.at("link") }
    }
    if let reason = FaultSchedule.contradiction(loss: model.loss, burst: model.burst) {
      throw InputError("link: \(reason)")
    }
    return ShapedLink(model, adding: delays)
  }

  /// As the channel carries it; read again, it is the same.
  public var text: String {
    switch order {
    case .cut(let peers): "\(number) cut \(peers.isEmpty ? "none" : ValueForm<NodeSet>.group.print(peers))"
    case .link(let link, let peers):
      "\(number) link \(ValueForm<NodeSet>.group.print(peers)): \(link.map(Self.text) ?? "real")"
    }
  }
  private static func text(_ link: ShapedLink) -> String {
    let duration = ValueForm<Duration>.duration
    let model = link.model
    return
      ([
        "loss \(ValueForm<Double>.probability.print(model.loss))",
        "burst \(ValueForm<Double>.burst.print(model.burst))",
      ]
      + link.delays.map { "delay \(ValueForm<DelayDistribution>.delay.print($0))" } + [
        "retransmission \(duration.print(model.retransmission))",
        "session-timeout \(duration.print(model.sessionTimeout))", "reconnect \(duration.print(model.reconnect))",
      ]).joined(separator: ", ")
  }
}

extension HostedReplica {
  /// Does what a line of the control channel says, and says for the log what came of it, once it holds.
  public func obey(_ line: String) -> String {
    do throws(InputError) {
      let command = try LinkCommand(line)
      try carryOut(command.order)
      return LinkAnswer(number: command.number).text
    } catch {
      return LinkAnswer(number: LinkCommand.number(of: line) ?? 0, refusal: error.description).text
    }
  }
}

/// What a replica's log says about a command.
struct LinkAnswer: Hashable, Sendable {
  /// The command's; 0: it had none.
  var number: Int
  /// Nil: it is done.
  var refusal: String?

  init(number: Int, refusal: String? = nil) {
    self.number = number
    self.refusal = refusal
  }
  var text: String {
    "event=control command=\(number) " + (refusal.map { "result=refused reason=\"\($0)\"" } ?? "result=done")
  }

  /// Nil: the line is about something else.
  init?(_ line: Substring) {
    guard line.contains(" event=control "), let number: Int = LogWords(line).number("command") else { return nil }
    self.number = number
    if let reason = line.firstRange(of: " result=refused reason=") {
      refusal = line[reason.upperBound...].trimmingPrefix("\"").trimmed
      if refusal?.last == "\"" { refusal?.removeLast() }
    }
  }
}
