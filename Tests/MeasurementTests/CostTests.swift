import Foundation
import Testing

@testable import Measurement

@Suite(.serialized) struct CostTests {
  @Test("The probe counts at least one call for each array that a loop makes, and its bytes")
  func allocations() throws {
    let probe = try #require(AllocationProbe(), "jemalloc does not serve the tests")
    for expected in [10, 1000] {
      let (arrays, allocated) = probe.count { (0..<expected).map { Array(repeating: $0, count: 100) } }
      #expect(arrays.count == expected)
      #expect(allocated.calls >= expected)
      #expect(allocated.bytes >= expected * 800)
    }
  }

  @Test("The probe itself allocates nothing")
  func silence() throws {
    let probe = try #require(AllocationProbe())
    _ = probe.count {}
    // Bytes are this thread's alone; calls may include those of tests that run beside this one.
    #expect(probe.count {}.allocated.bytes == 0)
  }

  @Test("An error passes through the probe")
  func failure() throws {
    struct Planned: Error {}
    let probe = try #require(AllocationProbe())
    #expect(throws: Planned.self) { try probe.count { throw Planned() } }
  }

  @Test("Work costs CPU time and wall-clock time, and the peak covers what was held")
  func processCost() {
    let (buffer, cost) = ProcessCost.measure {
      var buffer = Array(repeating: 0 as UInt64, count: 4_000_000)
      for index in buffer.indices { buffer[index] = UInt64(index) &* 0x9E37_79B9_7F4A_7C15 }
      return buffer
    }
    #expect(buffer.count == 4_000_000)
    #expect(cost.wall > 0 && cost.cpu > 0)
    #expect(cost.peakResident >= 32_000_000)
  }

  @Test("Provenance survives its file, and names commit, build and host")
  func provenance() throws {
    try withFolder { folder in
      #expect(try Provenance(reading: folder) == nil)
      let provenance = Provenance.current(
        folder: folder, startedAt: Date(timeIntervalSince1970: 0), commandLine: ["consensus-bench", "run"])
      #expect(provenance.commit == "unknown" && provenance.isDirty == nil)
      #expect(provenance.startedAt == "1970-01-01T00:00:00Z")
      #expect(provenance.build.configuration == "debug" || provenance.build.configuration == "release")
      #expect(provenance.host.cores > 0 && provenance.dependencies.isEmpty)
      try provenance.write(to: folder)
      #expect(try Provenance(reading: folder) == provenance)
      try AtomicFile.write("{}", to: "\(folder)/run.json")
      #expect(throws: FileError.self) { try Provenance(reading: folder) }
    }
  }

  @Test("The dependencies are those of the nearest Package.resolved above")
  func dependencies() throws {
    try withFolder { folder in
      let text = #"{"pins":[{"identity":"a","state":{"version":"1.2.3"}},{"identity":"b","state":{"revision":"f00"}}]}"#
      try AtomicFile.write(text, to: "\(folder)/Package.resolved")
      try FileManager.default.createDirectory(atPath: "\(folder)/x/y", withIntermediateDirectories: true)
      #expect(Provenance.dependencies(above: "\(folder)/x/y") == ["a": "1.2.3", "b": "f00"])
    }
  }
}
