import CJemalloc

/// What was asked of the allocator.
public struct AllocationCount: Hashable, Sendable {
  public var calls: Int
  public var bytes: Int

  public init(calls: Int, bytes: Int) {
    self.calls = calls
    self.bytes = bytes
  }
  public static func - (a: AllocationCount, b: AllocationCount) -> AllocationCount {
    .init(calls: a.calls - b.calls, bytes: a.bytes - b.bytes)
  }
}

/// Reads jemalloc's own counters. With one thread the numbers are exact, and equal from run to run.
///
/// Calls are counted over all threads, but what another thread did since its cache was last flushed is not seen yet; bytes are
/// the calling thread's alone. Sizes are those of the size classes that jemalloc rounds up to.
public struct AllocationProbe: Sendable {
  private let smallRequests: Control
  private let largeRequests: Control
  private let flush: Control
  private let epoch: Control
  private let threadAllocated: Control

  /// Nil if jemalloc does not serve this process, or was built without statistics.
  public init?() {
    // 4096 stands for all arenas together. `nmalloc` would count how often a cache was filled, not calls.
    guard let smallRequests = Control("stats.arenas.4096.small.nrequests"),
      let largeRequests = Control("stats.arenas.4096.large.nrequests"), let flush = Control("thread.tcache.flush"),
      let epoch = Control("epoch"), let threadAllocated = Control("thread.allocated")
    else { return nil }
    self.smallRequests = smallRequests
    self.largeRequests = largeRequests
    self.flush = flush
    self.epoch = epoch
    self.threadAllocated = threadAllocated
    // The library may be linked without being the allocator: then its counters stand still.
    let before = threadAllocated.read()
    let sample = Array(repeating: before, count: 64)
    guard withExtendedLifetime(sample, { threadAllocated.read() != before }) else { return nil }
  }

  /// Everything allocated so far.
  public func reading() -> AllocationCount {
    flush.poke()
    epoch.write(1)
    return AllocationCount(
      calls: Int(smallRequests.read() + largeRequests.read()), bytes: Int(threadAllocated.read()))
  }

  /// Runs `body` on this thread and counts what it allocated.
  public func count<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> (result: Result, allocated: AllocationCount) {
    let before = reading()
    let result = try body()
    return (result, reading() - before)
  }

  /// The version of the jemalloc that is linked, serving or not; nil if it does not say.
  public static var jemallocVersion: String? {
    var version: UnsafePointer<CChar>?
    var size = MemoryLayout.size(ofValue: version)
    guard mallctl("version", &version, &size, nil, 0) == 0 else { return nil }
    return version.map { String(cString: $0) }
  }
}

/// One of jemalloc's named controls, looked up once: reading it allocates nothing.
private struct Control: Sendable {
  private let path: [Int]

  init?(_ name: String) {
    var length = name.utf8.count { $0 == UInt8(ascii: ".") } + 1
    var path = Array(repeating: 0, count: length)
    let status = path.withUnsafeMutableBytes { buffer in
      mallctlnametomib(name, buffer.bindMemory(to: Int.self).baseAddress, &length)
    }
    guard status == 0 else { return nil }
    self.path = path
    guard name == "thread.tcache.flush" || read() != .max else { return nil }
  }

  /// The number it holds; `UInt64.max` if it holds none.
  func read() -> UInt64 {
    var value: UInt64 = 0
    var size = MemoryLayout<UInt64>.size
    return call(&value, &size, nil, 0) == 0 ? value : .max
  }
  func write(_ value: UInt64) {
    var value = value
    _ = call(nil, nil, &value, MemoryLayout<UInt64>.size)
  }
  /// Triggers an action that takes no value.
  func poke() { _ = call(nil, nil, nil, 0) }

  private func call(
    _ old: UnsafeMutableRawPointer?, _ oldSize: UnsafeMutablePointer<Int>?, _ new: UnsafeMutableRawPointer?,
    _ newSize: Int
  ) -> Int32 {
    path.withUnsafeBufferPointer { mallctlbymib($0.baseAddress, $0.count, old, oldSize, new, newSize) }
  }
}
