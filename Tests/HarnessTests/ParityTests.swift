import Measurement
import Testing

@testable import Harness

@Suite("Parity") struct ParityTests {
  private func rows(_ lines: String) throws -> [ConfigurationRow] { try Bench.experiment(lines).points.flatMap(\.rows) }

  @Test("Protocols, and what is swept, may differ; a single replica is the floor")
  func fair() throws {
    #expect(try Parity(rows("sweep: {link.loss: [0, 1%]}")).breach(in: "probe") == nil)
  }

  @Test("A knob that differs and is not swept is named, with both values")
  func breach() throws {
    let mixed = try rows("protocols: [raft]") + rows("protocols: [raft-plain]\ndisk: {fsync: 5ms}")
    let breach = try #require(Parity(mixed).breach(in: "probe"))
    #expect(breach.key == "disk.fsync")
    #expect(Set(breach.values) == ["250us (raft)", "5ms (raft-plain)"])
    #expect(breach.description.contains("disk.fsync is not swept, and differs"))
  }

  @Test("Every knob is printed once, the swept ones as such")
  func text() throws {
    let text = try Parity(rows("sweep: {link.loss: [0, 1%]}\ndisk: {fsync: 5ms}")).text
    for key in ExperimentKey.all { #expect(text.contains("\(key.path) "), "\(key.path)") }
    #expect(text.contains("link.loss swept") && text.contains("disk.fsync 5ms"))
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 120 })
  }
}
