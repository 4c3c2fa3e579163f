/// What one process of a run over TCP used up: depends on the machine and on the build.
public struct ProcessRow: CSVRow {
  public var run = RunKey()
  /// A replica such as `n0`, or `client`.
  public var process = ""
  public var starts = 0
  public var cpu = 0
  public var user: Int?
  public var system: Int?
  public var peakResident: Int?
  public var voluntarySwitches: Int?
  public var involuntarySwitches: Int?
  public var fsyncs: Int?
  public var frames: Int?
  public var bytes: Int?
  public var allocations: Int?
  public var allocatedBytes: Int?
  public var lag: Int?
  public var cpuPerCommand: FixedDecimal?

  public init() {}
  public init(_ run: RunKey, _ process: String, starts: Int, cpu: Int, peakResident: Int?, commands: Int) {
    self.run = run
    self.process = process
    self.starts = starts
    self.cpu = cpu
    self.peakResident = peakResident
    cpuPerCommand = FixedDecimal(cpu, over: commands)
  }

  public static let fileName = "processes.csv"
  public static let rowMeaning =
    "One row per process of a run in mode `tcp`; a replica that was killed and started again is one row."
  public static let columns: [Column<Self>] =
    Column.part(RunKey.columns, of: \.run) + [
      Column("process", \.process, "The replica, or `client`: the process that made the load, and checked the run.")
        .key,
      Column("starts", \.starts, "How often it was started.", .none, .follows, .never),
      Column("cpu_ns", \.cpu, "CPU time, user and system.", .nanoseconds, .lowerIsBetter, .never),
      Column(
        "peak_resident_bytes", \.peakResident,
        "The most memory that it held since it was started last; empty if it could not say.", .bytes, .lowerIsBetter,
        .never),
      Column(
        "voluntary_switches", \.voluntarySwitches, "How often it gave up the processor to wait for something.", .none,
        .lowerIsBetter, .never),
      Column(
        "involuntary_switches", \.involuntarySwitches, "How often the processor was taken from it.", .none,
        .lowerIsBetter, .never),
      Column(
        "fsyncs", \.fsyncs, "Synchronisations of its journal since it was started last; empty if it could not say.",
        .none, .lowerIsBetter, .never),
      Column("frames", \.frames, "Frames that it sent to peers since then.", .none, .lowerIsBetter, .never),
      Column(
        "bytes", \.bytes, "Bytes of these frames, with their headers, without those of TCP.", .bytes, .lowerIsBetter,
        .never),
      Column(
        "cpu_ns_per_command", \.cpuPerCommand, "`cpu_ns` over the commands that the run committed.", .nanoseconds,
        .lowerIsBetter, .never),
      Column(
        "cpu_user_ns", \.user, "Of `cpu_ns`, what was spent outside the kernel.", .nanoseconds, .lowerIsBetter, .never),
      Column(
        "cpu_system_ns", \.system, "Of `cpu_ns`, what was spent in the kernel.", .nanoseconds, .lowerIsBetter, .never),
      Column(
        "allocations", \.allocations,
        "A replica's calls of the allocator since it was started last and listens; those of other threads than its event loop as their caches are flushed. Empty if it could not say, or jemalloc does not serve it.",
        .none, .lowerIsBetter, .never),
      Column(
        "allocated_bytes", \.allocatedBytes, "Bytes that those calls of its event loop allocated.", .bytes,
        .lowerIsBetter, .never),
      Column(
        "lag_max_ns", \.lag,
        "The latest that the client noticed that an operation was due, warm-up included; empty in a closed loop.",
        .nanoseconds, .lowerIsBetter, .never),
    ]
}
