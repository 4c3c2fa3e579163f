import Consensus
import Faults
import Testing

@Suite("Loss") struct LossTests {
  @Test(
    "The share that is lost does not depend on the length of bursts, and bursts have the length asked for",
    arguments: [(0.01, 1.0), (0.1, 1.0), (0.1, 5.0), (0.05, 20.0), (0.5, 4.0), (0.8, 4.0)])
  func shares(loss: Double, burst: Double) {
    var random = RandomSource(seed: 4)
    var process = LossProcess()
    var lost = 0
    var bursts = 0
    var before = false
    let draws = 1_000_000
    for _ in 0..<draws {
      let isLost = process.loses(loss, burst: burst, &random)
      if isLost { lost += 1 }
      if isLost, !before { bursts += 1 }
      before = isLost
    }
    #expect(abs(Double(lost) / Double(draws) / loss - 1) < 0.04)
    // Independent losses come in runs of 1 / (1 - loss).
    let expected = burst == 1 ? 1 / (1 - loss) : burst
    #expect(abs(Double(lost) / Double(bursts) / expected - 1) < 0.04)
  }

  @Test("Nothing is lost with probability 0, and everything with 1, whatever the bursts")
  func certain() {
    var random = RandomSource(seed: 4)
    var process = LossProcess()
    for burst in [1.0, 10] {
      for _ in 0..<100 {
        #expect(!process.loses(0, burst: burst, &random))
        #expect(process.loses(1, burst: burst, &random))
      }
    }
  }
}
