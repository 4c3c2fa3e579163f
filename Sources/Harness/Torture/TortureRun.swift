import Dispatch
import Faults
import Simulator
import Synchronization
import Verification

/// Random faults over many seeds, all invariants on.
public final class TortureRun: Sendable {
  public struct Plan: Sendable {
    public var variants: [ProtocolVariant]
    /// Each seed runs with each of these cluster sizes.
    public var replicas: [Int]
    public var seeds: ClosedRange<UInt64>
    public var jobs: Int
    /// No run is begun after one that failed; of those that did, the first in order is the same for any number of threads.
    public var stopsAtFailure = false

    public init(variants: [ProtocolVariant], replicas: [Int], seeds: ClosedRange<UInt64>, jobs: Int) {
      self.variants = variants
      self.replicas = replicas
      self.seeds = seeds
      self.jobs = jobs
    }
  }

  /// A run that broke an invariant, did not come to rest, or was not the same the second time.
  public struct Failure: Sendable {
    public var variant: String
    public var replicas: Int
    public var seed: UInt64
    public var report: VerificationReport
  }

  /// A run after which the cluster did not serve again, and could not.
  public struct Unrecoverable: Sendable, CustomStringConvertible {
    public var replicas: Int
    public var seed: UInt64
    /// Everyone who is lost, and why.
    public var halted: [HaltedReplica]

    public var description: String {
      "seed \(seed), \(halted.count) of \(replicas) replicas lost: "
        + halted.map { "\($0.node) \($0.loss) (\($0.detail))" }.joined(separator: "; ")
    }
  }

  /// What one protocol went through.
  public struct Tally: Sendable {
    public var variant: String
    public var runs = 0
    public var failures: [Failure] = []
    /// Runs from which something was not demanded, by the reason; those with most runs first.
    public var exempt: [(reason: String, runs: Int)] {
      exemptions.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
    }
    var exemptions: [String: Int] = [:]
    /// Runs whose cluster could not serve again, whatever its protocol, in the order of seeds.
    public internal(set) var unrecoverable: [Unrecoverable] = []
    /// Summed over all runs, in the order of the protocol's audit and the simulator.
    public var coverage: [(name: String, count: Int)] = []
    /// Planned faults that struck, by word, over all runs; every word that can be drawn is there.
    public var struck: [(word: String, count: Int)] = []
    public var events: UInt64 = 0
    /// Virtual time in ns.
    public var time: Int64 = 0
    var operations: [Int] = []
    var faults: [Int] = []
    var spans: [Int64] = []

    /// Of the safety phase: virtual ns, client operations and faults of the median run.
    public var median: (span: Int64, operations: Int, faults: Int) {
      (Self.median(spans) ?? 0, Self.median(operations) ?? 0, Self.median(faults) ?? 0)
    }
    /// What no run met: as far as that goes nothing was tested.
    public var unmet: [String] {
      coverage.filter { $0.count == 0 }.map(\.name) + struck.filter { $0.count == 0 }.map { "fault \($0.word)" }
    }
    /// Why the runs prove little; nil if they did enough. A seed that does nothing would pass any test.
    public var weakness: String? {
      let median = median
      if median.span < TortureConfiguration.span.nanoseconds { return "the median run is shorter than it should be" }
      if median.operations < 200 { return "the median run has only \(median.operations) operations" }
      if median.faults < 3 { return "the median run has only \(median.faults) faults" }
      return nil
    }

    private static func median<Value: Comparable>(_ values: [Value]) -> Value? {
      values.isEmpty ? nil : values.sorted()[values.count / 2]
    }
  }

  private struct State: Sendable {
    var next: UInt64 = 0
    var finished = 0
    var tallies: [Tally]
  }

  /// Every seed that this divides is run twice: the second run must equal the first, event by event.
  static let repeatEvery: UInt64 = 100

  private let plan: Plan
  private let state: Mutex<State>

  public init(_ plan: Plan) {
    self.plan = plan
    state = Mutex(
      State(
        tallies: plan.variants.map { variant in
          Tally(variant: variant.name, struck: variant.tortures.map { ($0, 0) })
        }))
  }

  /// Runs per seed.
  private var width: UInt64 { UInt64(plan.variants.count * plan.replicas.count) }

