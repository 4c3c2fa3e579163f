import Foundation
import Measurement

/// The results of all shards of a run as one: what the run would have given in one piece.
public struct ShardMerge: Sendable {
  /// One shard's folder, and what it says of itself.
  private struct Part {
    var folder: String
    var provenance: Provenance
    var plan: Provenance.Plan
    var shard: Shard
  }

  public let tables: ResultTables
  public let provenance: Provenance

  /// Reads `folders`. Refuses what is not exactly every shard of one run, each of them complete, and a folder for the result, `out`, that
  /// overlaps with one of them.
  public init(_ folders: [String], out: String) throws(InputError) {
    try Self.checkPlaces(folders, out)
    var parts: [Part] = []
    for folder in folders { parts.append(try Self.part(folder)) }
    for part in parts.dropFirst() { try Self.check(part, against: parts[0]) }
    parts.sort { $0.shard.index < $1.shard.index }
    try Self.checkNumbers(parts)

    var tables = ResultTables()
    var places: [ConfigurationID: String] = [:]
    // What a run costs can be told only from rows of one build, and only if all of them are there.
    var hasCosts = parts.allSatisfy { $0.provenance.build == parts[0].provenance.build }
    for part in parts {
      let own: ResultTables
      do throws(CSVError) { own = try ResultTables(reading: part.folder) } catch { throw InputError(error.description) }
      let expected = part.shard.share(of: part.plan.configurations)
      guard own.precision.count == expected else {
        throw InputError("\(part.folder): holds \(own.precision.count) configurations instead of \(expected)")
      }
      for row in own.precision {
        if let other = places.updateValue(part.folder, forKey: row.subject.configuration) {
          throw InputError("\(part.folder): holds configuration \(row.subject.configuration), as does \(other)")
        }
      }
      tables.append(own)
      if own.costs.isEmpty { hasCosts = false }
    }
    if !hasCosts { tables.costs = [] }
    guard let provenance = Provenance.merged(parts.map(\.provenance)) else {
      throw InputError("there is nothing to merge")
    }
    self.tables = tables
    self.provenance = provenance
  }

  private static func checkPlaces(_ folders: [String], _ out: String) throws(InputError) {
    let all = folders + [out]
    let places = all.map(place)
    for (index, place) in places.enumerated() {
      for earlier in places.indices.prefix(index) {
        if places[earlier] == place {
          throw InputError(
            index == folders.count
              ? "--out \(out): is the folder of a shard; the result needs one of its own"
              : "\(all[index]): is given twice")
        }
        for (inner, outer) in [(index, earlier), (earlier, index)] where places[inner].hasPrefix(places[outer] + "/") {
          throw InputError("\(all[inner]): lies in \(all[outer]), and they would overlap")
        }
      }
    }
  }
  /// The path without symbolic links, as far as it exists.
  private static func place(_ path: String) -> String {
    var existing = URL(fileURLWithPath: path).standardizedFileURL
    var rest: [String] = []
    while existing.path != "/", !FileManager.default.fileExists(atPath: existing.path) {
      rest.insert(existing.lastPathComponent, at: 0)
      existing.deleteLastPathComponent()
    }
    return ([existing.resolvingSymlinksInPath().path] + rest).joined(separator: "/")
  }

  private static func part(_ folder: String) throws(InputError) -> Part {
    let found: Provenance?
    do throws(FileError) { found = try Provenance(reading: folder) } catch { throw InputError(error.description) }
    guard let found else {
      throw InputError("\(folder)/\(Provenance.fileName): missing; this is not the folder of a run")
    }
    guard let plan = found.plan, let shard = found.shard else {
      throw InputError("\(folder): is not a shard: those are made by 'run' with --shard")
    }
    if found.isComplete == false {
      throw InputError("\(folder): shard \(shard) is unfinished: it was interrupted, or is still going on")
    }
    return Part(folder: folder, provenance: found, plan: plan, shard: shard)
  }

  private static func check(_ part: Part, against first: Part) throws(InputError) {
    func demand(_ what: String, _ mine: String, _ others: String) throws(InputError) {
      if mine != others { throw InputError("\(part.folder): has \(what) \(mine), but \(first.folder) has \(others)") }
    }
    let names = [part, first].map { $0.provenance.experiments.map(\.name).joined(separator: ", ") }
    try demand("seed", "\(part.plan.seed)", "\(first.plan.seed)")
    try demand("profile", part.plan.profile, first.plan.profile)
    try demand("experiments", names[0], names[1])
    try demand("commit", part.provenance.commit, first.provenance.commit)
    try demand("a number of shards of", "\(part.shard.count)", "\(first.shard.count)")
    if part.plan != first.plan {
      throw InputError(
        "\(part.folder): has other inputs than \(first.folder): what chooses or changes what is run, such as --protocol or --set, "
          + "must be the same for all shards")
    }
  }

  /// `parts` are sorted.
  private static func checkNumbers(_ parts: [Part]) throws(InputError) {
    for (part, next) in zip(parts, parts.dropFirst()) where part.shard == next.shard {
      throw InputError("\(next.folder): is shard \(next.shard), as is \(part.folder)")
    }
    guard let count = parts.first?.shard.count else { throw InputError("there is nothing to merge") }
    let missing = (1...count).filter { index in !parts.contains { $0.shard.index == index } }
    if let first = missing.first {
      let more = missing.count > 1 ? ", and \(missing.count - 1) more" : ""
      throw InputError("shard \(first)/\(count) is missing\(more)")
    }
  }
}

extension Shard {
  /// `experiments` with only the configurations that are this shard's; one without any stays, empty.
  public func part(of experiments: [Experiment]) -> [Experiment] {
    var position = 0
    return experiments.map { experiment in
      var experiment = experiment
      experiment.points = experiment.points.filter { _ in
        defer { position += 1 }
        return contains(position)
      }
      return experiment
    }
  }
}

extension Provenance.Plan {
  /// What a run of `experiments` in one piece would be.
  public init(_ experiments: [Experiment], seed: UInt64, profile: String, onlyTrial: Int? = nil) {
    let points = experiments.flatMap(\.points)
    let inputs = points.map { point in
      let precision = point.precision?.description ?? "none"
      return (
        key: point.subject.configuration.description,
        value: "\(onlyTrial.map { "trial \($0)" } ?? "\(point.trials) trials"), precision \(precision)"
      )
    }
    self.init(seed: seed, profile: profile, configurations: points.count, inputs: Fingerprint(of: inputs))
  }
}
