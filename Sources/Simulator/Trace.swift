import Consensus
import Faults
import Verification

/// Writes a run down, one JSON line per event: first line the seed and configuration, last line the run hash.
struct Trace {
  let write: (String) -> Void

  func begin(_ configuration: SimulationConfiguration, protocolName: String) {
    write(
      #"{"event":"begin","protocol":"\#(protocolName)","seed":\#(configuration.seed),"#
        + #""replicas":\#(configuration.environment.replicas),"link":"\#(configuration.environment.link.kind.rawValue)"}"#
    )
  }
  func sent(_ time: Int64, _ message: String, _ from: NodeID, _ to: NodeID) { link("sent", time, message, from, to) }
  func delivered(_ time: Int64, _ message: String, _ from: NodeID, _ to: NodeID) {
    link("delivered", time, message, from, to)
  }
  func dropped(_ time: Int64, _ message: String, _ from: NodeID, _ to: NodeID) {
    link("dropped", time, message, from, to)
  }
  func expired(_ time: Int64, _ timer: String, _ node: NodeID) {
    write(#"{"t":\#(time),"event":"timer","node":\#(node.index),"timer":\#(quoted(timer))}"#)
  }
  func synced(_ time: Int64, _ position: UInt64, _ records: some Sequence<String>, _ node: NodeID) {
    write(
      #"{"t":\#(time),"event":"synced","node":\#(node.index),"position":\#(position),"records":\#(list(records))}"#)
  }
  /// Recovery starts from this checkpoint now.
  func established(_ time: Int64, _ through: Slot, _ node: NodeID) {
    write(#"{"t":\#(time),"event":"checkpoint","node":\#(node.index),"through":\#(through)}"#)
  }
  /// What a crash left of records that were on their way to the disk, and what not.
  func crashed(_ time: Int64, kept: some Collection<String>, lost: some Collection<String>, _ node: NodeID) {
    if !kept.isEmpty { write(#"{"t":\#(time),"event":"kept","node":\#(node.index),"records":\#(list(kept))}"#) }
    if !lost.isEmpty { write(#"{"t":\#(time),"event":"lost","node":\#(node.index),"records":\#(list(lost))}"#) }
  }
  /// What a client sends, hears other than a reply, or gives up. Opening its session is not told.
  func client(_ time: Int64, _ what: String, _ client: SimulatedClient, _ index: Int, to node: NodeID? = nil) {
    guard client.entry != nil, let command = client.session.outstanding else { return }
    write(
      #"{"t":\#(time),"event":"\#(what)","client":\#(index),"command":"\#(command.id)""#
        + (node.map { #","to":\#($0.index)"# } ?? "") + "}")
  }
  func fault(_ time: Int64, _ what: String, _ node: NodeID?) {
    write(#"{"t":\#(time),"event":\#(quoted(what))\#(node.map { ",\"node\":\($0.index)" } ?? "")}"#)
  }
  /// Blocked or opened, both ways (n0-n1) or one (n0>n1).
  func links(_ time: Int64, _ what: String, _ obstacle: Obstacle) {
    let pairs = Set(obstacle.pairs)
    let links = obstacle.pairs.compactMap { pair in
      let isMutual = pairs.contains(.init(from: pair.to, to: pair.from))
      return isMutual && pair.to < pair.from ? nil : "\(pair.from)\(isMutual ? "-" : ">")\(pair.to)"
    }
    write(
      #"{"t":\#(time),"event":"\#(what) \#(obstacle.pairs.count) links","links":"\#(links.joined(separator: " "))"}"#)
  }
  func stepped<Core: ConsensusProtocol>(_ time: Int64, _ node: NodeID, _ core: borrowing Core) {
    let status = core.status
    let fields = core.inspect().map { ",\(quoted($0.name)):\(UInt64($0.value) == nil ? quoted($0.value) : $0.value)" }
      .joined()
    write(
      #"{"t":\#(time),"event":"step","node":\#(node.index),"role":"\#(status.role)","epoch":\#(status.epoch),"#
        + #""committed":\#(status.committed.number)\#(fields)}"#)
  }
  func end(_ hash: UInt64, _ report: VerificationReport) {
    write(#"{"event":"end","verdict":"\#(report.verdict.rawValue)","hash":"\#(hexadecimal(hash))"}"#)
  }

  private func link(_ event: String, _ time: Int64, _ message: String, _ from: NodeID, _ to: NodeID) {
    write(
      #"{"t":\#(time),"event":"\#(event)","from":\#(from.index),"to":\#(to.index),"message":\#(quoted(message))}"#)
  }
  private func list(_ records: some Sequence<String>) -> String { quoted(records.joined(separator: "; ")) }
  private func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}

/// Sixteen hexadecimal digits.
public func hexadecimal(_ word: UInt64) -> String {
  let digits = String(word, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
