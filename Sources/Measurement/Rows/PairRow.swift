/// One pair of runs, of base and head in turns: how long each took.
public struct PairRow: CSVRow {
  public var number = 0
  public var base = 0
  public var head = 0

  public init() {}
  public init(_ number: Int, base: Int, head: Int) {
    self.number = number
    self.base = base
    self.head = head
  }

  public static let fileName = "pairs.csv"
  public static let rowMeaning =
    "One row per pair of runs that `compare --build` measured, in the order of measurement. No part of a run."
  public static let columns: [Column<Self>] = [
    Column("number", \.number, "Of the pair, from 1. The base ran first in odd ones.").key,
    Column("base_ns", \.base, "CPU time of all runs of the base.", .nanoseconds, .lowerIsBetter, .never),
    Column("head_ns", \.head, "CPU time of the same runs of the head.", .nanoseconds, .lowerIsBetter, .never),
  ]
}
