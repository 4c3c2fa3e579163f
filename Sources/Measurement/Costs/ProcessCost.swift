#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Time and memory that this process spent. Real time: never in a file that is compared exactly.
public struct ProcessCost: Hashable, Sendable {
  /// Wall-clock time in ns, of a clock that only goes forward.
  public var wall: Int
  /// CPU time in ns, user and system, all threads.
  public var cpu: Int
  /// The most bytes ever resident; a high-water mark, not a difference.
  public var peakResident: Int

  public init(wall: Int, cpu: Int, peakResident: Int) {
    self.wall = wall
    self.cpu = cpu
    self.peakResident = peakResident
  }

  /// What was spent up to now, since some fixed moment.
  public static func now() -> ProcessCost {
    var usage = rusage()
    #if canImport(Darwin)
    getrusage(RUSAGE_SELF, &usage)
    let bytesPerUnit = 1
    #else
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let bytesPerUnit = 1024
    #endif
    // The kernel accounts for CPU time in ns; getrusage would round it to µs.
    return ProcessCost(
      wall: nanoseconds(of: CLOCK_MONOTONIC), cpu: nanoseconds(of: CLOCK_PROCESS_CPUTIME_ID),
      peakResident: Int(usage.ru_maxrss) * bytesPerUnit)
  }

  /// The most bytes that were resident since this program was loaded; nil where only ``peakResident`` is known, which on Linux counts
  /// what the process held before, as a copy of the one that started it.
  public static func peakResidentOfProgram() -> Int? {
    #if canImport(Darwin)
    return now().peakResident
    #else
    guard let file = fopen("/proc/self/status", "r") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, Int32(line.count), file) != nil {
      let text = line.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
      guard text.hasPrefix("VmHWM:") else { continue }
      return text.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    }
    return nil
    #endif
  }

  /// Runs `body` and says what it took.
  public static func measure<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> (result: Result, cost: ProcessCost) {
    let before = now()
    let result = try body()
    let after = now()
    return (
      result,
      ProcessCost(wall: after.wall - before.wall, cpu: after.cpu - before.cpu, peakResident: after.peakResident)
    )
  }

  private static func nanoseconds(of clock: clockid_t) -> Int {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
  }
}
