import NIOCore

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// How long a connection outlives the other end's host.
///
/// A host that is gone says nothing, and whoever came up again elsewhere is found only when it is dialed again. TCP's own patience is a
/// quarter of an hour (Linux: tcp_retries2), and without data it has no end. A process that hangs is another matter: its kernel answers.
enum Liveness {
  /// Seconds without data after which the other end's kernel is asked, and then between questions.
  private static let idle: CInt = 5
  private static let interval: CInt = 1
  private static let questions: CInt = 5
  /// Seconds after which what was sent must have been taken.
  private static let patience: CInt = 10

  #if canImport(Darwin)
  private static let options = [
    (TCP_KEEPALIVE, idle), (TCP_KEEPINTVL, interval), (TCP_KEEPCNT, questions), (TCP_RXT_CONNDROPTIME, patience),
  ]
  #else
  private static let options = [
    (TCP_KEEPIDLE, idle), (TCP_KEEPINTVL, interval), (TCP_KEEPCNT, questions), (TCP_USER_TIMEOUT, patience * 1_000),
  ]
  #endif

  static func watch(_ channel: any Channel) {
    guard let set = channel.syncOptions else { return }
    // What the system does not know it does not do: the connection works without.
    try? set.setOption(.socketOption(.so_keepalive), value: 1)
    for (name, value) in options { try? set.setOption(.tcpOption(.init(rawValue: name)), value: Int(value)) }
  }
}
