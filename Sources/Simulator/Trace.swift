import Consensus
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
  func synced(_ time: Int64, _ position: UInt64, _ node: NodeID) {
    write(#"{"t":\#(time),"event":"synced","node":\#(node.index),"position":\#(position)}"#)
  }
  func fault(_ time: Int64, _ what: String, _ node: NodeID?) {
    write(#"{"t":\#(time),"event":\#(quoted(what))\#(node.map { ",\"node\":\($0.index)" } ?? "")}"#)
  }
  func stepped<Core: ConsensusProtocol>(_ time: Int64, _ node: NodeID, _ core: borrowing Core) {
    let status = core.status
    let fields = core.inspect().map { ",\(quoted($0.name)):\($0.value)" }.joined()
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
  private func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}

/// Sixteen hexadecimal digits.
public func hexadecimal(_ word: UInt64) -> String {
  let digits = String(word, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
