import Consensus
import Testing

@testable import Simulator

@Suite("Event queue") struct EventQueueTests {
  @Test("Events come in the order of time, at equal times the urgent first, then in the order they were put")
  func order() {
    var random = RandomSource(seed: 5)
    var queue = EventQueue<Int>()
    var expected: [(time: Int64, urgent: Bool, number: Int)] = []
    for number in 0..<5_000 {
      let time = Int64(random.below(300))
      let urgent = random.chance(0.2)
      queue.push(number, at: time, urgent: urgent)
      expected.append((time, urgent, number))
    }
    expected.sort { ($0.time, $0.urgent ? 0 : 1, $0.number) < ($1.time, $1.urgent ? 0 : 1, $1.number) }
    for (time, _, number) in expected {
      let next = queue.pop()
      #expect(next?.time == time)
      #expect(next?.event == number)
    }
    #expect(queue.isEmpty)
  }

  @Test("Pushing while popping keeps the order")
  func interleaved() {
    var random = RandomSource(seed: 6)
    var queue = EventQueue<Int64>()
    queue.push(0, at: 0)
    var now: Int64 = 0
    var handled = 0
    while let (time, event) = queue.pop(), handled < 20_000 {
      #expect(time >= now && event == time)
      now = time
      handled += 1
      for _ in 0..<random.below(3) where queue.count < 500 {
        let next = now + Int64(random.below(50))
        queue.push(next, at: next)
      }
      if queue.isEmpty { queue.push(now + 1, at: now + 1) }
    }
    #expect(handled == 20_000)
  }
}

@Suite("Timers") struct TimerTests {
  @Test("A restart moves the deadline, and the entry that waits is re-aimed")
  func restart() {
    var timers = SimulatedTimers<Int>()
    #expect(timers.start(1, deadline: 100) == 0)
    let again = timers.start(1, deadline: 150)
    #expect(again == nil)
    guard case .again(150) = timers.surface(0, at: 100) else { return #expect(Bool(false)) }
    guard case .expired(1) = timers.surface(0, at: 150) else { return #expect(Bool(false)) }
  }

  @Test("An earlier deadline is queued anew, and the later entry is ignored")
  func earlier() {
    var timers = SimulatedTimers<Int>()
    _ = timers.start(1, deadline: 100)
    let index = timers.start(1, deadline: 40)
    #expect(index == 0)
    guard case .expired(1) = timers.surface(0, at: 40) else { return #expect(Bool(false)) }
    guard case .nothing = timers.surface(0, at: 100) else { return #expect(Bool(false)) }
  }

  @Test("A stopped timer never expires, not even after a pause")
  func stopped() {
    var timers = SimulatedTimers<Int>()
    _ = timers.start(1, deadline: 100)
    timers.stop(1)
    guard case .nothing = timers.surface(0, at: 100) else { return #expect(Bool(false)) }
    #expect(timers.takeExpired(at: 200) == nil)
  }

  @Test("After a pause the deadlines that passed come in their order")
  func afterPause() {
    var timers = SimulatedTimers<Int>()
    _ = timers.start(1, deadline: 100)
    _ = timers.start(2, deadline: 50)
    _ = timers.start(3, deadline: 900)
    let expired = [timers.takeExpired(at: 500), timers.takeExpired(at: 500), timers.takeExpired(at: 500)]
    #expect(expired == [2, 1, nil])
    #expect(timers.requeue().map(\.deadline) == [900])
  }
}
