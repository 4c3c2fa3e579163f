import Measurement
import Simulator

extension CatchUpRow {
  /// Those of one run that were back within its window: what is executed behind its end does not count, because there the faults were
  /// taken back.
  static func rows(_ run: RunKey, _ result: SimulationResult) -> [CatchUpRow] {
    result.catchUps.filter { $0.back >= result.windowStart && $0.back <= result.windowEnd }.map { catchUp in
      var row = CatchUpRow()
      row.run = run
      row.fault = catchUp.fault
      row.node = catchUp.node.description
      row.away = Int(catchUp.back - result.struck[catchUp.fault].at)
      row.returned = Int(catchUp.back - result.windowStart)
      row.behind = Int(catchUp.behind)
      guard let done = catchUp.done, done <= result.windowEnd else { return row }
      row.caughtUp = Int(done - catchUp.back)
      row.bytes = Int(catchUp.bytes)
      row.synchronizationBytes = Int(catchUp.synchronizationBytes)
      return row
    }
  }
}
