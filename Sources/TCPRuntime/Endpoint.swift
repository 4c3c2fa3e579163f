import NIOCore
import NIOPosix

/// Where a replica is found. A name is looked up each time that it is dialed: what it stands for may not be there yet, and may move.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  public let host: String
  public let port: Int
  /// Nil: `host` is a name.
  private let address: SocketAddress?

  public init(host: String, port: Int) {
    self.host = host
    self.port = port
    address = try? SocketAddress(ipAddress: host, port: port)
  }
  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// The bootstrap's resolver finds what has a name.
  func connect(_ bootstrap: ClientBootstrap) -> EventLoopFuture<any Channel> {
    if let address { bootstrap.connect(to: address) } else { bootstrap.connect(host: host, port: port) }
  }

  /// Whether connecting failed because nobody knows the name: then nobody was dialed.
  static func isUnknown(after error: any Error) -> Bool {
    (error as? NIOConnectionError)?.connectionErrors.isEmpty ?? false
  }
}
