import Consensus
import Faults
import Testing

@Suite("Sites") struct SitesTests {
  private let sites = ["VA", "OR", "CA"].map(Site.init)

  @Test("The leader stands at the leader's site, and the others take the rest in order")
  func places() {
    let geography = Geography(sites: sites, leaderSite: Site("CA"))
    func names(_ count: Int, _ leader: Int?) -> String {
      geography.places(of: count, leader: leader.map { NodeID($0) }).map(\.name).joined(separator: " ")
    }
    #expect(names(3, nil) == "VA OR CA")
    #expect(names(3, 0) == "CA VA OR")
    #expect(names(3, 1) == "VA CA OR")
    #expect(names(3, 2) == "VA OR CA")
    #expect(names(5, 4) == "VA OR VA OR CA", "more replicas than sites: begun again")
    #expect(names(2, 0) == "CA VA", "fewer: the first ones, and the leader's")
    #expect(names(1, 0) == "CA")
  }

  @Test("Without a site for the leader nobody moves")
  func nobodyMoves() {
    let geography = Geography(sites: sites)
    for leader in 0..<3 { #expect(geography.places(of: 3, leader: NodeID(leader)) == sites) }
    #expect(Geography().places(of: 3, leader: NodeID(0)).isEmpty)
  }

  @Test("Distances have a direction, each is given once, and one that is missing is found")
  func distances() {
    var geography = Geography(sites: sites)
    func insert(_ from: Int, _ to: Int, _ time: Int) -> Bool {
      geography.distances.insert(.init(from: sites[from], to: sites[to], .constant(.milliseconds(time))))
    }
    #expect(insert(0, 1, 1) && insert(1, 0, 2) && insert(2, 0, 3) && insert(0, 2, 4) && insert(1, 2, 5))
    #expect(!insert(1, 0, 9))
    #expect(geography.distances[sites[1], sites[0]] == .constant(.milliseconds(2)))
    #expect(geography.missing?.from == sites[2] && geography.missing?.to == sites[1])
    #expect(insert(2, 1, 6) && geography.missing == nil)
    #expect(geography.distances.ways == geography.distances.ways.sorted { ($0.from, $0.to) < ($1.from, $1.to) })
  }
}
