import Foundation
import Synchronization

/// What goes to people besides results: messages and progress, on standard error.
enum Terminal {
  static let isInteractive = isatty(STDERR_FILENO) == 1

  static func say(_ text: String) { write(text + "\n") }
  static func write(_ text: String) {
    // What was printed before comes before it.
    fflush(nil)
    // On a full disk it cannot be said; that is no reason to stop.
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}

/// Whether the user asked to stop. The first Ctrl-C ends the run after what is under way; the second ends the program.
enum Interruption {
  fileprivate static let asked = Atomic(false)
  /// The program that this one waits for, which leads a group of processes; 0: none so far. It is asked to stop, too.
  private static let child = Atomic<Int32>(0)

  static var isAsked: Bool { asked.load(ordering: .relaxed) }

  static func watch() {
    signal(SIGINT) { _ in
      Interruption.asked.store(true, ordering: .relaxed)
      let group = Interruption.child.load(ordering: .relaxed)
      if group > 0 { kill(-group, SIGINT) }
      signal(SIGINT, SIG_DFL)
    }
  }
  static func passOn(to child: Int32) {
    Self.child.store(child, ordering: .relaxed)
    // Asked before there was anyone to pass it on to.
    if isAsked { kill(-child, SIGINT) }
  }
}

/// How far something is: a bar on a terminal, a line now and then elsewhere, and nothing at all in the first two seconds.
final class ProgressBar: Sendable {
  private struct State {
    var lastShown: ContinuousClock.Instant
    var isShown = false
  }
  private let label: String
  /// Nil: nobody knows how much there is.
  private let total: Int?
  private let unit: String
  private let start: ContinuousClock.Instant
  private let state: Mutex<State>

  init(_ label: String, total: Int?, unit: String) {
    self.label = label
    self.total = total
    self.unit = unit
    start = .now
    state = Mutex(State(lastShown: start))
  }

  /// - Parameters:
  ///   - most: What there is to do, if it is not what was said at first; unless `isExact` it may become less.
  ///   - share: How much of the work is done, where what is counted takes more or less of it.
  func update(_ count: Int, atMost most: Int? = nil, isExact: Bool = true, share: Double? = nil) {
    let now = ContinuousClock.now
    let line = state.withLock { state -> String? in
      let pause: Duration = Terminal.isInteractive ? .milliseconds(100) : .seconds(10)
      guard now - start > .seconds(2), now - state.lastShown > pause else { return nil }
      state.lastShown = now
      state.isShown = true
      return text(count, most ?? total, isExact, share, (now - start) / .seconds(1))
    }
    if let line { Terminal.write(Terminal.isInteractive ? "\r\u{1B}[K\(line)" : line + "\n") }
  }

  /// Clears the bar, so that what follows starts on a line of its own.
  func finish() {
    if Terminal.isInteractive, state.withLock(\.isShown) { Terminal.write("\r\u{1B}[K") }
  }

  private func text(_ count: Int, _ total: Int?, _ isExact: Bool, _ share: Double?, _ seconds: Double) -> String {
    let rate = Double(count) / seconds
    let speed = rate >= 10 ? "\(Int(rate))" : "\(Double(Int(rate * 10)) / 10)"
    guard let total, total > 0 else { return "\(label)  \(count) \(unit)  \(speed)/s" }
    let width = 24
    let share = share ?? Double(count) / Double(total)
    let full = min(width, Int(Double(width) * share))
    let bar = String(repeating: "█", count: full) + String(repeating: "░", count: width - full)
    // Before anything is done nobody can say.
    guard share > 0 else { return "\(label)  \(bar)  \(count)/\(total) \(unit)" }
    let left = Int((seconds * (1 - share) / share).rounded())
    let time = left >= 60 ? "\(left / 60) min \(left % 60) s" : "\(left) s"
    let bound = isExact ? "" : "at most "
    return "\(label)  \(bar)  \(count)/\(bound)\(total) \(unit)  \(speed)/s  \(bound)\(time) left"
  }
}
