import Consensus
import Faults
import Simulator
import Testing

@testable import Harness

@Suite("Timelines") struct EventTimelineTests {
  private static func replay(_ faults: [ScheduledFault], seed: UInt64 = 2) throws -> EventTimeline {
    let variant = try ScheduleTests.variant("raft")
    var schedule = variant.schedule(seed: 2, replicas: 3)
    schedule.seed = seed
    schedule.faults = faults
    schedule.settings.environment.fsync = .constant(.milliseconds(4))
    schedule.operations = [.init(at: .milliseconds(10), client: 0, .put(1, 7), padding: 0)]
    schedule.settings.arrival = .closed
    schedule.settings.clients = 1
    schedule.settings.measure.window = .seconds(2)
    var timeline = EventTimeline(replicas: 3, kinds: variant.messageKinds)
    let run = variant.replay(schedule) { timeline.take($0) }
    timeline.finish(run)
    return timeline
  }

  @Test("Each replica has a column, clients have one, and faults go across")
  func columns() throws {
    let timeline = try Self.replay([.init(at: .milliseconds(500), .crash(.leader, downtime: .milliseconds(700)))])
    let lines = timeline.lines(last: nil)
    let head = lines[0]
    #expect(head.split(separator: " ") == ["ms", "clients", "n0", "n1", "n2"])
    let places = ["clients", "n0", "n1", "n2"].compactMap { name in
      head.firstRange(of: name).map { head.distance(from: head.startIndex, to: $0.lowerBound) }
    }
    func place(_ line: String, _ text: String) -> Int? {
      line.firstRange(of: text).map { line.distance(from: line.startIndex, to: $0.lowerBound) }
    }
    let asked = try #require(lines.first { $0.contains("c0 put k1=7") })
    #expect(place(asked, "c0 put") == places[0])
    #expect(lines.contains { $0.contains("c0 ← ok") })
    let elected = lines.filter { $0.contains("LEADER") }
    #expect(elected.count >= 2, "one before the crash and one after it")
    let struck = try #require(lines.first { $0.contains("══ crash leader for 700ms (n") })
    #expect(struck.hasSuffix("═") && lines.contains { $0.contains("══ n") && $0.contains("restart") })
    #expect(timeline.entries.contains { $0.isQuiet }, "what changes nothing is left out")
    for line in lines.dropFirst(2) where line.first == " " {
      let start = line.prefix { $0 == " " }.count
      #expect(start < 12 || places.contains(start) || places.contains(start - 2), "\(line)")
    }
  }

  @Test("It shows what is on disk, what a crash takes, whom a client asks and what it is told")
  func durability() throws {
    var (kept, lost) = (0, 0)
    for seed in 1...12 as ClosedRange<UInt64> {
      let crash = Fault.crash(.leader, downtime: .milliseconds(700))
      let lines = try Self.replay([.init(at: .milliseconds(12), crash)], seed: seed).lines(last: nil)
      func count(_ text: String) -> Int { lines.count { $0.contains(text) } }
      #expect(count("on disk: Vote(term 1, for n") >= 2, "the candidate's and the vote that elects it")
      #expect(count("vote nobody→n") >= 2)
      #expect(count("clients begin") == 1)
      #expect(count("c0 put k1=7 → n") == 1)
      // The leader had the command, and its disk had not.
      kept += count("was on its way and reached the disk")
      lost += count("LOST, as it was not on disk")
      #expect(count("c0 ← it leads no more") == 1 && count("c0 again → n") >= 1)
    }
    #expect(kept > 0 && lost > 0 && kept + lost == 12)
  }

  @Test("The last lines are those before the end, and say how many are left out")
  func last() throws {
    let timeline = try Self.replay([])
    let all = timeline.lines(last: nil)
    let few = timeline.lines(last: 5)
    #expect(few.count < all.count && few.contains { $0.hasPrefix("… ") && $0.contains("--all") })
    #expect(few.last == all.last)
  }

  @Test("A diagram has an arrow for each message, a cross for each that is lost, and needs no other file")
  func diagram() throws {
    let timeline = try Self.replay([.init(at: .milliseconds(100), .isolate(.leader, for: .milliseconds(600)))])
    let svg = SpaceTimeDiagram(timeline).svg
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
    #expect(svg.contains("marker-end=\"url(#a)\"") && svg.contains("class=\"lost\""))
    #expect(svg.contains("isolate leader") && svg.contains("prefers-color-scheme: dark"))
    #expect(!svg.contains("href") && !svg.contains("nan") && !svg.contains("inf"))
    #expect(
      svg.split(separator: "<").filter { $0.hasPrefix("g>") }.count
        == svg.split(separator: "<").filter { $0.hasPrefix("/g>") }.count)
  }
}
