/// What one kind of message cost in one run.
public struct MessageRow: CSVRow {
  public var run = RunKey()
  public var kind = ""
  /// Replication, heartbeat, notice, election or synchronization.
  public var purpose = ""
  public var frames = 0
  public var bytes = 0
  public var batches = 0
  public var framesPerBatch: FixedDecimal?

  public init() {}
  /// Computes the ratio; it is empty when no batch was committed.
  public init(
    _ run: RunKey, kind: String, purpose: String, frames: Int, bytes: Int, batches: Int
  ) {
    self.run = run
    self.kind = kind
    self.purpose = purpose
    self.frames = frames
    self.bytes = bytes
    self.batches = batches
    framesPerBatch = FixedDecimal(frames, over: batches)
  }

  public static let fileName = "messages.csv"
  public static let rowMeaning =
    "One row per run and kind of message that was sent in it. A frame is one message between two different replicas."
  public static let columns: [Column<Self>] =
    Column.part(RunKey.columns, of: \.run) + [
      Column("kind", \.kind, "The message's name in its paper.").key,
      Column("purpose", \.purpose, "What it is for: replication, heartbeat, notice, election or synchronization."),
      Column("frames", \.frames, "Frames sent in the whole run.", .none, .lowerIsBetter),
      Column("bytes", \.bytes, "Their bytes.", .bytes, .lowerIsBetter),
      Column("batches", \.batches, "Slots chosen in the whole run, no-ops included.", .none, .follows),
      Column("frames_per_batch", \.framesPerBatch, "`frames` over `batches`, rounded.", .none, .lowerIsBetter),
    ]
}
