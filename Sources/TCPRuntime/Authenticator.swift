import Crypto

/// Proves to the other end of a connection that this end belongs to the cluster, and judges the other's proof.
public protocol Authenticator: Sendable {
  /// For `transcript` alone: what the two ends said to each other, nonces included.
  func proof(of transcript: [UInt8]) -> [UInt8]
  func accepts(_ proof: ArraySlice<UInt8>, of transcript: [UInt8]) -> Bool
}

/// A secret that all replicas and clients of a cluster know: HMAC-SHA256 (RFC 2104, FIPS 198-1).
///
/// It keeps strangers out. It hides nothing, and does not keep those who can change packets on their way from doing so.
public struct SharedSecret: Authenticator, CustomStringConvertible {
  /// 112 bits are the least that SP 800-131A lets a key for HMAC have; this is the next power of two.
  public static let minimumBytes = 16

  private let key: SymmetricKey

  /// Nil: it is too short.
  public init?(_ secret: [UInt8]) {
    guard secret.count >= Self.minimumBytes else { return nil }
    key = SymmetricKey(data: secret)
  }

  public func proof(of transcript: [UInt8]) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: transcript, using: key))
  }
  public func accepts(_ proof: ArraySlice<UInt8>, of transcript: [UInt8]) -> Bool {
    HMAC<SHA256>.isValidAuthenticationCode(proof, authenticating: transcript, using: key)
  }
  public var description: String { "a shared secret" }
}

/// What the two ends of one connection have said to each other, as far as a proof covers it.
///
/// Each end proves that it knows the secret by what depends on both greetings, the nonces in them, and on which end it is: neither
/// what was heard on another connection nor what was heard from the other end serves. Who dialed proves first, so that a stranger
/// learns nothing that it could try its guesses on.
struct Greetings {
  private let isDialer: Bool
  /// The bodies of the two frames.
  var own: [UInt8] = []
  var other: [UInt8] = []

  init(isDialer: Bool) { self.isDialer = isDialer }

  func transcript(isOwn: Bool) -> [UInt8] {
    let (dialer, acceptor) = isDialer ? (own, other) : (other, own)
    let prover: UInt8 = isOwn == isDialer ? 1 : 2
    // Each greeting says its own lengths: no other pair reads the same.
    return [prover] + dialer + acceptor
  }
  static func nonce() -> [UInt8] {
    var random = SystemRandomNumberGenerator()
    return (0..<Hello.nonceBytes).map { _ in UInt8.random(in: 0...255, using: &random) }
  }
}
