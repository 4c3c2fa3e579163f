/// What it took to run one run: depends on the machine and on the build.
public struct CostRow: CSVRow {
  public var run = RunKey()
  public var wall = 0
  public var cpu = 0
  public var peakResident = 0
  public var commands = 0
  public var events = 0
  public var eventsPerSecond: FixedDecimal?
  public var cpuPerCommand: FixedDecimal?
  public var allocations: Int?
  public var allocatedBytes: Int?
  public var allocationsPerCommand: FixedDecimal?
  public var allocatedBytesPerCommand: FixedDecimal?

  public init() {}
  /// Computes the ratios from the counts; `allocated` is nil where the allocator does not count.
  public init(_ run: RunKey, cost: ProcessCost, allocated: AllocationCount?, commands: Int, events: Int) {
    self.run = run
    wall = cost.wall
    cpu = cost.cpu
    peakResident = cost.peakResident
    self.commands = commands
    self.events = events
    eventsPerSecond = FixedDecimal(events * 1_000_000_000, over: cost.wall)
    cpuPerCommand = FixedDecimal(cost.cpu, over: commands)
    allocations = allocated?.calls
    allocatedBytes = allocated?.bytes
    allocationsPerCommand = allocated.flatMap { FixedDecimal($0.calls, over: commands) }
    allocatedBytesPerCommand = allocated.flatMap { FixedDecimal($0.bytes, over: commands) }
  }

  /// CPU time of what both sides ran, run by run, in ns.
  public static func pairs(_ base: [CostRow], _ head: [CostRow]) -> [(base: Int, head: Int)] {
    let spent = Dictionary(head.map { ($0.keyCells, $0.cpu) }) { first, _ in first }
    return base.compactMap { row in spent[row.keyCells].map { (row.cpu, $0) } }.filter { $0.base > 0 && $0.head > 0 }
  }

  public static let fileName = "costs.csv"
  public static let rowMeaning =
    "One row per run: what executing it cost this machine. No other file depends on the machine."
  public static let columns: [Column<Self>] =
    Column.part(RunKey.columns, of: \.run) + [
      Column("wall_ns", \.wall, "Wall-clock time.", .nanoseconds, .lowerIsBetter, .never),
      Column("cpu_ns", \.cpu, "CPU time of the process, user and system.", .nanoseconds, .lowerIsBetter, .never),
      Column(
        "peak_resident_bytes", \.peakResident, "The most memory the process had held so far.", .bytes, .lowerIsBetter,
        .never),
      Column("commands", \.commands, "Commands committed in the whole run, warm-up included.", .none, .higherIsBetter),
      Column("events", \.events, "Events that the simulator executed.", .none, .follows),
      Column("events_per_s", \.eventsPerSecond, "`events` over `wall_ns`.", .perSecond, .higherIsBetter, .never),
      Column("cpu_ns_per_command", \.cpuPerCommand, "`cpu_ns` over `commands`.", .nanoseconds, .lowerIsBetter, .never),
      Column(
        "allocations", \.allocations, "Calls of the allocator; empty where jemalloc does not serve the process.", .none,
        .lowerIsBetter, .sameBuild),
      Column("allocated_bytes", \.allocatedBytes, "Bytes those calls allocated.", .bytes, .lowerIsBetter, .sameBuild),
      Column(
        "allocations_per_command", \.allocationsPerCommand, "`allocations` over `commands`, rounded.", .none,
        .lowerIsBetter, .sameBuild),
      Column(
        "allocated_bytes_per_command", \.allocatedBytesPerCommand, "`allocated_bytes` over `commands`, rounded.",
        .bytes, .lowerIsBetter, .sameBuild),
    ]
}
