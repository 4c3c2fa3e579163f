import Faults
import Simulator

extension ValueForm where Value == Site {
  private static var reserved: [String] { ["to", "none", "any", "leader", "follower", "everywhere"] }

  static var site: Self {
    let name = "a site such as VA"
    return ValueForm(
      name: name,
      parse: { text throws(InputError) in
        let isPlain = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
        guard isPlain, text.first?.isLetter == true, text.count <= 32, !reserved.contains(text) else {
          throw refusal(of: text, name + ": a word of letters, digits, '-' and '_' that begins with a letter")
        }
        return Site(text)
      },
      print: { $0.name })
  }
}

extension ValueForm where Value == [Site] {
  static let sites = ValueForm(
    name: "sites such as VA OR CA, or none",
    parse: { text throws(InputError) in
      if text == "none" { return [] }
      var sites: [Site] = []
      for word in text.split(whereSeparator: { $0 == " " || $0 == "," }) {
        sites.append(try ValueForm<Site>.site.parse(String(word)))
      }
      if sites.isEmpty { throw refusal(of: text, "sites such as VA OR CA, or none") }
      return sites
    },
    print: { $0.isEmpty ? "none" : $0.map(\.name).joined(separator: " ") }, isList: true)
}

extension ValueForm where Value == Site? {
  static let leaderSite = ValueForm(
    name: "a site such as VA, or any",
    parse: { text throws(InputError) in text == "any" ? nil : try ValueForm<Site>.site.parse(text) },
    print: { $0?.name ?? "any" })
}

extension ValueForm where Value == Geography.ClientPlace {
  static let clientPlace = ValueForm(
    name: "leader, follower, everywhere or a site",
    parse: { text throws(InputError) in
      switch text {
      case "leader": return .leader
      case "follower": return .follower
      case "everywhere": return .everywhere
      default:
        guard let site = try? ValueForm<Site>.site.parse(text) else {
          throw refusal(of: text, "leader, follower, everywhere or a site")
        }
        return .site(site)
      }
    },
    print: { place in
      switch place {
      case .leader: "leader"
      case .follower: "follower"
      case .everywhere: "everywhere"
      case .site(let site): site.name
      }
    })
}

extension ValueForm where Value == SiteDistances {
  /// `VA OR 43ms` is both ways, `VA to OR 43ms` one; sorted by names, and both ways in one where they are equal.
  static let distances: Self = {
    let name = "distances such as VA OR 43ms, VA to CA 32ms, CA to VA 35ms, or none"
    return ValueForm(
      name: name,
      parse: { text throws(InputError) in
        var distances = SiteDistances()
        if text == "none" { return distances }
        for entry in text.split(separator: ",") {
          var words = entry.split(separator: " ").map(String.init)
          let isOneWay = words.count > 1 && words[1] == "to"
          if isOneWay { words.remove(at: 1) }
          guard words.count > 2 else { throw refusal(of: String(entry).trimmed, name) }
          let (from, to) = (try ValueForm<Site>.site.parse(words[0]), try ValueForm<Site>.site.parse(words[1]))
          guard from != to else { throw InputError("\(from) is no distance away from itself; link.delay is for that") }
          let delay = try ValueForm<DelayDistribution>.delay.parse(words.dropFirst(2).joined(separator: " "))
          for (a, b) in isOneWay ? [(from, to)] : [(from, to), (to, from)] {
            guard distances.insert(.init(from: a, to: b, delay)) else {
              throw InputError("the way from \(a) to \(b) is given twice")
            }
          }
        }
        guard !distances.ways.isEmpty else { throw refusal(of: text, name) }
        return distances
      },
      print: { distances in
        let entries = distances.ways.compactMap { way -> String? in
          let isSymmetric = distances[way.to, way.from] == way.delay
          if isSymmetric, way.to < way.from { return nil }
          let delay = ValueForm<DelayDistribution>.delay.print(way.delay)
          return "\(way.from)\(isSymmetric ? "" : " to") \(way.to) \(delay)"
        }
        return entries.isEmpty ? "none" : entries.joined(separator: ", ")
      }, isList: true)
  }()
}

extension ValueForm where Value == GroupCommit {
  static let groupCommit: Self = {
    let name = "natural, none, delay 1ms or delay 1ms count 16"
    return ValueForm(
      name: name,
      parse: { text throws(InputError) in
        let words = text.split(separator: " ").map(String.init)
        switch (words.first, words.count) {
        case ("natural", 1): return .natural
        case ("none", 1): return .none
        case ("delay", 2): return .delay(try ValueForm<Duration>.positiveDuration.parse(words[1]), count: nil)
        case ("delay", 4) where words[2] == "count":
          return .delay(
            try ValueForm<Duration>.positiveDuration.parse(words[1]),
            count: try ValueForm<Int>.count(2...1_000_000).parse(words[3]))
        default: throw refusal(of: text, name)
        }
      },
      print: { policy in
        switch policy {
        case .natural: "natural"
        case .none: "none"
        case .delay(let wait, let count):
          "delay \(ValueForm<Duration>.duration.print(wait))" + (count.map { " count \($0)" } ?? "")
        }
      })
  }()
}

extension Geography {
  /// What does not fit together, with the key to blame; nil: all is well.
  var contradiction: (key: String, reason: String)? {
    func unknown(_ key: String, _ site: Site, _ words: [String] = []) -> (key: String, reason: String)? {
      guard !sites.contains(site) else { return nil }
      let known = ValueForm<[Site]>.sites.print(sites)
      let choice = sites.isEmpty && !words.isEmpty ? "" : "; there are \(known)"
      let hint = NearestName.hint(
        for: site.name, among: sites.map(\.name) + words,
        otherwise: choice + (words.isEmpty ? "" : "; or write \(words.joined(separator: ", "))"))
      return (key, "'\(site)' is not in cluster.sites\(hint)")
    }
    if case .site(let site) = clients, let problem = unknown("client.at", site, ["leader", "follower", "everywhere"]) {
      return problem
    }
    guard !sites.isEmpty else { return nil }
    if let leaderSite, let problem = unknown("cluster.leader-site", leaderSite) { return problem }
    return missing.map {
      ("link.between", "it does not say how far it is from \($0.from) to \($0.to) of cluster.sites")
    }
  }
}
