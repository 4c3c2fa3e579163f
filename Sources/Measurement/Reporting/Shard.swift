/// One of several parts of a run, made on its own: `2/4` is the second of four.
///
/// Configurations are dealt like cards, in the order in which a run would take them: the first to shard 1, the second to shard 2, and
/// after the last shard to the first again. Every configuration is in exactly one shard, with all its trials; neighbours, which cost
/// alike, are in different ones.
public struct Shard: Codable, Sendable, Hashable, CustomStringConvertible {
  /// From 1.
  public let index: Int
  public let count: Int

  /// Nil unless `index` is between 1 and `count`.
  public init?(_ index: Int, of count: Int) {
    guard index >= 1, index <= count else { return nil }
    self.index = index
    self.count = count
  }
  /// Reads `2/4`; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let index = Int(parts[0]), let count = Int(parts[1]) else { return nil }
    self.init(index, of: count)
    guard description == text else { return nil }
  }

  public var description: String { "\(index)/\(count)" }

  /// Whether the configuration at `position`, from 0, is its.
  public func contains(_ position: Int) -> Bool { position % count == index - 1 }
  /// How many of `configurations` are its.
  public func share(of configurations: Int) -> Int { (configurations + count - index) / count }
}