  /// Runs seed after seed until all are done or `isCancelled` says to stop; `progress` is called after each run, one call at a
  /// time, with the runs finished and the failures of that run.
  public func run(
    isCancelled: @escaping @Sendable () -> Bool, progress: @escaping @Sendable (Int, Failure?) -> Void
  ) -> [Tally] {
    DispatchQueue.concurrentPerform(iterations: max(1, plan.jobs)) { _ in
      while !isCancelled(), let (seed, inner) = take() {
        let index = inner / plan.replicas.count
        let replicas = plan.replicas[inner % plan.replicas.count]
        let (result, report) = Self.run(plan.variants[index], seed: seed, replicas: replicas)
        let failure =
          report.verdict == .ok
          ? nil : Failure(variant: plan.variants[index].name, replicas: replicas, seed: seed, report: report)
        state.withLock { state in
          state.tallies[index].add(result, failure, seed: seed, replicas: replicas)
          state.finished += 1
          progress(state.finished, failure)
        }
      }
    }
    return state.withLock(\.tallies)
  }

  private func take() -> (seed: UInt64, inner: Int)? {
    state.withLock { state in
      if plan.stopsAtFailure, state.tallies.contains(where: { !$0.failures.isEmpty }) { return nil }
      let (step, inner) = state.next.quotientAndRemainder(dividingBy: width)
      guard plan.seeds.lowerBound + step <= plan.seeds.upperBound else { return nil }
      state.next += 1
      return (plan.seeds.lowerBound + step, Int(inner))
    }
  }

  private static func run(
    _ variant: ProtocolVariant, seed: UInt64, replicas: Int
  ) -> (result: SimulationResult, report: VerificationReport) {
    let configuration = variant.torture(seed: seed, replicas: replicas)
    let result = variant.simulate(configuration, nil, nil, false)
    var report = result.verification
    if seed.isMultiple(of: repeatEvery), report.verdict == .ok {
      let again = variant.simulate(configuration, nil, nil, false)
      if again.hash != result.hash {
        report.verdict = .violated
        report.violations.append(
          .init("SAME", "hash \(hexadecimal(result.hash)) and then \(hexadecimal(again.hash)) for the same seed"))
      }
    }
    return (result, report)
  }
}

extension ProtocolVariant {
  /// The words of all faults that torture draws for it.
  var tortures: [String] {
    [
      "crash", "crash-all", "pause", "slow-cpu", "clock-rate", "isolate", "partition", "partial-partition", "star",
      "cut",
      "mute-inbound", "mute-outbound", "flap", "loss", "burst", "delay", "bandwidth", "reconnect", "disk-stall",
      "slow-disk",
    ] + DiskFault.allCases.map(\.rawValue) + (transfersLeadership ? ["transfer"] : [])
      + (requiresSessions ? [] : ["old-duplicates"])
  }
}

extension TortureRun.Tally {
  fileprivate mutating func add(
    _ result: SimulationResult, _ failure: TortureRun.Failure?, seed: UInt64, replicas: Int
  ) {
    runs += 1
    if let failure { failures.append(failure) }
    for exemption in result.exemptions {
      exemptions[exemption.reason, default: 0] += 1
      guard exemption.demand == .recovery else { continue }
      // Threads finish in any order.
      let place = unrecoverable.firstIndex { (seed, replicas) < ($0.seed, $0.replicas) } ?? unrecoverable.endIndex
      unrecoverable.insert(.init(replicas: replicas, seed: seed, halted: result.halted), at: place)
    }
    events += result.events
    time += result.end
    operations.append(result.verification.operations)
    faults.append(result.faults)
    spans.append(result.windowEnd - result.windowStart)
    for fault in result.struck {
      let word = fault.fault.word
      if let index = struck.firstIndex(where: { $0.word == word }) { struck[index].count += 1 }
    }
    for (index, item) in result.coverage.enumerated() {
      if index < coverage.count, coverage[index].name == item.name {
        coverage[index].count += item.count
      } else if let known = coverage.firstIndex(where: { $0.name == item.name }) {
        coverage[known].count += item.count
      } else {
        coverage.append(item)
      }
    }
  }
}
