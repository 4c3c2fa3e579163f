import Consensus
import Foundation
import Simulator
import TCPRuntime
import Yams

/// A real cluster as a file describes it, the same file for all its replicas.
public struct NodeFile: Sendable {
  /// Where a replica listens, as its peers and clients find it.
  public typealias Address = Endpoint
  public enum JournalKind: String, Hashable, Sendable, CaseIterable {
    case file
    /// Nothing outlives the process: for measurements, and never for data.
    case memory
  }

  /// What becomes of bytes that were written and not synced.
  public enum DiskKind: String, Hashable, Sendable, CaseIterable {
    /// A process that is killed leaves them to the kernel.
    case system
    /// They die with the process, as in a power failure.
    case volatile
    /// The same, and syncs do nothing but say that they did: who trusts such a disk loses what it acknowledged.
    case lying
  }

  public var cluster: String
  public var variant: ProtocolVariant
  /// By the replicas' numbers, from 0 on.
  public var addresses: [Address]
  public var journal: JournalKind
  /// The folder that holds a folder for each replica; nil only without files.
  public var data: String?
  public var disk: DiskKind
  /// The address that a replica binds, with the port that `addresses` gives it.
  public var listen: String
  /// What peers and clients must prove; nil: nothing.
  private(set) var secret: SharedSecret?
  var settings: ExperimentSettings

  static let ownKeys = ["cluster", "protocol", "replicas", "journal", "data", "disk-model", "listen", "secret-file"]
  private static let loopback = "127.0.0.1"

  /// Reads a file; `name` is how messages name it.
  ///
  /// `defaults`: the text of an `environment.yaml`, for the keys that the file does not set; nil: it must set all that count.
  public init(
    _ text: String, file name: String, defaults: String?, catalogue: [ProtocolVariant]
  ) throws(InputError) {
    let yaml = YAMLReader(file: name)
    var reader = LayerReader(yaml: yaml, otherKeys: Self.ownKeys)
    var cluster: String?
    var variant: ProtocolVariant?
    var addresses: [Address] = []
    var journal = JournalKind.file
    var disk = DiskKind.system
    var data: String?
    var listen = Self.loopback
    var secret: SharedSecret?
    for entry in try yaml.entries(of: yaml.document(text)) {
      switch entry.key {
      case "cluster": cluster = try yaml.name(entry.value)
      case "protocol":
        let asked = try yaml.scalar(entry.value, "protocol")
        guard let found = catalogue.first(where: { $0.name == asked }) else {
          throw yaml.error(
            entry.value, InputError.unknown("protocol", asked, among: catalogue.map(\.name)).description)
        }
        variant = found
      case "replicas":
        addresses = try yaml.list(entry.value, "replicas") { node throws(InputError) in try Self.address(node, yaml) }
      case "journal": journal = try yaml.value(entry.value, "journal", .choice)
      case "disk-model": disk = try yaml.value(entry.value, "disk-model", .choice)
      case "data": data = try yaml.scalar(entry.value, "data")
      case "listen": listen = try yaml.scalar(entry.value, "listen")
      case "secret-file": secret = try Self.secret(entry.value, yaml)
      default: try reader.read(entry)
      }
    }
    let layer = try reader.finished()
    guard let cluster else { throw InputError("\(name): 'cluster' is missing: what is the cluster's name?") }
    guard let variant else { throw InputError("\(name): 'protocol' is missing: which one do the replicas run?") }
    self.cluster = cluster
    self.variant = variant
    self.addresses = addresses
    self.journal = journal
    self.disk = disk
    self.data = data
    self.listen = listen
    self.secret = secret
    settings = try Self.settings(layer, name, defaults)
    settings.environment.replicas = max(1, addresses.count)
    try check(name)
  }

  /// A cluster whose journals are files, on addresses of this machine.
  init(
    cluster: String, variant: ProtocolVariant, addresses: [Address], data: String, disk: DiskKind,
    environment: Environment
  ) {
    self.cluster = cluster
    self.variant = variant
    self.addresses = addresses
    self.data = data
    self.disk = disk
    journal = .file
    listen = Self.loopback
    settings = ExperimentSettings()
    settings.environment = environment
  }

