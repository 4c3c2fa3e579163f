import Foundation

/// One line of a trace, as people read it.
public struct TraceLine {
  private let fields: [String: Any]

  public init(_ line: String) {
    let object = try? JSONSerialization.jsonObject(with: Data(line.utf8))
    fields = object as? [String: Any] ?? [:]
  }

  /// What happens all the time, and is in nobody's summary.
  private static let routine: Set = ["sent", "delivered", "dropped", "timer", "synced", "step", "begin", "end"]

  /// Faults and changes of leadership with their time and replica; nil for everything else.
  public var landmark: String? {
    guard let event = fields["event"] as? String, !Self.routine.contains(event), let time = fields["t"] as? Int else {
      return nil
    }
    let milliseconds = String(format: "%12.3f ms", Double(time) / 1e6)
    let node = (fields["node"] as? Int).map { "n\($0)" } ?? ""
    return "\(milliseconds)  \(node.padding(toLength: 4, withPad: " ", startingAt: 0))\(event)"
  }
}
