/// One input of one configuration.
public struct ConfigurationRow: CSVRow {
  public var subject = Subject()
  public var mode = RunMode.sim
  /// Hash of all inputs but the protocol: rows may be compared across protocols only where it is equal.
  public var fingerprint = Fingerprint()
  public var key = ""
  public var value = ""
  public var isSwept = false

  public init() {}
  public init(
    _ subject: Subject, mode: RunMode, fingerprint: Fingerprint, key: String, value: String, isSwept: Bool
  ) {
    self.subject = subject
    self.mode = mode
    self.fingerprint = fingerprint
    self.key = key
    self.value = value
    self.isSwept = isSwept
  }

  public static let fileName = "configurations.csv"
  public static let rowMeaning = "One row per input of a configuration, swept and fixed inputs alike."
  public static let columns: [Column<Self>] =
    Column.part(Subject.columns, of: \.subject) + [
      Column("mode", \.mode, "Simulated in virtual time, or measured in real time."),
      Column(
        "fingerprint", \.fingerprint,
        "Parity fingerprint: a hash of all inputs but the protocol; only rows that share it compare protocols fairly."),
      Column("key", \.key, "Path of the input, as in an experiment file.").key,
      Column("value", \.value, "Its value, with unit."),
      Column("swept", \.isSwept, "Whether the experiment varies it."),
    ]
}