  private static func settings(
    _ layer: ExperimentLayer, _ name: String, _ defaults: String?
  ) throws(InputError) -> ExperimentSettings {
    for value in layer.values where !ExperimentKey.ofReplicas.contains(value.path) {
      throw InputError(
        "\(value.place): '\(value.path)' decides nothing about a real replica; what does: "
          + ExperimentKey.ofReplicas.joined(separator: ", "))
    }
    var settings = ExperimentSettings()
    if let defaults {
      for value in try ExperimentFile.environment(defaults, file: "environment.yaml").values {
        try value.apply(to: &settings)
      }
    } else if let missing = ExperimentKey.ofReplicas.first(where: { path in !layer.values.contains { $0.path == path } }
    ) {
      throw InputError("\(name): '\(missing)' is missing, and there is no Benchmarks/environment.yaml to take it from")
    }
    for value in layer.values { try value.apply(to: &settings) }
    return settings
  }

  private func check(_ name: String) throws(InputError) {
    let limit = variant.fixedReplicas ?? 64
    guard (1...limit).contains(addresses.count) else {
      let reason = addresses.isEmpty ? "is missing: where do they listen?" : "names \(addresses.count)"
      throw InputError("\(name): 'replicas' \(reason) (\(variant.name) runs on at most \(limit))")
    }
    for (index, address) in addresses.enumerated() where addresses[..<index].contains(address) {
      throw InputError("\(name): replicas: \(address) is listed twice")
    }
    if secret == nil, !Self.isLoopback(listen) {
      throw InputError(
        "\(name): listen: without a 'secret-file' a replica listens on loopback only, and '\(listen)' is not")
    }
    if journal == .file, data?.isEmpty ?? true {
      throw InputError("\(name): 'data' is missing: in which folder do the journals lie? (or journal: memory)")
    }
    if let (key, reason) = settings.contradiction() ?? settings.tooLong, ExperimentKey.ofReplicas.contains(key) {
      throw InputError("\(name): \(key): \(reason)")
    }
  }

  private static func isLoopback(_ host: String) -> Bool {
    host == "localhost" || host == "::1" || host.hasPrefix("127.")
  }

  /// The contents of the file that is named, but for the end of its last line.
  private static func secret(_ node: Node, _ yaml: YAMLReader) throws(InputError) -> SharedSecret {
    let path = try yaml.scalar(node, "secret-file")
    guard var bytes = FileManager.default.contents(atPath: path).map({ Array($0) }) else {
      throw yaml.error(node, "secret-file: \(excerpt(path)) cannot be read")
    }
    while let last = bytes.last, last == 10 || last == 13 { bytes.removeLast() }
    guard let secret = SharedSecret(bytes) else {
      throw yaml.error(
        node,
        "secret-file: \(excerpt(path)) has \(bytes.count) bytes, and at least \(SharedSecret.minimumBytes) are needed")
    }
    return secret
  }

  private static func address(_ node: Node, _ yaml: YAMLReader) throws(InputError) -> Address {
    let text = try yaml.scalar(node, "replicas")
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (1...65_535).contains(port), colon > text.startIndex
    else { throw yaml.error(node, "replicas: '\(excerpt(text))' is no address such as 10.0.0.1:7000") }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    return Address(host: host, port: port)
  }

  /// As a file says it; read again, it is the same.
  public var text: String {
    var lines = ["cluster: \(cluster)", "protocol: \(variant.name)", "replicas:"]
    lines += addresses.map { "  - \"\($0)\"" }
    lines += ["journal: \(journal.rawValue)", "disk-model: \(disk.rawValue)", "listen: \"\(listen)\""]
    if let data { lines.append("data: \"\(data)\"") }
    for section in ExperimentKey.sections {
      let keys = ExperimentKey.all.filter {
        ExperimentKey.ofReplicas.contains($0.path) && $0.path.hasPrefix(section + ".")
      }
      if keys.isEmpty { continue }
      lines.append("\(section):")
      lines += keys.map { "  \($0.path.dropFirst(section.count + 1)): \($0.text(settings))" }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
